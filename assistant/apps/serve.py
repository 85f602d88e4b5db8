"""`assistant serve`: the models of a profile for other people's clients, over HTTP and WebSockets."""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, closing, nullcontext
from typing import TYPE_CHECKING, TypeAlias

from assistant.apps.options import add_profile_options, load_shown, open_stages
from assistant.config import Profile
from assistant.serve.running import address, listen
from assistant.serve.running import run as run_server
from assistant.serve.service import Service
from assistant.serve.settings import Limits, ServerSettings
from assistant.stages import Stages
from models.settings import read

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_SHOWN = ("stt", "llm", "tts", "image")
Build: TypeAlias = "Callable[[Service], AbstractAsyncContextManager[ASGIApp]]"
KEY_VARIABLE = "ASSISTANT_API_KEY"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    add_server_options(parser)
    add_profile_options(parser)


def add_server_options(parser: argparse.ArgumentParser) -> None:
    """Declares where to listen, and to whom."""
    defaults = ServerSettings()
    parser.add_argument(
        "--host", default=defaults.host, help="address to listen on; other machines need a key (default: %(default)s)"
    )
    parser.add_argument("--port", type=_port, default=defaults.port, help="0: any (default: %(default)s)")
    parser.add_argument(
        "--api-key",
        action="append",
        default=[],
        metavar="KEY",
        help=f"serve only who names it; may be repeated. {KEY_VARIABLE} in the environment is not seen by others",
    )
    parser.add_argument(
        "--allow-origin",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="a web page that may use the server, such as https://example.org; may be repeated",
    )
    parser.add_argument(
        "--limit",
        action="append",
        default=[],
        metavar="NAME=NUMBER",
        help="such as requests_per_minute=600 or sessions=4; may be repeated",
    )


def server_settings(arguments: argparse.Namespace) -> ServerSettings:
    """What the options say.

    Raises:
        ServerUnsafe: other machines could use the server without a key.
        SettingError: there is no such limit.
    """
    keys = [*arguments.api_key, *filter(None, [os.environ.get(KEY_VARIABLE, "")])]
    limits = read(Limits, dict(map(_limit, arguments.limit)), "--limit")
    return ServerSettings(arguments.host, arguments.port, tuple(keys), tuple(arguments.allow_origin), limits)


def run(arguments: argparse.Namespace) -> int:
    """Serves until it is ended. What is wrong with the settings is told before any model is loaded."""
    from assistant.serve.app import create_app

    return run_app(arguments, lambda service: nullcontext(create_app(service)))


def run_app(arguments: argparse.Namespace, build: Build, on_ready: Callable[[str], None] = lambda _: None) -> int:
    """Serves what `build` makes of the service.

    Args:
        build: the application, and what must be ended after it.
        on_ready: told the address, as a browser takes it, once it answers; must not block.
    """
    settings = server_settings(arguments)
    with closing(listen(settings.host, settings.port)) as listening:
        profile, stages = open_stages(arguments)
        asyncio.run(_serve(profile, stages, settings, listening, build, on_ready))
    return 0


async def _serve(
    profile: Profile,
    stages: Stages,
    settings: ServerSettings,
    listening: socket.socket,
    build: Build,
    on_ready: Callable[[str], None],
) -> None:
    async with AsyncExitStack() as loaded:
        await load_shown(stages, loaded)
        app = await loaded.enter_async_context(build(Service(profile, stages, settings)))
        names = ", ".join(dict.fromkeys(model.name for stage, model in stages.models().items() if stage in _SHOWN))
        print(f"{address(listening)} serves {names}. Ctrl-C ends it.", flush=True)
        on_ready(address(listening))
        await run_server(app, listening, settings.limits)


def _port(text: str) -> int:
    """Of TCP, which has 16 bits for it: a library would take what lies beyond for another one."""
    if not text.isdecimal() or int(text) >= 1 << 16:
        raise argparse.ArgumentTypeError(f"{text} is no port; they go from 0 to 65535")
    return int(text)


def _limit(text: str) -> tuple[str, object]:
    name, _, number = text.partition("=")
    try:
        return name.strip(), float(number) if "." in number else int(number)
    except ValueError:
        return name.strip(), number
