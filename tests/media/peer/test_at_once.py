"""A coroutine that never waits runs where it is called."""

import asyncio

import pytest

from media.peer.at_once import at_once

pytestmark = pytest.mark.unit


def test_it_has_run_when_the_call_returns() -> None:
    done: list[int] = []

    async def inner() -> None:
        done.append(1)

    async def outer() -> None:
        await inner()
        done.append(2)

    at_once(outer())
    assert done == [1, 2]


def test_what_it_raises_is_raised() -> None:
    async def fails() -> None:
        raise ValueError("so")

    with pytest.raises(ValueError, match="so"):
        at_once(fails())


async def test_who_waits_is_ended_and_named() -> None:
    ended = []

    async def waits() -> None:
        try:
            await asyncio.sleep(0)
        finally:
            ended.append(True)

    with pytest.raises(RuntimeError, match="waits waits"):
        at_once(waits())
    assert ended
