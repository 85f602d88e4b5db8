"""Profiles: a TOML file -> frozen dataclasses. What a setting means is said in `configs/embedded.toml`."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from assistant.errors import ProfileError
from assistant.turns.settings import TurnTakingSettings
from assistant.workers.worker import WorkerMode
from models.errors import SettingError
from models.settings import nearest, read
from models.types import ReplyOptions, Stage


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """One engine of a stage; the keys of [echo], [vad], [turn], [stt], [llm] and [image]."""

    engine: str
    model: str = ""
    device: str = "auto"
    dtype: str = "auto"
    threads: int = 0
    options: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_threads(self.threads)


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    """One voice; the keys of [tts.voices.NAME]. `languages`: ISO 639-1 codes, or "*" for any."""

    engine: str
    model: str = ""
    speaker: str = ""
    languages: tuple[str, ...] = ("*",)
    device: str = "auto"
    dtype: str = "auto"
    threads: int = 0
    options: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_threads(self.threads)


@dataclass(frozen=True, slots=True)
class TtsSettings:
    """The keys of [tts]. `voice` names one of `voices`."""

    voice: str
    speed: float = 1.0
    voices: Mapping[str, VoiceSettings] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.voice not in self.voices:
            raise ValueError(f'voice: there is no voice "{self.voice}"{nearest(self.voice, self.voices)}')
        if not 0.5 <= self.speed <= 2:
            raise ValueError(f"speed: {self.speed} is not in [0.5, 2]")


@dataclass(frozen=True, slots=True)
class ConversationSettings:
    """The keys of [conversation]."""

    instructions: str
    language: str = ""
    longest_question_s: float = 60.0
    memory_characters: int = 4000
    mix_languages: bool = True

    def __post_init__(self) -> None:
        for name in ("longest_question_s", "memory_characters"):
            if not getattr(self, name) > 0:  # nor is NaN
                raise ValueError(f"{name}: {getattr(self, name)} is not positive")


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """The keys of [workers]."""

    mode: WorkerMode = "process"


@dataclass(frozen=True, slots=True)
class Profile:
    """All settings of an assistant."""

    conversation: ConversationSettings
    echo: EngineSettings
    vad: EngineSettings
    turn: EngineSettings
    stt: EngineSettings
    llm: EngineSettings
    tts: TtsSettings
    image: EngineSettings | None = None
    sampling: ReplyOptions = field(default_factory=ReplyOptions)
    turn_taking: TurnTakingSettings = field(default_factory=TurnTakingSettings)
    workers: WorkerSettings = field(default_factory=WorkerSettings)


def stage_settings(profile: Profile) -> Iterator[tuple[str, Stage, EngineSettings | VoiceSettings]]:
    """Every engine of a profile: its name there, its stage, its settings; the chosen voice before the others."""
    yield "echo", "echo", profile.echo
    yield "vad", "vad", profile.vad
    yield "turn", "turn", profile.turn
    yield "stt", "stt", profile.stt
    yield "llm", "llm", profile.llm
    if profile.image:
        yield "image", "image", profile.image
    for name in sorted(profile.tts.voices, key=lambda name: name != profile.tts.voice):
        yield name, "tts", profile.tts.voices[name]


def profile_names() -> list[str]:
    """The profiles that ship with the project."""
    return sorted(path.stem for path in _folder().glob("*.toml"))


def load_profile(name: str, changes: Iterable[str] = ()) -> Profile:
    """Reads a profile.

    Args:
        name: one that ships with the project, or the path of a TOML file.
        changes: "table.key=value" each; the value is TOML, or else taken as text.

    Raises:
        ProfileError: no such profile, not TOML, or a setting that is unknown or of the wrong type.
    """
    path = _folder() / f"{name}.toml" if name in profile_names() else Path(name)
    if not path.is_file():
        if (path.suffix or len(path.parts) > 1) and not path.exists():
            raise ProfileError(f"{path}: there is no such file")
        raise ProfileError(f'there is no profile "{name}"{nearest(name, profile_names())}')
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProfileError(f"{path}: not a TOML file: {error}") from error
    except OSError as error:
        raise ProfileError(f"{path}: cannot be read: {error.strerror}") from error
    changed = copy.deepcopy(table)
    for change in changes:
        _set(changed, change)
    where = "--set" if changed != table and _is_right(table) else path.name
    try:
        return read(Profile, changed, where)
    except SettingError as error:
        raise ProfileError(str(error)) from error


def _is_right(table: Mapping[str, object]) -> bool:
    """Whether it makes a profile as it stands; a mistake after it was changed is then one of the changes."""
    try:
        read(Profile, table, "")
    except SettingError:
        return False
    return True


def _check_threads(threads: int) -> None:
    if threads < 0:
        raise ValueError(f"threads: {threads} is negative; 0 leaves it to the library")


def _folder() -> Path:
    """`configs/` is a package inside `assistant` once installed and lies beside it in a checkout."""
    installed = Path(__file__).parent / "configs"
    return installed if installed.is_dir() else Path(__file__).parents[1] / "configs"


def _set(table: dict[str, object], change: str) -> None:
    path, equals, text = change.partition("=")
    if not equals or not path:
        raise ProfileError(f'--set {change}: expected KEY=VALUE, such as "tts.speed=1.2"')
    *tables, key = path.strip().split(".")
    for name in tables:
        inner = table.setdefault(name, {})
        if not isinstance(inner, dict):
            raise ProfileError(f'--set {change}: "{name}" is a value, not a table')
        table = inner
    table[key] = _value(text.strip())


def _value(text: str) -> object:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
