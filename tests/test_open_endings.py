"""Sentences that go on are told from sentences that end."""

from __future__ import annotations

import pytest

from assistant.turns.open_endings import is_closed, is_open


@pytest.mark.parametrize(
    ("language", "text"),
    [
        *(
            ("en", text)
            for text in ("I would like to", "I would like to.", "The capital of the", "Give me a.", "And", "Um.")
        ),
        *(("en", text) for text in ("I want it because", "My", "I went with", "She is", "Well, uh", "What is your")),
        *(
            ("en", text)
            for text in ("I was thinking about my mother,", "So my idea is…", "It was on Monday...", "He said –")
        ),
        *(
            ("de", text)
            for text in ("Ich möchte", "Gib mir das", "Er kam und", "Wir gehen zum.", "Ich war in", "Ähm.", "weil")
        ),
        *(("es", text) for text in ("Me gustaría", "Quiero ir a la", "Vamos a", "La casa de", "Pues", "y", "porque.")),
        *(("fr", text) for text in ("Je voudrais", "Est-ce que", "Je vais à la", "Il a", "Euh…", "et", "parce que.")),
        *(("it", text) for text in ("Vorrei", "La capitale della", "Sono andato con", "Ehm.", "e", "perché")),
        *(("pt", text) for text in ("Eu gostaria de", "A capital do", "Fui com", "Hã...", "e", "porque.")),
        ("ja", "東京は、"),
    ],
)
def test_a_sentence_that_breaks_off_is_open(language: str, text: str) -> None:
    assert is_open(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        *(
            ("en", text)
            for text in ("What are you looking for?", "Yes, I am.", "What is the capital of France", "Turn it on.")
        ),
        *(
            ("en", text)
            for text in ("Where are you from?", "Tell me a story", "What time is it?", "The end", "", "...")
        ),
        *(("de", text) for text in ("Ich rufe dich an.", "Mach das Licht aus!", "Wie heißt du", "Wo kommst du her?")),
        *(("es", text) for text in ("¿Qué hora es?", "Cuéntame un cuento", "¿De dónde eres?", "Creo que sí.")),
        *(("fr", text) for text in ("Quelle heure est-il ?", "Je suis pour.", "Raconte-moi une histoire", "Il est là")),
        *(("it", text) for text in ("Che ore sono?", "Dimmi una storia", "Come ti chiami?", "Non lo so")),
        *(("pt", text) for text in ("Que horas são?", "Conta-me uma história", "De onde você é?", "Acho que sim")),
        *(("ja", text) for text in ("東京は晴れです。", "the")),
    ],
)
def test_a_sentence_that_ends_is_not_open(language: str, text: str) -> None:
    assert not is_open(text, language)


@pytest.mark.parametrize("text", ["It rains.", "Does it rain?", "Rain!", "“It rains.”", "¿Llueve?", "It rains. "])
def test_a_full_stop_closes_a_sentence(text: str) -> None:
    assert is_closed(text, "en")


@pytest.mark.parametrize("text", ["And so my fellow Americans", "It rains,", "", "$3.50", "the U.S. government"])
def test_without_a_full_stop_a_sentence_is_not_closed(text: str) -> None:
    assert not is_closed(text, "en")


def test_languages_that_are_written_without_full_stops_are_closed() -> None:
    assert is_closed("東京は晴れです", "ja")
