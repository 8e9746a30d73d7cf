"""Passwords as argon2id hashes, never more than two computed at a time."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

AT_ONCE = 2
"""One hash takes 64 MiB and a core for a quarter of a second: more at once would stall the calls beside it."""


class Passwords:
    """Makes and checks hashes in threads; an unknown person takes as long as a known one."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """The hash to keep; contains its own salt and cost."""
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, password: str, kept: str | None) -> bool:
        """Whether `password` made the hash `kept`. None (nobody by that name) takes the same time and is False."""
        if kept is None:
            if self._nobody is None:
                self._nobody = await self.hash("nobody has this password")
            await self._check(self._nobody, password)
            return False
        return await self._check(kept, password)

    async def _check(self, kept: str, password: str) -> bool:
        async with self._turn:
            return await asyncio.to_thread(self._verify, kept, password)

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerifyMismatchError, InvalidHashError):
            return False
