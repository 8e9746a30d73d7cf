"""Frames leave for the recorder together, and never later than what ends them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from contract.ids import RecordingId
from contract.tap import MAX_TAP_BYTES, TapClose, TapFrame, TapTrackEnd, pack_frame, pack_message
from media.taplink import BATCH_BYTES, BATCH_S, TapConnection
from runtime import clock, link

pytestmark = pytest.mark.link

FRAMES = [pack_frame(TapFrame(1, False, number, b"frame" * 20)) for number in range(5)]
WAITING_BYTES = sum(map(len, FRAMES))


class Recorder:
    """The other end: what arrived, and when the first of it did."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.first_at = 0.0

    async def handle(self, connection: link.Link) -> None:
        while True:
            record = await connection.receive()
            self.first_at = self.first_at or clock.now()
            self.got.append(len(record).to_bytes(4) + record)

    async def has(self, records: list[bytes]) -> None:
        async with asyncio.timeout(30):
            while self.got != records:  # noqa: ASYNC110 - the socket lies between
                await asyncio.sleep(0.005)


@asynccontextmanager
async def connected(folder: Path) -> AsyncIterator[tuple[TapConnection, link.Link, Recorder]]:
    recorder = Recorder()
    server = await link.serve(folder / "tap.sock", recorder.handle, max_record_bytes=MAX_TAP_BYTES)
    reader, writer = await asyncio.open_unix_connection(str(folder / "tap.sock"))
    connection = link.Link(reader, writer, max_record_bytes=MAX_TAP_BYTES)
    try:
        yield TapConnection(connection), connection, recorder
    finally:
        await connection.aclose()
        server.close()


async def test_frames_wait_for_each_other_and_count_as_waiting(tmp_path: Path) -> None:
    async with connected(tmp_path) as (tap, _, recorder):
        began = clock.now()
        for frame in FRAMES:
            tap.send(frame)
        assert tap.waiting_bytes == WAITING_BYTES
        await recorder.has(FRAMES)
        assert recorder.first_at - began >= BATCH_S * 0.9
        assert tap.waiting_bytes == 0


@pytest.mark.parametrize(
    "last", [TapTrackEnd(number=1, wall_ns=9), TapClose(recording=RecordingId("rec-1"), wall_ns=9)]
)
async def test_a_message_takes_the_frames_before_it_along_at_once(tmp_path: Path, last: TapTrackEnd | TapClose) -> None:
    async with connected(tmp_path) as (tap, _, recorder):
        for frame in FRAMES:
            tap.send(frame)
        tap.send(pack_message(last))
        assert tap.waiting_bytes == 0
        await recorder.has([*FRAMES, pack_message(last)])


async def test_much_is_not_held_back(tmp_path: Path) -> None:
    async with connected(tmp_path) as (tap, _, recorder):
        large = pack_frame(TapFrame(1, True, 0, bytes(BATCH_BYTES)))
        tap.send(FRAMES[0])
        tap.send(large)
        assert tap.waiting_bytes == 0
        await recorder.has([FRAMES[0], large])


async def test_closing_sends_the_batch_and_nothing_after_it(tmp_path: Path) -> None:
    async with connected(tmp_path) as (tap, _, recorder):
        for frame in FRAMES:
            tap.send(frame)
        tap.close()
        tap.send(FRAMES[0])
        assert tap.waiting_bytes == 0
        await recorder.has(FRAMES)


async def test_a_recorder_that_went_is_no_error_and_holds_nothing(tmp_path: Path) -> None:
    async with connected(tmp_path) as (tap, connection, _):
        tap.send(FRAMES[0])
        await connection.aclose()
        tap.flush()
        tap.send(FRAMES[1])
        assert tap.waiting_bytes == 0
