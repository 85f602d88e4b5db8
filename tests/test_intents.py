"""What is wanted of a picture is understood, and what only sounds like it is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.bench import intents as bench
from assistant.intents.cascade import understand
from assistant.intents.grammar import RULES
from assistant.intents.intent import Intent, IntentKind, PictureContext
from assistant.intents.labelled import LabelledSentence, read_sentences
from assistant.intents.phrases import intent_phrases
from assistant.phrases.phrasebook import LANGUAGES

SENTENCES = Path(__file__).parent / "data"
DRAWN = PictureContext(has_picture=True, is_drawing=True, shown=4, can_redo=True)
NOTHING = PictureContext()

PROMPTS = [
    ("en", "Draw me a lighthouse at dusk please", "a lighthouse at dusk"),
    ("en", "Um, could you, like, draw a Red Apple for me?", "a Red Apple"),
    ("en", "draw three cats", "three cats"),
    ("en", "What would a castle on the moon look like?", "a castle on the moon"),
    ("en", "Wow, that's nice. I like it. Now draw a dog.", "a dog"),
    ("es", "¿Me dibujas un faro al atardecer, por favor?", "un faro al atardecer"),
    ("es", "dibujame un faro", "un faro"),
    ("fr", "Dessine-moi un phare au crépuscule, s'il te plaît.", "un phare au crépuscule"),
    ("fr", "Je voudrais une image d'un vieux chat.", "un vieux chat"),
    ("de", "Kannst du mir bitte einen Leuchtturm am Abend zeichnen?", "einen Leuchtturm am Abend"),
    ("it", "Mi puoi disegnare un faro al tramonto?", "un faro al tramonto"),
    ("pt", "Você pode desenhar um farol ao entardecer?", "um farol ao entardecer"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "prompt"), PROMPTS)
def test_the_prompt_is_taken_out_in_the_users_words(language: str, text: str, prompt: str) -> None:
    assert understand(text, language, NOTHING) == Intent(IntentKind.DRAW, prompt=prompt)


@pytest.mark.parametrize(("language", "text", "prompt"), PROMPTS)
def test_a_request_is_understood_although_its_language_was_not(language: str, text: str, prompt: str) -> None:
    for heard_as in ("gl", "nl", ""):
        assert understand(text, heard_as, NOTHING) == Intent(IntentKind.DRAW, prompt=prompt)


@pytest.mark.parametrize(
    ("language", "text", "intent"),
    [
        ("en", "Remove the boat.", Intent(IntentKind.EDIT, change="remove", target="the boat")),
        ("en", "Make the sky purple", Intent(IntentKind.EDIT, "purple", "recolour", "the sky")),
        ("en", "Replace the dog with a cat", Intent(IntentKind.EDIT, "a cat", "replace", "the dog")),
        ("en", "Make it night.", Intent(IntentKind.EDIT, "night", "restyle")),
        ("en", "Turn all of this into a comic book style", Intent(IntentKind.EDIT, "a comic book style", "restyle")),
        ("en", "Add a rainbow, please", Intent(IntentKind.EDIT, "a rainbow", "add")),
        ("en", "Extend it to the left", Intent(IntentKind.EXTEND, side="left")),
        ("en", "the second one", Intent(IntentKind.CHOOSE, number=2)),
        ("en", "I like the last one", Intent(IntentKind.CHOOSE, number=-1)),
        ("en", "Draw three pictures of a cat", Intent(IntentKind.DRAW, "a cat", number=3)),
        ("en", "Draw a fox in my container style", Intent(IntentKind.DRAW, "a fox", style="container")),
        ("en", "what licence is this picture under?", Intent(IntentKind.DESCRIBE, aspect="licence")),
        ("en", "Which model drew this?", Intent(IntentKind.DESCRIBE, aspect="origin")),
        ("es", "Quita el barco.", Intent(IntentKind.EDIT, change="remove", target="el barco")),
        ("es", "Amplíalo hacia la izquierda.", Intent(IntentKind.EXTEND, side="left")),
        ("fr", "Remplace le chien par un chat", Intent(IntentKind.EDIT, "un chat", "replace", "le chien")),
        ("fr", "La deuxième", Intent(IntentKind.CHOOSE, number=2)),
        ("de", "Mach das Auto rot.", Intent(IntentKind.EDIT, "rot", "recolour", "das Auto")),
        ("de", "Erweitere es nach rechts.", Intent(IntentKind.EXTEND, side="right")),
        ("it", "Togli la barca.", Intent(IntentKind.EDIT, change="remove", target="la barca")),
        ("pt", "Mostra-me uma variação deste desenho.", Intent(IntentKind.VARY)),
        ("pt", "Qual é a licença desta imagem?", Intent(IntentKind.DESCRIBE, aspect="licence")),
    ],
)
def test_what_belongs_to_a_request_is_taken_out(language: str, text: str, intent: Intent) -> None:
    assert understand(text, language, DRAWN) == intent


@pytest.mark.parametrize(
    "text",
    [
        "What time does the picture start?", "Draw a conclusion from that.", "I drew the short straw.",
        "The picture of my grandmother is on the table.", "A imagem da minha TV está desfocada.",
        "Can you picture that?", "Undo the knot.", "Can you draw?", "Who painted the Mona Lisa?",
    ],
)  # fmt: skip
def test_what_only_sounds_like_a_request_is_talk(text: str) -> None:
    for context in (DRAWN, NOTHING):
        assert understand(text, "en", context) == Intent(IntentKind.TALK)


@pytest.mark.parametrize("text", ["Make it night.", "Undo.", "Bigger!", "The second one.", "Save it.", "Stop drawing."])
def test_without_a_picture_there_is_nothing_to_change(text: str) -> None:
    assert understand(text, "en", DRAWN).kind is not IntentKind.TALK
    assert understand(text, "en", NOTHING) == Intent(IntentKind.TALK)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Alpha"), ("en", "I would like a red one."), ("en", "Seven o'clock."), ("en", "Something funny."),
        ("es", "Quiero uno rojo."), ("de", "Ich hätte gern einen roten."), ("fr", "Marie."), ("pt", "Talvez."),
    ],
)  # fmt: skip
def test_a_short_answer_is_no_wish_for_a_picture(language: str, text: str) -> None:
    assert understand(text, language, NOTHING) == Intent(IntentKind.TALK)


def test_what_to_draw_is_asked_back_where_nobody_said_it() -> None:
    assert understand("Can you draw me something?", "en", NOTHING) == Intent(IntentKind.DRAW, is_sure=False)


def test_a_long_description_reaches_the_prompt_whole() -> None:
    description = "a town with very many small houses and " * 250 + "a church"
    assert understand(f"Please draw {description}", "en", NOTHING) == Intent(IntentKind.DRAW, description)


@settings(deadline=None)
@given(st.text(max_size=200), st.sampled_from([*LANGUAGES, "", "xx"]))
def test_any_text_gets_an_answer(text: str, language: str) -> None:
    assert understand(text, language, DRAWN).kind in IntentKind


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_every_rule_and_no_other(language: str) -> None:
    assert set(intent_phrases(language).phrases) == set(RULES)


@pytest.mark.parametrize(
    ("language", "text", "intent"),
    [
        ("en", "draw a dog no wait a cat with a hat", Intent(IntentKind.DRAW, "a cat with a hat")),
        ("de", "zeichne einen Hund nein warte eine Katze", Intent(IntentKind.DRAW, "eine Katze")),
        ("es", "dibuja un perro no mejor un gato", Intent(IntentKind.DRAW, "un gato")),
        ("en", "no no go back that was better before", Intent(IntentKind.UNDO)),
        ("fr", "je trouve que la troisième est la plus jolie", Intent(IntentKind.CHOOSE, number=3)),
        ("de", "erweitere das Bild nach oben damit man den Himmel sieht", Intent(IntentKind.EXTEND, side="top")),
    ],
)
def test_slips_and_comments_are_no_part_of_a_request(language: str, text: str, intent: Intent) -> None:
    assert understand(text, language, DRAWN) == intent


@pytest.mark.parametrize("heard_as", ["en", ""])
def test_what_is_asked_for_behind_a_comment_is_understood(heard_as: str) -> None:
    found = understand("the mountains look lost over there so anyway extend it to the left", heard_as, DRAWN)
    assert replace(found, is_sure=True) == Intent(IntentKind.EXTEND, side="left")


def test_the_sentences_are_enough_and_the_two_halves_are_apart() -> None:
    seen, unseen, spoken = (read_sentences(SENTENCES / f"intents_{name}.tsv") for name in ("seen", "unseen", "spoken"))
    assert not {sentence.text for sentence in (*seen, *free())} & {sentence.text for sentence in (*unseen, *spoken)}
    assert {sentence.language for sentence in spoken} == set(LANGUAGES)
    for half in (seen, unseen):
        assert {sentence.language for sentence in half} == set(LANGUAGES)
        assert sum(sentence.label == "talk" for sentence in half) >= 150
        assert sum(sentence.label != "talk" for sentence in half) >= 150


@pytest.mark.parametrize(
    ("half", "f1", "false"), [("seen", 0.96, 0.005), ("unseen", 0.97, 0.01), ("spoken", 0.95, 0.02)]
)
def test_sentences_are_told_apart(half: str, f1: float, false: float) -> None:
    report = bench.measure(read_sentences(SENTENCES / f"intents_{half}.tsv"), with_picture=True)
    assert report.macro_f1 >= f1, report.misses
    assert report.false_pictures <= false, report.misses


def test_what_was_learned_is_known() -> None:
    report = bench.measure(free()[::10], with_picture=True)
    assert report.macro_f1 >= 0.95, report.misses
    assert report.false_pictures <= 0.01, report.misses


def free() -> list[LabelledSentence]:
    """The sentences of free wording in all languages."""
    return [sentence for file in sorted(SENTENCES.glob("intents_free_*.tsv")) for sentence in read_sentences(file)]
