"""How much video a subscriber's link takes, and what a publisher may send for it."""

from collections.abc import Iterable, Sequence

from media.rtp.gcc import SendRate
from media.rtp.numbering import Left
from media.rtp.transport_cc import TransportFeedback

CAP_BPS = 2_500_000
"""720p at 30 frames a second of VP8 looks its best here; more helps nobody."""
FLOOR_BPS = 250_000
"""One bad link must not take the picture from everybody else; its viewer loses frames instead."""
LEAST_BPS = 100_000
"""Where every viewer has a bad link, the picture is as small as they need it, but a picture; it is recorded, too."""
FRESH_S = 5.0
"""A REMB older than this says nothing."""
SOUND_BPS = 55_000
"""One voice with its headers and no redundancy, which goes before any picture."""
PICTURE_PART = 0.92
"""Of what is left, for the picture itself; headers and repeats are the rest."""
REPEATS_PART = 0.25
"""Of a measured link, for repeats: more would only lengthen the queue that loses them."""
FALL_TOLD = 0.9
"""A fall to less than this part of what was told last is told at once."""


class Estimate:
    """What one subscriber's link takes: measured by us where it gives transport-wide feedback (`sending` says more),
    else told by its last REMB, a total for all the video it gets."""

    def __init__(self) -> None:
        self.sending = SendRate()
        self.sound_bps = SOUND_BPS
        """What each voice takes now."""
        self._remb_bps = 0
        self._remb_at = float("-inf")
        self._told_bps: int | None = None

    def on_remb(self, bps: int, now: float) -> None:
        self._remb_bps, self._remb_at = bps, now

    def on_feedback(self, feedback: TransportFeedback, left: Sequence[Left], now: float) -> None:
        """As SendRate.on_feedback."""
        self.sending.on_feedback(feedback, left, now)

    def video_bps(self, now: float) -> int | None:
        """For all its pictures together; None while no limit is known."""
        if self.sending.bps is not None:
            return max(0, int(self.sending.bps * PICTURE_PART) - self.sound_bps)
        return self.latest_bps(now)

    def pictures_bps(self, voices: int) -> int | None:
        """As `video_bps`, where we measure; of so many voices two speak at most. None where only a REMB is known: that
        never says more than half as much again as what it gets, and makes pictures small because they are small."""
        if self.sending.bps is None:
            return None
        return max(0, int(self.sending.bps * PICTURE_PART) - min(2, voices) * self.sound_bps)

    def repeat_bps(self) -> int | None:
        """For repeats; None while no limit is known."""
        return None if self.sending.bps is None else int(REPEATS_PART * self.sending.bps)

    def latest_bps(self, now: float) -> int | None:
        """For everything that it gets, where that is measured, else as its last REMB says; None while no limit is
        known."""
        if self.sending.bps is not None:
            return int(self.sending.bps)
        return self._remb_bps if now - self._remb_at <= FRESH_S else None

    def share_bps(self, videos: int, now: float) -> int:
        """What each of `videos` pictures may take; the cap while no limit is known."""
        total_bps = self.video_bps(now)
        return CAP_BPS if total_bps is None else total_bps // max(1, videos)

    def fell(self, now: float) -> bool:
        """Whether it is so much less than when this was asked last that publishers must hear of it now."""
        bps, told = self.video_bps(now), self._told_bps
        if bps is not None and (told is None or bps < FALL_TOLD * told):
            self._told_bps = bps
            return True
        if bps is None or told is None or bps > told:
            self._told_bps = bps
        return False

    def probe_bytes(self, videos: int, now: float, *, hungry: bool = False) -> int:
        """How much padding to send at once to find out whether there is room for `videos` pictures at their best;
        `hungry` if none of them is sent."""
        bps = self.video_bps(now)
        return self.sending.probe_bytes(now, hungry=hungry) if bps is not None and bps < videos * CAP_BPS else 0


def publisher_bps(shares: Iterable[int]) -> int:
    """What to tell a publisher whose picture goes to subscribers with these shares."""
    known = [min(CAP_BPS, share) for share in shares] or [CAP_BPS]
    return max(LEAST_BPS, min(FLOOR_BPS, max(known)), min(known))
