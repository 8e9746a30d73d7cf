"""The media workers: which one serves which room, and the requests to them.

A room is placed (signaling.nodes.placement) when its first leg opens and stays there until its worker is lost: its
link closed, or it did not beat. Then the room goes to another one at once. A worker that was only stopped comes back
and says what it holds; what went elsewhere meanwhile it is told to close.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import assert_never

from contract.base import decode, encode
from contract.errors import ErrorCode, ProtocolViolation, Rejection, Unavailable
from contract.ids import LegId, RecordingId, RoomId, WorkerId
from contract.nodes import (
    FROM_WORKER,
    Answered,
    Beat,
    CloseLeg,
    CloseMediaRoom,
    DropParticipant,
    LegEnd,
    LegFigures,
    LegReport,
    LegState,
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
from runtime import clock
from runtime.link import Link, LinkClosed
from runtime.logs import bound_contextvars, get_logger
from runtime.silence import Silence
from runtime.supervise import TaskScope
from signaling.nodes.events import NodeEvents
from signaling.nodes.placement import Home, Placement

log = get_logger(__name__)

ANSWER_S = 3.0
SILENT_S = 2.0
"""A worker beats twice a second; after so long without a word it is lost."""
LOOK_S = 0.2
RETRY_S = 0.5


@dataclass(eq=False)
class Worker:
    """One connected worker."""

    id: WorkerId
    link: Link
    legs: dict[LegId, LegReport] = field(default_factory=dict)
    recordings: dict[RoomId, RecordingId] = field(default_factory=dict)
    """What it was told to record, as far as it holds."""
    requests: dict[int, asyncio.Future[str]] = field(default_factory=dict)
    """What it was asked and has not answered yet."""
    busy_s: float | None = None
    """It takes nobody new, as its last beat said; when to ask again."""

    def send(self, message: ToWorker) -> bool:
        """Queue a message; False if the link is gone."""
        try:
            self.link.send(encode(message))
        except LinkClosed:
            return False
        return True

    @property
    def load(self) -> int:
        return len(self.legs) + len(self.requests)


class Workers:
    """All workers that are connected."""

    def __init__(self) -> None:
        self._workers: dict[WorkerId, Worker] = {}
        self._placement = Placement()
        self._numbers = 0
        self._closed = False

    def close(self) -> None:
        """We cut the links ourselves from now on: the workers go on, so nobody is told that they are lost."""
        self._closed = True

    @property
    def count(self) -> int:
        return len(self._workers)

    @property
    def names(self) -> list[WorkerId]:
        return sorted(self._workers)

    def least_busy(self) -> WorkerId:
        """Raises Unavailable if none is connected."""
        if not self._workers:
            raise Unavailable(ErrorCode.UNAVAILABLE, "no media worker is connected", retry_after_s=RETRY_S)
        return min(self._workers.values(), key=lambda worker: worker.load).id

    def busy_s(self, worker: WorkerId) -> float | None:
        """When to ask this one again, by its last beat; None if it takes somebody new, or is not there."""
        found = self._workers.get(worker)
        return None if found is None else found.busy_s

    @property
    def homeless(self) -> list[RoomId]:
        """Rooms whose worker was lost and that have no other yet."""
        return self._placement.homeless

    def claim(self, room: RoomId, worker: WorkerId, epoch: int) -> bool:
        """`worker` says that it holds `room`; False if the room is elsewhere since then."""
        return self._placement.claim(room, worker, epoch)

    # --- requests -------------------------------------------------------------------------------------------------

    async def open_leg(self, offer: OpenLeg, recording: RecordingId | None) -> str:
        """The SDP answer. `offer.request` is filled in here. Raises Rejection, ProtocolViolation or Unavailable."""
        worker, home = self._place(offer.room)
        self._record(worker, offer.room, recording, home.epoch)
        return await self._ask(worker, offer.model_copy(update={"epoch": home.epoch, "moved": home.moved}))

    async def open_probe(self, worker: WorkerId, offer: OpenLeg) -> str:
        """The SDP answer of this very worker; the leg's room is nobody's home.

        Raises as `open_leg`, and Rejection(`not_found`) if it is not there.
        """
        found = self._workers.get(worker)
        if found is None:
            raise Rejection(ErrorCode.NOT_FOUND, "no such media worker is connected")
        return await self._ask(found, offer)

    async def restart_ice(self, restart: RestartIce) -> str:
        """The fragment of SDP that answers it; `restart.request` is filled in here. Whatever goes wrong, the leg stays.

        Raises Rejection(`not_found`) if no worker has this leg, or Unavailable.
        """
        for worker in self._workers.values():
            if restart.leg in worker.legs:
                return await self._ask(worker, restart)
        raise Rejection(ErrorCode.NOT_FOUND, "no such leg")

    async def _ask(self, worker: Worker, wish: OpenLeg | RestartIce) -> str:
        self._numbers += 1
        number = self._numbers
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        worker.requests[number] = answer
        try:
            if not worker.send(wish.model_copy(update={"request": number})):
                raise Unavailable(ErrorCode.UNAVAILABLE, "the media worker is gone", retry_after_s=RETRY_S)
            async with asyncio.timeout(ANSWER_S):
                return await answer
        except TimeoutError as error:
            if isinstance(wish, OpenLeg):
                worker.send(CloseLeg(leg=wish.leg, reason=LegEnd.FAILED))
            raise Unavailable(ErrorCode.UNAVAILABLE, "the media worker does not answer", retry_after_s=1.0) from error
        finally:
            del worker.requests[number]

    def perform(self, effect: SetGrants | CloseLeg | DropParticipant | CloseMediaRoom | Record | WantKeyframes) -> None:
        """Tell the worker of the room. Without one there is nothing to change: its next OpenLeg says it all."""
        match effect:
            case CloseLeg():
                for worker in self._workers.values():
                    if effect.leg in worker.legs:
                        worker.send(effect)
            case Record():
                if owner := self._owner(effect.room):
                    self._record(owner[0], effect.room, effect.recording, owner[1])
            case SetGrants() | DropParticipant() | WantKeyframes():
                if owner := self._owner(effect.room):
                    owner[0].send(effect)
            case CloseMediaRoom():
                if owner := self._owner(effect.room):
                    owner[0].send(effect)
                    owner[0].recordings.pop(effect.room, None)
                self._placement.forget(effect.room)
            case _:
                assert_never(effect)

    def tell(self, worker: WorkerId, message: ToWorker) -> None:
        """Say something to one worker, if it is there."""
        found = self._workers.get(worker)
        if found is None:
            return
        if isinstance(message, Record):
            self._record(found, message.room, message.recording, message.epoch)
        else:
            found.send(message)

    def _owner(self, room: RoomId) -> tuple[Worker, int] | None:
        home = self._placement.home(room)
        if home is None or home.worker is None:
            return None
        return self._workers[home.worker], home.epoch

    def _place(self, room: RoomId) -> tuple[Worker, Home]:
        """A room that had no media yet goes to a worker that takes somebody new, one that ran to any."""
        if not self._workers:
            raise Unavailable(ErrorCode.UNAVAILABLE, "no media worker is connected", retry_after_s=RETRY_S)
        before = self._placement.home(room)
        ready = [worker for worker in self._workers.values() if before is not None or worker.busy_s is None]
        if not ready:
            wait_s = min(worker.busy_s or RETRY_S for worker in self._workers.values())
            raise Unavailable(ErrorCode.BUSY, "every media worker is busy", retry_after_s=wait_s)
        home = self._placement.place(room, {worker.id: worker.load for worker in ready}, clock.wall_ms())
        assert home.worker is not None
        if home != before:
            log.info("room placed", room=room, worker=home.worker, epoch=home.epoch)
        return self._workers[home.worker], home

    def _record(self, worker: Worker, room: RoomId, recording: RecordingId | None, epoch: int) -> None:
        if worker.recordings.get(room) == recording:
            return
        if recording is None:
            del worker.recordings[room]
        else:
            worker.recordings[room] = recording
        worker.send(Record(room=room, recording=recording, epoch=epoch))

    # --- the link -------------------------------------------------------------------------------------------------

    async def serve(self, link: Link, hello: WorkerHello, events: NodeEvents) -> None:
        """One connection of a worker, until it closes or falls silent."""
        worker = Worker(hello.worker, link, {leg.leg: leg for leg in hello.legs}, dict(hello.recordings))
        before = self._workers.pop(hello.worker, None)
        if before is not None:
            self._lost(before, events)
        self._workers[worker.id] = worker
        with bound_contextvars(node=worker.id):
            log.info("worker connected", legs=len(worker.legs), udp_port=hello.udp_port)
            events.worker_came(hello)
            silence = Silence(SILENT_S, clock.now())
            try:
                async with TaskScope(worker.id) as scope:
                    scope.spawn(_cut_when_silent(link, silence), name="silence")
                    while True:
                        record = await link.receive()
                        silence.heard()
                        self._heard(worker, record, events)
            finally:
                if self._workers.get(worker.id) is worker:
                    del self._workers[worker.id]
                    self._lost(worker, events)

    def _heard(self, worker: Worker, record: bytes, events: NodeEvents) -> None:
        message = decode(FROM_WORKER, record)
        match message:
            case Answered(request=request, sdp=sdp):
                answer = worker.requests.get(request)
                if answer is not None and not answer.done():
                    answer.set_result(sdp)
            case Refused(request=request):
                answer = worker.requests.get(request)
                if answer is not None and not answer.done():
                    answer.set_exception(_refusal(message))
            case LegReport():
                if message.state is LegState.CLOSED:
                    worker.legs.pop(message.leg, None)
                else:
                    worker.legs[message.leg] = message
                events.leg_changed(message)
            case LegFigures():
                events.leg_measured(message)
            case PublicationReport():
                log.debug("publication", room=message.room, source=message.source, live=message.live)
            case Beat(busy_s=busy_s):
                if (busy_s is None) != (worker.busy_s is None):
                    log.info("worker is busy" if busy_s is not None else "worker has room again", load=message.load)
                worker.busy_s = busy_s
            case WorkerHello():
                raise ProtocolViolation(ErrorCode.BAD_MESSAGE, "a second hello")
            case _:
                assert_never(message)

    def _lost(self, worker: Worker, events: NodeEvents) -> None:
        rooms = self._placement.lost(worker.id)
        log.warning("worker lost", worker=worker.id, legs=len(worker.legs), rooms=len(rooms))
        for answer in worker.requests.values():
            if not answer.done():
                answer.set_exception(Unavailable(ErrorCode.UNAVAILABLE, "the media worker is gone", retry_after_s=0.1))
        if not self._closed:
            events.worker_lost(tuple(worker.legs.values()), rooms)


async def _cut_when_silent(link: Link, silence: Silence) -> None:
    while not silence.passed(clock.now()):  # noqa: ASYNC110 - the other process may be frozen: nothing comes
        await asyncio.sleep(LOOK_S)
    log.warning("worker is silent", silent_s=SILENT_S)
    link.abort()


def legs_by_room(legs: Iterable[LegReport]) -> dict[RoomId, list[LegReport]]:
    """The same legs, grouped."""
    found: dict[RoomId, list[LegReport]] = {}
    for leg in legs:
        found.setdefault(leg.room, []).append(leg)
    return found


def _refusal(refused: Refused) -> Rejection | ProtocolViolation | Unavailable:
    match refused.code:
        case ErrorCode.BAD_SDP | ErrorCode.BAD_MESSAGE:
            return ProtocolViolation(refused.code, refused.detail)
        case ErrorCode.BUSY | ErrorCode.UNAVAILABLE:
            return Unavailable(refused.code, refused.detail, retry_after_s=refused.retry_after_s)
        case _:
            return Rejection(refused.code, refused.detail, retry_after_s=refused.retry_after_s)
