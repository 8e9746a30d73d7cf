"""The bench's clients: one publisher that keeps time, subscribers that count every datagram."""

import select
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from media.rtp.rtcp import Pli, ReceiverReport, Remb, pack_rtcp, parse_rtcp
from passline.bench.sfu_media import FRAME_RATE_HZ, OPUS_S, Clip
from passline.bench.sfu_peer import OPUS, VP8, BenchPeer

BURST_S = 0.005
"""Between two bursts of the ladder: even load, as from many publishers."""
GRACE_S = 0.02
DRAIN_S = 0.3
REPORT_S = 1.0
_HEAD = struct.Struct("!BBHII")


class Window(NamedTuple):
    """What one measurement saw."""

    sent: int
    received: int
    """By all subscribers together."""
    in_time: int
    """Of these, before the window was over: the rest waited in buffers."""
    seconds: float
    late: bool
    """The publisher itself could not keep its pace: says nothing about the server."""
    latencies_ms: list[float]
    frames: int
    """Seen by the watched subscribers, per subscriber."""


@dataclass
class _Watched:
    """A subscriber whose frames are timed: RTP headers are not encrypted, so nothing needs to be decrypted."""

    arrived: list[tuple[int, int, int]] = field(default_factory=list)
    """Sequence number, timestamp (0 unless the last packet of a frame) and monotonic ns of each packet of video."""


class Load:
    """One publisher and its subscribers, connected."""

    def __init__(self, clip: Clip, publisher: BenchPeer, subscribers: list[BenchPeer], *, same_packets: bool) -> None:
        """`same_packets` says that the server forwards what it gets; otherwise only whole frames can be timed."""
        self._same_packets = same_packets
        self._clip = clip
        self._publisher = publisher
        self._subscribers = subscribers
        self._sequence = {VP8: 1000, OPUS: 1000}
        self._ticks = {VP8: 90_000, OPUS: 48_000}
        self._frame = 0
        self._sound = 0
        self._key = True
        self._random = Random(1)
        self._frame_sent: dict[int, tuple[int, int]] = {}
        """Timestamp → sequence number of its last packet, and when that was sent."""
        self._sent_at = [0] * 65536
        """By sequence number: monotonic ns."""
        self._counts = [0] * len(subscribers)
        self._watched = {at: _Watched() for at in {0, len(subscribers) // 2, len(subscribers) - 1}}
        self._buffer = bytearray(2048)
        self._poll = select.epoll()
        self._by_fd = {peer.socket.fileno(): (at, peer) for at, peer in enumerate(subscribers)}
        for fd in [*self._by_fd, publisher.socket.fileno()]:
            self._poll.register(fd, select.EPOLLIN)

    def close(self) -> None:
        self._poll.close()

    # --- sending --------------------------------------------------------------------------------------------------

    def _send(self, payload_type: int, payload: bytes, *, marker: bool) -> None:
        self._sequence[payload_type] = sequence = (self._sequence[payload_type] + 1) & 0xFFFF
        ssrc = self._publisher.ssrc["video" if payload_type == VP8 else "audio"]
        head = _HEAD.pack(0x80, payload_type | marker << 7, sequence, self._ticks[payload_type], ssrc)
        if payload_type == VP8:
            self._sent_at[sequence] = time.monotonic_ns()
        self._publisher.socket.sendto(self._publisher.keys.protect(head + payload), self._publisher.remote)

    def _picture(self) -> int:
        frames = self._clip.frames
        if self._key:
            self._key, self._frame = False, 0
        payloads = frames[self._frame % len(frames)]
        self._frame += 1
        # Uneven steps make every frame known by its distance from the last, whatever offset the server adds.
        self._ticks[VP8] += 3000 + self._random.randrange(64)
        for number, payload in enumerate(payloads):
            self._send(VP8, payload, marker=number == len(payloads) - 1)
        self._frame_sent[self._ticks[VP8]] = self._sequence[VP8], time.monotonic_ns()
        return len(payloads)

    def _speak(self) -> int:
        self._sound += 1
        self._ticks[OPUS] += 960
        self._send(OPUS, self._clip.sounds[self._sound % len(self._clip.sounds)], marker=False)
        return 1

    def _burst(self, packets: int) -> int:
        """Parts of one picture without end."""
        payload = self._clip.frames[1][0]
        self._ticks[VP8] += 450
        for _ in range(packets):
            self._send(VP8, payload, marker=False)
        return packets

    # --- receiving ------------------------------------------------------------------------------------------------

    def _receive(self, until: float) -> None:
        while True:
            left = until - time.monotonic()
            for fd, _ in self._poll.poll(max(0.0, left)):
                if fd in self._by_fd:
                    self._take(*self._by_fd[fd])
                else:
                    self._listen()
            if left <= 0:
                return

    def _take(self, at: int, peer: BenchPeer) -> None:
        receive, buffer, count = peer.socket.recv_into, self._buffer, 0
        watched = self._watched.get(at)
        try:
            while True:
                receive(buffer)
                kind = buffer[1] & 0x7F
                if 127 < buffer[0] < 192 and kind in (VP8, OPUS):
                    count += 1
                    if watched is not None and kind == VP8:
                        ticks = int.from_bytes(buffer[4:8]) if buffer[1] & 0x80 else 0
                        watched.arrived.append((int.from_bytes(buffer[2:4]), ticks, time.monotonic_ns()))
        except BlockingIOError:
            self._counts[at] += count

    def _listen(self) -> None:
        """RTCP for the publisher: keyframe requests count, the rest is heard and forgotten."""
        while True:
            try:
                data = self._publisher.socket.recv(2048)
            except BlockingIOError:
                return
            if 127 < data[0] < 192 and 191 < data[1] < 224:
                packets = parse_rtcp(self._publisher.keys.unprotect_rtcp(data))
                self._key = self._key or any(isinstance(packet, Pli) for packet in packets)

    def _report(self) -> None:
        """Every subscriber reports once a second, as browsers do."""
        data = pack_rtcp(ReceiverReport(1, ())) + pack_rtcp(Remb(1, 5_000_000, (1,)))
        for peer in self._subscribers:
            peer.socket.sendto(peer.keys.protect_rtcp(data), peer.remote)

    # --- windows --------------------------------------------------------------------------------------------------

    def call(self, seconds: float) -> Window:
        """A real call: 30 pictures and 50 sounds a second."""
        return self._run(seconds, [(1 / FRAME_RATE_HZ, self._picture), (OPUS_S, self._speak)])

    def flood(self, seconds: float, pps: float) -> Window:
        """`pps` packets of 1150 bytes a second from the publisher."""
        packets = max(1, round(pps * BURST_S))
        return self._run(seconds, [(packets / pps, lambda: self._burst(packets))])

    def _run(self, seconds: float, jobs: list[tuple[float, Callable[[], int]]]) -> Window:
        self._counts = [0] * len(self._subscribers)
        for watched in self._watched.values():
            watched.arrived.clear()
        start = time.monotonic()
        due = [start for _ in jobs]
        report_due, end, sent, late = start, start + seconds, 0, False
        while (now := time.monotonic()) < end:
            for number, (period, job) in enumerate(jobs):
                if due[number] <= now:
                    sent += job()
                    due[number] += period
                    late = late or now - due[number] > 0.1
            if report_due <= now:
                self._report()
                report_due += REPORT_S
            self._receive(min(*due, end) if len(due) > 1 else min(due[0], end))
        self._receive(end + GRACE_S)
        in_time = sum(self._counts)
        self._receive(end + DRAIN_S)
        latencies = [one for watched in self._watched.values() for one in self._latencies(watched.arrived)]
        ends = sum(1 for watched in self._watched.values() for _, ticks, _ in watched.arrived if ticks)
        frames = ends // len(self._watched)
        return Window(sent, sum(self._counts), in_time, seconds, late, latencies, frames)

    def _latencies(self, arrived: list[tuple[int, int, int]]) -> list[float]:
        """Sent to received, milliseconds: of every packet, or from last packet to last packet of every frame."""
        ends = [(sequence, ticks, at) for sequence, ticks, at in arrived if ticks]
        for begin in range(min(30, len(ends) - 4)):
            for candidate, (last, _) in self._frame_sent.items():
                moved = (ends[begin][1] - candidate) & 0xFFFFFFFF
                frames = [(self._frame_sent.get((ticks - moved) & 0xFFFFFFFF), at) for _, ticks, at in ends[begin:]]
                if any(sent is None for sent, _ in frames[:4]):
                    continue
                if not self._same_packets:
                    return [(at - sent[1]) / 1e6 for sent, at in frames if sent is not None]
                offset = ends[begin][0] - last
                return [(at - self._sent_at[(sequence - offset) & 0xFFFF]) / 1e6 for sequence, _, at in arrived]
        return []
