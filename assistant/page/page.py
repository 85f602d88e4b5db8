"""The page: Gradio's tabs around our own elements, mounted on the server. It loads nothing from anywhere else."""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from assistant.page.about import about
from assistant.page.captions_tab import WAITING, CaptionsTab
from assistant.page.element import element, web_folder
from assistant.page.models_tab import models_table
from assistant.serve.service import Service
from models.weights.store import Store

if TYPE_CHECKING:
    import gradio as gr

# Both are read when Gradio is imported; the first would tell its makers of every start, and ask for its newest version.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["GRADIO_RUN_HISTORY"] = "False"

_USER = "assistant"
_STYLES = ("page.css", "talk.css", "chat.css", "settings.css", "captions.css", "narrow.css")


def add_page(app: FastAPI, service: Service, profile_name: str) -> None:
    """Mounts the page at "/", after all other routes, which it would hide.

    Where the server has keys the page asks for one: the user's name is "assistant", the key is the password.
    """
    import gradio as gr

    web = web_folder()
    app.mount("/page/web", StaticFiles(directory=web))
    blocks = _blocks(service, CaptionsTab(app, service), profile_name)
    keys = service.settings.keys
    gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        server_name=service.settings.host,
        server_port=service.settings.port,
        auth=_door(keys) if keys else None,
        auth_message="The name is “assistant”, the password is the key of this server.",
        theme=_theme(),
        css_paths=[web / name for name in _STYLES],
        footer_links=[],
        run_history=False,
        ssr_mode=False,  # would start a server of Node beside this one
        show_error=True,
        max_file_size=service.settings.limits.upload_bytes,
    )


def _door(keys: tuple[str, ...]) -> Callable[[str, str], bool]:
    def is_known(user: str, password: str) -> bool:
        # All are compared: the time tells nothing of which one fits.
        fits = [hmac.compare_digest(password.encode(), key.encode()) for key in keys]
        return any(fits) and user == _USER

    return is_known


def _blocks(service: Service, captions: CaptionsTab, profile_name: str) -> gr.Blocks:
    import gradio as gr

    blocks: gr.Blocks
    with gr.Blocks(title="Voice assistant", analytics_enabled=False, fill_width=True) as blocks:
        element("head.html", "theme.js", {})
        with gr.Tab("Talk"):
            element("talk.html", "talk.js", about(service, profile_name))
        with gr.Tab("Captions"):
            captions.add()
        with gr.Tab("Models"):
            gr.HTML(models_table(service.stages, Store(offline=True)), apply_default_css=False)
    blocks.queue(max_size=WAITING)
    return blocks


def _theme() -> gr.Theme:
    """Gradio's own, without the fonts that it would fetch, in the colours of page.css."""
    import gradio as gr

    fonts = ["system-ui", "sans-serif"]
    theme = gr.themes.Default(
        primary_hue="indigo", font=fonts, font_mono=["ui-monospace", "monospace"], radius_size="lg"
    )
    styled: gr.Theme = theme.set(
        body_background_fill="#f7f6f3",
        body_background_fill_dark="#121317",
        block_background_fill="#ffffff",
        block_background_fill_dark="#1b1d23",
        button_primary_background_fill="#3a55c5",
        button_primary_background_fill_dark="#93a5f7",
        button_primary_text_color_dark="#12131a",
        block_label_text_color="#4b4d58",
        block_info_text_color="#5d5f6b",
        body_text_color_subdued="#5d5f6b",
        body_text_color_subdued_dark="#a8abb8",
    )
    return styled
