"""The protocol's idle timeout: what happens when the user says nothing for long after a reply."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from assistant.serve.realtime import item_events
from assistant.serve.realtime.card import SocketCard
from assistant.serve.realtime.items import Item, Items
from assistant.serve.realtime.narrator import Narrator
from assistant.serve.realtime.outbox import Outbox


class SilentUser:
    """Of one conversation. The silence counts from the end of a reply, until somebody speaks; the next reply begins it
    anew.

    Attributes:
        patience_s: how long it may last; None: for ever.
    """

    def __init__(
        self, outbox: Outbox, items: Items, card: SocketCard, narrator: Narrator, go_on: Callable[[], object]
    ) -> None:
        """
        Args:
            go_on: has the assistant go on with the conversation unasked.
        """
        self.patience_s: float | None = None
        self._outbox = outbox
        self._items = items
        self._card = card
        self._narrator = narrator
        self._go_on = go_on
        self._timer: asyncio.TimerHandle | None = None
        self._since_ms: float | None = None

    def look(self) -> None:
        """Something has happened in the conversation, or the settings have changed."""
        if self._narrator.response:
            self._since_ms = None
            self._stop()
        elif self._narrator.is_waiting_for_words or self.patience_s is None:
            self._stop()
        elif self._narrator.has_answered and self._timer is None:
            if self._since_ms is None:
                self._since_ms = self._card.heard_ms
            self._timer = asyncio.get_running_loop().call_later(self.patience_s, self._end)

    def close(self) -> None:
        """Nothing happens any more."""
        self.patience_s = None
        self._stop()

    def _stop(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _end(self) -> None:
        self._timer = None
        item, until_ms = Item("message", "user", is_sound=True), self._card.heard_ms
        start_ms = until_ms if self._since_ms is None else self._since_ms
        self._outbox.put(
            "input_audio_buffer.timeout_triggered",
            audio_start_ms=round(start_ms),
            audio_end_ms=round(until_ms),
            item_id=item.id,
        )
        item_events.commit(self._outbox, self._items, item)
        self._go_on()
