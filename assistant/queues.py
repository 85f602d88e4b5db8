"""The bounded queues that join the stages. Knows nothing of what runs through them."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from typing import Any, Generic, Literal, TypeVar
from weakref import WeakSet

T = TypeVar("T")
Policy = Literal["block", "drop oldest"]


# By name, over all queues of that name since the program began: what benchmarks and metrics report.
_peaks: dict[str, int] = {}
_dropped: Counter[str] = Counter()
_alive: WeakSet[BoundedQueue[Any]] = WeakSet()


def peaks() -> dict[str, int]:
    """The most items that ever waited in any queue, by the name of the queue."""
    return dict(_peaks)


def dropped() -> dict[str, int]:
    """Items that were thrown away to make room, by the name of the queue."""
    return dict(_dropped)


def lengths() -> dict[str, int]:
    """Items that wait now, in all queues of a name together."""
    found: Counter[str] = Counter({name: 0 for name in _peaks})
    for queue in _alive:
        found[queue.name] += len(queue)
    return dict(found)


class QueueClosed(Exception):
    """`put` after `close`: the reader is gone. A defect where it happens outside a cancelled turn."""


class BoundedQueue(Generic[T]):
    """A queue of one writer side and one reader side, which ends.

    The reader iterates: `async for item in queue` takes what is there and stops once the queue is closed and empty.

    Attributes:
        name: of what runs through it.
        dropped: items that were thrown away to make room; stays 0 with the policy "block".
        peak: the most items that ever waited.
    """

    def __init__(self, name: str, capacity: int, policy: Policy = "block") -> None:
        """
        Args:
            name: of what runs through it; for `peaks`.
            capacity: most items that may wait, at least 1.
            policy: what `put` does when the queue is full: "block" waits for the reader (a slow voice holds the
                language model back), "drop oldest" never waits (a microphone cannot be held back).
        """
        if capacity < 1:
            raise ValueError(f"a queue must hold at least 1 item, not {capacity}")
        self.dropped = 0
        self.peak = 0
        self.name = name
        self._items: deque[T] = deque()
        self._capacity = capacity
        self._policy = policy
        self._closed = False
        self._changed = asyncio.Condition()
        _alive.add(self)

    def __len__(self) -> int:
        return len(self._items)

    async def put(self, item: T) -> None:
        """Adds an item at the end.

        Raises:
            QueueClosed: the queue was closed, before or while waiting for room.
        """
        async with self._changed:
            if self._policy == "block":
                await self._changed.wait_for(lambda: self._closed or len(self._items) < self._capacity)
            if self._closed:
                raise QueueClosed("nothing can be put into a closed queue")
            if len(self._items) == self._capacity:
                self._items.popleft()
                self.dropped += 1
                _dropped[self.name] += 1
            self._items.append(item)
            self.peak = max(self.peak, len(self._items))
            _peaks[self.name] = max(_peaks.get(self.name, 0), self.peak)
            self._changed.notify_all()

    async def close(self) -> None:
        """No more items will come; what is there can still be read. Closing twice is allowed."""
        async with self._changed:
            self._closed = True
            self._changed.notify_all()

    def __aiter__(self) -> BoundedQueue[T]:
        return self

    async def __anext__(self) -> T:
        async with self._changed:
            await self._changed.wait_for(lambda: self._closed or bool(self._items))
            if not self._items:
                raise StopAsyncIteration
            item = self._items.popleft()
            self._changed.notify_all()
            return item
