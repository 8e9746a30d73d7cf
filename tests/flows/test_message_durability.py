"""Acknowledged means on the disk: watched from outside, at the system calls."""

import asyncio
import contextlib
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from passline.bench.chat_rule import new_cid
from passline.bench.crowd import Crowd, prepare
from passline.bench.ledger import Ledger
from tests.support.promise import Promise
from tests.support.stack import Stack
from tests.support.until import until

pytestmark = pytest.mark.flow

SYNCED = re.compile(r"f(?:data)?sync(?:\(\d+\)| resumed>\)) += 0")
ACKNOWLEDGED = re.compile(r'sendto\(.*\\"type\\":\\"sent\\"')


@pytest.mark.beside
@pytest.mark.promise("A10")
async def test_no_message_is_acknowledged_before_it_is_on_the_disk(promise: Promise, tmp_path: Path) -> None:
    count = promise.size(20, full=200)
    stack = Stack(tmp_path, seeded=False)
    trainers, stores = await prepare(stack.data, trainers=1, stores=1)
    async with stack, Crowd(stack.url, trainers, stores, [Ledger()]) as crowd:
        writer = next(iter(crowd.members.values()))
        async with _traced(stack.pid("signaling"), tmp_path / "trace"):
            for number in range(count):
                await writer.client.write(writer.home, f"{number}", new_cid())
                await until(lambda: not writer.client.rule.outbox, within_s=30.0)
    syncs, acknowledged = 0, 0
    for line in (tmp_path / "trace").read_text().splitlines():
        if SYNCED.search(line):
            syncs += 1
        elif ACKNOWLEDGED.search(line):
            acknowledged += 1
            assert syncs, f"message {acknowledged} was acknowledged and nothing was synced since the one before"
            syncs = 0
    assert acknowledged == count


@contextlib.asynccontextmanager
async def _traced(pid: int, path: Path) -> AsyncIterator[None]:
    """What the process syncs and sends, line by line in `path`, as long as the context lasts."""
    process = await asyncio.create_subprocess_exec(
        *("strace", "-f", "-p", str(pid), "-e", "trace=fdatasync,fsync,sendto", "-s", "64", "-o", str(path)),
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    said = await process.stderr.readline()
    assert b"attached" in said, said.decode()
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        await process.communicate()
