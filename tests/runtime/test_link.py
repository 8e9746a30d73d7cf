"""Links carry whole records over a real Unix socket, come back by themselves, and refuse what is too long."""

import asyncio
import stat
from pathlib import Path

import pytest

from runtime import link
from runtime.link import Link, LinkClosed
from runtime.supervise import TaskScope

pytestmark = pytest.mark.flow

LIMIT = 1000


async def _echo(connection: Link) -> None:
    while True:
        connection.send(await connection.receive())


async def test_records_arrive_whole_and_in_order(tmp_path: Path) -> None:
    records = [b"", b"x", b"y" * LIMIT, bytes(range(256))]
    got: list[bytes] = []
    done = asyncio.Event()

    async def client(connection: Link) -> None:
        for record in records:
            connection.send(record)
        for _ in records:
            got.append(await connection.receive())
        done.set()
        await asyncio.Event().wait()

    path = tmp_path / "run" / "control.sock"
    server = await link.serve(path, _echo, max_record_bytes=LIMIT)
    async with server, TaskScope("test") as scope:
        scope.spawn(link.keep_connected(path, client, max_record_bytes=LIMIT), name="client")
        await asyncio.wait_for(done.wait(), 10)
    assert got == records


async def test_only_this_user_may_connect(tmp_path: Path) -> None:
    async with await link.serve(tmp_path / "s", _echo, max_record_bytes=LIMIT):
        assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o600


async def test_a_record_over_the_limit_closes_the_link_and_not_the_server(tmp_path: Path) -> None:
    ended: list[str] = []
    answered = asyncio.Event()

    async def client(connection: Link) -> None:
        connection.send(b"z" * (LIMIT + 1) if not ended else b"small")
        try:
            await connection.receive()
            answered.set()
            await asyncio.Event().wait()
        except LinkClosed as closed:
            ended.append(str(closed))
            raise

    path = tmp_path / "s"
    async with await link.serve(path, _echo, max_record_bytes=LIMIT), TaskScope("test") as scope:
        scope.spawn(link.keep_connected(path, client, max_record_bytes=LIMIT), name="client")
        await asyncio.wait_for(answered.wait(), 10)
    assert len(ended) == 1


async def test_the_node_comes_back_after_the_server_was_away(tmp_path: Path) -> None:
    path = tmp_path / "s"
    hellos: asyncio.Queue[bytes] = asyncio.Queue(10)

    async def take_hello(connection: Link) -> None:
        await hellos.put(await connection.receive())
        await connection.aclose()

    async def client(connection: Link) -> None:
        connection.send(b"hello")
        await connection.receive()

    async with TaskScope("test") as scope:
        scope.spawn(link.keep_connected(path, client, max_record_bytes=LIMIT), name="client")
        for _ in range(2):
            async with await link.serve(path, take_hello, max_record_bytes=LIMIT):
                assert await asyncio.wait_for(hellos.get(), 10) == b"hello"


async def test_sending_on_a_closed_link_says_so(tmp_path: Path) -> None:
    async with await link.serve(tmp_path / "s", _echo, max_record_bytes=LIMIT):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
        connection = Link(reader, writer, max_record_bytes=LIMIT)
        await connection.aclose()
        with pytest.raises(LinkClosed):
            connection.send(b"late")
        with pytest.raises(LinkClosed):
            connection.send_framed(b"late")
