"""Tokens, one at a time, to text. Knows nothing of models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# What a decoder writes for bytes that are not (yet) a character.
_INCOMPLETE = "\N{REPLACEMENT CHARACTER}"


class TokenText:
    """Decodes a growing sequence of tokens without breaking characters or losing the spaces between words.

    A token cannot be decoded alone: byte-level vocabularies spread one character over several tokens, and SentencePiece
    drops the space at the start of a text. So each piece is decoded together with the piece before it, and is the
    difference that it makes.
    """

    def __init__(self, tokenizer: Any, prompt: Sequence[int]) -> None:
        """Begins after the prompt.

        Args:
            tokenizer: of transformers.
            prompt: its tokens; at least the last one is needed.
        """
        self._tokenizer = tokenizer
        self._before = list(prompt[-1:])
        self._piece: list[int] = []

    def push(self, token: int) -> str:
        """The text that became whole with this token; often "" between the parts of a character."""
        self._piece.append(token)
        text = self._difference()
        if text.endswith(_INCOMPLETE):
            return ""
        self._before, self._piece = self._piece, []
        return text

    def flush(self) -> str:
        """What is left, without the bytes of a character that never became whole."""
        return self._difference().rstrip(_INCOMPLETE) if self._piece else ""

    def _difference(self) -> str:
        return self._decode(self._before + self._piece)[len(self._decode(self._before)) :]

    def _decode(self, tokens: Sequence[int]) -> str:
        return str(self._tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False))
