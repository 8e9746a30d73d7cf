"""The worker's end of the tap: one connection to the recorder, shared by all rooms (contract.tap)."""

from contract.ids import WorkerId
from contract.tap import TapHello, pack_message
from media.rooms import Rooms
from runtime.link import Link, LinkClosed


class TapConnection:
    """Implements media.forward.ports.TapSink. Who sends looks at `waiting_bytes` first; nothing waits here."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._last_number = 0
        self._open = True

    @property
    def waiting_bytes(self) -> int:
        return self._link.waiting_bytes

    def send(self, record: bytes) -> None:
        if self._open:
            try:
                self._link.send_framed(record)
            except LinkClosed:
                self._open = False

    def next_number(self) -> int:
        self._last_number += 1
        return self._last_number

    def close(self) -> None:
        self._open = False


async def feed(rooms: Rooms, worker: WorkerId, link: Link) -> None:
    """Offer one connection to the rooms until the recorder closes it."""
    connection = TapConnection(link)
    connection.send(pack_message(TapHello(worker=worker)))
    rooms.tap_connected(connection)
    try:
        while True:
            await link.receive()  # The tap is one way; this waits for its end.
    finally:
        connection.close()
        rooms.tap_lost()
