"""Visitors as they come and go: ends their visit in the transaction that says so, tells them, and lets go of them."""

import asyncio
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from contract.client import ComeIn
from contract.errors import ByeCode, ErrorCode, Rejection
from contract.ids import PersonId
from contract.rooms import RoomClosed, RoomState, VisitorMoved, VisitStep
from contract.server import Done, Reconnect, VisitEnd, VisitStage, VisitTold
from runtime.logs import get_logger
from signaling.auth.visits import Visits
from signaling.domain.commands import CameIn
from signaling.domain.draft import Decision
from signaling.domain.visitors import OVER, here, waiting
from signaling.live.room import LiveRoom
from signaling.live.sessions import ClientSession, ClientSessions
from signaling.store import visits as rows

log = get_logger(__name__)

WHY = {
    VisitStep.REFUSED: VisitEnd.REFUSED,
    VisitStep.REMOVED: VisitEnd.REMOVED,
    VisitStep.LEFT: VisitEnd.LEFT,
}


class Visitors:
    """`keep` and `tell` go with every decision about a room; `come_in` is what a visitor wishes."""

    def __init__(self, visits: Visits, sessions: ClientSessions) -> None:
        self._visits = visits
        self._sessions = sessions

    async def come_in(self, session: ClientSession, wish: ComeIn, room: LiveRoom | None) -> None:
        """A visitor waits in the lobby, or takes its seat. Raises Rejection `not_found` or as `visitors.came_in`."""
        if await self._visits.room_of(session.who.id) != wish.room or room is None:
            raise Rejection(ErrorCode.NOT_FOUND, "no such visit")
        await room.ask(CameIn(session.who.person, session.id))
        session.tell(Done(cid=wish.cid, room=room.id))
        stage = VisitStage.IN if waiting(room.state, session.who.id) is None else VisitStage.WAITING
        session.tell(VisitTold(room=room.id, stage=stage))

    async def keep(self, session: AsyncSession, decision: Decision, now_ms: int) -> None:
        """Whose visit is over with this decision: their link and their sign-in are dead.

        Raises Rejection(`over`) for who knocks when their visit is over: sent away since `come_in` looked.
        """
        for event in decision.events:
            match event:
                case VisitorMoved(knock=knock, step=VisitStep.KNOCKED):
                    if await rows.room_of(session, knock.person.id) is None:
                        raise Rejection(ErrorCode.OVER, "the visit is over")
                case VisitorMoved(knock=knock, step=step) if step in OVER:
                    await rows.end(session, now_ms, WHY[step], visitor=knock.person.id)
                case RoomClosed():
                    await rows.end(session, now_ms, VisitEnd.ENDED, room=decision.state.id)
                case _:
                    pass

    def tell(self, before: RoomState, decision: Decision) -> None:
        """After the commit: whose visit is over hears why, and is cut off."""
        for event in decision.events:
            match event:
                case VisitorMoved(knock=knock, step=step) if step in OVER:
                    self._end(before, knock.person.id, WHY[step])
                case RoomClosed():
                    for person in here(before):
                        self._end(before, person.id, VisitEnd.ENDED)
                case _:
                    pass

    def _end(self, room: RoomState, visitor: PersonId, why: VisitEnd) -> None:
        log.info("visit is over", visitor=visitor, room=room.id, why=why)
        for session in self._sessions.of(visitor):
            session.tell(VisitTold(room=room.id, stage=VisitStage.OVER, why=why))
            # Soon: whoever leaves is answered first.
            end = partial(self._sessions.end, session, ByeCode.SIGNED_OUT, Reconnect.NEVER)
            asyncio.get_running_loop().call_soon(end)
