"""From what is wanted to what an image model is asked for, and which picture "it" is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.intents.intent import Intent, IntentKind
from assistant.phrases.answers import yes_or_no
from assistant.phrases.phrasebook import LANGUAGES, phrasebook
from assistant.pictures.description import changed, recoloured
from assistant.pictures.history import History
from assistant.pictures.tasks import Original, image_task, tasks
from assistant.pictures.work import Entry, Origin
from models.pictures import EMPTY, Add, Enlarge, Extend, ImageToImage, Inpaint, Picture, TextToImage, Walk

PICTURE = Picture(np.zeros((48, 64, 3), np.uint8))
LIGHTHOUSE = Original(PICTURE, "a lighthouse with a red boat")
APPLE = Original(PICTURE, "a red apple")


def edit(change: Any, original: Original = LIGHTHOUSE, **words: Any) -> Any:
    return image_task(Intent(IntentKind.EDIT, change=change, **words), original, 7)[0]


def task(kind: IntentKind, original: Original = LIGHTHOUSE, **words: Any) -> Any:
    return image_task(Intent(kind, **words), original, 7)[0]


def test_a_drawing_takes_words_alone() -> None:
    drawing, options = image_task(Intent(IntentKind.DRAW, prompt="a cat", style="my container", number=3), None, 7)
    assert drawing == TextToImage("a cat")
    assert (options.seed, options.count, options.style) == (7, 3, "my container")
    assert image_task(Intent(IntentKind.DRAW, prompt="a cat", number=1000), None, 7)[1].count == 4


def test_a_part_is_masked_and_the_whole_is_made_anew() -> None:
    removed = edit("remove", target="the boat")
    assert (type(removed), removed.region) == (Inpaint, "the boat")
    assert "boat" not in removed.prompt
    replaced = edit("replace", target="the boat", prompt="a whale")
    assert (type(replaced), replaced.region, replaced.prompt) == (Inpaint, "the boat", "a whale")
    recoloured_part = edit("recolour", target="the boat", prompt="blue")
    assert (type(recoloured_part), recoloured_part.region, recoloured_part.prompt) == (Inpaint, "the boat", "blue boat")
    assert edit("restyle", prompt="night").prompt == "a lighthouse with a red boat, night"
    added = edit("add", prompt="a moon")
    assert (type(added), added.thing, added.prompt) == (Add, "a moon", "a lighthouse with a red boat and a moon")
    assert added.anew() == ImageToImage(added.prompt, added.picture, added.strength)


@pytest.mark.parametrize("target", ["", "it", "the apple", "an apple", "The picture"])
def test_what_is_all_that_there_is_to_see_needs_no_mask(target: str) -> None:
    green = edit("recolour", APPLE, target=target, prompt="green")
    assert (type(green), green.prompt) == (ImageToImage, "a green apple")


@pytest.mark.parametrize(
    ("prompt", "colour", "expected"),
    [
        ("a red apple", "green", "a green apple"),
        ("a dark blue car in the snow", "yellow", "a yellow car in the snow"),
        ("a car", "red", "a red car"),
        ("a red car", "orange", "an orange car"),
        ("an apple", "green", "a green apple"),
        ("sunflowers", "white", "white sunflowers"),
        ("a redwood tree", "blue", "a blue redwood tree"),
        ("a red apple", r"\1 gold", r"a \1 gold apple"),
    ],
)
def test_a_prompt_gets_another_colour(prompt: str, colour: str, expected: str) -> None:
    assert recoloured(prompt, colour) == expected


@pytest.mark.parametrize(
    ("before", "change", "target", "prompt", "after"),
    [
        ("a lighthouse with a red boat", "remove", "the boat", "", "a lighthouse"),
        ("a cat wearing a hat and a scarf", "remove", "the scarf", "", "a cat wearing a hat"),
        ("a lighthouse", "remove", "the boat", "", "a lighthouse"),
        ("a boat", "remove", "the boat", "", EMPTY),
        ("a house with a boat and a tree", "remove", "the house", "", "a boat with a tree"),
        ("a dog on a beach", "replace", "the dog", "an elephant", "an elephant on a beach"),
        ("a lighthouse", "replace", "the boat", "a whale", "a lighthouse with a whale"),
        ("a cat with a red hat", "recolour", "the hat", "orange", "a cat with an orange hat"),
        ("a cat", "recolour", "the hat", "orange", "a cat with an orange hat"),
        ("a red apple", "recolour", "the apple", "green", "a green apple"),
        ("a cat", "add", "", "a hat", "a cat with a hat"),
        ("a cat", "restyle", "", "night", "a cat, night"),
    ],
)
def test_it_is_known_what_a_changed_picture_shows(
    before: str, change: Any, target: str, prompt: str, after: str
) -> None:
    assert changed(before, Intent(IntentKind.EDIT, prompt, change, target)) == after


def ways(change: Any, instruction: str = "", original: Original = LIGHTHOUSE, **words: Any) -> list[str]:
    intent = Intent(IntentKind.EDIT, change=change, **words)
    return [type(task).__name__ for task, _ in tasks(intent, original, 7, instruction)]


def test_a_part_is_looked_for_before_the_whole_is_changed() -> None:
    assert ways("restyle", prompt="night") == ["ImageToImage"]
    assert ways("restyle", "make it night", prompt="night") == ["Instruct"]
    assert ways("remove", target="the boat") == ["Inpaint", "TextToImage"]
    assert ways("remove", "remove the boat", target="the boat") == ["Inpaint", "Instruct", "TextToImage"]
    assert ways("remove", target="the whale") == ["Inpaint"]
    assert ways("remove", target="the lighthouse") == ["Inpaint", "TextToImage"]
    assert ways("remove", original=Original(PICTURE, "a boat"), target="the boat") == ["Inpaint"]


def test_what_is_drawn_anew_has_the_old_seed() -> None:
    original = Original(PICTURE, "a lighthouse with a red boat", seed=5)
    *_, (task, options) = tasks(Intent(IntentKind.EDIT, change="remove", target="the boat"), original, 7)
    assert (task, options.seed) == (TextToImage("a lighthouse"), 5)


def test_the_other_tasks_start_from_the_current_picture() -> None:
    assert task(IntentKind.EXTEND, side="left") == Extend(LIGHTHOUSE.prompt, PICTURE, "left", 32)
    assert task(IntentKind.EXTEND, side="top") == Extend(LIGHTHOUSE.prompt, PICTURE, "top", 24)
    assert task(IntentKind.EXTEND).side == "right"
    assert task(IntentKind.BIGGER) == Enlarge(PICTURE)
    assert task(IntentKind.VARY) == TextToImage(LIGHTHOUSE.prompt)
    assert task(IntentKind.ANIMATE) == Walk(LIGHTHOUSE.prompt, LIGHTHOUSE.prompt, 8)
    assert task(IntentKind.ANIMATE, prompt="a castle").prompt_to == "a castle"


def entry(name: str) -> Entry:
    origin = Origin(
        kind="draw", prompt=name, model="m", licence="l", seed=0, steps=1, created=datetime(2030, 1, 1, tzinfo=UTC)
    )
    return Entry(name, Path(f"{name}.png"), origin)


def test_history_goes_back_and_forth_and_forgets_what_was_undone() -> None:
    history = History()
    assert not history.has_picture
    for name in "abc":
        history.add([entry(name)])
    assert [history.undo().id, history.undo().id, history.redo().id] == ["b", "a", "b"]
    history.add([entry("d")])
    assert not history.can_redo
    assert [history.undo().id, history.undo().id] == ["b", "a"]
    assert not history.can_undo


def test_numbers_count_what_came_together_last_or_else_everything() -> None:
    history = History()
    for name in "ab":
        history.add([entry(name)])
    assert [history.choose(1).id, history.choose(-1).id] == ["a", "b"]
    history.add([entry(name) for name in "xyz"])
    assert history.current.id == "z"
    assert history.choose(2).id == "y"
    with pytest.raises(IndexError):
        history.choose(4)
    assert history.undo().id == "z"
    history.add([entry("n")])
    assert [one.id for one in history.choices] == ["n"]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Yes, please.", "en", "yes"),
        ("No, thanks.", "en", "no"),
        ("Sí, por favor.", "es", "yes"),
        ("Non merci.", "fr", "no"),
        ("Ja, gerne!", "de", "yes"),
        ("Va bene.", "it", "yes"),
        ("Não.", "pt", "no"),
        ("Oui.", "en", "yes"),
        ("No, draw a dog.", "en", ""),
        ("Yes and no.", "en", ""),
        ("", "en", ""),
        ("yes " * 50, "en", ""),
    ],
)
def test_yes_and_no_are_whole_utterances(text: str, language: str, expected: str) -> None:
    assert yes_or_no(text, language) == expected


def test_every_language_has_the_same_lines_with_the_same_words_in_them() -> None:
    words = {
        "prompt": "P",
        "target": "T",
        "number": 2,
        "folder": "F",
        "model": "M",
        "licence": "L",
        "steps": 9,
        "seed": 5,
    }
    english = phrasebook("en").picture_lines
    for language in LANGUAGES:
        lines = phrasebook(language).picture_lines
        assert list(lines) == list(english)
        for name, line in lines.items():
            gaps = {gap for gap in words if f"{{{gap}}}" in line}
            assert gaps == {gap for gap in words if f"{{{gap}}}" in english[name]}, f"{language} {name}"
            assert line.format(**words)[-1] in ".?!"
