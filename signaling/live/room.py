"""One room and its one writer: load, decide, commit, publish, perform.

Commands wait in a bounded queue and are carried out one after the other. Everything that members see comes from
`publish` after the commit; effects go out after that and come back as commands.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from contract.errors import ErrorCode, PasslineError, Rejection, Unavailable
from contract.ids import ClientMessageId, LegId, PersonId, RecordingId, RoomId
from contract.nodes import SILENT_S, LegEnd, LegReport, LegState
from contract.people import Operator
from contract.policies import Policies
from contract.rooms import Member, MemberState, RoomState
from runtime import clock, ids
from runtime.logs import bound_contextvars, clear_contextvars, get_logger
from signaling.domain.calls import may_ring, next_ring_ms
from signaling.domain.commands import (
    Asked,
    Facts,
    GuestGone,
    LegsChanged,
    Met,
    RecordingReported,
    RingExpired,
    RoomCommand,
    StillTaken,
)
from signaling.domain.draft import SEATED, Decision, Effect
from signaling.domain.guests import seated_guests
from signaling.domain.rooms import FINAL, decide
from signaling.domain.routing import Expert
from signaling.domain.seats import Seats, Sign
from signaling.live.sessions import ClientSessions
from signaling.store import rooms as rows
from signaling.store.engine import Database

log = get_logger(__name__)

QUEUE_WISHES = 500
"""Policy: a further wish is answered `busy`."""
QUEUE_COMMANDS = 2 * QUEUE_WISHES
"""The other half is for what the world reports; it is dropped only beyond that, and observed again later."""
AGAIN_S = 1.0
"""After what was due could not be carried out."""
LINGER_S = 60.0
"""A closed room whose recording is over stays in memory so long, for those who reload the summary."""

Answer = Callable[[PasslineError | None], None]


class Surroundings(Protocol):
    """What a room needs of everything around it."""

    ringing: asyncio.Lock
    """Held by whoever rings people, so that two calls never ring the same free expert."""
    hold_ms: int
    """How long a call stays on hold at most."""

    def experts(self, room: RoomId) -> list[Expert]:
        """The experts as they are this moment, for whom `room` may ring."""
        ...

    @property
    def at_once(self) -> int:
        """How many a step begins to ring at most."""
        ...

    @property
    def wait_ms(self) -> int:
        """How long a call may wait in the queue; 0: it may not."""
        ...

    @property
    def ring_ms(self) -> int:
        """How long somebody rings who is asked into a call."""
        ...

    @property
    def policies(self) -> Policies:
        """The chain's rules as they count now."""
        ...

    def elsewhere(self, person: PersonId, room: RoomId) -> bool:
        """Whether `person` holds a seat in another open room."""
        ...

    def publish(self, room: "LiveRoom", decision: Decision) -> None:
        """Tell everybody concerned; `room.state` is still the state before."""
        ...

    async def keep(self, session: AsyncSession, decision: Decision, now_ms: int) -> None:
        """What else is committed with a decision."""
        ...

    def perform(self, effect: Effect) -> None:
        """Ask media or the recorder. Never waits, never fails: what cannot be sent is repeated at the next hello."""
        ...


@dataclass(frozen=True, slots=True)
class Order:
    """A command, and who waits for its outcome."""

    command: RoomCommand
    cid: ClientMessageId | None = None
    answer: Answer | None = None


class LiveRoom:
    """A room in memory. `run` is its writer; everybody else calls `put` and the small methods below."""

    def __init__(
        self, state: RoomState, head: int, around: Surroundings, sessions: ClientSessions, database: Database
    ) -> None:
        self.state = state
        self.head = head
        """Newest sequence number of its chat."""
        self.legs: dict[LegId, LegReport] = {}
        self._around = around
        self._sessions = sessions
        self._database = database
        self._seats = Seats()
        self._not_before = 0.0
        """What is due waits until then (monotonic seconds)."""
        self._loaded = clock.now()
        self._silent_since: dict[LegId, float] = {}
        self._orders: asyncio.Queue[Order | None] = asyncio.Queue(QUEUE_COMMANDS)
        self._idle_since = clock.now()

    @property
    def id(self) -> RoomId:
        return self.state.id

    @property
    def finished(self) -> bool:
        """Nothing can change any more."""
        recording = self.state.recording
        return self.state.closed_at is not None and (recording is None or recording.state in FINAL)

    # --- from outside ---------------------------------------------------------------------------------------------

    def put(self, command: RoomCommand, *, cid: ClientMessageId | None = None, answer: Answer | None = None) -> None:
        """Queue a command; `answer` hears None once it is carried out, or why it was not."""
        size = QUEUE_WISHES if isinstance(command, Asked | Met) else QUEUE_COMMANDS
        if self._orders.qsize() < size:
            self._orders.put_nowait(Order(command, cid, answer))
        else:
            log.warning("room is overrun", room=self.id, command=_name(command))
            if answer is not None:
                answer(Unavailable(ErrorCode.BUSY, "too many commands", retry_after_s=1.0))

    async def ask(self, command: RoomCommand, *, cid: ClientMessageId | None = None) -> None:
        """Queue a command and wait until it is carried out. Raises what `put` would answer."""
        outcome: asyncio.Future[PasslineError | None] = asyncio.get_running_loop().create_future()

        def answered(error: PasslineError | None) -> None:
            if not outcome.done():
                outcome.set_result(error)

        self.put(command, cid=cid, answer=answered)
        if (refused := await outcome) is not None:
            raise refused

    def leg_changed(self, report: LegReport) -> None:
        """A media leg came, changed or went."""
        if report.state is LegState.CLOSED:
            self.legs.pop(report.leg, None)
            if any(guest.session == report.session for guest in seated_guests(self.state)):
                self.put(GuestGone(report.session, report.reason or LegEnd.FAILED))
        else:
            self.legs[report.leg] = report
        if report.state is LegState.SILENT:
            self._silent_since.setdefault(report.leg, clock.now() - SILENT_S)
        else:
            self._silent_since.pop(report.leg, None)
        self.observe()
        if report.state is LegState.CONNECTED:
            self.put(LegsChanged())

    def observe(self) -> None:
        """A seat, socket or leg changed: look who is heard."""
        self._look()
        if self._orders.empty():
            self._orders.put_nowait(None)  # wakes the writer to look at its deadline

    def _look(self) -> None:
        """When each holder of a seat, or who waits for one, was last heard."""
        now = clock.now()
        seated = [member for member in self.state.members if member.state in SEATED]
        signs = {} if self.state.closed_at is not None else {one.person.id: self._sign(one, now) for one in seated}
        for knock in self.state.lobby:
            waits = Member(person=knock.person, state=MemberState.AWAY, session=knock.session)
            signs[knock.person.id] = self._sign(waits, now)
        self._seats.observe(signs, now)

    def _sign(self, member: Member, now: float) -> Sign:
        session = self._sessions.find(member.session) if member.session is not None else None
        heard = [self._loaded if session is None else session.heard_at]
        for leg in self.legs.values():
            if leg.participant != member.person.id or leg.session != member.session:
                continue
            if leg.state is LegState.CONNECTED or (leg.state is LegState.CONNECTING and member.guest is not None):
                heard.append(now)
            elif leg.state is LegState.SILENT:
                heard.append(self._silent_since[leg.leg])
        gone = session is not None and session.connection is None
        return Sign(max(heard), left=gone and session is not None and session.left)

    # --- the writer -----------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Carry out commands until nothing can change any more and nobody asked for a while."""
        clear_contextvars()  # those of whoever opened it
        with bound_contextvars(room=self.id):
            while not (self.finished and self._orders.empty() and clock.now() >= self._idle_since + LINGER_S):
                order = await self._next()
                if order is not None:
                    await self._carry_out(order)
                if clock.now() >= self._not_before:
                    await self._carry_out_due()

    async def _carry_out_due(self) -> None:
        """Seats whose holders are heard or not, and whoever rings in vain."""
        self._look()  # what came since the deadline was set is no event, only a newer time
        for command in self._seats.due(clock.now()):
            if not await self._carry_out(Order(command)):
                self._seats.undone(command)
                self._put_off()
        ring_ms = next_ring_ms(self.state)
        if ring_ms is not None and clock.wall_ms() >= ring_ms and not await self._carry_out(Order(RingExpired())):
            self._put_off()

    def _put_off(self) -> None:
        """It is still due: later, and what others wish goes on meanwhile."""
        self._not_before = clock.now() + AGAIN_S
        self._look()

    async def _next(self) -> Order | None:
        """The next order; None when a deadline has passed, or to look at the deadlines again."""
        deadlines = [self._seats.deadline]
        if (ring_ms := next_ring_ms(self.state)) is not None:
            deadlines.append(clock.now() + (ring_ms - clock.wall_ms()) / 1000)
        if self.finished:
            deadlines.append(self._idle_since + LINGER_S)
        due = min((deadline for deadline in deadlines if deadline is not None), default=None)
        try:
            async with asyncio.timeout(None if due is None else max(0.0, max(due, self._not_before) - clock.now())):
                return await self._orders.get()
        except TimeoutError:
            return None

    async def _carry_out(self, order: Order) -> bool:
        """Whether that was possible; if not, the reason is answered."""
        error: PasslineError | None = None
        try:
            await self._change(order)
        except PasslineError as refused:
            log.info("refused", command=_name(order.command), code=refused.code, detail=refused.detail)
            error = refused
        except SQLAlchemyError:
            log.exception("the commit failed", command=_name(order.command))
            error = Unavailable(ErrorCode.UNAVAILABLE, "the database", retry_after_s=AGAIN_S)
        except Exception:  # a bug ends this command, not the room
            log.exception("a command failed", command=_name(order.command))
            error = PasslineError(ErrorCode.INTERNAL)
        if order.answer is not None:
            order.answer(error)
        return error is None

    async def _change(self, order: Order) -> None:
        if not may_ring(self.state, order.command):
            await self._decide(order, experts=())
            return
        async with self._around.ringing:
            await self._decide(order, experts=self._around.experts(self.id))

    async def _decide(self, order: Order, *, experts: Sequence[Expert]) -> None:
        command = order.command
        facts = Facts(
            fresh_recording=RecordingId(ids.uuid7()),
            legs=tuple(self.legs.values()),
            elsewhere=isinstance(command, Asked | Met) and self._around.elsewhere(command.by, self.id),
            experts=experts,
            at_once=self._around.at_once,
            wait_ms=self._around.wait_ms,
            ring_ms=self._around.ring_ms,
            hold_ms=self._around.hold_ms,
            operator=_operator(command),
            policies=self._around.policies,
        )
        now_ms = clock.wall_ms()
        try:
            decision = decide(self.state, command, now_ms, facts)
            if not decision.events:
                return
            await self._database.write(partial(self._save, decision=decision, order=order, now_ms=now_ms))
        except rows.AlreadyDone as done:
            check_same(self.id, done.room)
            return
        except PasslineError:
            # What was carried out before may be refused now; whoever repeats it hears that it was done.
            if not await self._was_done(order):
                raise
            return
        log.info(
            "room changed",
            command=_name(command),
            session=command.session if isinstance(command, Asked | Met) else None,
            ver=decision.state.ver,
            events=len(decision.events),
        )
        # Effects first: a granted picture has a longer way than the words about it.
        for effect in decision.effects:
            self._around.perform(effect)
        self._around.publish(self, decision)
        self._idle_since = clock.now()
        self.observe()

    async def _was_done(self, order: Order) -> bool:
        if not isinstance(order.command, Asked | Met) or order.cid is None:
            return False
        found = await self._database.fetch(partial(rows.done, person=order.command.by, cid=order.cid))
        if found is not None:
            check_same(self.id, found[0])
        return found is not None

    async def _save(self, session: AsyncSession, *, decision: Decision, order: Order, now_ms: int) -> None:
        command = order.command
        if isinstance(command, Asked | Met) and order.cid is not None:
            await rows.mark_done(session, command.by, order.cid, self.id, now_ms)
        await rows.save(session, decision.state, decision.events, now_ms)
        await self._around.keep(session, decision, now_ms)
        if isinstance(command, RecordingReported) and command.report.summary is not None:
            await rows.keep_summary(session, command.report.summary)
        if isinstance(command, StillTaken):
            await rows.keep_still(session, self.id, command.still, command.size_bytes, command.sha256)


def check_same(room: RoomId, before: RoomId | None) -> None:
    """A command for `room` has the cid of one that was carried out in `before`. Raises Rejection(`conflict`) if that is
    another room."""
    if before != room:
        raise Rejection(ErrorCode.CONFLICT, "this cid was used for something else")


def _operator(command: RoomCommand) -> Operator | None:
    match command:
        case Asked(operator=operator):
            return operator
        case Met(person=person):
            return person.operator
        case _:
            return None


def _name(command: RoomCommand) -> str:
    return type(command.wish if isinstance(command, Asked) else command).__name__
