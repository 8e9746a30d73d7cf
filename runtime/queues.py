"""Bounded queues with their policy in their type; what they drop is counted."""

import asyncio
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class QueueClosed(Exception):
    """The queue was closed: nothing more comes out."""


class DropOldest(Generic[T]):
    """Keeps the newest `size` items; `put` never waits. For measurements and hints."""

    def __init__(self, size: int) -> None:
        self.dropped = 0
        self._items: deque[T] = deque()
        self._size = size
        self._ready = asyncio.Event()
        self._closed = False

    def put(self, item: T) -> None:
        if self._closed:
            return
        if len(self._items) == self._size:
            self._items.popleft()
            self.dropped += 1
        self._items.append(item)
        self._ready.set()

    async def get(self) -> T:
        """The oldest item. Raises QueueClosed once closed and empty."""
        while not self._items:
            if self._closed:
                raise QueueClosed
            self._ready.clear()
            await self._ready.wait()
        return self._items.popleft()

    def close(self) -> None:
        self._closed = True
        self._ready.set()

    def __len__(self) -> int:
        return len(self._items)


class CloseConsumer(Generic[T]):
    """Takes at most `size` items; one more marks the consumer `too_slow` and drops everything.

    For sessions: the consumer is cut with a reason and comes back by its cursors, so nothing is lost.
    """

    def __init__(self, size: int) -> None:
        self.too_slow = False
        self._items: deque[T] = deque()
        self._size = size
        self._ready = asyncio.Event()
        self._taken = asyncio.Event()
        self._closed = False

    def put(self, item: T) -> None:
        if self._closed or self.too_slow:
            return
        if len(self._items) >= self._size:
            self.too_slow = True
            self._items.clear()
            self._taken.set()
        else:
            self._items.append(item)
        self._ready.set()

    async def get(self) -> T:
        """The next item. Raises QueueClosed when closed and empty, or when `too_slow`."""
        while not self._items:
            if self._closed or self.too_slow:
                raise QueueClosed
            self._ready.clear()
            await self._ready.wait()
        self._taken.set()
        return self._items.popleft()

    async def below(self, count: int) -> None:
        """Wait until fewer than `count` items are queued, or no more will come: for who has much to say at once."""
        while len(self._items) >= count and not self._closed:
            self._taken.clear()
            await self._taken.wait()

    def close(self) -> None:
        """No more items; what is queued still comes out."""
        self._closed = True
        self._ready.set()
        self._taken.set()

    def __len__(self) -> int:
        return len(self._items)
