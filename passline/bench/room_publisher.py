"""The publisher of a room with a good uplink: a camera in all its layers, and a voice."""

import secrets
import struct
import time

from contract.media import Layer
from media.rtp.clock import ntp_from_wall
from media.rtp.packet import build_extensions
from media.rtp.rtcp import Fir, Pli, SenderReport, pack_rtcp, parse_rtcp
from passline.bench.room_pictures import FRAME_RATE_HZ, LAYERS, Pictures
from passline.bench.sfu_peer import MID_ID, OPUS, RID_ID, VP8, BenchPeer

SOUND_BYTES = 80
"""20 ms at 32 kbit/s."""
CAMERA_MID = b"1"
_HEAD = struct.Struct("!BBHII")


class _Stream:
    """One SSRC's numbers."""

    def __init__(self, peer: BenchPeer, ssrc: int, payload_type: int, step_ticks: int, extensions: bytes) -> None:
        self.ssrc = ssrc
        self._peer = peer
        self._payload_type = payload_type
        self._step_ticks = step_ticks
        self._extensions = extensions
        self._sequence = self._packets = self._octets = self._ticks = 0

    def send(self, payloads: list[bytes]) -> None:
        """One picture, or one sound."""
        self._ticks += self._step_ticks
        for number, payload in enumerate(payloads):
            marker = self._payload_type == VP8 and number == len(payloads) - 1
            self._sequence = (self._sequence + 1) & 0xFFFF
            first = 0x90 if self._extensions else 0x80
            head = _HEAD.pack(first, self._payload_type | marker << 7, self._sequence, self._ticks, self.ssrc)
            self._packets += 1
            self._octets += len(payload)
            packet = self._peer.keys.protect(head + self._extensions + payload)
            self._peer.socket.sendto(packet, self._peer.remote)

    def report(self, ntp: int) -> None:
        told = SenderReport(self.ssrc, ntp, self._ticks, self._packets, self._octets)
        self._peer.socket.sendto(self._peer.keys.protect_rtcp(pack_rtcp(told)), self._peer.remote)


class LayeredPublisher:
    """`picture` FRAME_RATE_HZ times a second, `speak` every 20 ms, `report` every second, `listen` when readable.

    It sends every layer all the time, whatever it is told: what is measured is the way to the watchers.
    """

    def __init__(self, peer: BenchPeer) -> None:
        """`peer` offered `LAYERS`."""
        self.peer = peer
        self.spoken_at: list[float] = []
        """When each sound left, by its number (monotonic s)."""
        ticks = 90_000 // FRAME_RATE_HZ
        self._pictures = {layer: Pictures(layer) for layer in LAYERS}
        self._streams = {layer: _Stream(peer, secrets.randbits(31), VP8, ticks, _names(layer)) for layer in LAYERS}
        self._voice = _Stream(peer, peer.ssrc["audio"], OPUS, 960, b"")
        self._keys = set(LAYERS)

    def picture(self) -> None:
        """One in each layer, a keyframe where somebody asked."""
        for layer, stream in self._streams.items():
            stream.send(self._pictures[layer].next(key=layer in self._keys))
        self._keys.clear()

    def speak(self) -> None:
        """A sound that begins with its number."""
        number = len(self.spoken_at)
        self.spoken_at.append(time.monotonic())
        self._voice.send([number.to_bytes(4) + bytes(SOUND_BYTES - 4)])

    def report(self) -> None:
        """A sender report for each stream."""
        ntp = ntp_from_wall(time.time_ns())
        for stream in (self._voice, *self._streams.values()):
            stream.report(ntp)

    def listen(self) -> None:
        """RTCP that came: keyframe requests count, the rest is heard and forgotten."""
        while True:
            try:
                data = self.peer.socket.recv(2048)
            except BlockingIOError:
                return
            if 127 < data[0] < 192 and 191 < data[1] < 224:
                for packet in parse_rtcp(self.peer.keys.unprotect_rtcp(data)):
                    asked = {packet.ssrc} if isinstance(packet, Pli) else set()
                    if isinstance(packet, Fir):
                        asked = {ssrc for ssrc, _ in packet.requests}
                    self._keys |= {layer for layer, stream in self._streams.items() if stream.ssrc in asked}


def _names(layer: Layer) -> bytes:
    return build_extensions({MID_ID: CAMERA_MID, RID_ID: layer.encode()})
