"""One watcher of a room behind a link of its own: sees, hears, and reports as a browser does.

What its socket gets has yet to pass the link, by arithmetic from the time at which the kernel took it: when this
process gets round to reading counts for nothing, however busy the machine is.
"""

import socket
import struct
import time
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from contract.media import Layer
from media.rtp.arrivals import Arrivals
from media.rtp.nack import NackGenerator
from media.rtp.packet import extension, parse_header
from media.rtp.reports import Reception
from media.rtp.rtcp import Nack, Pli, ReceiverReport, Rtcp, SenderReport, pack_rtcp, parse_rtcp
from media.rtp.rtx import unwrap_rtx
from media.rtp.sequence import SEQUENCE_BITS, Unwrapper
from passline.bench.room_ear import Ear
from passline.bench.room_link import Link
from passline.bench.room_pictures import layer_of
from passline.bench.room_shown import Shown
from passline.bench.sfu_peer import NUMBER_ID, OPUS, RTX, VP8, BenchPeer

DELAY_S = 0.02
"""Each way."""
UP_BPS = 10_000_000
WORK_S = 0.05
"""Between two feedbacks."""
REPORT_S = 1.0
KEYFRAME_S = 1.0
"""Between two requests, of a picture that cannot be repaired."""
START_S = 10.0
"""In which the server finds out what the link carries."""
OURS = 1
_SO_TIMESTAMPNS = 35
"""Linux asm-generic/socket.h; Python has no name for it."""
_TIMESPEC = struct.Struct("qq")


class Figures(NamedTuple):
    """A row of `passline bench room`."""

    rate_kbps: int
    layer: Layer | None
    settle_s: float
    changes: int
    picture_kbps: int
    """Of the picture that came, in the second half."""
    concealed_percent: float
    lost_percent: float
    """Of the voice."""
    later_concealed_percent: float
    """Of the voice after START_S."""
    dropped: int
    """Datagrams that found the link's queue full."""


class Watcher:
    """`take` when its socket is readable, `work` no later than `due`; `figures` at the end."""

    def __init__(self, peer: BenchPeer, rate_bps: float, spoken_at: Sequence[float]) -> None:
        """`spoken_at` is the publisher's."""
        self.peer = peer
        self.rate_bps = rate_bps
        self._spoken_at = spoken_at
        self._down, self._up = Link(rate_bps, DELAY_S), Link(UP_BPS, DELAY_S)
        self._coming: deque[tuple[float, bytes]] = deque()
        self._going: deque[tuple[float, bytes]] = deque()
        peer.socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._ear, self._later_ear = Ear(), Ear()
        self._shown = Shown()
        self._arrivals = Arrivals()
        self._streams: dict[int, tuple[Unwrapper, Reception]] = {}
        self._nack = NackGenerator()
        self._video_ssrc = 0
        self._asked_at = float("-inf")
        self._work_at = self._report_at = 0.0
        self._pictures: list[tuple[float, int]] = []
        """When so many bytes of the picture came."""

    def take(self) -> None:
        """Everything that waits in the socket goes into the link."""
        ahead_s = time.monotonic() - time.time()
        while True:
            try:
                data, told, _, _ = self.peer.socket.recvmsg(2048, 64)
            except BlockingIOError:
                return
            wall_s, rest_ns = _TIMESPEC.unpack_from(told[0][2])
            came = wall_s + rest_ns * 1e-9 + ahead_s
            if 127 < data[0] < 192 and (at := self._down.arrival(len(data), came)) is not None:
                self._coming.append((at, data))

    def due(self) -> float:
        """When `work` has something to do (monotonic s)."""
        return min((self._work_at, *(queue[0][0] for queue in (self._coming, self._going) if queue)))

    def work(self, now: float) -> None:
        """What has passed the link by now, and what is to be said."""
        while self._coming and self._coming[0][0] <= now:
            at, data = self._coming.popleft()
            if 191 < data[1] < 224:
                self._hear_rtcp(data, at)
            else:
                self._receive(self.peer.keys.unprotect(data), at)
        if now >= self._work_at:
            self._work_at = now + WORK_S
            self._report(now)
        while self._going and self._going[0][0] <= now:
            self.peer.socket.sendto(self._going.popleft()[1], self.peer.remote)

    def _receive(self, packet: bytes, at: float) -> None:
        header = parse_header(packet)
        number = extension(packet, header, NUMBER_ID)
        if number is not None:
            self._arrivals.on_packet(int.from_bytes(number), header.ssrc, at)
        payload = packet[header.payload_at : header.payload_end]
        if header.payload_type == RTX:
            if payload and self._video_ssrc:
                again, _ = unwrap_rtx(payload)
                self._nack.on_packet(self._streams[self._video_ssrc][0].peek(again), at)
            return
        rate_hz = 48_000 if header.payload_type == OPUS else 90_000
        new = Unwrapper(SEQUENCE_BITS), Reception(header.ssrc, rate_hz)
        unwrapper, reception = self._streams.setdefault(header.ssrc, new)
        sequence = unwrapper.unwrap(header.sequence)
        reception.on_packet(sequence, header.timestamp_ticks, len(payload), at)
        if header.payload_type == OPUS:
            told = int.from_bytes(payload[:4])
            spoken = self._spoken_at[told]
            self._ear.hear(told, spoken, at)
            if spoken - self._spoken_at[0] >= START_S:
                self._later_ear.hear(told, spoken, at)
        elif header.payload_type == VP8:
            self._video_ssrc = header.ssrc
            self._nack.on_packet(sequence, at)
            self._shown.see(layer_of(payload), at)
            self._pictures.append((at, len(payload)))

    def _hear_rtcp(self, data: bytes, at: float) -> None:
        for packet in parse_rtcp(self.peer.keys.unprotect_rtcp(data)):
            if isinstance(packet, SenderReport) and packet.ssrc in self._streams:
                self._streams[packet.ssrc][1].on_sender_report(packet.ntp, at)

    def _report(self, now: float) -> None:
        for feedback in self._arrivals.feedback(OURS, now):
            self._say(feedback, now)
        missing = self._nack.due(now, 2 * DELAY_S)
        if missing:
            self._say(Nack(OURS, self._video_ssrc, tuple(missing)), now)
        if self._nack.broken and now - self._asked_at >= KEYFRAME_S:
            self._nack.broken, self._asked_at = False, now
            self._say(Pli(OURS, self._video_ssrc), now)
        if now >= self._report_at and self._streams:
            self._report_at = now + REPORT_S
            blocks = tuple(reception.block(now) for _, reception in self._streams.values())
            self._say(ReceiverReport(OURS, blocks), now)

    def _say(self, packet: Rtcp, now: float) -> None:
        data = self.peer.keys.protect_rtcp(pack_rtcp(packet))
        at = self._up.arrival(len(data), now)
        if at is not None:
            self._going.append((at, data))

    def figures(self, began: float, end: float) -> Figures:
        """What came of the time between."""
        settled = self._shown.settled(began, end)
        half = (began + end) / 2
        picture_bytes = sum(size for at, size in self._pictures if at >= half)
        return Figures(
            rate_kbps=round(self.rate_bps / 1000),
            layer=settled.layer,
            settle_s=round(settled.settle_s, 1),
            changes=settled.changes,
            picture_kbps=round(8 * picture_bytes / (end - half) / 1000),
            concealed_percent=round(100 * self._ear.concealed, 2),
            lost_percent=round(100 * self._ear.lost, 2),
            later_concealed_percent=round(100 * self._later_ear.concealed, 2),
            dropped=self._down.lost,
        )
