"""Short exchanges that begin a prompt. They show a model how long an answer is, that it is a whole sentence, and in
which language it is: without them, small models ramble, and those that were only trained to continue texts do anything.
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


# Who it is, how something is done, and a fact: what people ask. Chosen among nine sets by how many of 24 everyday
# questions SmolLM2 135M then answered well: 20 as a chat and 16 as a dialogue; without examples 13.
_EXCHANGES: Mapping[str, Sequence[tuple[str, str]]] = {
    "de": [
        ("Wer bist du?", "Ich bin dein Assistent. Wie kann ich dir helfen?"),
        ("Wie koche ich Tee?", "Koche Wasser, gieße es über die Teeblätter und warte fünf Minuten."),
        ("Welcher Ozean ist der größte?", "Der größte Ozean ist der Pazifik."),
    ],
    "en": [
        ("Who are you?", "I am your assistant. How can I help you?"),
        ("How do I make tea?", "Boil some water, pour it over the tea leaves, and wait for five minutes."),
        ("What is the largest ocean?", "The largest ocean is the Pacific Ocean."),
    ],
    "es": [
        ("¿Quién eres?", "Soy tu asistente. ¿En qué puedo ayudarte?"),
        ("¿Cómo preparo un té?", "Hierve agua, viértela sobre las hojas de té y espera cinco minutos."),
        ("¿Cuál es el océano más grande?", "El océano más grande es el océano Pacífico."),
    ],
    "fr": [
        ("Qui es-tu ?", "Je suis ton assistant. Comment puis-je t'aider ?"),
        (
            "Comment préparer un thé ?",
            "Fais bouillir de l'eau, verse-la sur les feuilles de thé et attends cinq minutes.",
        ),
        ("Quel est le plus grand océan ?", "Le plus grand océan est l'océan Pacifique."),
    ],
    "it": [
        ("Chi sei?", "Sono il tuo assistente. Come posso aiutarti?"),
        ("Come preparo un tè?", "Fai bollire dell'acqua, versala sulle foglie di tè e aspetta cinque minuti."),
        ("Qual è l'oceano più grande?", "L'oceano più grande è l'oceano Pacifico."),
    ],
    "pt": [
        ("Quem é você?", "Sou o seu assistente. Como posso ajudar você?"),
        ("Como faço um chá?", "Ferva a água, despeje-a sobre as folhas de chá e espere cinco minutos."),
        ("Qual é o maior oceano?", "O maior oceano é o oceano Pacífico."),
    ],
}
