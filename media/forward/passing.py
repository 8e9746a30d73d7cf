"""Which publications' packets may go past the room, and what those that did change here."""

from collections import Counter
from collections.abc import Callable
from functools import partial

from contract.ids import LegId
from contract.media import Source
from media.forward.leg import Leg
from media.forward.presence import Presence
from media.forward.publication import Publication
from media.forward.tap import RoomTap
from media.plane.base import Passed, Plane


class Passing:
    """Call `let` after each packet that came; `Presence.take_back` whenever something changes that only we know of."""

    def __init__(
        self,
        here: Presence,
        tap: RoomTap,
        plane: Plane,
        counted: Counter[str],
        on_rtp: Callable[[LegId, bytes, float, int], None],
    ) -> None:
        """`counted` is the room's: `packets_in` and `packets_out` grow by what passed. `on_rtp` is told of the packet
        at which that ended."""
        self._here = here
        self._tap = tap
        self._plane = plane
        self._count = counted
        self._on_rtp = on_rtp

    def let(self, leg: Leg, publication: Publication) -> None:
        """What is ordinary from here on need not come to us, unless it is recorded."""
        new_codec = publication.video and publication.codec is not publication.forwarded_codec
        if not leg.port.handle or not publication.live or new_codec or self._tap.follows(publication):
            return
        if publication.lane is None:
            lane = self._plane.lane(leg.port.handle, publication.ssrc, partial(self._on_rtp, leg.port.id))
            publication.use(lane, partial(self._passed, leg, publication))
        level_id = publication.section.ext.get("level", 0) if publication.source is Source.MICROPHONE else 0
        publication.open(level_id=level_id, number_id=leg.numbers_by)

    def _passed(self, leg: Leg, publication: Publication, passed: Passed) -> None:
        self._count["packets_in"] += passed.packets
        self._count["packets_out"] += passed.packets * len(publication.targets)
        for dbov in passed.levels_dbov:
            self._here.speakers.on_level(leg.member.participant, dbov, passed.at)
        for number, at in passed.arrivals:
            leg.arrivals.on_packet(number, publication.ssrc, at)
