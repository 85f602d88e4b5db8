"""`assistant ask`: recorded questions in, spoken answers out; several questions are one conversation."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.apps.options import add_profile_options, load_shown, ready_stages
from assistant.apps.turn_view import TurnView
from assistant.config import Profile, load_profile
from assistant.engines import ModelInUse
from assistant.errors import FileUnusable, NothingSaid
from assistant.events import Event, FinalTranscript, PictureReady, SpokenAudio, TurnEnded
from assistant.metrics import Timeline, timeline
from assistant.recording import spoken_part
from assistant.session import Session
from assistant.stages import Stages
from models.audio import WavWriter, read
from models.types import Audio, Stage

_WAV_SUFFIXES = (".wav", ".wave")


@dataclass(frozen=True, slots=True)
class SpokenReply:
    """Where the spoken reply was written, and what it is."""

    path: str
    duration_s: float
    sample_rate_hz: int


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture that was drawn or shown again, and the licence of the model that made it."""

    path: str
    prompt: str
    licence: str


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
    pictures: tuple[ShownPicture, ...]
    timeline: Timeline
    models: dict[Stage, ModelInUse]


@dataclass(frozen=True, slots=True)
class Question:
    """A recording, the speech in it, and where the answer goes."""

    path: Path
    utterance: Audio
    output: Path


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument(
        "--input",
        required=True,
        type=Path,
        nargs="+",
        metavar="FILE",
        help="the question: any audio or video file; several are one conversation",
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
    """Answers the questions, one after the other. What is wrong with one of them is told before any model is loaded."""
    profile = load_profile(arguments.profile, arguments.changes)
    outputs = _outputs(arguments.output, arguments.input)
    longest_s = profile.conversation.longest_question_s
    recordings = [read(path, longest_s=longest_s) for path in arguments.input]
    stages = ready_stages(profile, offline=arguments.offline)
    detector = stages.voice_activity_detector()
    questions = [
        Question(path, spoken_part(recording, path, detector), output)
        for path, recording, output in zip(arguments.input, recordings, outputs, strict=True)
    ]
    asyncio.run(_ask(profile, stages, questions, as_json=arguments.json))
    return 0


def _outputs(chosen: Path, inputs: Sequence[Path]) -> list[Path]:
    """A file for each question's answer.

    Raises:
        FileUnusable: one cannot be written, or is a question itself.
    """
    paths = [chosen]
    if len(inputs) > 1:
        paths = [chosen.with_stem(f"{chosen.stem}-{number}") for number in range(1, len(inputs) + 1)]
    for path in paths:
        folder = next(parent for parent in path.absolute().parents if parent.exists())
        if path.exists() and not path.is_file():
            raise FileUnusable(f"{path} is {'a directory' if path.is_dir() else 'not a regular file'}; name a WAV file")
        if path.suffix.lower() not in _WAV_SUFFIXES:
            raise FileUnusable(f"{path}: answers are written as WAV files; give --output a name that ends in .wav")
        if any(source.exists() and path.exists() and path.samefile(source) for source in inputs):
            raise FileUnusable(f"{path} is a question; give --output another name")
        if not (folder.is_dir() and os.access(folder, os.W_OK)):
            raise FileUnusable(f"{path} cannot be written: {folder} is not a folder that you may write to")
    return paths


async def _ask(profile: Profile, stages: Stages, questions: Iterable[Question], *, as_json: bool) -> None:
    async with AsyncExitStack() as loaded:
        await load_shown(stages, loaded)
        session = Session(profile, stages)
        for question in questions:
            question.output.parent.mkdir(parents=True, exist_ok=True)
            try:
                await _answer_one(session, question, as_json=as_json)
            except NothingSaid as error:
                raise NothingSaid(f"{question.path}: {error}") from error


async def _answer_one(session: Session, question: Question, *, as_json: bool) -> None:
    if as_json:
        answer = await answer_aloud(session, question)
        print(json.dumps(asdict(answer), ensure_ascii=False), flush=True)
        return
    with TurnView(question.path.name) as view:
        view.show_answer(await answer_aloud(session, question, view.show))


async def answer_aloud(session: Session, question: Question, show: Callable[[Event], None] = lambda _: None) -> Answer:
    """One turn, its speech written to the question's output as it comes.

    Raises:
        AssistantError, ModelError: of the stage that failed; then nothing is written.
    """
    events: list[Event] = []
    audio_s, rate_hz = 0.0, 0
    with WavWriter(question.output) as writer:
        async with aclosing(session.ask(question.utterance)) as turn:
            async for event in turn:
                show(event)
                events.append(event)
                if isinstance(event, SpokenAudio):
                    await asyncio.to_thread(writer.write, event.audio)
                    audio_s, rate_hz = audio_s + event.audio.duration_s, event.audio.sample_rate_hz
    heard = next(event for event in events if isinstance(event, FinalTranscript))
    ended = next(event for event in events if isinstance(event, TurnEnded))
    spoken = SpokenReply(str(question.output), round(audio_s, 3), rate_hz) if rate_hz else None
    return Answer(
        heard.text,
        heard.language,
        ended.reply.strip(),
        spoken,
        tuple(_shown(event) for event in events if isinstance(event, PictureReady)),
        timeline(events),
        session.stages.models(),
    )


def _shown(event: PictureReady) -> ShownPicture:
    return ShownPicture(str(event.path), event.prompt, event.licence)
