"""One publisher of the bench: pictures and sounds in their own time, sender reports, ears for keyframe requests."""

import struct
import time
from random import Random

from media.rtp.clock import ntp_from_wall
from media.rtp.rtcp import Fir, Pli, SenderReport, pack_rtcp, parse_rtcp
from passline.bench.sfu_media import Clip
from passline.bench.sfu_peer import OPUS, VP8, BenchPeer

_HEAD = struct.Struct("!BBHII")
_KIND = {VP8: "video", OPUS: "audio"}


class Publisher:
    """`picture`, `speak` and `burst` send now, and return how many packets that were."""

    def __init__(self, clip: Clip, peer: BenchPeer) -> None:
        self.peer = peer
        self.frame_sent: dict[int, tuple[int, int]] = {}
        """Timestamp → sequence number of its last packet, and when that was sent (monotonic ns)."""
        self.sent_at = [0] * 65536
        """By sequence number of video: monotonic ns."""
        self._clip = clip
        self._sequence = {VP8: 1000, OPUS: 1000}
        self._ticks = {VP8: 90_000, OPUS: 48_000}
        self._packets = {VP8: 0, OPUS: 0}
        self._octets = {VP8: 0, OPUS: 0}
        self._frame = 0
        self._key = True
        self._random = Random(1)

    def _send(self, payload_type: int, payload: bytes, *, marker: bool) -> None:
        self._sequence[payload_type] = sequence = (self._sequence[payload_type] + 1) & 0xFFFF
        ssrc = self.peer.ssrc[_KIND[payload_type]]
        head = _HEAD.pack(0x80, payload_type | marker << 7, sequence, self._ticks[payload_type], ssrc)
        self._packets[payload_type] += 1
        self._octets[payload_type] += len(payload)
        if payload_type == VP8:
            self.sent_at[sequence] = time.monotonic_ns()
        self.peer.socket.sendto(self.peer.keys.protect(head + payload), self.peer.remote)

    def picture(self) -> int:
        """The next one of the clip; its keyframe if somebody asked."""
        frames = self._clip.frames
        if self._key:
            self._key, self._frame = False, 0
        payloads = frames[self._frame % len(frames)]
        self._frame += 1
        # Uneven steps make every frame known by its distance from the last, whatever offset the server adds.
        self._ticks[VP8] += 3000 + self._random.randrange(64)
        for number, payload in enumerate(payloads):
            self._send(VP8, payload, marker=number == len(payloads) - 1)
        self.frame_sent[self._ticks[VP8]] = self._sequence[VP8], time.monotonic_ns()
        return len(payloads)

    def speak(self) -> int:
        """20 ms of sound."""
        sounds = self._clip.sounds
        self._ticks[OPUS] += 960
        self._send(OPUS, sounds[self._packets[OPUS] % len(sounds)], marker=False)
        return 1

    def burst(self, packets: int) -> int:
        """Parts of one picture without end."""
        payload = self._clip.frames[1][0]
        self._ticks[VP8] += 450
        for _ in range(packets):
            self._send(VP8, payload, marker=False)
        return packets

    def report(self) -> None:
        """A sender report for each track: servers answer it, and make their own of it."""
        ntp = ntp_from_wall(time.time_ns())
        for payload_type, kind in _KIND.items():
            told = SenderReport(
                self.peer.ssrc[kind],
                ntp,
                self._ticks[payload_type],
                self._packets[payload_type],
                self._octets[payload_type],
            )
            self.peer.socket.sendto(self.peer.keys.protect_rtcp(pack_rtcp(told)), self.peer.remote)

    def listen(self) -> None:
        """RTCP that came: keyframe requests count, the rest is heard and forgotten."""
        while True:
            try:
                data = self.peer.socket.recv(2048)
            except BlockingIOError:
                return
            if 127 < data[0] < 192 and 191 < data[1] < 224:
                packets = parse_rtcp(self.peer.keys.unprotect_rtcp(data))
                self._key = self._key or any(isinstance(packet, Pli | Fir) for packet in packets)
