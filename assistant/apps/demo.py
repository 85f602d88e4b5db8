"""`assistant demo`: the server of `assistant serve`, and a page on it to talk with."""

from __future__ import annotations

import argparse
import secrets
import sys
import threading
import webbrowser
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from assistant.apps.options import add_profile_options
from assistant.apps.serve import add_server_options, run_app, server_settings
from assistant.serve.service import Service
from models.weights.store import Store

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_WARNING = (
    "--share: whatever is said on the page now passes through a server of Gradio's makers, and whoever has the link "
    "and the key can use this machine. Nothing is sent there without --share."
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("--no-browser", action="store_true", help="open no browser; only say where the page is")
    parser.add_argument(
        "--share",
        action="store_true",
        help="also a public link, through a server of Gradio's makers; needs --api-key, which is the page's password",
    )
    add_server_options(parser)
    add_profile_options(parser)
    parser.set_defaults(usage_error=parser.error)


def run(arguments: argparse.Namespace) -> int:
    """Serves until it is ended."""
    if arguments.share and not server_settings(arguments).keys:
        arguments.usage_error("--share opens this machine to the internet: give a password with --api-key")

    def build(service: Service) -> AbstractAsyncContextManager[ASGIApp]:
        from assistant.page.page import served_with_page
        from assistant.page.profiles import Profiles

        return served_with_page(service, Profiles(arguments.profile, arguments.changes, Store(offline=True)))

    def show(address: str) -> None:
        if arguments.share:
            print(_WARNING, file=sys.stderr, flush=True)
            _beside(_share, address)
        if not arguments.no_browser:
            _beside(webbrowser.open, address)

    return run_app(arguments, build, show)


def _beside(act: Callable[[str], object], address: str) -> None:
    """In a thread that the end of the program does not wait for."""
    threading.Thread(target=act, args=(address,), daemon=True).start()


def _share(address: str) -> None:
    from gradio.networking import setup_tunnel

    local = urlsplit(address)
    try:
        link = setup_tunnel(local.hostname or "", local.port or 0, secrets.token_urlsafe(32), None, None)
    except (OSError, RuntimeError, ValueError) as error:
        print(f"--share: there is no public link: {error}", file=sys.stderr, flush=True)
        return
    print(f'{link} leads here, for the user "assistant" with the key as password.', file=sys.stderr, flush=True)
