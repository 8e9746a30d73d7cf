"""The chain's rules as they count now, for decisions that wait for nothing."""

from contract.policies import Policies
from contract.server import PoliciesTold
from signaling.domain.access import visits
from signaling.domain.policies import USUAL
from signaling.live.sessions import ClientSession, ClientSessions


class LivePolicies:
    """Set by signaling.live.directory, and by the door that changes them; read with every decision."""

    def __init__(self, sessions: ClientSessions) -> None:
        self._sessions = sessions
        self.current: Policies = USUAL
        self._ver = -1

    def set(self, new: Policies, ver: int) -> None:
        """They count from now on; whoever is connected is told, since their screens say what is recorded.

        `ver` is the directory's with which they were read or written: what was read earlier and comes later counts for
        nothing.
        """
        if ver < self._ver:
            return
        self._ver = ver
        if new == self.current:
            return
        self.current = new
        for session in self._sessions.everyone():
            self.tell(session)

    def tell(self, session: ClientSession) -> None:
        """What counts now. A visitor hears of its call and of nothing else."""
        if not visits(session.who.person):
            session.tell(PoliciesTold(policies=self.current))
