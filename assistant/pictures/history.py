"""Which picture "it" is, what came before it, and which one is "the second one". Pure."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.pictures.work import Entry


class History:
    """The pictures of one conversation, as they were shown. Nothing is ever lost from the gallery by going back."""

    def __init__(self) -> None:
        self._steps: list[Entry] = []
        self._position = -1
        self._shown: list[Entry] = []
        self._is_choice = False

    @property
    def has_picture(self) -> bool:
        """Whether there is one to speak about."""
        return self._position >= 0

    @property
    def current(self) -> Entry:
        """The one that is spoken about; there must be one."""
        return self._steps[self._position]

    @property
    def choices(self) -> Sequence[Entry]:
        """What can be chosen by number: those that came together last, else all of this conversation."""
        return self._shown

    @property
    def can_undo(self) -> bool:
        """Whether there is one before the current one."""
        return self._position > 0

    @property
    def can_redo(self) -> bool:
        """Whether the last thing done was an undo."""
        return self._position + 1 < len(self._steps)

    def add(self, entries: Sequence[Entry]) -> None:
        """New pictures, made at once, of which the last one is the current one from now on."""
        is_choice = len(entries) > 1
        if is_choice or self._is_choice:
            self._shown.clear()
        self._is_choice = is_choice
        self._shown.extend(entries)
        self._go(entries[-1])

    def choose(self, number: int) -> Entry:
        """One of the choices is the current one from now on.

        Args:
            number: from 1; -1 is the last one; never 0.

        Raises:
            IndexError: there are fewer.
        """
        self._go(self._shown[number - 1 if number > 0 else number])
        return self.current

    def undo(self) -> Entry:
        """The one before is the current one again; there must be one."""
        assert self.can_undo, "there is nothing to undo"
        self._position -= 1
        return self.current

    def redo(self) -> Entry:
        """What was undone is back; there must be something."""
        assert self.can_redo, "there is nothing to redo"
        self._position += 1
        return self.current

    def _go(self, entry: Entry) -> None:
        del self._steps[self._position + 1 :]
        self._steps.append(entry)
        self._position += 1
