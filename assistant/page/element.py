"""A part of the page that is ours: markup, and a module that brings it to life."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import gradio as gr

# Runs a module of ours once Gradio has put the element into the page. `import` knows no base address of its own here.
_BEGIN = """
import(new URL('page/web/{module}', document.baseURI)).then((module) => module.begin(element, props, watch));
"""


def element(markup: str, module: str, value: Any) -> gr.HTML:
    """
    Args:
        markup, module: names of files in `web`.
        value: given to the module's `begin` as `props.value`; never becomes markup.
    """
    import gradio as gr

    return gr.HTML(
        value,
        html_template=(web_folder() / markup).read_text("utf-8"),
        js_on_load=_BEGIN.format(module=module),
        apply_default_css=False,
    )


def web_folder() -> Path:
    """The folder with what browsers load."""
    with resources.as_file(resources.files("assistant.page") / "web") as folder:
        return folder
