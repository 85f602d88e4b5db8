"""What a user can want. Values only; how it is recognised lives in the neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal, TypeAlias

from models.pictures import Side

Change: TypeAlias = Literal["restyle", "replace", "remove", "add", "recolour"]


class IntentKind(Enum):
    """What is wanted; the values are the labels of `assistant bench intents`."""

    TALK = "talk"  # an answer of the language model
    DRAW = "draw"  # a new picture
    EDIT = "edit"  # the current picture, changed
    EXTEND = "extend"  # more of it on one side
    VARY = "vary"  # another one of the same
    BIGGER = "bigger"  # enlarged
    ANIMATE = "animate"
    CHOOSE = "choose"  # show one that was made before
    UNDO = "undo"
    REDO = "redo"
    SAVE = "save"
    DESCRIBE = "describe"  # what it shows, how it was made, what its licence is
    STOP = "stop"  # drawing


@dataclass(frozen=True, slots=True)
class PictureContext:
    """What the conversation has of pictures at the moment; "make it night" means nothing without one.

    Attributes:
        has_picture: there is a current one.
        is_drawing: one is being made.
        shown: how many the user can choose among.
        can_redo: a change was undone last.
        shows: what the current picture shows, in words; "" where that is not known.
    """

    has_picture: bool = False
    is_drawing: bool = False
    shown: int = 0
    can_redo: bool = False
    shows: str = ""


@dataclass(frozen=True, slots=True)
class Intent:
    """What the user wants.

    Attributes:
        prompt: what is to be seen, in the user's words without the request around it; for DRAW, EDIT and ANIMATE.
        change: of EDIT.
        target: the part of the picture that an EDIT is about, such as "the boat"; "" for the whole.
        side: of EXTEND; None where it was not said.
        number: of CHOOSE, from 1, or -1 for the last; of DRAW and VARY, how many are wanted; 0 where it was not said.
        style: name of a style that was asked for.
        aspect: of DESCRIBE: "content", "licence" or "origin".
        is_sure: otherwise the user is asked back before anything is done.
    """

    kind: IntentKind
    prompt: str = ""
    change: Change | None = None
    target: str = ""
    side: Side | None = None
    number: int = 0
    style: str = ""
    aspect: Literal["content", "licence", "origin"] = "content"
    is_sure: bool = True
