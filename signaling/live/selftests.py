"""The live side of self-tests: orders to tablets, word of their reports to headquarters, and how much of it at once."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from contract.errors import ErrorCode, Rejection, Unavailable
from contract.ids import PersonId, StoreId
from contract.people import Presence, PresenceEntry, Store
from contract.server import SelfTested, SelfTestWanted
from signaling.domain.access import Act, may, place_of
from signaling.live.pace import Pace
from signaling.live.presence import LivePresence
from signaling.live.sessions import ClientSessions

UPLOADS_AT_ONCE = 8
"""Measured uploads of everybody: so many full uplinks of stores are less than one session of a chain sends."""
BUSY_RETRY_S = 5.0
BURST, PER_S = 12, 0.2
"""Of one person: reports, uploads and orders each. A self-test takes two uploads and one report."""
UPLOADS_OF_ONE = 2
"""One that was given up may still be under way when the next begins."""
_NOT_FREE = frozenset({Presence.OFFLINE, Presence.RINGING, Presence.BUSY})


def _free(entries: Iterable[PresenceEntry]) -> set[PersonId]:
    return {entry.person.id for entry in entries if entry.presence not in _NOT_FREE}


class SelfTests:
    """`order` tells a tablet to test itself, `reported` those who answer for it that it did."""

    def __init__(self, sessions: ClientSessions, presence: LivePresence) -> None:
        self._sessions = sessions
        self._presence = presence
        self._uploads: Counter[PersonId] = Counter()
        self._orders: Pace[PersonId] = Pace("order", per_s=PER_S, burst=BURST)
        self._reports: Pace[PersonId] = Pace("report", per_s=PER_S, burst=BURST)
        self._uploaded: Pace[PersonId] = Pace("upload", per_s=PER_S, burst=BURST)

    def free(self) -> set[PersonId]:
        """Those who are connected and in no call, as everybody was told last."""
        return _free(self._presence.entries())

    def is_free(self, tablet: PersonId, store: StoreId) -> bool:
        """Whether a tablet of this store is connected and in no call, this moment."""
        return tablet in _free(self._presence.tablets(store))

    def admit_order(self, tablet: PersonId, store: StoreId) -> None:
        """Count one. Raises Rejection(`too_many`), or (`conflict`) for a tablet that is not here, or is in a call."""
        self._orders.take(tablet)
        if not self.is_free(tablet, store):
            raise Rejection(ErrorCode.CONFLICT, "the tablet is not connected, or in a call")

    def order(self, tablet: PersonId) -> None:
        """Have a tablet test itself now; one that is in a call by now says so."""
        for session in self._sessions.of(tablet):
            session.tell(SelfTestWanted())

    def reported(self, tablet: PersonId, store: Store, *, abandoned: bool) -> None:
        """Tell everybody who answers for the store."""
        text = SelfTested(tablet=tablet, abandoned=abandoned).model_dump_json()
        for session in self._sessions.everyone():
            if may(Act.SEE_SELF_TESTS, session.who.grants, place_of(store)):
                session.say(text)

    def admit_report(self, tablet: PersonId) -> None:
        """Count one. Raises Rejection(`too_many`)."""
        self._reports.take(tablet)

    @contextmanager
    def uploading(self, person: PersonId) -> Iterator[None]:
        """While a measured upload is under way. Raises Rejection(`too_many`) or Unavailable(`busy`)."""
        self._uploaded.take(person)
        if self._uploads[person] >= UPLOADS_OF_ONE:
            raise Rejection(ErrorCode.TOO_MANY, "upload", retry_after_s=BUSY_RETRY_S)
        if self._uploads.total() >= UPLOADS_AT_ONCE:
            raise Unavailable(ErrorCode.BUSY, "too many uploads are measured", retry_after_s=BUSY_RETRY_S)
        self._uploads[person] += 1
        try:
            yield
        finally:
            self._uploads[person] -= 1
            if not self._uploads[person]:
                del self._uploads[person]
