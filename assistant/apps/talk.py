"""`assistant talk`: a spoken conversation, with microphone and loudspeaker or with files in their place."""

from __future__ import annotations

import argparse
import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterable
from contextlib import AsyncExitStack, ExitStack
from itertools import chain
from pathlib import Path
from typing import Any

from rich.console import Console

from assistant import virtual_clock
from assistant.apps.conversation_view import ConversationView, Meters
from assistant.apps.event_log import EventLog
from assistant.apps.options import add_profile_options, load_shown, open_stages
from assistant.apps.portaudio_card import Devices, PortAudioCard
from assistant.apps.sound_devices import device_lines, native_messages_hidden
from assistant.apps.terminal_view import open_view
from assistant.config import Profile
from assistant.conversation import Conversation
from assistant.events import Event, Notice
from assistant.json_lines import JsonLines
from assistant.live.session import LiveSession
from assistant.live.sound_card import SoundCard
from assistant.live.virtual_card import VirtualCard
from assistant.saved_conversation import SavedConversation, load_turns
from assistant.session import Session
from assistant.stages import Stages
from assistant.turns.wake import WakePhrase
from models.audio import WavWriter, read_blocks
from models.types import Audio


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    sound = parser.add_argument_group("sound")
    source = sound.add_mutually_exclusive_group()
    source.add_argument("--microphone", default="", metavar="NAME", help="a part of its name is enough")
    source.add_argument(
        "--input", type=Path, metavar="FILE", help="a recording in place of microphone and loudspeaker, in real time"
    )
    sound.add_argument(
        "--fast",
        action="store_true",
        help="with --input: as fast as possible, on a clock that stands still while models work",
    )
    sound.add_argument("--loudspeaker", default="", metavar="NAME", help="a part of its name is enough")
    sound.add_argument("--headphones", action="store_true", help="no echo cancellation: the microphone hears no reply")
    sound.add_argument("--output", type=Path, metavar="FILE", help="write what is played to a WAV file")
    sound.add_argument("--list-devices", action="store_true", help="print microphones and loudspeakers, and end")
    parser.add_argument("--wake", default="", metavar="PHRASE", help='answer only what begins so, such as "hey Nora"')
    records = parser.add_argument_group("records")
    records.add_argument("--events", type=Path, metavar="FILE", help="write every event as a line of JSON")
    records.add_argument("--save", type=Path, metavar="FILE", help="keep the conversation, turn by turn")
    records.add_argument("--resume", type=Path, metavar="FILE", help="go on with one that was kept, in that file")
    add_profile_options(parser)
    parser.set_defaults(usage_error=parser.error)


def run(arguments: argparse.Namespace) -> int:
    """Talks until the recording ends, the user says goodbye, or Ctrl-C."""
    if arguments.list_devices:
        print("\n".join(device_lines()))
        return 0
    if arguments.fast and not arguments.input:
        arguments.usage_error("--fast needs --input: a microphone has only one pace")
    if arguments.headphones:
        arguments.changes.append("echo.engine=none")
    recording = _opened(arguments.input) if arguments.input else ()
    profile, stages = open_stages(arguments)
    talk = _talk(arguments, profile, stages, recording)
    if arguments.fast:
        virtual_clock.run(talk)
    else:
        asyncio.run(talk)
    return 0


def _opened(path: Path) -> Iterable[Audio]:
    """The blocks of a recording; a mistyped name is told now, not when the models are loaded."""
    blocks = read_blocks(path)
    return chain([next(blocks)], blocks)


async def _talk(arguments: argparse.Namespace, profile: Profile, stages: Stages, recording: Iterable[Audio]) -> None:
    with ExitStack() as files:
        view = files.enter_context(open_view(Console(highlight=False)))
        conversation = _conversation(arguments, profile, view, files)
        show = _audience(arguments, view, files)
        on_played = files.enter_context(WavWriter(arguments.output)).write if arguments.output else _ignore
        card: SoundCard
        if arguments.input:
            card = VirtualCard(recording, lambda: live.is_idle, on_played)
        else:
            devices = Devices(arguments.microphone, arguments.loudspeaker)
            card = PortAudioCard(devices, on_played, lambda text: show(Notice(session.clock(), text)))
        async with AsyncExitStack() as until:
            await load_shown(stages, until)
            session = Session(profile, stages, conversation)
            session.wake = WakePhrase(arguments.wake)
            live = LiveSession.open(session, card, show)
            view.start(lambda: _meters(live, card), _hint(arguments))
            if not arguments.verbose:
                files.enter_context(native_messages_hidden())
            await until_interrupted(live.run())
    print("Goodbye.")


def _hint(arguments: argparse.Namespace) -> str:
    call = f'say "{arguments.wake}", then ask; ' if arguments.wake else ""
    return f"{call}Ctrl-C ends the conversation"


def _conversation(
    arguments: argparse.Namespace, profile: Profile, view: ConversationView, files: ExitStack
) -> Conversation:
    turns = load_turns(arguments.resume) if arguments.resume else []
    path = arguments.save or arguments.resume
    if not path:
        return Conversation(profile.conversation)
    goes_on = arguments.resume and path.exists() and path.samefile(arguments.resume)
    saved = files.enter_context(SavedConversation(path, view.notice))
    if not goes_on:
        saved.begin()
        for turn in turns:
            saved.add(turn)
    return Conversation(profile.conversation, turns, saved)


def _audience(arguments: argparse.Namespace, view: ConversationView, files: ExitStack) -> Callable[[Event], None]:
    """Who is shown the events: the view, and the log if one is wanted."""
    if not arguments.events:
        return view.show
    log = EventLog(files.enter_context(JsonLines(arguments.events, "w", view.notice)))

    def show(event: Event) -> None:
        log.show(event)
        view.show(event)

    return show


def _meters(live: LiveSession, card: SoundCard) -> Meters:
    return Meters(live.level, card.playback.played_samples / card.playback.sample_rate_hz)


def _ignore(played: Audio) -> None:
    """What is played is not kept."""


async def until_interrupted(conversation: Coroutine[Any, Any, None]) -> None:
    """Runs it to its end, or until Ctrl-C, which is the usual end; a second Ctrl-C is not waited for."""
    loop = asyncio.get_running_loop()
    talking = asyncio.ensure_future(conversation)
    interrupted = asyncio.Event()

    def interrupt() -> None:
        interrupted.set()
        loop.remove_signal_handler(signal.SIGINT)  # the next one raises KeyboardInterrupt
        talking.cancel()

    loop.add_signal_handler(signal.SIGINT, interrupt)
    try:
        await talking
    except asyncio.CancelledError:
        if not interrupted.is_set():
            raise
    finally:
        loop.remove_signal_handler(signal.SIGINT)
