"""Texts in requests."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

# With a length to check, pydantic also refuses halves of characters (lone surrogates), which JSON can hold and nothing
# that is made from the text could write.
Name: TypeAlias = Annotated[str, Field(max_length=200)]
Text: TypeAlias = Annotated[str, Field(max_length=1_000_000)]
