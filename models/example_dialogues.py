"""Short exchanges that begin a dialogue prompt. They show a model that was only trained to continue texts how long an
answer is, that it is a whole sentence, and in which language it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from models.types import Message


def examples(language: str) -> Sequence[Message]:
    """User and assistant in turn.

    Args:
        language: ISO 639-1 code; English stands in for a language without examples of its own.
    """
    return [
        message
        for question, answer in _EXCHANGES.get(language, _EXCHANGES["en"])
        for message in (Message("user", question), Message("assistant", answer))
    ]


_EXCHANGES: Mapping[str, Sequence[tuple[str, str]]] = {
    "de": [
        ("Welcher Ozean ist der größte?", "Der größte Ozean ist der Pazifik."),
        ("Wie geht es dir heute?", "Mir geht es gut, danke. Wie kann ich dir helfen?"),
    ],
    "en": [
        ("What is the largest ocean?", "The largest ocean is the Pacific Ocean."),
        ("How are you today?", "I am fine, thank you. How can I help you?"),
    ],
    "es": [
        ("¿Cuál es el océano más grande?", "El océano más grande es el océano Pacífico."),
        ("¿Cómo estás hoy?", "Muy bien, gracias. ¿En qué puedo ayudarte?"),
    ],
    "fr": [
        ("Quel est le plus grand océan ?", "Le plus grand océan est l'océan Pacifique."),
        ("Comment vas-tu aujourd'hui ?", "Je vais bien, merci. Comment puis-je t'aider ?"),
    ],
    "it": [
        ("Qual è l'oceano più grande?", "L'oceano più grande è l'oceano Pacifico."),
        ("Come stai oggi?", "Sto bene, grazie. Come posso aiutarti?"),
    ],
    "pt": [
        ("Qual é o maior oceano?", "O maior oceano é o oceano Pacífico."),
        ("Como você está hoje?", "Estou bem, obrigado. Como posso ajudar você?"),
    ],
}
