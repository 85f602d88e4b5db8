"""What arrives is checked against a shape before anything looks at it; what is wrong is told with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from assistant.serve.errors import RequestError

T = TypeVar("T")


class Shape(BaseModel):
    """An object of the protocol. Unknown keys are errors: who mistypes one is told, and not left to wonder."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


_CODES = {
    "extra_forbidden": "unknown_parameter",
    "missing": "missing_required_parameter",
    "union_tag_not_found": "missing_required_parameter",
    "union_tag_invalid": "invalid_value",
}


def checked(kind: type[T], value: object, where: str = "") -> T:
    """
    Args:
        kind: a `Shape`, or a union of some.
        where: the path of the value within its event, such as "session".

    Raises:
        RequestError: with the path of what is wrong as `param`.
    """
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        # A union names what is wrong with each of its parts: the first is the one that the client most likely meant.
        raise _refusal(error.errors(include_url=False, include_input=False)[0], value, where) from None


def _refusal(found: Mapping[str, Any], value: object, where: str) -> RequestError:
    kind = str(found["type"])
    path = ".".join(part for part in (where, *_path(found["loc"], value, kind)) if part)
    code = _CODES.get(kind) or ("invalid_type" if kind.endswith(("_type", "_parsing")) else "invalid_value")
    return RequestError(400, code, f"{path or 'the event'}: {found['msg']}", param=path)


def _path(places: Sequence[str | int], value: Any, kind: str) -> Iterator[str]:
    """The way to what is wrong, without the names of the types that pydantic tried on the way."""
    for place in places:
        is_there = place in value if isinstance(value, Mapping) else isinstance(value, list) and isinstance(place, int)
        if is_there:
            value = value[place]
        if is_there or (kind == "missing" and place == places[-1]):
            yield str(place)
