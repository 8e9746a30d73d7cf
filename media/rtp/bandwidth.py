"""How much video a publisher may send, told by REMB."""

from collections.abc import Iterable

CAP_BPS = 2_500_000
"""720p at 30 frames a second of VP8 looks its best here; more helps nobody."""
FLOOR_BPS = 250_000
"""One bad link must not take the picture from everybody else; its viewer loses frames instead."""
FRESH_S = 5.0
"""An estimate older than this says nothing."""


class Estimate:
    """The last REMB of one subscriber: a total for all the video it gets."""

    def __init__(self) -> None:
        self._bps = 0
        self._at = float("-inf")

    def on_remb(self, bps: int, now: float) -> None:
        self._bps, self._at = bps, now

    def latest_bps(self, now: float) -> int | None:
        """The total, if the subscriber said one lately."""
        return self._bps if now - self._at <= FRESH_S else None

    def share_bps(self, videos: int, now: float) -> int:
        """What each of `videos` pictures may take; the cap if the subscriber said nothing lately."""
        if now - self._at > FRESH_S:
            return CAP_BPS
        return self._bps // max(1, videos)


def publisher_bps(shares: Iterable[int]) -> int:
    """What to tell a publisher whose picture goes to subscribers with these shares."""
    return max(FLOOR_BPS, min(CAP_BPS, min(shares, default=CAP_BPS)))
