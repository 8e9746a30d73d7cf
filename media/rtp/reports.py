"""What arrived of one SSRC, as a receiver report block tells it (RFC 3550 §6.4.1, A.3, A.8)."""

from media.rtp.rtcp import ReportBlock
from media.rtp.sequence import TIMESTAMP_BITS

_HALF = 1 << (TIMESTAMP_BITS - 1)
_MASK = (1 << TIMESTAMP_BITS) - 1


class Reception:
    """Count packets by `on_packet`, sender reports by `on_sender_report`; ask for a `block` about once a second.

    Retransmissions in their own stream are not counted: what was lost on the way stays lost here.
    """

    def __init__(self, ssrc: int, clock_rate_hz: int) -> None:
        self.ssrc = ssrc
        self.packets = 0
        self.octets = 0
        self.lost = 0
        """Packets that had not come by the time a block was made; never goes back."""
        self._rate = clock_rate_hz
        self._first = -1
        self._highest = -1
        self._transit: int | None = None
        self._jitter_16 = 0.0
        self._expected_before = 0
        self._packets_before = 0
        self._last_sr = 0
        self._last_sr_at = 0.0

    def on_packet(self, sequence: int, timestamp_ticks: int, size_bytes: int, now: float) -> None:
        """`sequence` is unwrapped, `timestamp_ticks` as on the wire."""
        self.packets += 1
        self.octets += size_bytes
        if self._first < 0 or sequence < self._first:
            self._first = sequence
        self._highest = max(self._highest, sequence)
        transit = (int(now * self._rate) - timestamp_ticks) & _MASK
        if self._transit is not None:
            change = abs(((transit - self._transit + _HALF) & _MASK) - _HALF)
            self._jitter_16 += change - self._jitter_16 / 16
        self._transit = transit

    @property
    def transit_ticks(self) -> int | None:
        """From the last packet's timestamp to its arrival, by clocks that need not agree; None before the first."""
        return self._transit

    @property
    def jitter_16(self) -> float:
        """Sixteen times the jitter, in ticks."""
        return self._jitter_16

    def on_passed(self, packets: int, octets: int, sequence: int, transit_ticks: int, jitter_16: float) -> None:
        """So many came in order, up to `sequence`; whoever counted them got as far as the last two."""
        self.packets += packets
        self.octets += octets
        self._highest = sequence
        self._transit, self._jitter_16 = transit_ticks, jitter_16

    def on_sender_report(self, ntp: int, now: float) -> None:
        self._last_sr = ntp >> 16 & 0xFFFFFFFF
        self._last_sr_at = now

    @property
    def jitter_ticks(self) -> int:
        """Interarrival jitter, RFC 3550 A.8."""
        return int(self._jitter_16 / 16)

    def block(self, now: float) -> ReportBlock:
        """The block since the last one."""
        expected = self._highest - self._first + 1 if self.packets else 0
        expected_now = expected - self._expected_before
        lost_now = expected_now - (self.packets - self._packets_before)
        self._expected_before, self._packets_before = expected, self.packets
        self.lost += max(0, lost_now)
        fraction = min(255, lost_now * 256 // expected_now) if expected_now > 0 and lost_now > 0 else 0
        lost = max(-0x800000, min(0x7FFFFF, expected - self.packets))
        delay = int((now - self._last_sr_at) * 65536) if self._last_sr else 0
        return ReportBlock(self.ssrc, fraction, lost, max(self._highest, 0), self.jitter_ticks, self._last_sr, delay)


def round_trip_s(block: ReportBlock, ntp_now: int) -> float | None:
    """Round trip told by a block about our own sender report, seconds; None if it tells nothing."""
    if not block.last_sr:
        return None
    ticks = ((ntp_now >> 16) - block.last_sr - block.delay_since_sr) & 0xFFFFFFFF
    return ticks / 65536 if ticks < 60 * 65536 else None
