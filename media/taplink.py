"""The worker's end of the tap: one connection to the recorder, shared by all rooms (contract.tap)."""

import asyncio

from contract.ids import WorkerId
from contract.tap import TapHello, TapKeyframes, is_frame, pack_message, unpack
from media.rooms import Rooms
from runtime.link import Link, LinkClosed

BATCH_S = 0.05
"""Frames wait this long for others, as a write each costs more than the frame: a crash of the worker loses them."""
BATCH_BYTES = 64 * 1024


class TapConnection:
    """Implements media.forward.ports.TapSink. Who sends looks at `waiting_bytes` first; nothing waits here.

    Frames leave together, at most `BATCH_S` after the first of them; a message takes all before it along at once, so
    the end of a track or a recording is never held back.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._last_number = 0
        self._open = True
        self._batch: list[bytes] = []
        self._batch_bytes = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting_bytes(self) -> int:
        return self._batch_bytes + self._link.waiting_bytes

    def send(self, record: bytes) -> None:
        if not self._open:
            return
        self._batch.append(record)
        self._batch_bytes += len(record)
        if self._batch_bytes >= BATCH_BYTES or not is_frame(record):
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(BATCH_S, self.flush)

    def flush(self) -> None:
        """Hand on what waits, by one write."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        batch, self._batch, self._batch_bytes = self._batch, [], 0
        if batch and self._open:
            try:
                self._link.send_framed(b"".join(batch))
            except LinkClosed:
                self._open = False

    def next_number(self) -> int:
        self._last_number += 1
        return self._last_number

    def close(self) -> None:
        """Nothing is sent after what waits now."""
        self.flush()
        self._open = False


async def feed(rooms: Rooms, worker: WorkerId, link: Link) -> None:
    """Offer one connection to the rooms until the recorder closes it."""
    connection = TapConnection(link)
    connection.send(pack_message(TapHello(worker=worker)))
    rooms.tap_connected(connection)
    try:
        while True:
            said = unpack(await link.receive())
            if isinstance(said, TapKeyframes):
                rooms.tap_wants(said.recording)
    finally:
        connection.close()
        rooms.tap_lost()
