"""One subscriber of the bench: counts every datagram, and reports as a browser does.

RTP headers are not encrypted, so nothing needs to be decrypted to be counted or timed.
"""

import time

from media.rtp.rtcp import Nack, ReceiverReport, Remb, ReportBlock, SenderReport, pack_rtcp, parse_rtcp
from passline.bench.sfu_peer import OPUS, RTX, VP8, BenchPeer

RTT_S = 0.005
"""What the reports make the server believe. Janus keeps nothing for repeats until it has measured a round trip above
nothing, and would be spared that work by receivers that do not report, or report a loopback's."""
REMB_BPS = 5_000_000
_SENDER_REPORT = 200
_NTP_32 = 0xFFFFFFFF
_buffer = bytearray(2048)
"""Whose content nobody needs once it is counted."""


class Subscriber:
    """`take` whenever its socket is readable, `report` once a second."""

    def __init__(self, peer: BenchPeer, *, watched: bool) -> None:
        self.peer = peer
        self.count = 0
        self.watched = watched
        self.arrived: list[tuple[int, int, int]] = []
        """If watched: sequence number, timestamp (0 unless the last packet of a frame) and monotonic ns of each packet
        of video."""
        self.repeated = 0
        """Packets that came again after `ask_again`."""
        self._video_ssrc = 0
        self._asked: set[int] = set()
        self._heard: dict[int, tuple[int, int]] = {}
        """SSRC → middle of the NTP time in its last sender report, and when that came (monotonic ns)."""

    def take(self) -> None:
        """Everything that waits in the socket."""
        receive, buffer, count = self.peer.socket.recv_into, _buffer, 0
        try:
            while True:
                size = receive(buffer)
                kind = buffer[1] & 0x7F
                if not 127 < buffer[0] < 192:
                    continue
                if kind in (VP8, OPUS):
                    count += 1
                    if kind == VP8 and (self.watched or self._asked):
                        self._watch()
                elif kind == RTX:
                    self.repeated += 1
                elif buffer[1] == _SENDER_REPORT:
                    self._hear(bytes(buffer[:size]))
        except BlockingIOError:
            self.count += count

    def _watch(self) -> None:
        sequence = int.from_bytes(_buffer[2:4])
        if sequence in self._asked:
            self.repeated += 1
            return
        self._video_ssrc = int.from_bytes(_buffer[8:12])
        ticks = int.from_bytes(_buffer[4:8]) if _buffer[1] & 0x80 else 0
        self.arrived.append((sequence, ticks, time.monotonic_ns()))

    def _hear(self, data: bytes) -> None:
        now_ns = time.monotonic_ns()
        for packet in parse_rtcp(self.peer.keys.unprotect_rtcp(data)):
            if isinstance(packet, SenderReport):
                self._heard[packet.ssrc] = packet.ntp >> 16 & _NTP_32, now_ns

    def report(self) -> None:
        """On each track that the server reported on, and how much it may send: a datagram for each, as Chromium does.

        Janus reads no more than the first block of a datagram.
        """
        now_ns = time.monotonic_ns()
        for ssrc, (last_sr, heard_ns) in self._heard.items():
            delay_s = max(0.0, (now_ns - heard_ns) / 1e9 - RTT_S)
            block = ReportBlock(ssrc, 0, 0, 0, 0, last_sr, round(delay_s * 65536))
            self._send(pack_rtcp(ReceiverReport(1, (block,))))
        self._send(pack_rtcp(Remb(1, REMB_BPS, (1,))))

    def ask_again(self, packets: int) -> int:
        """NACK the last `packets` of video, as if they had not come; how many that are."""
        lost = tuple(sequence for sequence, _, _ in self.arrived[-packets:])
        self._asked, self.repeated = set(lost), 0
        if lost:
            self._send(pack_rtcp(Nack(1, self._video_ssrc, lost)))
        return len(lost)

    def _send(self, data: bytes) -> None:
        self.peer.socket.sendto(self.peer.keys.protect_rtcp(data), self.peer.remote)
