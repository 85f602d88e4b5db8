"""`assistant bench NAME`: runs a benchmark and prints its figures."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from rich.console import Console
from starlette.types import ASGIApp

from assistant.apps.options import add_profile_options, open_stages, ready_stages
from assistant.apps.pull_view import pull_shown
from assistant.bench import ask, captions, intents, pictures, serve, talk
from assistant.bench.quality import load_recordings, load_sentences
from assistant.bench.recognisers import FasterWhisper
from assistant.config import load_profile
from assistant.engines import engine_spec
from assistant.errors import ProfileError
from assistant.intents.labelled import read_sentences
from assistant.recording import read_utterance
from assistant.serve.service import Service
from models.audio import read
from models.registry import create
from models.weights.store import Store

_QUESTIONS = Path(__file__).parents[2] / "examples" / "questions"
_PICTURES = Path(__file__).parents[2] / "examples" / "pictures"
_DRAWINGS = ("01_apple.wav", "04_rocket.wav", "07_cat.wav")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument(
        "name",
        metavar="NAME",
        choices=["ask", "talk", "captions", "pictures", "intents", "serve"],
        help="ask: recorded questions; talk: live turns; captions: long recordings; pictures: drawing while talking; "
        "intents: what sentences ask for; serve: 1, 2, 4 and 8 conversations at once, and the page",
    )
    parser.add_argument(
        "--recordings",
        type=Path,
        metavar="FOLDER",
        help="recorded speech with a manifest.jsonl (lines with file, language, transcript), to measure hearing with",
    )
    parser.add_argument(
        "--questions",
        type=Path,
        nargs="+",
        metavar="FILE",
        default=[],
        help="spoken questions (default: those of examples/questions)",
    )
    parser.add_argument(
        "--turns",
        type=int,
        default=30,
        metavar="N",
        help="of talk and pictures, and of each crowd of serve (default: %(default)s)",
    )
    _add_options_of_one(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_profile_options(parser)


def _add_options_of_one(parser: argparse.ArgumentParser) -> None:
    """Those that only some benchmarks know."""
    parser.add_argument(
        "--only",
        nargs="+",
        choices=[*talk.PARTS, *captions.PARTS, *pictures.PARTS, *serve.PARTS],
        metavar="PART",
        help=f"of talk: {', '.join(talk.PARTS)}; of captions: {', '.join(captions.PARTS)}; "
        f"of pictures: {', '.join(pictures.PARTS)}; of serve: {', '.join(serve.PARTS)}",
    )
    parser.add_argument(
        "--faster-whisper",
        type=Path,
        metavar="FOLDER",
        help="of captions: the same weights as a CTranslate2 model, to compare with faster-whisper",
    )
    parser.add_argument(
        "--file",
        type=Path,
        metavar="LABELLED.tsv",
        help="of intents: lines label<TAB>sentence, or label<TAB>sentence<TAB>language",
    )
    parser.add_argument("--with-picture", action="store_true", help="of intents: as when there is a picture")


def run(arguments: argparse.Namespace) -> int:
    """Measures and prints."""
    found = _MEASURES[arguments.name](arguments)
    report = {name: value for name, value in asdict(found).items() if value is not None}
    if arguments.json:
        print(json.dumps(report, ensure_ascii=False))
    else:
        _print(Console(highlight=False), report)
    return 0


def _measure_talk(arguments: argparse.Namespace) -> talk.Report:
    profile = load_profile(arguments.profile, arguments.changes)
    material = talk.Material(
        # Whole files: the silence around the words belongs to a live question.
        [read(path) for path in arguments.questions or _english_examples()],
        load_recordings(arguments.recordings) if arguments.recordings else [],
        max(1, arguments.turns),
    )
    open_again = partial(ready_stages, offline=arguments.offline)
    return talk.measure(profile, open_again, material, _parts(arguments, talk.PARTS))


def _measure_captions(arguments: argparse.Namespace) -> captions.Report:
    profile = load_profile(arguments.profile, arguments.changes)
    if arguments.faster_whisper and not FasterWhisper.is_installed():
        raise ProfileError("faster-whisper is not installed; leave out --faster-whisper, or pip install faster-whisper")
    store = Store(offline=arguments.offline)
    pull_shown(store, [profile.stt.model, profile.vad.model])
    material = captions.Material(
        load_recordings(arguments.recordings) if arguments.recordings else [],
        engine_spec(store, "stt", profile.stt),
        lambda: create(engine_spec(store, "vad", profile.vad)),
        faster_whisper=arguments.faster_whisper,
    )
    return asyncio.run(captions.measure(material, _parts(arguments, captions.PARTS)))


def _parts(arguments: argparse.Namespace, known: Sequence[str]) -> Sequence[str]:
    """Those that are wanted.

    Raises:
        ProfileError: one belongs to another benchmark.
    """
    if strange := [part for part in arguments.only or () if part not in known]:
        raise ProfileError(f"{strange[0]} is no part of {arguments.name}; choose from {', '.join(known)}")
    return arguments.only or known


def _measure_ask(arguments: argparse.Namespace) -> ask.Report:
    return asyncio.run(_ask(arguments))


async def _ask(arguments: argparse.Namespace) -> ask.Report:
    profile, stages = open_stages(arguments)
    detector = stages.voice_activity_detector()
    longest_s = profile.conversation.longest_question_s
    material = ask.Material(
        load_recordings(arguments.recordings) if arguments.recordings else [],
        load_sentences(),
        [await read_utterance(path, detector, longest_s) for path in arguments.questions or _english_examples()],
    )
    return await ask.measure(profile, stages, material)


def _measure_pictures(arguments: argparse.Namespace) -> pictures.Report:
    profile, stages = open_stages(arguments)
    material = pictures.Material(
        [read(path) for path in arguments.questions or _english_examples()],
        [read(_PICTURES / name) for name in _DRAWINGS],
        max(1, arguments.turns),
    )
    return asyncio.run(pictures.measure(profile, stages, material, _parts(arguments, pictures.PARTS)))


def _measure_serve(arguments: argparse.Namespace) -> serve.Report:
    def page(service: Service) -> AbstractAsyncContextManager[ASGIApp]:
        from assistant.page.page import served_with_page
        from assistant.page.profiles import Profiles

        return served_with_page(service, Profiles(arguments.profile, arguments.changes, Store(offline=True)))

    profile = load_profile(arguments.profile, arguments.changes)
    # Whole files: the silence around the words belongs to a live question.
    questions = [read(path) for path in arguments.questions or _english_examples()]
    material = serve.Material(questions, max(1, arguments.turns), page)
    open_again = partial(ready_stages, offline=arguments.offline)
    return serve.measure(profile, open_again, material, _parts(arguments, serve.PARTS))


def _measure_intents(arguments: argparse.Namespace) -> intents.Report:
    if arguments.file is None:
        raise ProfileError("name the sentences with --file LABELLED.tsv")
    return intents.measure(read_sentences(arguments.file), with_picture=arguments.with_picture)


_Report: TypeAlias = ask.Report | talk.Report | captions.Report | pictures.Report | intents.Report | serve.Report
_MEASURES: Mapping[str, Callable[[argparse.Namespace], _Report]] = MappingProxyType(
    {
        "ask": _measure_ask,
        "talk": _measure_talk,
        "captions": _measure_captions,
        "pictures": _measure_pictures,
        "intents": _measure_intents,
        "serve": _measure_serve,
    }
)


def _english_examples() -> list[Path]:
    """Those that every embedded model can answer.

    Raises:
        ProfileError: the examples are not here: they do not belong to an installed package.
    """
    if not _QUESTIONS.is_dir():
        raise ProfileError("the example questions are not here: name some with --questions FILE …")
    return [recording.path for recording in load_recordings(_QUESTIONS) if recording.language == "en"]


def _print(console: Console, report: dict[str, Any], indent: str = "") -> None:
    for name, value in report.items():
        label = f"{indent}{name.replace('_', ' ')}"
        if isinstance(value, dict) and set(value) == {"n", "p50", "p95"}:
            console.print(f"{label:<28}p50 {value['p50']:<9} p95 {value['p95']:<9} n {value['n']}")
        elif isinstance(value, dict):
            console.print(label)
            _print(console, value, indent + "  ")
        else:
            console.print(f"{label:<28}{value}", markup=False)
