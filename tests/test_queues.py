"""Bounded queues: order, bounds, policies, and the end."""

import asyncio

import pytest

from assistant.queues import BoundedQueue, QueueClosed


async def read_all(queue: BoundedQueue[int]) -> list[int]:
    return [item async for item in queue]


async def test_items_come_out_in_order_and_the_end_follows_the_last() -> None:
    queue: BoundedQueue[int] = BoundedQueue("numbers", 8)
    for number in range(5):
        await queue.put(number)
    await queue.close()
    assert await read_all(queue) == [0, 1, 2, 3, 4]


async def test_a_full_blocking_queue_holds_its_writer_back_until_the_reader_takes_one() -> None:
    queue: BoundedQueue[int] = BoundedQueue("numbers", 2)
    writer = asyncio.create_task(_write(queue, 6))
    reader = asyncio.create_task(read_all(queue))
    assert await asyncio.wait_for(reader, 60) == [0, 1, 2, 3, 4, 5]
    await writer
    assert queue.peak == 2
    assert queue.dropped == 0


async def test_a_full_dropping_queue_never_waits_and_counts_what_it_lost() -> None:
    queue: BoundedQueue[int] = BoundedQueue("numbers", 2, "drop oldest")
    await _write(queue, 6)
    assert await read_all(queue) == [4, 5]
    assert queue.dropped == 4


async def test_closing_frees_a_writer_that_waits_for_room() -> None:
    queue: BoundedQueue[int] = BoundedQueue("numbers", 1)
    await queue.put(0)
    waiting = asyncio.create_task(queue.put(1))
    await asyncio.sleep(0)
    await queue.close()
    with pytest.raises(QueueClosed):
        await asyncio.wait_for(waiting, 60)
    assert await read_all(queue) == [0]


async def test_a_reader_that_is_cancelled_loses_nothing() -> None:
    queue: BoundedQueue[int] = BoundedQueue("numbers", 4)
    reader = asyncio.create_task(read_all(queue))
    await asyncio.sleep(0)
    reader.cancel()
    await asyncio.wait([reader])
    await _write(queue, 3)
    assert await asyncio.wait_for(read_all(queue), 60) == [0, 1, 2]


def test_a_queue_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        BoundedQueue("numbers", 0)


async def _write(queue: BoundedQueue[int], count: int) -> None:
    for number in range(count):
        await queue.put(number)
    await queue.close()
