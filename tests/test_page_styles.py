"""The styles of the page, as Gradio takes them."""

from __future__ import annotations

import re

from assistant.page.element import web_folder
from assistant.page.page import _STYLES

# A comma within the brackets of a selector, which is what stands before a "{".
_SPLIT = re.compile(r"\([^(){};]*,[^(){};]*\)[^(){};]*\{")


def test_no_selector_has_a_comma_at_which_gradio_would_break_it() -> None:
    assert _SPLIT.search(".a :is(th, td) {")
    for name in _STYLES:
        text = re.sub(r"/\*.*?\*/", "", (web_folder() / name).read_text("utf-8"), flags=re.DOTALL)
        found = [match for match in _SPLIT.findall(text) if not match.startswith("@")]
        assert found == [], name


def test_every_file_of_styles_is_used() -> None:
    assert {path.name for path in web_folder().glob("*.css")} == set(_STYLES)
