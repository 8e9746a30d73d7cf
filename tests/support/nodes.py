"""A media worker and a recorder that only say what real ones would, over the real control socket."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from contract.base import decode, encode
from contract.errors import ErrorCode
from contract.ids import LegId, RecordingId, RoomId, WorkerId
from contract.nodes import (
    CONTROL_SOCKET,
    MAX_LINK_BYTES,
    TO_RECORDER,
    TO_WORKER,
    Answered,
    Beat,
    CloseLeg,
    CloseMediaRoom,
    DropParticipant,
    FromRecorder,
    FromWorker,
    LegReport,
    LegState,
    OpenLeg,
    Record,
    RecorderHello,
    RecordingReport,
    Refused,
    RestartIce,
    SetGrants,
    StartRecording,
    StopRecording,
    ToRecorder,
    ToWorker,
    WantKeyframes,
    WorkerHello,
)
from contract.recording import RecordingSummary
from contract.rooms import RecordingState
from runtime.link import Link, LinkClosed, keep_connected
from runtime.supervise import TaskScope

T = TypeVar("T")
ANSWER_SDP = "v=0\r\na=ice-ufrag:worker\r\n"
PATIENCE_S = 30.0
"""For a busy machine; on an idle one everything here takes milliseconds."""
BAD_SDP = "v=0 bad"
"""An offer that the fake worker refuses."""


async def until(found: Callable[[], T | None], what: str, *, seconds: float = PATIENCE_S) -> T:
    """Poll until `found` gives something true."""
    try:
        async with asyncio.timeout(seconds):
            while not (value := found()):  # noqa: ASYNC110 - other processes cannot wake us
                await asyncio.sleep(0.01)
            return value
    except TimeoutError:
        raise AssertionError(f"not in {seconds} s: {what}") from None


class FakeWorker:
    """Answers every offer at once and says that the leg is connected, unless nobody gets through to it."""

    def __init__(self, name: str = "w0", *, beats: bool = True, answers: bool = True, reached: bool = True) -> None:
        self.id = WorkerId(name)
        self.heard: list[ToWorker] = []
        self.legs: dict[LegId, LegReport] = {}
        self.recordings: dict[RoomId, RecordingId] = {}
        self.epochs: dict[RoomId, int] = {}
        self.beats = beats
        self.answers = answers
        self.reached = reached
        self.busy_s: float | None = None
        """It says that it takes nobody new."""
        self.link: Link | None = None

    def of(self, kind: type[T]) -> list[T]:
        """What it was told, of one kind."""
        return [message for message in self.heard if isinstance(message, kind)]

    def say(self, message: FromWorker) -> None:
        assert self.link is not None
        self.link.send(encode(message))

    def report(self, leg: LegReport) -> None:
        """A leg changes state."""
        if leg.state is LegState.CLOSED:
            self.legs.pop(leg.leg, None)
        else:
            self.legs[leg.leg] = leg
        self.say(leg)

    async def serve(self, link: Link) -> None:
        self.link = link
        self.say(
            WorkerHello(
                worker=self.id,
                udp_port=7880,
                legs=list(self.legs.values()),
                recordings=dict(self.recordings),
                epochs={
                    room: self.epochs.get(room, 0)
                    for room in {leg.room for leg in self.legs.values()} | self.recordings.keys()
                },
            )
        )
        async with TaskScope(f"fake {self.id}") as scope:
            if self.beats:
                scope.spawn(self._beat(), name="beat")
            while True:
                message = decode(TO_WORKER, await link.receive())
                self.heard.append(message)
                self._obey(message)

    async def _beat(self) -> None:
        while True:
            try:
                self.beat()
            except LinkClosed:
                return
            await asyncio.sleep(0.5)

    def beat(self) -> None:
        self.say(Beat(legs=len(self.legs), rooms=0, packets_in=0, packets_out=0, dropped={}, busy_s=self.busy_s))

    def _obey(self, message: ToWorker) -> None:
        match message:
            case OpenLeg():
                self._open(message)
            case CloseLeg(leg=leg):
                self._close([leg])
            case DropParticipant(room=room, participant=participant):
                self._close([i for i, leg in self.legs.items() if (leg.room, leg.participant) == (room, participant)])
            case CloseMediaRoom(room=room):
                self._close([i for i, leg in self.legs.items() if leg.room == room])
                self.recordings.pop(room, None)
            case SetGrants(only_session=only) if only is not None:
                self._close(
                    [
                        i
                        for i, leg in self.legs.items()
                        if (leg.room, leg.participant) == (message.room, message.participant) and leg.session != only
                    ]
                )
            case Record(room=room, recording=recording) if recording is not None:
                self.epochs[room] = message.epoch
                self.recordings[room] = recording
            case Record(room=room):
                self.recordings.pop(room, None)
            case RestartIce(request=request, ufrag=ufrag):
                if self.answers:
                    self.say(Answered(request=request, sdp=f"a=ice-ufrag:newfor{ufrag}\r\n"))
            case SetGrants() | WantKeyframes():
                pass

    def _open(self, offer: OpenLeg) -> None:
        if not self.answers:
            return
        if offer.sdp == BAD_SDP:
            self.say(Refused(request=offer.request, code=ErrorCode.BAD_SDP, detail="m-line 3"))
            return
        self.epochs[offer.room] = offer.epoch
        self.say(Answered(request=offer.request, sdp=ANSWER_SDP))
        leg = LegReport(
            room=offer.room,
            leg=offer.leg,
            participant=offer.participant,
            session=offer.session,
            pc_gen=offer.pc_gen,
            state=LegState.CONNECTED if self.reached else LegState.CONNECTING,
        )
        self.report(leg)

    def _close(self, legs: list[LegId]) -> None:
        for leg in legs:
            found = self.legs.get(leg)
            if found is not None:
                self.report(found.model_copy(update={"state": LegState.CLOSED}))


class FakeRecorder:
    """Says `safe` as soon as a recording is stopped, unless `slow`."""

    def __init__(self, *, slow: bool = False) -> None:
        self.heard: list[ToRecorder] = []
        self.running: dict[RecordingId, RoomId] = {}
        self.slow = slow
        self.link: Link | None = None
        self.hello: list[RecordingReport] = []

    def of(self, kind: type[T]) -> list[T]:
        return [message for message in self.heard if isinstance(message, kind)]

    def say(self, message: FromRecorder) -> None:
        assert self.link is not None
        self.link.send(encode(message))

    async def serve(self, link: Link) -> None:
        self.link = link
        self.say(RecorderHello(recordings=self.hello))
        while True:
            message = decode(TO_RECORDER, await link.receive())
            self.heard.append(message)
            match message:
                case StartRecording(recording=recording, room=room):
                    self.running[recording] = room
                case StopRecording(recording=recording):
                    if not self.slow:
                        self.make_safe(recording)

    def make_safe(self, recording: RecordingId) -> None:
        """Report a finished recording with its summary."""
        room = self.running[recording]
        summary = RecordingSummary(
            id=recording, room=room, state=RecordingState.SAFE, started_ns=0, duration_s=12.5, parts=[]
        )
        self.say(RecordingReport(recording=recording, room=room, state=RecordingState.SAFE, summary=summary))


@asynccontextmanager
async def connected(data: Path, *nodes: FakeWorker | FakeRecorder) -> AsyncIterator[None]:
    """The nodes stay connected to the control socket below `data`, whoever listens there."""
    async with TaskScope("nodes") as scope:
        for node in nodes:
            scope.spawn(keep_connected(data / CONTROL_SOCKET, node.serve, max_record_bytes=MAX_LINK_BYTES), name="node")
        for node in nodes:
            await until(lambda node=node: node.link is not None, "a node connects")  # type: ignore[misc]
        yield
