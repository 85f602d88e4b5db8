"""What waits for a client that does not read: little, and not for long."""

from __future__ import annotations

import asyncio

import pytest

from assistant.serve.realtime import outbox as outboxes
from assistant.serve.realtime.outbox import Outbox, TooSlow
from assistant.virtual_clock import run

PIECE = "x" * 1_000


async def never(text: str) -> None:
    """A socket whose other end reads nothing."""
    await asyncio.sleep(3600)


def test_who_leaves_too_much_unread_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outboxes, "_MOST_WAITING", 10_000)

    async def main() -> float:
        outbox = Outbox()
        delivering = asyncio.create_task(outbox.deliver(never))
        for _ in range(20):
            outbox.put("piece", text=PIECE)
            await asyncio.sleep(0.1)
        with pytest.raises(TooSlow, match="more than 10000 bytes are waiting"):
            await delivering
        return asyncio.get_running_loop().time()

    assert run(main()) == pytest.approx(2.0)  # not the 30 s that one message may take


def test_what_comes_after_too_much_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outboxes, "_MOST_WAITING", 10_000)

    async def main() -> list[str]:
        outbox, sent = Outbox(), list[str]()

        async def send(text: str) -> None:
            sent.append(text)

        for _ in range(1_000):
            outbox.put("piece", text=PIECE)
        assert sum(len(text) for text in outbox._texts) < 12_000
        with pytest.raises(TooSlow, match="more than 10000 bytes are waiting"):
            await outbox.deliver(send)
        return sent

    assert run(main()) == []  # half of a conversation is worse than none


def test_a_message_that_does_not_leave_ends_the_connection() -> None:
    async def main() -> float:
        outbox = Outbox()
        outbox.put("piece", text=PIECE)
        with pytest.raises(TooSlow, match="nothing was read for 30 s"):
            await outbox.deliver(never)
        return asyncio.get_running_loop().time()

    assert run(main()) == pytest.approx(30.0)
