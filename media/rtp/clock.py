"""RTP ticks ↔ the publisher's NTP clock ↔ ours.

A publisher's sender reports put all its tracks on one clock exactly (RFC 3550 §6.4.1). That clock is moved onto ours
by the smallest seen difference between a report's arrival and its NTP time: the delay of the quickest report remains
in it, the same for all tracks of the publisher.
"""

from media.rtp.sequence import TIMESTAMP_BITS, Unwrapper

_EPOCH_S = 2_208_988_800
_WINDOW_NS = 30_000_000_000
"""Reports older than one to two windows no longer count, so that a drifting clock is followed."""


def ntp_from_wall(wall_ns: int) -> int:
    """UTC nanoseconds as 64-bit NTP time."""
    seconds, rest = divmod(wall_ns, 1_000_000_000)
    return ((seconds + _EPOCH_S) << 32 | (rest << 32) // 1_000_000_000) & 0xFFFFFFFFFFFFFFFF


def wall_from_ntp(ntp: int) -> int:
    """64-bit NTP time as UTC nanoseconds; before 1970 comes out negative."""
    return ((ntp >> 32) - _EPOCH_S) * 1_000_000_000 + ((ntp & 0xFFFFFFFF) * 1_000_000_000 >> 32)


class PublisherClock:
    """How far ours is ahead of one publisher's clock."""

    def __init__(self) -> None:
        self._least: int | None = None
        self._least_before: int | None = None
        self._window_start = 0

    def on_report(self, ntp_ns: int, wall_ns: int) -> None:
        """A sender report of any of its tracks came at `wall_ns`."""
        ahead = wall_ns - ntp_ns
        if self._least is None:
            self._window_start = wall_ns
        elif wall_ns - self._window_start > _WINDOW_NS:
            self._least_before, self._least, self._window_start = self._least, None, wall_ns
        self._least = ahead if self._least is None else min(self._least, ahead)

    @property
    def ahead_ns(self) -> int | None:
        """Add this to the publisher's time; None before the first report."""
        if self._least is None or self._least_before is None:
            return self._least
        return min(self._least, self._least_before)


class TrackClock:
    """Capture times of one track on our clock."""

    def __init__(self, clock_rate_hz: int, publisher: PublisherClock) -> None:
        self._rate = clock_rate_hz
        self._publisher = publisher
        self._ticks = Unwrapper(TIMESTAMP_BITS)
        self._report: tuple[int, int] | None = None
        self._zero_ns: int | None = None

    @property
    def exact(self) -> bool:
        """Whether a sender report came, so that times of different tracks may be compared."""
        return self._report is not None

    def on_packet(self, timestamp_ticks: int, wall_ns: int) -> int:
        """Unwrap the timestamp of a packet that came at `wall_ns`."""
        ticks = self._ticks.unwrap(timestamp_ticks)
        zero = wall_ns - ticks * 1_000_000_000 // self._rate
        if self._zero_ns is None or zero < self._zero_ns:
            self._zero_ns = zero
        return ticks

    def unwrap(self, timestamp_ticks: int) -> int:
        """Unwrap a timestamp that came before."""
        return self._ticks.peek(timestamp_ticks)

    def on_report(self, ntp: int, rtp_ticks: int, wall_ns: int) -> None:
        """A sender report of this track. One without a clock (NTP 0) is no help and ignored."""
        if not ntp:
            return
        ntp_ns = wall_from_ntp(ntp)
        self._publisher.on_report(ntp_ns, wall_ns)
        ticks = self._ticks.unwrap(rtp_ticks) if self._ticks.highest < 0 else self._ticks.peek(rtp_ticks)
        self._report = (ntp_ns, ticks)

    def wall_of(self, ticks: int) -> int | None:
        """UTC ns at which the unwrapped `ticks` were captured; None before the first report."""
        ahead = self._publisher.ahead_ns
        if self._report is None or ahead is None:
            return None
        ntp_ns, at = self._report
        return ntp_ns + ahead + (ticks - at) * 1_000_000_000 // self._rate

    def guess_of(self, ticks: int) -> int | None:
        """UTC ns by the quickest packet's arrival, for as long as no report came; None before the first packet."""
        return None if self._zero_ns is None else self._zero_ns + ticks * 1_000_000_000 // self._rate

    def ticks_at(self, wall_ns: int) -> int | None:
        """The unwrapped ticks that stand for `wall_ns`; None before the first report."""
        ahead = self._publisher.ahead_ns
        if self._report is None or ahead is None:
            return None
        ntp_ns, at = self._report
        return at + (wall_ns - ahead - ntp_ns) * self._rate // 1_000_000_000
