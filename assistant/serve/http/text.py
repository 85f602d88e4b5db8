"""Texts in requests, and what all requests have in common."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, Field, model_validator

# With a length to check, pydantic also refuses halves of characters (lone surrogates), which JSON can hold and nothing
# that is made from the text could write.
Name: TypeAlias = Annotated[str, Field(max_length=200)]
Text: TypeAlias = Annotated[str, Field(max_length=1_000_000)]


class Body(BaseModel):
    """A JSON object in which null means the same as nothing, as OpenAI takes it; some clients write every key."""

    @model_validator(mode="before")
    @classmethod
    def _without_null(cls, given: Any) -> Any:
        return {name: value for name, value in given.items() if value is not None} if isinstance(given, dict) else given
