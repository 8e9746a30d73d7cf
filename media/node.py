"""A media worker as signaling sees it: the control link.

The worker keeps everything it was granted while signaling is away; at every connection it says all that it holds.
Only signaling opens legs and closes rooms.
"""

import asyncio
from collections.abc import Sequence
from typing import assert_never

from contract.base import decode, encode
from contract.errors import ErrorCode, PasslineError, ProtocolViolation
from contract.ids import WorkerId
from contract.media import Codec
from contract.nodes import (
    TO_WORKER,
    Answered,
    Beat,
    CloseLeg,
    CloseMediaRoom,
    DropParticipant,
    FromWorker,
    OpenLeg,
    PublicationReport,
    Record,
    Refused,
    RestartIce,
    SetGrants,
    ToWorker,
    WantKeyframes,
    WorkerHello,
)
from media.peer.mux import Mux
from media.rooms import Rooms
from runtime import clock
from runtime.link import Link, LinkClosed
from runtime.logs import get_logger
from runtime.supervise import TaskScope

log = get_logger(__name__)

TICK_S = 0.05
CHECK_EVERY = 5
"""Ticks between two looks at every leg's deadlines."""
BEAT_S = 0.5
ORPHAN_S = 60.0
"""So long what was granted goes on without signaling; then nobody knows any more who may still be in a room."""
MAX_WAITING_BYTES = 4 * 1024 * 1024
"""Unread by signaling: then it hangs, the link is cut and begins anew with a hello."""


class MediaNode:
    """`control` handles one connection to signaling, `run_timers` the time of all rooms; legs run in `scope`."""

    def __init__(
        self,
        worker: WorkerId,
        mux: Mux,
        scope: TaskScope,
        *,
        max_legs: int,
        video_codecs: Sequence[Codec],
        most_load: float = 0.0,
    ) -> None:
        """`most_load` as for Rooms."""
        self.worker = worker
        self.rooms = Rooms(mux, scope, self._say, max_legs=max_legs, video_codecs=video_codecs, most_load=most_load)
        self._mux = mux
        self._scope = scope
        self._link: Link | None = None
        self._alone_since = clock.now()

    async def control(self, link: Link) -> None:
        """One connection to signaling: say everything we hold, then obey until it closes."""
        self._link = link
        try:
            self._greet()
            while True:
                record = await link.receive()
                try:
                    message = decode(TO_WORKER, record)
                except ProtocolViolation as violation:
                    log.warning("signaling said what we do not understand", detail=violation.detail)
                    continue
                try:
                    self._obey(message)
                except Exception:
                    log.exception("command failed", command=message.type)
                    if isinstance(message, OpenLeg | RestartIce):
                        self._say(Refused(request=message.request, code=ErrorCode.INTERNAL))
        finally:
            if self._link is link:
                self._unlink()

    def _greet(self) -> None:
        held = self.rooms.held
        self._say(
            WorkerHello(
                worker=self.worker,
                udp_port=self._mux.port,
                legs=[leg.report() for leg in self.rooms.legs.values()],
                recordings={name: room.recording for name, room in held.items() if room.recording},
                epochs={name: room.epoch for name, room in held.items()},
            )
        )
        for name, room in held.items():
            for participant, source in room.live:
                self._say(PublicationReport(room=name, participant=participant, source=source, live=True))

    def _obey(self, message: ToWorker) -> None:
        match message:
            case OpenLeg():
                self._open(message)
            case RestartIce():
                self._restart_ice(message)
            case SetGrants():
                self.rooms.set_grants(message)
            case CloseLeg():
                self.rooms.close_leg(message.leg, message.reason)
            case DropParticipant():
                self.rooms.drop(message.room, message.participant, message.reason)
            case CloseMediaRoom():
                self.rooms.close_room(message.room)
            case WantKeyframes():
                self.rooms.want_keyframes(message.room)
            case Record():
                self.rooms.record(message.room, message.recording, message.epoch)
            case _:
                assert_never(message)

    def _open(self, request: OpenLeg) -> None:
        try:
            leg = self.rooms.open(request)
        except PasslineError as error:
            log.info("offer refused", room=request.room, leg=request.leg, code=error.code, detail=error.detail)
            self._say(
                Refused(
                    request=request.request, code=error.code, detail=error.detail, retry_after_s=error.retry_after_s
                )
            )
            return
        self._say(Answered(request=request.request, sdp=leg.answer_sdp), leg.report())
        self.rooms.run(leg)

    def _restart_ice(self, request: RestartIce) -> None:
        leg = self.rooms.legs.get(request.leg)
        if leg is None:
            self._say(Refused(request=request.request, code=ErrorCode.NOT_FOUND))
        else:
            self._say(Answered(request=request.request, sdp=leg.restart_ice(request.ufrag, request.pwd)))

    def _say(self, *messages: FromWorker) -> None:
        """To signaling, if it is there; what is lost is in the next hello."""
        link = self._link
        if link is None:
            return
        if link.waiting_bytes > MAX_WAITING_BYTES:
            log.warning("signaling does not read, cutting the link", waiting_bytes=link.waiting_bytes)
            self._unlink()
            self._scope.spawn(link.aclose(), name="cut-link")
            return
        try:
            link.send(*map(encode, messages))
        except LinkClosed:
            self._unlink()

    def _unlink(self) -> None:
        self._link = None
        self._alone_since = clock.now()

    async def run_timers(self) -> None:
        """Ticks of the rooms, deadlines of the legs, a beat every BEAT_S."""
        ticks = 0
        next_beat = clock.now()
        now = clock.now()
        while True:
            due = now + TICK_S
            await asyncio.sleep(TICK_S)
            ticks += 1
            now = clock.now()
            self.rooms.admission.measure(now, clock.cpu_s(), now - due, len(self.rooms.legs))
            self.rooms.tick(now, clock.wall_ns())
            if ticks % CHECK_EVERY == 0:
                self.rooms.check_legs(now)
                if self._link is None and self.rooms.held and now - self._alone_since >= ORPHAN_S:
                    log.warning("signaling is gone, letting all rooms go", legs=len(self.rooms.legs), alone_s=ORPHAN_S)
                    self.rooms.let_go()
            if now >= next_beat:
                next_beat = now + BEAT_S
                self._say(self.beat())

    def beat(self) -> Beat:
        """How busy this worker is, with counters since it began."""
        counters = self.rooms.counters
        packets_in, packets_out = counters.pop("packets_in", 0), counters.pop("packets_out", 0)
        admission = self.rooms.admission
        return Beat(
            legs=len(self.rooms.legs),
            rooms=len(self.rooms.held),
            packets_in=packets_in,
            packets_out=packets_out,
            dropped=dict(counters),
            load=round(admission.share, 3),
            late_s=round(admission.late_s, 4),
            busy_s=admission.wait_s if admission.full else None,
        )
