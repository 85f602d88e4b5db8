"""The notebook: a form that people fill in, run as they run it, against a server on this machine."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from captions_folder import VOCABULARY
from command import CHECKOUT, DEADLINE_S
from media_server import MediaServer, Page, serving
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from models import audio
from models.scripted.speech import spoken

NOTEBOOK = CHECKOUT / "examples" / "captions.ipynb"

# In place of the settings that few people need: engines without weights, and a server on this machine.
SETTINGS = f"""
output_folder = "captions"
more_options = ["--profile", "scripted", "--set", "workers.mode=inline", "--allow-local"]
more_options += ["--set", "stt.options.vocabulary={list(VOCABULARY)}"]
"""


@pytest.fixture
def server() -> Iterator[MediaServer]:
    with serving() as server:
        yield server


def sound(folder: Path) -> bytes:
    audio.write_wav(folder / "sound.wav", spoken(VOCABULARY, VOCABULARY))
    return (folder / "sound.wav").read_bytes()


def filled_in(notebook: NotebookNode, form: str) -> NotebookNode:
    """The notebook with the settings of the test, and with what a person does to the form in one more cell.

    Args:
        form: Python that fills in the fields.
    """
    (settings,) = (cell for cell in notebook.cells if cell.id == "settings")
    settings.source = SETTINGS
    shown = "print(json.dumps([summary, status.value, downloads.value, button.disabled]))"
    notebook.cells.append(new_code_cell(f'model.value = "whisper-base"\n{form}\nbutton.click()\n{shown}'))
    return notebook


def run(form: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Runs all cells; gives the summary, the line of status, the links, and whether the button is still locked."""
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # ipykernel's debugger warns where modules are frozen
    notebook = filled_in(nbformat.read(NOTEBOOK, as_version=4), form)
    done = NotebookClient(notebook, timeout=DEADLINE_S, resources={"metadata": {"path": str(folder)}}).execute()
    printed = "".join(output.text for output in done.cells[-1].outputs if output.output_type == "stream")
    found: list[Any] = json.loads(printed.splitlines()[-1])
    return found


def test_the_notebook_captions_a_feed_and_offers_the_files(
    server: MediaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = server.add("/good.wav", Page(sound(tmp_path), "audio/wav"))
    feed = server.add_feed("/feed.xml", [("<b>Good</b>", good), ("Gone", server.add("/gone.wav", Page(status=404)))])
    form = f'links.value = "{feed}"\nother_sites.value = True\nformats.value = ["srt", "txt"]'
    summary, status, downloads, locked = run(form, tmp_path, monkeypatch)
    assert (summary["counts"]["transcribed"], summary["counts"]["failed"], locked) == (1, 1, False)
    assert status == "2 recordings, of which 1 have no captions."
    offered = dict(re.findall(r'download="([^"]+)" href="data:[^,]+,([^"]+)"', downloads))
    assert {Path(name).suffix for name in offered} == {".srt", ".txt"}
    for name, content in offered.items():
        assert b64decode(content) == (tmp_path / "captions" / name).read_bytes()
        assert b"three" in b64decode(content)
    assert "&lt;b&gt;Good" in downloads
    assert "<b><b>" not in downloads


def test_the_notebook_captions_a_file_that_was_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound(tmp_path)
    upload = """
import datetime
file = {"name": "../talk.wav", "type": "audio/wav", "size": 1, "last_modified": datetime.datetime.now(datetime.UTC)}
file["content"] = memoryview(open("sound.wav", "rb").read())
files.value = (file,)
"""
    summary, status, downloads, _ = run(upload, tmp_path, monkeypatch)
    assert (summary["counts"]["transcribed"], status) == (1, "Done.")
    assert "talk.srt" in downloads
    assert (tmp_path / "uploads" / "talk.wav").exists()
    assert not (tmp_path.parent / "talk.wav").exists()


def test_the_notebook_says_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary, status, _, locked = run("formats.value = ['srt']", tmp_path, monkeypatch)
    assert (summary, locked) == ({}, False)
    assert "name at least one SOURCE" in status


def test_the_notebook_is_stored_without_outputs() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [(cell.outputs, cell.execution_count) for cell in cells] == [([], None)] * len(cells)
