"""What arrives is checked against a shape before anything looks at it; what is wrong is told with its place."""

from __future__ import annotations

from collections.abc import Mapping
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
        raise _refusal(error.errors(include_url=False, include_input=False)[0], where) from None


def _refusal(found: Mapping[str, Any], where: str) -> RequestError:
    path = ".".join(str(part) for part in (where, *found["loc"]) if part not in ("", *_TAGS))
    kind = str(found["type"])
    code = _CODES.get(kind) or ("invalid_type" if kind.endswith(("_type", "_parsing")) else "invalid_value")
    return RequestError(400, code, f"{path or 'the event'}: {found['msg']}", param=path)


# What pydantic puts into the path of a value to say which part of a union was tried.
_TAGS = frozenset(
    "audio/pcm audio/pcmu audio/pcma server_vad semantic_vad message function function_call function_call_output"
    " item_reference int constrained-int str input_text input_audio input_image output_text output_audio text"
    " user assistant system Message FunctionTool ToolChoice VoiceId".split()
)
