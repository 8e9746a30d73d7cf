"""Notices that people, stores, chains or rules were changed, by whatever process, and lets it count everywhere."""

import asyncio

from sqlalchemy.exc import SQLAlchemyError

from contract.errors import Unavailable
from runtime.logs import get_logger
from signaling.live.callbacks import Callbacks
from signaling.live.policies import LivePolicies
from signaling.live.presence import LivePresence
from signaling.live.revocation import Revocation
from signaling.live.routing import LiveRouting
from signaling.live.take_overs import LiveTakeOvers
from signaling.store import grants, organisation, people, policies, quiet, routing
from signaling.store.engine import Database

log = get_logger(__name__)

EVERY_S = 0.1
"""One row is read, in half a millisecond; a change on the command line counts as soon as one made here."""


class DirectoryWatch:
    """Looks at the number that every change raises; `load` first, then `run`."""

    def __init__(
        self,
        database: Database,
        presence: LivePresence,
        routing: LiveRouting,
        revocation: Revocation,
        callbacks: Callbacks,
        policies: LivePolicies,
        take_overs: LiveTakeOvers,
        *,
        every_s: float = EVERY_S,
    ) -> None:
        self._database = database
        self._presence = presence
        self._routing = routing
        self._revocation = revocation
        self._callbacks = callbacks
        self._policies = policies
        self._take_overs = take_overs
        self._every_s = every_s
        self._ver = -1

    async def look(self) -> None:
        """Take over what changed since the last look."""
        if await self._database.fetch(organisation.version) == self._ver:
            return
        async with self._database.read() as session:
            ver = await organisation.version(session)
            everybody = await people.everybody(session)
            granted = await grants.of_everybody(session)
            chains, profiles = await routing.chains(session), await routing.profiles(session)
            rules = await policies.current(session)
            wishes = await quiet.of_everybody(session)
        self._presence.relist(everybody)
        self._presence.wish_quiet(wishes)
        self._routing.set(chains, profiles, granted, wishes)
        self._policies.set(rules, ver)
        if self._ver >= 0:
            log.info("people or stores were changed", ver=ver, people=len(everybody))
            await self._revocation.look()  # before all that may fail: who is out is out at once
            self._callbacks.wake()  # of stores that moved or closed
        await self._take_overs.look()
        self._ver = ver  # last: whatever fails is done again

    async def run(self) -> None:
        """Look again and again."""
        while True:
            await asyncio.sleep(self._every_s)
            try:
                await self.look()
            except (SQLAlchemyError, Unavailable):
                log.exception("the directory could not be read")
