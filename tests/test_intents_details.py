"""What belongs to a wish that only the classifier understands, and names without the words around them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.intents.cascade import understand
from assistant.intents.details import complete
from assistant.intents.grammar import parse_part
from assistant.intents.intent import Intent, IntentKind, PictureContext

DRAWN = PictureContext(has_picture=True, shown=4)
EXTEND, CHOOSE = Intent(IntentKind.EXTEND), Intent(IntentKind.CHOOSE)


@pytest.mark.parametrize(
    ("language", "text", "side"),
    [
        ("fr", "agrandis le décor sur la gauche", "left"),
        ("es", "Amplie la imagen hacia la izquierda", "left"),
        ("", "Setz das Bild unten noch ein Stück fort", "bottom"),
        ("en", "widen the scene on the left and on the right", None),
        ("en", "make it wider", None),
    ],
)
def test_the_side_is_the_one_that_is_named(language: str, text: str, side: str | None) -> None:
    assert complete(EXTEND, text, language).side == side


@pytest.mark.parametrize(
    ("language", "text", "number"),
    [
        ("es", "la número tres", 3),
        ("en", "Of those four, the last one is my favourite", -1),
        ("en", "the middle one", 0),
        ("en", "number one", 1),
        ("pt", "Das três, prefiro a do meio", 0),
        ("de", "Das dritte gefällt mir am besten", 3),
        ("", "Ripartiamo dalla seconda proposta", 2),
    ],
)
def test_which_one_is_not_how_many_there_are(language: str, text: str, number: int) -> None:
    assert complete(CHOOSE, text, language).number == number


def test_what_the_grammar_found_stays() -> None:
    assert complete(replace(CHOOSE, number=2), "the first one", "en").number == 2
    assert complete(replace(EXTEND, side="top"), "to the left", "en").side == "top"


@pytest.mark.parametrize(
    ("language", "text", "intent"),
    [
        ("it", "disegnami per piacere un asinello", Intent(IntentKind.DRAW, "un asinello")),
        ("de", "Das Schild kann weg", Intent(IntentKind.EDIT, change="remove", target="Das Schild")),
        ("de", "Setz ihm bitte einen Hut auf", Intent(IntentKind.EDIT, "einen Hut", "add", "ihm")),
        ("es", "Ponle las gafas a la abuela", Intent(IntentKind.EDIT, "las gafas", "add", "la abuela")),
        ("es", "Pinta la de verde", Intent(IntentKind.EDIT, "verde", "recolour")),
        ("es", "¿Puedes pintarla de verde?", Intent(IntentKind.EDIT, "verde", "recolour")),
        ("es", "Quiero volver a la imagen anterior", Intent(IntentKind.UNDO)),
        ("es", "Desace el último cambio", Intent(IntentKind.UNDO)),
    ],
)
def test_politeness_is_no_part_of_a_name(language: str, text: str, intent: Intent) -> None:
    assert replace(understand(text, language, DRAWN), is_sure=True) == intent


@pytest.mark.parametrize(
    ("language", "text", "target"),
    [
        ("en", "Get rid of the fence, it blocks the view", "the fence"),
        ("en", "Remove the dog, the cat and the boat", "the dog, the cat and the boat"),
        ("en", "Remove the sign. It is ugly.", "the sign"),
        ("fr", "Enlève la barrière, elle cache la vue", "la barrière"),
        ("de", "Mach den Zaun weg, der stört.", "den Zaun"),
        ("it", "Togli il recinto, è brutto", "il recinto"),
        ("pt", "Tira a cerca, fica feia", "a cerca"),
    ],
)
def test_a_reason_is_no_part_of_a_name(language: str, text: str, target: str) -> None:
    found = understand(text, language, DRAWN)
    assert (found.kind, found.change, found.target) == (IntentKind.EDIT, "remove", target)


def test_what_is_asked_for_before_a_reason_is_taken_out() -> None:
    text = "Prends la deuxième, elle est plus jolie."
    assert parse_part(text, "fr", IntentKind.CHOOSE, DRAWN) == replace(CHOOSE, number=2)


def test_politeness_alone_stays_a_name() -> None:
    assert complete(Intent(IntentKind.DRAW, "please"), "draw please", "en").prompt == "please"
