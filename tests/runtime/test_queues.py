"""Bounded queues keep to their policy and count what they drop."""

import asyncio

import pytest

from runtime.queues import CloseConsumer, DropOldest, QueueClosed

pytestmark = pytest.mark.unit


async def test_drop_oldest_keeps_the_newest_and_counts() -> None:
    queue = DropOldest[int](3)
    for number in range(5):
        queue.put(number)
    assert [await queue.get() for _ in range(3)] == [2, 3, 4]
    assert queue.dropped == 2


async def test_what_is_queued_still_comes_out_after_close() -> None:
    for queue in (DropOldest[int](3), CloseConsumer[int](3)):
        queue.put(1)
        queue.close()
        queue.put(2)
        assert await queue.get() == 1
        with pytest.raises(QueueClosed):
            await queue.get()


async def test_a_waiting_consumer_hears_of_an_item_and_of_the_end() -> None:
    for queue in (DropOldest[int](3), CloseConsumer[int](3)):
        async with asyncio.TaskGroup() as group:
            got = group.create_task(queue.get())
            await asyncio.sleep(0)
            queue.put(7)
        assert got.result() == 7
        async with asyncio.TaskGroup() as group:
            ended = group.create_task(_is_closed(queue))
            await asyncio.sleep(0)
            queue.close()
        assert ended.result()


async def test_close_consumer_cuts_the_one_who_is_too_slow() -> None:
    queue = CloseConsumer[int](2)
    for number in range(3):
        queue.put(number)
    assert queue.too_slow
    assert len(queue) == 0, "it gets nothing half; it comes back by its cursors"
    with pytest.raises(QueueClosed):
        await queue.get()


async def test_close_consumer_holds_exactly_its_size() -> None:
    queue = CloseConsumer[int](2)
    queue.put(1)
    queue.put(2)
    assert not queue.too_slow
    assert [await queue.get(), await queue.get()] == [1, 2]


async def _is_closed(queue: DropOldest[int] | CloseConsumer[int]) -> bool:
    try:
        await queue.get()
    except QueueClosed:
        return True
    return False


async def test_who_has_much_to_say_waits_until_the_consumer_has_taken_enough() -> None:
    queue: CloseConsumer[int] = CloseConsumer(4)
    for number in range(3):
        queue.put(number)
    waiting = asyncio.gather(queue.below(2))
    assert await queue.get() == 0
    await asyncio.sleep(0)
    assert not waiting.done()
    assert await queue.get() == 1
    await waiting


@pytest.mark.parametrize("end", ["close", "overrun"])
async def test_nobody_waits_for_a_consumer_that_is_gone(end: str) -> None:
    queue: CloseConsumer[int] = CloseConsumer(1)
    queue.put(1)
    waiting = asyncio.gather(queue.below(1))
    await asyncio.sleep(0)
    if end == "close":
        queue.close()
    else:
        queue.put(2)
    await waiting
