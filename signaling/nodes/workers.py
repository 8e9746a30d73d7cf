"""The media workers: which one serves which room, and the requests to them.

A room is pinned to the worker with the fewest legs when its first leg opens, and stays there while that worker is
connected. A worker that was lost keeps forwarding what it was granted; when it comes back it says what it holds.
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
    LegReport,
    LegState,
    OpenLeg,
    PublicationReport,
    Record,
    Refused,
    SetGrants,
    ToWorker,
    WorkerHello,
)
from runtime.link import Link, LinkClosed
from runtime.logs import bound_contextvars, get_logger
from signaling.nodes.events import NodeEvents

log = get_logger(__name__)

ANSWER_S = 3.0
SILENT_S = 3.0
"""A worker beats once a second; after so long without a word it is lost."""
RETRY_S = 0.5


@dataclass(eq=False)
class Worker:
    """One connected worker."""

    id: WorkerId
    link: Link
    legs: dict[LegId, LegReport] = field(default_factory=dict)
    recordings: dict[RoomId, RecordingId] = field(default_factory=dict)
    """What it was told to record, as far as it holds."""
    opening: int = 0

    def send(self, message: ToWorker) -> bool:
        """Queue a message; False if the link is gone."""
        try:
            self.link.send(encode(message))
        except LinkClosed:
            return False
        return True


class Workers:
    """All workers that are connected."""

    def __init__(self) -> None:
        self._workers: dict[WorkerId, Worker] = {}
        self._pins: dict[RoomId, WorkerId] = {}
        self._requests: dict[int, asyncio.Future[str]] = {}
        self._numbers = 0

    @property
    def count(self) -> int:
        return len(self._workers)

    def worker_of(self, room: RoomId) -> WorkerId | None:
        """The connected worker that serves `room`."""
        pin = self._pins.get(room)
        return pin if pin in self._workers else None

    def pin(self, room: RoomId, worker: WorkerId) -> None:
        """`worker` holds legs of `room` since before we started."""
        self._pins[room] = worker

    # --- requests -------------------------------------------------------------------------------------------------

    async def open_leg(self, offer: OpenLeg, recording: RecordingId | None) -> str:
        """The SDP answer. `offer.request` is filled in here. Raises Rejection, ProtocolViolation or Unavailable."""
        worker = self._place(offer.room)
        self._record(worker, offer.room, recording)
        self._numbers += 1
        number = self._numbers
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._requests[number] = answer
        worker.opening += 1
        try:
            if not worker.send(offer.model_copy(update={"request": number})):
                raise Unavailable(ErrorCode.UNAVAILABLE, "the media worker is gone", retry_after_s=RETRY_S)
            async with asyncio.timeout(ANSWER_S):
                return await answer
        except TimeoutError as error:
            worker.send(CloseLeg(leg=offer.leg, reason=LegEnd.FAILED))
            raise Unavailable(ErrorCode.UNAVAILABLE, "the media worker does not answer", retry_after_s=1.0) from error
        finally:
            worker.opening -= 1
            del self._requests[number]

    def perform(self, effect: SetGrants | CloseLeg | DropParticipant | CloseMediaRoom | Record) -> None:
        """Tell the worker of the room. Without one there is nothing to change: its next OpenLeg says it all."""
        match effect:
            case CloseLeg():
                holders = [worker for worker in self._workers.values() if effect.leg in worker.legs]
            case SetGrants() | DropParticipant() | CloseMediaRoom() | Record():
                pin = self._pins.get(effect.room)
                holders = [self._workers[pin]] if pin in self._workers else []
            case _:
                assert_never(effect)
        for worker in holders:
            if isinstance(effect, Record):
                self._record(worker, effect.room, effect.recording)
            else:
                worker.send(effect)
        if isinstance(effect, CloseMediaRoom):
            self._pins.pop(effect.room, None)
            for worker in holders:
                worker.recordings.pop(effect.room, None)

    def tell(self, worker: WorkerId, message: ToWorker) -> None:
        """Say something to one worker, if it is there."""
        found = self._workers.get(worker)
        if found is None:
            return
        if isinstance(message, Record):
            self._record(found, message.room, message.recording)
        else:
            found.send(message)

    def _place(self, room: RoomId) -> Worker:
        pin = self._pins.get(room)
        if pin not in self._workers:
            if not self._workers:
                raise Unavailable(ErrorCode.UNAVAILABLE, "no media worker is connected", retry_after_s=RETRY_S)
            pin = min(self._workers.values(), key=lambda worker: len(worker.legs) + worker.opening).id
            log.info("room placed", room=room, worker=pin)
            self._pins[room] = pin
        return self._workers[pin]

    def _record(self, worker: Worker, room: RoomId, recording: RecordingId | None) -> None:
        if worker.recordings.get(room) == recording:
            return
        if recording is None:
            del worker.recordings[room]
        else:
            worker.recordings[room] = recording
        worker.send(Record(room=room, recording=recording))

    # --- the link -------------------------------------------------------------------------------------------------

    async def serve(self, link: Link, hello: WorkerHello, events: NodeEvents) -> None:
        """One connection of a worker, until it closes or falls silent."""
        worker = Worker(hello.worker, link, {leg.leg: leg for leg in hello.legs}, dict(hello.recordings))
        before = self._workers.pop(hello.worker, None)
        if before is not None:
            _lost(before, events)
        self._workers[worker.id] = worker
        with bound_contextvars(node=worker.id):
            log.info("worker connected", legs=len(worker.legs), udp_port=hello.udp_port)
            events.worker_came(hello)
            try:
                while True:
                    async with asyncio.timeout(SILENT_S):
                        record = await link.receive()
                    self._heard(worker, record, events)
            except TimeoutError:
                log.warning("worker is silent", silent_s=SILENT_S)
            finally:
                if self._workers.get(worker.id) is worker:
                    del self._workers[worker.id]
                    _lost(worker, events)

    def _heard(self, worker: Worker, record: bytes, events: NodeEvents) -> None:
        message = decode(FROM_WORKER, record)
        match message:
            case Answered(request=request, sdp=sdp):
                answer = self._requests.get(request)
                if answer is not None and not answer.done():
                    answer.set_result(sdp)
            case Refused(request=request):
                answer = self._requests.get(request)
                if answer is not None and not answer.done():
                    answer.set_exception(_refusal(message))
            case LegReport():
                if message.state is LegState.CLOSED:
                    worker.legs.pop(message.leg, None)
                else:
                    worker.legs[message.leg] = message
                events.leg_changed(message)
            case PublicationReport():
                log.debug("publication", room=message.room, source=message.source, live=message.live)
            case Beat():
                pass
            case WorkerHello():
                raise ProtocolViolation(ErrorCode.BAD_MESSAGE, "a second hello")
            case _:
                assert_never(message)


def _lost(worker: Worker, events: NodeEvents) -> None:
    log.warning("worker lost", worker=worker.id, legs=len(worker.legs))
    events.worker_lost(tuple(worker.legs.values()))


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
