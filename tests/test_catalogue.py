"""The catalogue: every entry can be fetched in principle, and mistakes in one are said where they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from models.errors import SettingError
from models.weights import catalogue
from models.weights.catalogue import CatalogueEntry
from models.weights.conversion import STEPS

ENTRIES = catalogue.load()
EMBEDDED = [
    "whisper-base",
    "whisper-tiny.en",
    "smollm2-135m-instruct",
    "gemma-3-270m",
    "piper-joe",
    "silero-vad",
    "smart-turn-v3.2",
]
GOOD = """
[mine]
stage = "llm"
engine = "transformers"
description = "My own"
languages = ["en"]
licence = "MIT"
size_bytes = 10
hub = { repository = "me/mine" }
"""


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=lambda entry: entry.name)
def test_an_entry_names_real_steps_checksums_and_a_secure_source(entry: CatalogueEntry) -> None:
    assert entry.convert in STEPS
    checksums = [*entry.sha256.values(), *(wheel.sha256 for wheel in entry.wheels)]
    assert all(re.fullmatch(r"[0-9a-f]{64}", checksum) for checksum in checksums)
    assert all(url.startswith("https://") for url in [*entry.urls.values(), entry.archive] if url)
    assert all(re.fullmatch(r"\*|[a-z]{2,3}", language) for language in entry.languages)
    assert entry.size_bytes > 1_000_000


@pytest.mark.parametrize("name", EMBEDDED)
def test_what_the_default_profile_may_need_comes_from_the_package_index(name: str) -> None:
    assert ENTRIES[name].wheels


def test_use_restricted_licences_say_what_they_restrict() -> None:
    restricted = {entry.licence for entry in ENTRIES.values() if entry.restrictions}
    for family in ("RAIL", "CPML", "Gemma", "Stability"):
        assert any(family in licence for licence in restricted)
    free = {entry.licence for entry in ENTRIES.values() if not entry.restrictions}
    assert free == {"MIT", "Apache-2.0", "BSD-2-Clause"}


def test_the_checksum_of_a_whisper_checkpoint_is_the_one_in_its_address() -> None:
    import whisper

    names = [entry.name for entry in ENTRIES.values() if entry.urls]
    assert "large-v3-turbo" in names
    for name in names:
        url = whisper._MODELS[name]
        assert ENTRIES[name].urls == {"model.pt": url}
        assert ENTRIES[name].sha256["model.pt"] == url.split("/")[-2]


def test_entries_of_ones_own_are_added_and_replace_others(tmp_path: Path) -> None:
    own = tmp_path / "catalogue.toml"
    own.write_text(GOOD + GOOD.replace("[mine]", "[silero-vad]"))
    entries = catalogue.load(own)
    assert entries["mine"].hub == catalogue.Hub("me/mine")
    assert entries["silero-vad"].stage == "llm"
    assert entries["whisper-base"] == ENTRIES["whisper-base"]


@pytest.mark.parametrize(
    ("good", "bad", "says"),
    [
        ("licence", "license", r'unknown key "license"; did you mean "licence"\?'),
        ('"llm"', '"lm"', r"stage: 'lm' is not one of"),
        ("hub = ", "# ", "exactly one of"),
        ("hub = ", 'archive = "https://example.org/x.zip"\nhub = ', "exactly one of"),
        ("hub = {", 'urls = { "../x" = "https://example.org" }\n# {', '"../x" is not a plain file name'),
        ("hub = {", 'urls = { "x" = "https://example.org" }\n# {', 'the sha256 of "x" is missing'),
        ("[mine]", '[".."]', '".." cannot be the name of a folder'),
        ("[mine]", "mine", "line 2"),
        ("[mine]", "mine = 1\n[other]", '"mine" is not a table'),
    ],
)
def test_a_mistake_in_a_catalogue_names_file_and_key(tmp_path: Path, good: str, bad: str, says: str) -> None:
    own = tmp_path / "catalogue.toml"
    own.write_text(GOOD.replace(good, bad))
    with pytest.raises(SettingError, match=says) as caught:
        catalogue.load(own)
    assert str(own) in str(caught.value)


def test_the_pin_changes_with_what_is_fetched_and_not_with_its_description(tmp_path: Path) -> None:
    own = tmp_path / "catalogue.toml"

    def pin(text: str) -> str:
        own.write_text(text)
        return catalogue.load(own)["mine"].pin

    assert pin(GOOD) == pin(GOOD.replace("My own", "My very own"))
    assert pin(GOOD) != pin(GOOD.replace("me/mine", "me/other"))


def test_bundled_weights_name_a_folder_of_the_project(tmp_path: Path) -> None:
    own = tmp_path / "catalogue.toml"
    own.write_text(GOOD.replace("hub = {", 'bundled = "../elsewhere"\n# {'))
    with pytest.raises(SettingError, match=r'"\.\./elsewhere" cannot be the name of a folder'):
        catalogue.load(own)
