"""`assistant captions`: recordings in, captions out; any number of them, from anywhere."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from pathlib import Path

from rich.console import Console

from assistant.apps.captions_check import check_files
from assistant.apps.captions_run import caption, dry_run
from assistant.apps.captions_view import print_summary
from assistant.apps.options import add_profile_options
from assistant.captions import formats
from assistant.captions.hearing import HearingOptions
from assistant.captions.settings import USUAL_FORMATS, BatchSettings
from assistant.captions.standards import STANDARDS
from assistant.captions.summary import Outcome, as_json
from assistant.errors import FileUnusable
from assistant.sources.rules import SourceRules
from models.errors import LanguageUnknown
from models.settings import nearest

_INTERRUPTED = 130  # 128 + SIGINT, as shells report it


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument(
        "sources",
        nargs="*",
        metavar="SOURCE",
        help="link to a video, playlist, channel or feed; file; folder; @list.txt; - for a list from standard input",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the captions go, and what is needed to go on")
    _configure_captions(parser)
    _configure_sources(parser)
    run = parser.add_argument_group("the run")
    run.add_argument("--workers", type=int, default=1, metavar="N", help="recordings heard at once (default: 1)")
    run.add_argument(
        "--existing",
        choices=("skip", "replace"),
        default="skip",
        help="what was transcribed before is left alone, or transcribed again (default: %(default)s)",
    )
    run.add_argument(
        "--reexport", action="store_true", help="write the files anew from what was heard earlier; transcribe nothing"
    )
    run.add_argument("--dry-run", action="store_true", help="only say what would be done")
    run.add_argument("--report", action="store_true", help="also write report.html, a page to look at the captions")
    run.add_argument("--json", action="store_true", help="print one JSON object, and nothing else")
    run.add_argument("--check", type=Path, nargs="+", metavar="FILE", help="judge caption files by --standard instead")
    add_profile_options(parser)
    parser.set_defaults(usage_error=parser.error)


def _configure_captions(parser: argparse.ArgumentParser) -> None:
    wanted = parser.add_argument_group("captions")
    wanted.add_argument(
        "--formats",
        metavar="LIST",
        help=f"some of {', '.join(formats.FORMATS)}, with commas between (default: {','.join(USUAL_FORMATS)}; "
        "with --reexport those that are there)",
    )
    wanted.add_argument(
        "--standard",
        choices=tuple(STANDARDS),
        default="netflix",
        metavar="NAME",
        help=f"{', '.join(STANDARDS)} (default: %(default)s)",
    )
    wanted.add_argument("--words", action="store_true", help="say when each word is spoken, where the format can")
    wanted.add_argument("--embed", action="store_true", help="also a copy of the recording with a track of captions")
    wanted.add_argument("--burn", action="store_true", help="also a copy of the film with captions in its picture")
    hearing = parser.add_argument_group("hearing")
    hearing.add_argument(
        "--language", type=_language, metavar="CODE", help="en, fr, …; found out where it is not given"
    )
    hearing.add_argument("--translate", choices=("en",), help="write English, whatever is spoken")
    hearing.add_argument("--model", metavar="NAME", help="weights that hear; see `assistant models list --stage stt`")
    hearing.add_argument("--prompt", default="", metavar="TEXT", help="how names and terms are spelt, in a sentence")
    hearing.add_argument("--hotwords", default="", metavar="WORDS", help="names and terms, as a list; known throughout")


def _configure_sources(parser: argparse.ArgumentParser) -> None:
    rules = parser.add_argument_group("links")
    rules.add_argument("--allow-local", action="store_true", help="links may lead to this machine and its network")
    rules.add_argument("--generic", action="store_true", help="also links to sites that are not known, such as feeds")
    rules.add_argument("--cookies", type=Path, metavar="FILE", help="send these cookies (Netscape's format)")


def run(arguments: argparse.Namespace) -> int:
    """0: all is well; 1: some recordings have no captions, or a checked file breaks a rule; 130: interrupted."""
    if arguments.check:
        if arguments.sources:
            arguments.usage_error("--check judges files, and takes no sources")
        return check_files(arguments.check, arguments.standard, as_json=arguments.json)
    settings = _settings(arguments)
    if arguments.dry_run:
        return dry_run(arguments, settings)
    try:
        results, interrupted = asyncio.run(caption(arguments, settings))
    except LanguageUnknown as error:
        arguments.usage_error(str(error))
    if arguments.json:
        print(json.dumps(as_json(results, interrupted=interrupted), ensure_ascii=False))
    else:
        print_summary(Console(highlight=False), results)
    if interrupted:
        return _INTERRUPTED
    return int(any(result.outcome is Outcome.FAILED for result in results))


def _settings(arguments: argparse.Namespace) -> BatchSettings:
    """What was asked for; wrong usage ends the program here."""
    wrong = arguments.usage_error
    if arguments.out is None:
        wrong("--out DIR is needed: where the captions go")
    if arguments.out.exists() and not arguments.out.is_dir():
        wrong(f"--out {arguments.out} is a file; name a folder")
    if not arguments.sources and not arguments.reexport:
        wrong("name at least one SOURCE: a link, a file, a folder, @list.txt or -")
    if arguments.workers < 1:
        wrong(f"--workers {arguments.workers} must be at least 1")
    try:
        rules = SourceRules(
            allow_local=arguments.allow_local,
            generic=arguments.generic,
            cookies=arguments.cookies,
            with_video=arguments.embed or arguments.burn,
        )
    except FileUnusable as error:
        wrong(f"--cookies: {error}")
    return BatchSettings(
        formats=_formats(arguments),
        standard=arguments.standard,
        words=arguments.words,
        embed=arguments.embed,
        burn=arguments.burn,
        existing=arguments.existing,
        reexport=arguments.reexport,
        hearing=HearingOptions(
            language=arguments.language,
            translate=arguments.translate is not None,
            prompt=" ".join(filter(None, (arguments.prompt.strip(), arguments.hotwords.strip()))),
        ),
        rules=rules,
    )


def _formats(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Each once, in the order in which they were named; none for those that are there."""
    if arguments.formats is None:
        return () if arguments.reexport else USUAL_FORMATS
    chosen = tuple(dict.fromkeys(name.strip() for name in arguments.formats.split(",") if name.strip()))
    for name in chosen:
        if name not in formats.FORMATS:
            arguments.usage_error(f'--formats: there is no caption format "{name}"{nearest(name, formats.FORMATS)}')
    if not chosen:
        arguments.usage_error("--formats is empty")
    return chosen


def _language(code: str) -> str:
    """Whether the model knows it turns out when it is loaded; a name instead of a code is told before."""
    if not re.fullmatch("[a-z]{2,3}", code):
        raise argparse.ArgumentTypeError(f'"{code}" is no code of a language: en, fr, de, …')
    return code
