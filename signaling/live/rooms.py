"""All rooms in memory: opens them, finds them, and tells their members what happened."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from contract.client import CallStore, StartCall
from contract.errors import Rejection
from contract.ids import PersonId, RecordingId, RoomId, room_channel
from contract.people import Presence, PresenceEntry
from contract.policies import Policies
from contract.rooms import CallStage, MemberState, RoomState
from contract.routing import RingStep
from contract.server import Room, RoomDelta, RoomGone
from runtime import clock, ids
from runtime.logs import get_logger
from runtime.supervise import TaskScope
from signaling.domain import colleagues, queue
from signaling.domain.access import Act, at_store, may, place_of
from signaling.domain.commands import Met, Opening, OpeningFacts, TookAnother
from signaling.domain.direct import reason_of
from signaling.domain.draft import SEATED, Decision, Effect, concerned, find
from signaling.domain.outgoing import check, crossing
from signaling.domain.presence import in_rooms
from signaling.domain.rooms import open_room
from signaling.domain.routing import Expert
from signaling.domain.sticker import Equipped
from signaling.domain.visitors import as_seen_by, here
from signaling.live.call_figures import CallFigures
from signaling.live.callbacks import Callbacks
from signaling.live.policies import LivePolicies
from signaling.live.presence import LivePresence
from signaling.live.push import LivePush
from signaling.live.queue import LiveQueue
from signaling.live.rings import LiveRings
from signaling.live.room import LiveRoom
from signaling.live.routing import LATELY_MS, LiveRouting
from signaling.live.sessions import ClientSession, ClientSessions
from signaling.live.visitors import Visitors
from signaling.store import equipment, messages
from signaling.store import rooms as rows
from signaling.store.engine import Database

log = get_logger(__name__)


class Rooms:
    """The registry. Implements `Surroundings` for each of its rooms."""

    def __init__(
        self,
        database: Database,
        sessions: ClientSessions,
        presence: LivePresence,
        scope: TaskScope,
        perform: Callable[[Effect], None],
        figures: CallFigures,
        routing: LiveRouting,
        callbacks: Callbacks,
        queue: LiveQueue,
        policies: LivePolicies,
        visitors: Visitors,
        rings: LiveRings,
        push: LivePush,
        *,
        hold_ms: int,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._presence = presence
        self._scope = scope
        self._perform = perform
        self._figures = figures
        self._routing = routing
        self._callbacks = callbacks
        self._queue = queue
        self._policies = policies
        self._visitors = visitors
        self._rings = rings
        self._push = push
        self.hold_ms = hold_ms
        """How long a call stays on hold at most."""
        self._rooms: dict[RoomId, LiveRoom] = {}
        self._by_person: dict[PersonId, set[RoomId]] = {}
        self.ringing = asyncio.Lock()
        """One opening or step at a time, so that two calls never ring the same free expert."""

    async def load(self) -> None:
        """After a start: take up every room that is open or whose recording is."""
        async with self._database.read() as session:
            states = await rows.unfinished(session)
            heads = await messages.heads(session, [room_channel(state.id) for state in states])
            lately = await rows.answered_since(session, clock.wall_ms() - LATELY_MS)
        self._routing.answered(state.call for state in lately if state.call is not None)
        self._queue.ended(lately)
        for state in states:
            self._add(state, heads.get(room_channel(state.id), 0))
        for room in self.all():  # what else rang whoever sat down just before the end may not have heard of it
            self._sat_down(room, _seated(room.state))
        log.info("rooms loaded", rooms=len(states))

    def get(self, room: RoomId) -> LiveRoom | None:
        return self._rooms.get(room)

    def all(self) -> Iterable[LiveRoom]:
        return tuple(self._rooms.values())

    def of(self, person: PersonId) -> list[LiveRoom]:
        """The rooms in memory that concern `person`, oldest first."""
        return [self._rooms[room] for room in sorted(self._by_person.get(person, ()))]

    def elsewhere(self, person: PersonId, room: RoomId | None) -> bool:
        """Whether `person` holds a seat in an open room other than `room`."""
        for other in self.of(person):
            member = find(other.state, person)
            if other.id != room and other.state.closed_at is None and member is not None and member.state in SEATED:
                return True
        return False

    def experts(self, room: RoomId | None) -> list[Expert]:
        """The experts as they are this moment, for whom `room`, or a store's new one, may ring; without a store, all of
        headquarters."""
        found = self._rooms.get(room) if room is not None else None
        if found is not None and found.state.call is not None and found.state.call.store is None:
            return self.colleagues(room)
        return queue.unpromised(self.everybody(), self.waiting(), clock.wall_ms(), room)

    def colleagues(self, room: RoomId | None) -> list[Expert]:
        """All of headquarters, likewise; whoever a store waits for is not called away."""
        experts = queue.unpromised(self.everybody(), self.waiting(), clock.wall_ms(), room)
        return [*experts, *self._as_they_are(self._presence.colleagues())]

    def everybody(self) -> list[Expert]:
        """The experts as they are this moment, promised or not."""
        return self._as_they_are(self._presence.experts())

    def _as_they_are(self, entries: Iterable[PresenceEntry]) -> list[Expert]:
        now_ms = clock.wall_ms()
        by_push = {person for person in self._push.reachable(now_ms) if self._in_rooms(person) is Presence.FREE}
        return self._routing.experts(entries, now_ms, by_push)

    def waiting(self) -> list[RoomState]:
        """The calls that wait, in their order."""
        return queue.in_order(room.state for room in self._rooms.values())

    @property
    def wait_ms(self) -> int:
        """How long a call may wait in the queue; 0: it may not."""
        return self._queue.wait_ms(len(self.waiting()))

    @property
    def at_once(self) -> int:
        """How many a step begins to ring at most."""
        return self._routing.at_once

    @property
    def ring_ms(self) -> int:
        """How long it rings where there is no chain."""
        return self._routing.ring_ms

    @property
    def policies(self) -> Policies:
        """The chain's rules as they count now."""
        return self._policies.current

    async def keep(self, session: AsyncSession, decision: Decision, now_ms: int) -> None:
        """What else is committed with a decision."""
        await self._callbacks.keep(session, decision, now_ms)
        await self._visitors.keep(session, decision, now_ms)

    def perform(self, effect: Effect) -> None:
        self._perform(effect)

    # --- opening --------------------------------------------------------------------------------------------------

    async def open(self, asked: ClientSession, wish: Opening) -> RoomId | None:
        """Carry out a wish that makes a room, or answers one that crosses it. Raises Rejection or a database error."""
        equipped: Equipped | None = None
        if isinstance(wish, StartCall) and wish.equipment is not None:  # looked up while others may ring
            equipped = await self._database.fetch(partial(equipment.equipped, equipment=wish.equipment))
        while True:
            async with self.ringing:
                room = self._crossing(asked, wish)
                if room is None:
                    return await self._open(asked, wish, equipped)
            # The room's writer may be waiting for the lock itself. What becomes of the call meanwhile is seen then.
            try:
                await room.ask(Met(asked.who.id, asked.id, asked.who.person), cid=wish.cid)
            except Rejection:
                if (before := await self._opened_before(asked, wish)) is not None:
                    return before[0]
                if room is self._crossing(asked, wish):
                    raise
            else:
                log.info("two calls met", room=room.id)
                return room.id

    def _crossing(self, asked: ClientSession, wish: Opening) -> LiveRoom | None:
        """The call that `wish` answers, as it comes from whom it would call."""
        own = asked.who.person.store
        match wish:
            case StartCall(person=called) if called is not None and not at_store(asked.who.person):
                met = colleagues.crossing(called, asked.who.id, [room.state for room in self.of(called)])
                return None if met is None else self._rooms[met]
            case StartCall() if own is not None and may(Act.CALL, asked.who.grants, place_of(own)):
                store = own.id
            case CallStore():
                store = wish.store
                check(store, asked.who.grants, self._tablets(wish))
            case _:
                return None
        tablets = [tablet.person.id for tablet in self._presence.tablets(store)]
        rooms = {room.id: room for tablet in tablets for room in self.of(tablet)}
        met = crossing(wish, store, [room.state for room in rooms.values()])
        return None if met is None else rooms[met]

    def _tablets(self, wish: Opening) -> list[PresenceEntry]:
        """Those that `wish` calls."""
        return self._presence.tablets(wish.store) if isinstance(wish, CallStore) else []

    async def _open(self, asked: ClientSession, wish: Opening, equipped: Equipped | None) -> RoomId | None:
        person = asked.who.person
        steps: Sequence[RingStep] = ()
        experts: Sequence[Expert] = ()
        if isinstance(wish, StartCall):
            steps = self._routing.steps(reason_of(wish, equipped))
            experts = self.experts(None) if at_store(person) else self.colleagues(None)
        facts = OpeningFacts(
            by=person,
            grants=asked.who.grants,
            session=asked.id,
            room=RoomId(ids.uuid7()),
            fresh_recording=RecordingId(ids.uuid7()),
            steps=steps,
            experts=experts,
            at_once=self.at_once,
            wait_ms=self.wait_ms,
            people=self._presence.people(),
            elsewhere=self.elsewhere(person.id, None),
            tablets=self._tablets(wish),
            ring_ms=self.ring_ms,
            policies=self.policies,
            equipment=equipped,
        )
        now_ms = clock.wall_ms()
        try:
            decision = open_room(wish, now_ms, facts)
            save = partial(self._save_opened, decision=decision, by=person.id, wish=wish, now_ms=now_ms)
            await self._database.write(save)
        except rows.AlreadyDone as done:
            return done.room
        except Rejection:
            if (before := await self._opened_before(asked, wish)) is None:
                raise
            return before[0]
        assert decision.opened is not None
        room = self._add(decision.opened, 0)
        for effect in decision.effects:
            self.perform(effect)
        self.publish(room, decision)
        log.info("room opened", room=room.id, kind=decision.state.kind, members=len(decision.state.members))
        room.observe()
        return room.id

    async def _opened_before(self, asked: ClientSession, wish: Opening) -> tuple[RoomId | None] | None:
        """Where a wish that is refused now led before: as the second call of somebody who is in one, or crossing
        another one since."""
        return await self._database.fetch(partial(rows.done, person=asked.who.id, cid=wish.cid))

    async def _save_opened(
        self, session: AsyncSession, *, decision: Decision, by: PersonId, wish: Opening, now_ms: int
    ) -> None:
        assert decision.opened is not None
        await rows.mark_done(session, by, wish.cid, decision.state.id, now_ms)
        await rows.create(session, decision.opened)
        await rows.save(session, decision.state, decision.events, now_ms)
        await self.keep(session, decision, now_ms)

    # --- telling --------------------------------------------------------------------------------------------------

    def publish(self, room: LiveRoom, decision: Decision) -> None:
        """Tell everybody concerned, and make the decision's state the room's."""
        before = set() if decision.opened is not None else concerned(room.state)
        after = concerned(decision.state)
        ver = decision.state.ver - len(decision.events)
        deltas = [
            RoomDelta(room=room.id, ver=ver + i, event=event).model_dump_json()
            for i, event in enumerate(decision.events, 1)
        ]
        before_it = None if decision.opened is not None else room.state
        self._figures.saw(before_it, decision.state, clock.wall_ms())
        self._rings.saw(before_it, decision.state)
        self._push.saw(before_it, decision.state)
        call, was = decision.state.call, room.state.call
        if call is not None and call.answered_by is not None and was is not None and was.answered_by is None:
            self._routing.answered([call])
        if room.state.closed_at is None and decision.state.closed_at is not None:
            self._queue.ended([decision.state])
        sat = set() if decision.opened is not None else _seated(room.state)
        state, room.state = room.state, decision.state
        self._sat_down(room, _seated(decision.state) - sat)
        visitors = {person.id for person in here(decision.state)}
        for person in before - visitors:
            for text in deltas:
                self._sessions.say(person, text)
        for person in (before & after & visitors) if deltas else ():
            self._sessions.say(person, Room(room=as_seen_by(decision.state, person)).model_dump_json())
        gone = RoomGone(room=room.id).model_dump_json()
        for person in before - after:
            self._sessions.say(person, gone)
            self._unlink(room.id, person)
        if fresh := after - before:
            snapshot = Room(room=decision.state).model_dump_json()
            for person in fresh:
                seen = (
                    Room(room=as_seen_by(decision.state, person)).model_dump_json() if person in visitors else snapshot
                )
                self._sessions.say(person, seen)
                self._by_person.setdefault(person, set()).add(room.id)
        self._visitors.tell(state, decision)
        self._tell_presence(before | after)
        if call is not None and was is not None and call.stage is not was.stage:
            self._callbacks.wake()
        if any(one is not None and one.stage is CallStage.WAITING for one in (call, was)):
            self._queue.wake()

    def _sat_down(self, taken: LiveRoom, people: Iterable[PersonId]) -> None:
        """Whatever else rings these people looks for somebody else."""
        for person in people:
            for other in self.of(person):
                member = find(other.state, person)
                if other is not taken and member is not None and member.state is MemberState.RINGING:
                    other.put(TookAnother(person))

    def _tell_presence(self, people: Iterable[PersonId]) -> None:
        for person in people:
            self._presence.seated(person, self._in_rooms(person))

    def _in_rooms(self, person: PersonId) -> Presence:
        return in_rooms([room.state for room in self.of(person)], person)

    # --- memory ---------------------------------------------------------------------------------------------------

    def _add(self, state: RoomState, head: int) -> LiveRoom:
        room = self._rooms[state.id] = LiveRoom(state, head, self, self._sessions, self._database)
        people = concerned(state)
        for person in people:
            self._by_person.setdefault(person, set()).add(state.id)
        self._tell_presence(people)
        room.observe()
        self._scope.spawn(self._run(room), name=f"room {state.id}")
        return room

    async def _run(self, room: LiveRoom) -> None:
        try:
            await room.run()
        finally:
            self._rooms.pop(room.id, None)
            for member in room.state.members:
                self._unlink(room.id, member.person.id)

    def _unlink(self, room: RoomId, person: PersonId) -> None:
        of_person = self._by_person.get(person)
        if of_person is not None:
            of_person.discard(room)
            if not of_person:
                del self._by_person[person]


def _seated(state: RoomState) -> set[PersonId]:
    """Who sits in it; nobody once it is over."""
    return {one.person.id for one in state.members if one.state in SEATED} if state.closed_at is None else set()
