"""The Captions tab: what is asked for is Gradio's, the player is ours."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.staticfiles import StaticFiles

from assistant.captions.standards import STANDARDS
from assistant.conversation import LANGUAGE_NAMES
from assistant.errors import AssistantError
from assistant.page.captioning import FORMATS, Captioned, Captioning, Wanted
from assistant.page.element import element
from assistant.page.switchboard import Switchboard
from assistant.stages import Stages
from models.errors import ModelError

# Where browsers find the recordings and their captions.
_FILES = "page/captions"
# People who wait for their captions at once; one more is told to come back.
WAITING = 8
# As those call themselves who have written the rules down.
_NAMES = {"netflix": "Netflix", "bbc": "BBC", "youtube": "YouTube", "shorts": "Short films"}
_NOTHING: dict[str, Any] = {"status": ""}
_WAITING: dict[str, Any] = {"status": "Waiting for its turn …"}
_STOPPED: dict[str, Any] = {"status": "Stopped."}


class CaptionsTab:
    """Of one server; its recordings are heard one after the other."""

    def __init__(self, page: Starlette, board: Switchboard) -> None:
        self._captioning = Captioning(lambda: _stages(board))
        page.mount(f"/{_FILES}", StaticFiles(directory=self._captioning.folder))

    def add(self) -> None:
        """Into the tab that is being built."""
        import gradio as gr

        languages = [("As it is spoken", ""), *((name, code) for code, name in LANGUAGE_NAMES.items())]
        with gr.Row():
            with gr.Column(scale=2, min_width=300):
                upload = gr.File(label="A recording", file_types=["audio", "video"], height=150)
                link = gr.Textbox(label="Or a link", placeholder="https://", max_lines=1, max_length=2000)
                language = gr.Dropdown(languages, value="", label="Language")
                rules = gr.Dropdown(
                    [(_NAMES.get(name, name), name) for name in STANDARDS], value="netflix", label="Layout rules"
                )
                translate = gr.Checkbox(label="Translate into English")
                with gr.Row():
                    start = gr.Button("Make captions", variant="primary", scale=3)
                    stop = gr.Button("Stop", interactive=False, scale=1, min_width=80)
            with gr.Column(scale=3, min_width=300):
                player = element("captions.html", "captions.js", _NOTHING)
        shown = [player, start, stop]
        quietly: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        begun = start.click(lambda: (_WAITING, *_buttons(is_making=True)), None, shown, queue=False, **quietly)
        asked = [upload, link, language, rules, translate]
        made = begun.then(self._make, asked, player, concurrency_limit=1, **quietly)
        made.then(lambda: _buttons(is_making=False), None, [start, stop], queue=False, **quietly)
        stop.click(lambda: (_STOPPED, *_buttons(is_making=False)), None, shown, cancels=[made], queue=False, **quietly)

    async def _make(
        self, upload: str | None, link: str, language: str, rules: str, translate: bool
    ) -> AsyncGenerator[dict[str, Any], None]:
        """What the player shows, again and again. The boundary at which what goes wrong becomes a line for the user."""
        wanted = Wanted(Path(upload) if upload else None, link, language, rules, translate)
        try:
            async with aclosing(self._captioning.caption(wanted)) as captioning:
                async for step in captioning:
                    if isinstance(step, Captioned):
                        yield _shown(step)
                    else:
                        yield {"status": f"Hearing … {step.share:.0%}" if step.share else "Fetching and hearing …"}
        except (AssistantError, ModelError, OSError) as error:
            yield {"status": f"That did not work. {error}"}


def _buttons(*, is_making: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Which of "Make captions" and "Stop" can be pressed."""
    import gradio as gr

    return gr.update(interactive=not is_making), gr.update(interactive=is_making)


@contextmanager
def _stages(board: Switchboard) -> Iterator[Stages]:
    with board.in_use() as shift:
        yield shift.service.stages


def _shown(captioned: Captioned) -> dict[str, Any]:
    place = f"{_FILES}/{captioned.place}"
    n_cues = len(captioned.cues)
    return {
        "status": f"{n_cues} caption{'' if n_cues == 1 else 's'}" if n_cues else "Nothing is said in this recording.",
        "title": captioned.title,
        "language": captioned.language,
        "media": f"{place}/{captioned.media}",
        "captions": [{"format": name, "address": f"{place}/captions.{name}"} for name in FORMATS],
        "cues": [[cue.start_s, cue.end_s, cue.text] for cue in captioned.cues],
    }
