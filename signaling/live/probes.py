"""Whether media finds its way from a browser: a leg that belongs to no room, carries nothing and ends at once.

A probe is a PeerConnection like any other, with the worker that is to be reached, but its room is its own and its
grants are none. Once the client says `ready` the way is proved in both directions, and the worker forgets the leg. Who
never gets so far is forgotten by the worker after LIFE_S (media.peer.leg), even when page and signaling are gone.
"""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter

from contract.errors import ErrorCode, Unavailable
from contract.http import ProbeAnswer, ProbeOffer, ProbeWay
from contract.ids import LegId, PersonId, RoomId, SessionId, WorkerId
from contract.media import Layout
from contract.nodes import CloseMediaRoom, LegReport, LegState, OpenLeg
from runtime import clock, ids
from runtime.logs import get_logger
from signaling.auth.principal import Principal
from signaling.domain.draft import NO_GRANTS
from signaling.live.pace import Pace
from signaling.nodes.workers import Workers

log = get_logger(__name__)

NOTHING = Layout(stage=0, floor=0)
"""The shortest offer that a worker answers: the four send sections and the data channel."""
LIFE_S = 16.0
"""A worker gives a client 15 s to get ready; its report of the end may take a moment."""
AT_ONCE = 64
"""Probes of everybody, so that looking for trouble does not make any: legs are what a worker has few of."""
BURST, PER_S = 20, 0.5
"""Of one person: a look takes one for each worker and one for the relay; looking again and again is held back."""
BUSY_RETRY_S = 5.0


@dataclass(frozen=True, slots=True)
class _Probe:
    worker: WorkerId
    way: ProbeWay
    until: float


class Probes:
    """Opens probes, closes them, and counts what they found."""

    def __init__(self, workers: Workers, registry: CollectorRegistry) -> None:
        self._workers = workers
        self._open: dict[RoomId, _Probe] = {}
        """In the order of opening, so of `until` too."""
        self._pace: Pace[PersonId] = Pace("probes", per_s=PER_S, burst=BURST)
        self._found = Counter(
            "passline_probes",
            "Ways of media that browsers tried, by what they found.",
            ["way", "found"],
            registry=registry,
        )
        for way in ProbeWay:
            for found in ("reached", "not_reached"):
                self._found.labels(way, found)

    async def open(self, who: Principal, offer: ProbeOffer) -> ProbeAnswer:
        """Answer the offer of a probe. Raises Rejection, ProtocolViolation or Unavailable."""
        worker = self._admit(who, offer)
        room = RoomId(f"probe-{ids.uuid7()}")
        self._open[room] = _Probe(worker, offer.way, clock.now() + LIFE_S)
        try:
            sdp = await self._workers.open_probe(
                worker,
                OpenLeg(
                    request=0,
                    room=room,
                    leg=LegId(ids.uuid7()),
                    participant=who.id,
                    session=SessionId(room),
                    pc_gen=1,
                    sdp=offer.sdp,
                    layout=NOTHING,
                    grants=NO_GRANTS,
                ),
            )
        except BaseException:
            self._open.pop(room, None)
            raise
        return ProbeAnswer(worker=worker, workers=self._workers.names, sdp=sdp)

    def _admit(self, who: Principal, offer: ProbeOffer) -> WorkerId:
        """The worker to probe, if `who` may now."""
        now = clock.now()
        for room in [room for room, probe in self._open.items() if probe.until <= now]:
            del self._open[room]  # its worker is gone, or the report of its end was lost
        self._pace.take(who.id)
        if len(self._open) >= AT_ONCE:
            raise Unavailable(ErrorCode.BUSY, "too many probes are under way", retry_after_s=BUSY_RETRY_S)
        return self._workers.least_busy() if offer.worker is None else offer.worker

    def leg_changed(self, report: LegReport) -> bool:
        """A leg changed. False if it is no probe's."""
        probe = self._open.get(report.room)
        if probe is None or report.state is LegState.CONNECTING:
            return probe is not None
        del self._open[report.room]
        reached = report.state is not LegState.CLOSED
        self._found.labels(probe.way, "reached" if reached else "not_reached").inc()
        log.info("probe is over", worker=probe.worker, way=probe.way, reached=reached, reason=report.reason)
        self._workers.tell(probe.worker, CloseMediaRoom(room=report.room))
        return True
