"""The command `assistant`: finds the command's module, and draws the one boundary at which errors become a line."""

from __future__ import annotations

import argparse
import importlib
import io
import logging
import os
import re
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from assistant.errors import AssistantError
from models.errors import ModelError
from models.settings import nearest

# command -> module with `configure(parser)` and `run(arguments) -> exit code`, and its line in --help.
_COMMANDS = {
    "talk": ("assistant.apps.talk", "hold a spoken conversation"),
    "ask": ("assistant.apps.ask", "answer a recorded question aloud"),
    "demo": ("assistant.apps.demo", "open a page to talk with, and serve it"),
    "serve": ("assistant.apps.serve", "answer other people's clients over HTTP and WebSockets"),
    "captions": ("assistant.apps.captions", "make captions of videos, playlists, files and folders"),
    "draw": ("assistant.apps.draw", "draw a picture, change one, or make an animation"),
    "gallery": ("assistant.apps.gallery", "list what was drawn, and what was made from what"),
    "models": ("assistant.apps.weights", "list, show and fetch model weights"),
    "doctor": ("assistant.apps.doctor", "say what works on this machine, and how to get what is missing"),
    "bench": ("assistant.apps.bench", "measure speed and quality"),
}
_INTERRUPTED = 130  # 128 + SIGINT, as shells report it


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code: 0 well, 1 failed, 2 wrong usage, 130 interrupted."""
    # Two busy processes spin at each other's cost otherwise; read when torch is first imported (see models.device).
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # "?" on a terminal that is not UTF-8, instead of no answer at all
    try:
        arguments = _parse(sys.argv[1:] if argv is None else list(argv))
        logging.basicConfig(level=logging.DEBUG if arguments.verbose else logging.ERROR, format="%(name)s: %(message)s")
        return _run(arguments)
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return _INTERRUPTED


def _run(arguments: argparse.Namespace) -> int:
    try:
        code: int = importlib.import_module(_COMMANDS[arguments.command][0]).run(arguments)
        sys.stdout.flush()  # here, where a failure can still be said
        return code
    except BrokenPipeError:
        pass  # the reader of a pipe (head, less) has left, and knows why
    except (AssistantError, ModelError, OSError) as error:
        if arguments.verbose:
            raise
        print(f"assistant {arguments.command}: {_line(error)}", file=sys.stderr)
    _give_up_output()
    return 1


def _line(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def _give_up_output() -> None:
    """What cannot be written is dropped; Python would try it again at exit, and complain."""
    try:
        sys.stdout.flush()
    except OSError:
        with open(os.devnull, "w") as nothing:
            os.dup2(nothing.fileno(), sys.stdout.fileno())


def _parse(argv: list[str]) -> argparse.Namespace:
    common = argparse.ArgumentParser(add_help=False, allow_abbrev=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--verbose", action="store_true", help="log everything, and show where an error comes from")
    arguments, rest = common.parse_known_args(argv, argparse.Namespace(verbose=False))  # wherever it stands
    parser = argparse.ArgumentParser(
        prog="assistant",
        description="A voice assistant that runs on your own machine. Nothing is sent anywhere.",
        epilog="`assistant COMMAND --help` tells more about a command. Exit codes: 0 well, 1 failed, 2 wrong usage, "
        "130 interrupted.",
        parents=[common],
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {_version()}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    wanted = next((word for word in argv if word in _COMMANDS), None)
    refusing = parser
    for name, (module, line) in _COMMANDS.items():
        command = commands.add_parser(name, help=line, description=line[0].upper() + line[1:] + ".", parents=[common])
        if name == wanted:  # the other commands' modules are not needed to parse this one
            importlib.import_module(module).configure(command)
            refusing = command
    parsed, unknown = parser.parse_known_args(rest, arguments)
    if unknown:  # said with the usage of the command, where the options stand that it does have
        refusing.error(f"unrecognized arguments: {' '.join(unknown)}{_meant(unknown[0], refusing)}")
    return parsed


def _meant(option: str, parser: argparse.ArgumentParser) -> str:
    return nearest(option.partition("=")[0], re.findall(r"(?<![\w-])--[\w-]+", parser.format_usage()), otherwise="")


def _version() -> str:
    try:
        return version("multimodal-voice-assistant")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "0 (not installed)"
