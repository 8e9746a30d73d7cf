"""The recorder's end of the control link: says what it holds, takes orders, reports."""

from collections.abc import Callable

from contract.base import decode, encode
from contract.errors import ProtocolViolation
from contract.nodes import TO_RECORDER, RecorderHello, RecordingReport, ToRecorder
from runtime.link import Link, LinkClosed
from runtime.logs import get_logger

log = get_logger(__name__)

HELLO_BYTES = 1024 * 1024
"""Summaries beyond this follow the hello as reports of their own."""


class Control:
    """While the link is down reports are not kept: the next hello says everything."""

    def __init__(self, held: Callable[[], list[RecordingReport]], order: Callable[[ToRecorder], None]) -> None:
        self._held = held
        self._order = order
        self._link: Link | None = None

    def report(self, report: RecordingReport) -> None:
        """Say a change of state."""
        if self._link is None:
            return
        try:
            self._link.send(encode(report))
        except LinkClosed:
            self._link = None

    async def handle(self, link: Link) -> None:
        """One connection to signaling, until it closes (runtime.link.keep_connected)."""
        first: list[RecordingReport] = []
        rest: list[RecordingReport] = []
        size = 0
        for report in self._held():
            size += len(encode(report))
            (first if size <= HELLO_BYTES else rest).append(report)
        link.send(encode(RecorderHello(recordings=first)))
        for report in rest:
            link.send(encode(report))
        self._link = link
        log.info("control link is up", recordings=len(first) + len(rest))
        try:
            while True:
                record = await link.receive()
                try:
                    order = decode(TO_RECORDER, record)
                except ProtocolViolation as error:
                    log.warning("order not understood", error=str(error))
                    continue
                self._order(order)
        finally:
            self._link = None
