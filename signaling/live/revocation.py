"""Ends the sessions of sign-ins that expired or were taken away, and renews those that may do something else now."""

import asyncio

from sqlalchemy.exc import SQLAlchemyError

from contract.errors import ByeCode, Unavailable
from runtime.logs import get_logger
from signaling.auth.sign_ins import SignIns
from signaling.domain.access import Act, somewhere
from signaling.live.departure import Departures
from signaling.live.sessions import ClientSessions

log = get_logger(__name__)

EVERY_S = 30.0


class Revocation:
    """Asks for every sign-in that has a socket or media whether it still counts."""

    def __init__(
        self, sessions: ClientSessions, sign_ins: SignIns, departures: Departures, *, every_s: float = EVERY_S
    ) -> None:
        self._sessions = sessions
        self._departures = departures
        self._sign_ins = sign_ins
        self._every_s = every_s

    async def run(self) -> None:
        """Look again and again."""
        while True:
            await asyncio.sleep(self._every_s)
            try:
                await self.look()
            except (SQLAlchemyError, Unavailable):
                log.exception("sign-ins could not be checked")

    async def look(self) -> None:
        """One look at everybody who is here."""
        present = [session for session in self._sessions.everyone() if self._departures.present(session)]
        for sign_in in {session.who.sign_in for session in present}:
            who = await self._sign_ins.recognise_hash(sign_in)
            for session in present:
                if session.who.sign_in != sign_in:
                    continue
                if who is None:
                    self._departures.end(session, ByeCode.REVOKED)
                    continue
                before, session.who = session.who, who  # perhaps with another name
                if before.role is not who.role or before.grants != who.grants:
                    if not somewhere(Act.TAKE_PART, who.grants):
                        self._departures.unseat(session)
                    self._departures.renew(session)
