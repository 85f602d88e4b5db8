"""TOML tables to frozen dataclasses, strictly. Knows nothing of what the settings mean."""

from __future__ import annotations

import difflib
import functools
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import Any, TypeVar, cast

from models.errors import SettingError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NoOptions:
    """For an engine that has no settings of its own."""


def read(kind: type[T], table: Mapping[str, object], where: str) -> T:
    """The table as a value of the dataclass `kind`; nested dataclasses are nested tables.

    Args:
        kind: a dataclass; its field names are the keys, its annotations the types.
        table: as `tomllib` gives it.
        where: what to call the table in an error, such as "embedded.toml [tts]".

    Raises:
        SettingError: an unknown key, a key that is missing and has no default, or a wrong type.
    """
    known = {field.name: field for field in fields(cast(Any, kind))}
    hints = _hints(cast(Any, kind))
    for key in table:
        if key not in known:
            raise SettingError(f'{where}: unknown key "{key}"{nearest(key, known)}')
    values: dict[str, object] = {}
    for name, field in known.items():
        if name in table:
            values[name] = _convert(hints[name], table[name], f"{where} {name}")
        elif field.default is MISSING and field.default_factory is MISSING:
            raise SettingError(f'{where}: the key "{name}" is missing')
    try:
        return kind(**values)
    except ValueError as error:  # raised by a dataclass that checks its own ranges
        raise SettingError(f"{where}: {error}") from error


@functools.cache
def _hints(kind: type) -> Mapping[str, Any]:
    """The types of its fields; they are written as text, which Python compiles anew each time it is asked."""
    return typing.get_type_hints(kind)


def nearest(name: str, known: typing.Iterable[str], otherwise: str | None = None) -> str:
    """A hint to append to an error: the known name that is most like `name`.

    Args:
        otherwise: the hint where none is like it; None: all of them.
    """
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f'; did you mean "{close[0]}"?'
    if otherwise is not None:
        return otherwise
    return f"; known are: {', '.join(names)}" if names else ""


def _convert(hint: Any, value: object, where: str) -> object:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return None if value is None else _convert(next(a for a in arguments if a is not type(None)), value, where)
    if origin is typing.Literal:
        if value not in arguments:
            choices = ", ".join(f'"{choice}"' for choice in arguments)
            raise SettingError(f"{where}: {value!r} is not one of {choices}")
        return value
    if is_dataclass(hint):
        return read(cast(type, hint), _table(value, where), where)
    if origin is tuple:
        if not isinstance(value, list):
            raise SettingError(f"{where}: {value!r} is not a list")
        return tuple(_convert(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    if origin in (dict, Mapping):
        return {key: _convert(arguments[1], item, f"{where}.{key}") for key, item in _table(value, where).items()}
    return _scalar(hint, value, where)


def _table(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise SettingError(f"{where}: {value!r} is not a table")
    return value


def _scalar(hint: Any, value: object, where: str) -> object:
    if hint is object:
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    # bool is an int in Python, but `threads = true` is a mistake.
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise SettingError(f"{where}: {value!r} is not of type {hint.__name__}")
    return value
