"""From the tokens of a reply to the text that is spoken. Knows nothing of models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from models.llm.stop_strings import StopStrings
from models.llm.token_text import TokenText


class ReplyText:
    """Text of a reply as it grows: without white space in front, cut at the first stop string.

    A stop string that begins with white space does not count at the very start: a model may begin on a new line.
    """

    def __init__(self, tokenizer: Any, prompt: Sequence[int], stops: Sequence[str]) -> None:
        """Begins after the tokens of the prompt."""
        self._text = TokenText(tokenizer, prompt)
        self._stops = StopStrings(stops)
        self._started = False

    @property
    def ended(self) -> bool:
        """Whether a stop string was reached."""
        return self._stops.reached

    def push(self, token: int) -> str:
        """The text that is certain with this token; may be ""."""
        return self._cut(self._text.push(token))

    def flush(self) -> str:
        """The rest of the text, after the last token."""
        return self._cut(self._text.flush()) + self._stops.flush()

    def _cut(self, text: str) -> str:
        if not self._started:
            text = text.lstrip()
            self._started = bool(text)
        return self._stops.push(text)
