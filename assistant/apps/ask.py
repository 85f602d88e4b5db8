"""`assistant ask`: recorded questions in, spoken answers out; several questions are one conversation."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.apps.options import add_profile_options, open_stages
from assistant.apps.turn_view import TurnView
from assistant.config import Profile
from assistant.events import Event, FinalTranscript, SpokenAudio, TurnEnded
from assistant.metrics import Timeline, timeline
from assistant.recording import read_utterance
from assistant.session import Session
from assistant.stages import ModelInUse, Stages
from models.audio import WavWriter
from models.types import Audio, Stage


@dataclass(frozen=True, slots=True)
class SpokenReply:
    """Where the spoken reply was written, and what it is."""

    path: str
    duration_s: float
    sample_rate_hz: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What `--json` prints.

    Attributes:
        audio: None where the reply held nothing that can be spoken.
        models: stage -> what was in use there.
    """

    transcript: str
    language: str
    reply: str
    audio: SpokenReply | None
    timeline: Timeline
    models: dict[Stage, ModelInUse]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument(
        "--input", required=True, type=Path, nargs="+", metavar="FILE", help="the question: any audio or video file"
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("reply.wav"),
        metavar="FILE",
        help="the spoken answer (default: %(default)s); with several questions reply-1.wav, reply-2.wav, …",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object a question, and nothing else")
    add_profile_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Answers the questions, one after the other."""
    profile, stages = open_stages(arguments)
    asyncio.run(_ask(arguments, profile, stages))
    return 0


async def _ask(arguments: argparse.Namespace, profile: Profile, stages: Stages) -> None:
    detector = stages.voice_activity_detector()
    longest_s = profile.conversation.longest_question_s
    # All are read before any model is loaded: a mistyped name is told at once.
    questions = [await read_utterance(path, detector, longest_s) for path in arguments.input]
    async with stages:
        session = Session(profile, stages)
        for path, question, output in zip(arguments.input, questions, _outputs(arguments), strict=True):
            if arguments.json:
                answer = await answer_aloud(session, stages, question, output)
                print(json.dumps(asdict(answer), ensure_ascii=False), flush=True)
                continue
            with TurnView(path.name) as view:
                view.show_answer(await answer_aloud(session, stages, question, output, view.show))


def _outputs(arguments: argparse.Namespace) -> list[Path]:
    output: Path = arguments.output
    output.parent.mkdir(parents=True, exist_ok=True)
    if len(arguments.input) == 1:
        return [output]
    return [output.with_stem(f"{output.stem}-{number}") for number in range(1, len(arguments.input) + 1)]


async def answer_aloud(
    session: Session, stages: Stages, question: Audio, output: Path, show: Callable[[Event], None] = lambda _: None
) -> Answer:
    """One turn, its speech written to `output` as it comes.

    Raises:
        AssistantError, ModelError: of the stage that failed; then `output` is not written.
    """
    events: list[Event] = []
    audio_s, rate_hz = 0.0, 0
    with WavWriter(output) as writer:
        async with aclosing(session.ask(question)) as turn:
            async for event in turn:
                show(event)
                events.append(event)
                if isinstance(event, SpokenAudio):
                    await asyncio.to_thread(writer.write, event.audio)
                    audio_s, rate_hz = audio_s + event.audio.duration_s, event.audio.sample_rate_hz
    heard = next(event for event in events if isinstance(event, FinalTranscript))
    ended = next(event for event in events if isinstance(event, TurnEnded))
    spoken = SpokenReply(str(output), round(audio_s, 3), rate_hz) if rate_hz else None
    return Answer(heard.text, heard.language, ended.reply.strip(), spoken, timeline(events), stages.models())
