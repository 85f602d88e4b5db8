"""The page: Gradio's tabs around our own elements, mounted on the server. It loads nothing from anywhere else."""

from __future__ import annotations

import hmac
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from assistant.page.captions_tab import WAITING, CaptionsTab
from assistant.page.element import element, web_folder
from assistant.page.models_tab import models_table
from assistant.page.profiles import Profiles
from assistant.page.switchboard import Switchboard
from assistant.serve.service import Service
from assistant.serve.settings import ServerSettings

if TYPE_CHECKING:
    import gradio as gr

# Both are read when Gradio is imported; the first would tell its makers of every start, and ask for its newest version.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["GRADIO_RUN_HISTORY"] = "False"

_USER = "assistant"
_STYLES = ("page.css", "gradio.css", "talk.css", "chat.css", "settings.css", "captions.css", "narrow.css")


@asynccontextmanager
async def served_with_page(service: Service, profiles: Profiles) -> AsyncIterator[Switchboard]:
    """The server of `assistant serve` with the page at "/". In the end the workers have ended that it has started.

    Where the server has keys the page asks for one: the user's name is "assistant", the key is the password.

    Args:
        service: of the first of the profiles, with its workers running.
    """
    page = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    board = Switchboard(service, profiles, page)
    _fill(page, board, service.settings)
    try:
        yield board
    finally:
        await board.close()


def _fill(page: FastAPI, board: Switchboard, settings: ServerSettings) -> None:
    import gradio as gr

    web = web_folder()
    page.mount("/page/web", StaticFiles(directory=web))
    blocks = _blocks(board, CaptionsTab(page, board), settings.keys)
    keys = settings.keys
    gr.mount_gradio_app(
        page,
        blocks,
        path="/",
        server_name=settings.host,
        server_port=settings.port,
        auth=_door(keys) if keys else None,
        auth_message="The name is “assistant”, the password is the key of this server.",
        theme=_theme(),
        css_paths=[web / name for name in _STYLES],
        footer_links=[],
        run_history=False,
        ssr_mode=False,  # would start a server of Node beside this one
        show_error=True,
        max_file_size=settings.limits.upload_bytes,
    )


def _door(keys: tuple[str, ...]) -> Callable[[str, str], bool]:
    def is_known(user: str, password: str) -> bool:
        # All are compared: the time tells nothing of which one fits.
        fits = [hmac.compare_digest(password.encode(), key.encode()) for key in keys]
        return any(fits) and user == _USER

    return is_known


def _blocks(board: Switchboard, captions: CaptionsTab, keys: tuple[str, ...]) -> gr.Blocks:
    import gradio as gr

    def models() -> str:
        return models_table(board.current.service.stages, board.profiles.store)

    blocks: gr.Blocks
    with gr.Blocks(title="Voice assistant", analytics_enabled=False, fill_width=True) as blocks:
        element("head.html", "theme.js", {})
        with gr.Tab("Talk"):
            # Who is shown the page has named a key of the server; from here on it names it for the user.
            element("talk.html", "talk.js", {"key": keys[0] if keys else ""})
        with gr.Tab("Captions"):
            captions.add()
        with gr.Tab("Models"):
            table = gr.HTML(models(), apply_default_css=False)
        blocks.load(models, None, table, queue=False, api_visibility="private", show_progress="hidden")
    blocks.queue(max_size=WAITING)
    return blocks


def _theme() -> gr.Theme:
    """Gradio's own, without the fonts that it would fetch. Its colours are in gradio.css, but for what lies around."""
    import gradio as gr

    fonts = ["system-ui", "sans-serif"]
    theme = gr.themes.Default(font=fonts, font_mono=["ui-monospace", "monospace"])
    styled: gr.Theme = theme.set(body_background_fill="#f7f6f3", body_background_fill_dark="#121317")
    return styled
