"""Conversations about pictures over scripted engines, on a virtual clock: how they are set up."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from live import QUESTION, Course, converse, silence

from assistant import events
from assistant.events import Event
from assistant.pictures.gallery import Gallery
from assistant.stages import Stages
from models.scripted.speech import spoken
from models.types import Audio

APPLE = "Draw me a red apple, please."
ROCKET = "Can you draw a rocket?"
GREEN = "Make it green."
VOCABULARY = (
    QUESTION,
    APPLE,
    ROCKET,
    GREEN,
    "Undo that.",
    "Redo that.",
    "Save the picture.",
    "Stop drawing.",
    "Stop.",
    "Draw something.",
    "A blue house.",
    "Show me the first one.",
    "Show me the third one.",
    "What licence is this picture under?",
    "What does the picture show?",
    "Extend it to the left.",
    "Show me another one.",
    "Make it bigger.",
    "Animate it.",
    "Goodbye.",
    "Yes.",
    "No.",
    "Dibújame un faro al atardecer.",
    "Annulla.",
)
STT = f"stt.options.vocabulary={json.dumps(VOCABULARY, ensure_ascii=False)}"
# Ten steps of the scripted image generator take 3 s.
SLOWLY = "image.options.pause_s=0.3"


def said(*phrases: str) -> Audio:
    """Speech, as the scripted engine understands it with this vocabulary."""
    return spoken(phrases, VOCABULARY)


def talk(
    folder: Path,
    recording: Sequence[Audio],
    *changes: str,
    on_event: Callable[[Event, Stages], None] = lambda *_: None,
) -> Course:
    """As `live.converse`, about pictures."""
    return converse(folder, recording, STT, *changes, on_event=on_event)


def one_after_another(folder: Path, phrases: Sequence[str], *changes: str, pause_s: float = 5.0) -> Course:
    """A conversation in which each answer, and each picture, has time to be finished."""
    recording = [part for phrase in phrases for part in (said(phrase), silence(pause_s))]
    return talk(folder, recording, *changes)


def replies(course: Course) -> list[str]:
    """What was said to the end."""
    return [event.reply.strip() for event in course.of(events.TurnEnded)]


def kept(gallery: Gallery) -> list[str]:
    """What the pictures of a gallery show, the oldest first."""
    return [entry.origin.prompt for entry in gallery.entries()]
