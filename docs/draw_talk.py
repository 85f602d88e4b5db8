"""Draws docs/talk.svg, the picture of the terminal view in the README: `python docs/draw_talk.py`.

It holds a real conversation in real time, with the default profile, about the recorded questions of the project, and
takes the picture in the middle of the second reply. The times in it are those of this machine.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.console import Console

from assistant.apps.conversation_view import Meters, print_event
from assistant.apps.options import add_profile_options, open_stages
from assistant.apps.scene import Scene, after
from assistant.apps.terminal_view import drawn
from assistant.config import Profile
from assistant.events import Event
from assistant.live.session import LiveSession
from assistant.live.virtual_card import VirtualCard
from assistant.session import Session
from assistant.stages import Stages
from models.audio import SPEECH_RATE_HZ, read
from models.types import Audio

FOLDER = Path(__file__).parent
QUESTIONS = FOLDER.parent / "examples" / "questions"
# Long enough for the first reply; the picture shows what the second one has left to say.
SILENCE_S = 8.0
PLAYED_S = 1.5
COLUMNS = 92
# Viewers do not fetch fonts for a picture, and need not: any of fixed width will do.
FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


class Picture:
    """What a terminal would show."""

    def __init__(self) -> None:
        self.is_taken = False
        self._console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, highlight=False)
        self._scene = Scene()

    def show(self, event: Event) -> None:
        if not self.is_taken:
            self._scene = after(self._scene, event)
            print_event(self._console, event)

    def take(self, meters: Meters) -> None:
        """Once the second reply is half heard."""
        if self._scene.last_turn and self._scene.state == "speaking" and meters.played_s >= PLAYED_S:
            self._console.print(drawn(self._scene, meters, "Ctrl-C ends the conversation"))
            svg = self._console.export_svg(title="assistant talk")
            (FOLDER / "talk.svg").write_text(FONT.sub("", svg), encoding="utf-8")
            self.is_taken = True


def recording() -> Iterator[Audio]:
    yield read(QUESTIONS / "capital.wav", SPEECH_RATE_HZ)
    yield Audio(np.zeros(round(SILENCE_S * SPEECH_RATE_HZ), np.float32), SPEECH_RATE_HZ)
    yield read(QUESTIONS / "week.wav", SPEECH_RATE_HZ)


async def converse(profile: Profile, stages: Stages, picture: Picture) -> None:
    def is_done() -> bool:
        picture.take(Meters(live.level, card.playback.played_samples / card.playback.sample_rate_hz))
        return picture.is_taken or live.is_idle

    async with stages:
        card = VirtualCard(recording(), is_done, lambda _: None)
        live = LiveSession.open(Session(profile, stages), card, picture.show)
        await live.run()


def main() -> None:
    parser = argparse.ArgumentParser(description="Draws docs/talk.svg.")
    add_profile_options(parser)
    profile, stages = open_stages(parser.parse_args())
    picture = Picture()
    asyncio.run(converse(profile, stages, picture))
    if not picture.is_taken:
        raise SystemExit("the second reply was too short: nothing was drawn")


if __name__ == "__main__":
    main()
