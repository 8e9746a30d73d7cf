"""What happens when a node comes, goes or reports: everybody is brought to what the rooms say.

Rooms are the truth. A worker or recorder may have restarted, hung or missed something; at its hello it hears the
difference between what it holds and what should be.
"""

from collections.abc import Iterable

from contract.ids import PersonId, RoomId
from contract.nodes import (
    CloseLeg,
    CloseMediaRoom,
    DropParticipant,
    LegEnd,
    LegFigures,
    LegReport,
    LegState,
    Record,
    RecorderHello,
    RecordingReport,
    SetGrants,
    StartRecording,
    StopRecording,
    WorkerHello,
)
from contract.rooms import RecordingState, RoomState
from contract.server import MediaMoved
from runtime.health import Health
from runtime.logs import get_logger
from signaling.domain.commands import RecordingReported
from signaling.domain.draft import SEATED, concerned, find, grants_of
from signaling.domain.presence import LISTED
from signaling.domain.rooms import FINAL
from signaling.live.presence import LivePresence
from signaling.live.probes import Probes
from signaling.live.quality import LiveQuality
from signaling.live.rooms import Rooms
from signaling.live.sessions import ClientSessions
from signaling.nodes.hub import Hub
from signaling.nodes.workers import legs_by_room

log = get_logger(__name__)

MEDIA, RECORDER = NODES = ("media worker", "recorder")
"""What this process waits for before it is ready."""


class Reconciler:
    """Implements nodes.events.NodeEvents."""

    def __init__(
        self,
        rooms: Rooms,
        sessions: ClientSessions,
        presence: LivePresence,
        hub: Hub,
        probes: Probes,
        quality: LiveQuality,
        health: Health,
    ) -> None:
        self._rooms = rooms
        self._probes = probes
        self._quality = quality
        self._sessions = sessions
        self._presence = presence
        self._hub = hub
        self._health = health
        for node in NODES:
            health.wait_for(node)

    def worker_came(self, hello: WorkerHello) -> None:
        """Compare what the worker holds with what should be, and tell it the difference."""
        self._health.reached(MEDIA)
        workers = self._hub.workers
        legs = legs_by_room(hello.legs)
        for name, epoch in hello.epochs.items():
            room = self._rooms.get(name)
            if room is None or room.state.closed_at is not None:
                workers.tell(hello.worker, CloseMediaRoom(room=name))
                continue
            if not workers.claim(name, hello.worker, epoch):
                log.warning("worker holds a room that went elsewhere", room=name, epoch=epoch)
                for leg in legs.get(name, []):
                    workers.tell(hello.worker, CloseLeg(leg=leg.leg, reason=LegEnd.RESTARTING))
                workers.tell(hello.worker, Record(room=name, recording=None))
                continue
            recording = room.state.recording
            running = recording.id if recording is not None and recording.running else None
            workers.tell(hello.worker, Record(room=name, recording=running, epoch=epoch))
            for leg in legs.get(name, []):
                room.leg_changed(leg)
            for participant in {leg.participant for leg in legs.get(name, [])}:
                workers.tell(hello.worker, self._rights(room.state, participant))
        for name in workers.homeless:
            self._tell_moved(name, ready=True)

    def _rights(self, state: RoomState, participant: PersonId) -> SetGrants | DropParticipant:
        """What a worker must know of somebody it holds legs of; who was disabled while we were down is let go."""
        member = find(state, participant)
        listed = member is not None and member.person.role in LISTED
        if listed and participant not in self._presence.people():
            member = None
        grants = grants_of(state, member) if member is not None else None
        if member is None or grants is None:
            return DropParticipant(room=state.id, participant=participant, reason=LegEnd.REMOVED)
        return SetGrants(
            room=state.id,
            participant=participant,
            grants=grants,
            host=member.host,
            only_session=member.session if member.state in SEATED else None,
        )

    def worker_lost(self, legs: Iterable[LegReport], rooms: Iterable[RoomId]) -> None:
        """Its clients are told: their own watch over a connection that fell silent would take seconds longer."""
        ready = self._hub.workers.count > 0
        if not ready:
            self._health.wait_for(MEDIA)
        for name in rooms:
            self._tell_moved(name, ready=ready)
            self._forget_opened(name)
        for leg in legs:
            self.leg_changed(leg.model_copy(update={"state": LegState.CLOSED}))

    def _forget_opened(self, name: RoomId) -> None:
        """Guests' connections that were opened and of which the worker had not said a word yet."""
        room = self._rooms.get(name)
        for leg in [] if room is None else tuple(room.legs.values()):
            if leg.state is LegState.CONNECTING:
                self.leg_changed(leg.model_copy(update={"state": LegState.CLOSED}))

    def _tell_moved(self, name: RoomId, *, ready: bool) -> None:
        room = self._rooms.get(name)
        if room is not None and room.state.closed_at is None:
            text = MediaMoved(room=name, ready=ready).model_dump_json()
            for person in concerned(room.state):
                self._sessions.say(person, text)

    def leg_changed(self, report: LegReport) -> None:
        room = self._rooms.get(report.room)
        if room is not None:
            room.leg_changed(report)
        elif not self._probes.leg_changed(report) and report.state is not LegState.CLOSED:
            self._hub.perform(CloseLeg(leg=report.leg, reason=LegEnd.ROOM_CLOSED))

    def leg_measured(self, figures: LegFigures) -> None:
        self._quality.leg(figures)

    def recorder_came(self, hello: RecorderHello) -> None:
        """Say again what it should do: start what runs, stop what is over."""
        self._health.reached(RECORDER)
        told = {report.recording for report in hello.recordings if report.state in FINAL}
        wanted = set()
        for report in hello.recordings:
            self.recording_changed(report)
        for room in self._rooms.all():
            recording = room.state.recording
            if recording is None:
                continue
            if recording.running:
                wanted.add(recording.id)
                self._hub.recorder.tell(StartRecording(recording=recording.id, room=room.id))
            elif recording.state is RecordingState.SAVING and recording.id not in told:
                wanted.add(recording.id)
                self._hub.recorder.tell(StopRecording(recording=recording.id))
        for report in hello.recordings:
            if report.recording not in wanted and report.state not in FINAL:
                self._hub.recorder.tell(StopRecording(recording=report.recording))

    def recording_changed(self, report: RecordingReport) -> None:
        for room in self._rooms.all():
            if room.state.recording is not None and room.state.recording.id == report.recording:
                room.put(RecordingReported(report))
