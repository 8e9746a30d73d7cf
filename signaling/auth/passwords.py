"""Passwords as argon2id hashes, few computed at a time, few waiting, and below the calls in priority."""

import asyncio
import base64
import os
import threading
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from contract.errors import ErrorCode, Unavailable

AT_ONCE = 2
"""One hash takes 64 MiB and a core for a quarter of a second: more at once would stall the calls beside it."""
WAITING = 40
"""Policy: refuse the newest with `busy`; the last of them waits five seconds."""
RETRY_S = 5.0
NICENESS = 10


class Passwords:
    """Makes and checks hashes in threads; an unknown person takes as long as a known one."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="password", initializer=_step_back)
        self._places = AT_ONCE + WAITING
        self._nobody = _hash_of_nobody(self._hasher)

    async def hash(self, password: str) -> str:
        """The hash to keep; contains its own salt and cost."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, password)

    async def matches(self, password: str, kept: str | None) -> bool:
        """Whether `password` made the hash `kept`. None (nobody by that name) takes the same time and is False.

        Raises Unavailable(`busy`) when too many wait.
        """
        if self._places == 0:
            raise Unavailable(ErrorCode.BUSY, "too many sign-ins at once", retry_after_s=RETRY_S)
        self._places -= 1
        try:
            against = self._nobody if kept is None else kept
            right = await asyncio.get_running_loop().run_in_executor(self._threads, self._verify, against, password)
        finally:
            self._places += 1
        return right and kept is not None

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerifyMismatchError, InvalidHashError):
            return False


def _hash_of_nobody(hasher: PasswordHasher) -> str:
    """A hash that costs as much to check as a real one and that no password makes; making one would cost the start
    of the server as much as a sign-in."""
    salt, made = (
        base64.b64encode(os.urandom(size)).decode().rstrip("=") for size in (hasher.salt_len, hasher.hash_len)
    )
    return f"$argon2id$v=19$m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}${salt}${made}"


def _step_back() -> None:
    """Let calls go first: on Linux a thread has a niceness of its own."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
