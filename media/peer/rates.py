"""How much one peer may send; pure, time comes in."""

from runtime.bucket import Bucket

MAX_DATAGRAM_BYTES = 1500
"""Nothing larger is WebRTC on a network of ours; pylibsrtp cannot take more."""
PACKETS_PER_S = 3_000
BITS_PER_S = 16_000_000
"""Of RTP. Camera and screen at their caps (media.rtp.bandwidth), their layers, sound, repeats and a browser's probing
stay under a half; one publisher that sends more must not take the time of the others on this worker."""
REPORTS_PER_S = 500
"""RTCP datagrams: a browser with twelve slots sends some fifty, with a NACK each 20 ms where all of them lose."""
DTLS_PER_S = 500
"""Datagrams: a handshake takes ten, the data channel up to sixty a second each way."""
CHECKS_PER_S = 200
"""Connectivity checks with our password: a browser with ten addresses begins with some hundred a second."""


class Ingress:
    """Packets and bits of one peer.

    Ask `open` before the cryptography, `charge` once the sender has proved to be the peer: whoever forges its address
    cannot use its share up.
    """

    __slots__ = ("_bits", "_packets")

    def __init__(self, *, packets_per_s: float = PACKETS_PER_S, bits_per_s: float = BITS_PER_S) -> None:
        self._packets = Bucket(packets_per_s)
        self._bits = Bucket(bits_per_s)

    def open(self, now: float) -> bool:
        """Whether the peer is within both rates."""
        return self._packets.open(now) and self._bits.open(now)

    def charge(self, size_bytes: int, *, packets: int = 1) -> None:
        """One packet of the peer came, or so many of that size together."""
        self._packets.charge(packets)
        self._bits.charge(8 * size_bytes)

    @property
    def left(self) -> tuple[int, int]:
        """Packets and bytes that may come at once, as of the last `open`."""
        return max(0, int(self._packets.left)), max(0, int(self._bits.left / 8))
