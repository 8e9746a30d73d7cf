"""Who is in a room, and which of what they publish is live."""

from itertools import count, islice

from contract.ids import LegId, PersonId
from contract.media import Grants, Source
from media.forward.allocation import Order, Standing
from media.forward.feedback import Feedback, request_keyframe
from media.forward.leg import Leg, Member
from media.forward.ports import RoomEvents
from media.forward.publication import Publication
from media.rtp.speakers import Speakers

SHARED_FROM = 3
"""From so many on, a camera is sent in layers; with two there is nobody whose link is not the other's own."""


class Presence:
    """Members come with their first leg and go with the last; call `settle` when a publication or a grant changed."""

    def __init__(self, events: RoomEvents) -> None:
        self.members: dict[PersonId, Member] = {}
        self.legs: dict[LegId, Leg] = {}
        self.active: dict[tuple[PersonId, Source], list[Publication]] = {}
        """What is live, all layers of it, smallest first."""
        self.speakers: Speakers[PersonId] = Speakers()
        self.feedback = Feedback()
        self._events = events
        self._joined = count(1)
        self._turns = count(1)

    def member(self, participant: PersonId, grants: Grants, *, host: bool) -> Member:
        """The one with this name, new or not, with these grants."""
        member = self.members.get(participant)
        if member is None:
            member = self.members[participant] = Member(participant, grants, host, next(self._joined))
        member.grants, member.host = grants, host
        return member

    def add(self, leg: Leg) -> None:
        """One more PeerConnection of a member."""
        leg.turn = next(self._turns)
        self.legs[leg.port.id] = leg
        self.feedback.publishers(self.legs)

    def remove(self, leg_id: LegId) -> Leg | None:
        """Out, and its member too if it was the last; None if it is not here."""
        leg = self.legs.pop(leg_id, None)
        if leg is None:
            return None
        for publication in leg.publications.values():
            publication.shut()
        self.feedback.publishers(self.legs)
        who = leg.member.participant
        if all(other.member is not leg.member for other in self.legs.values()):
            self.members.pop(who, None)
            self.speakers.forget(who)
        return leg

    @property
    def shared(self) -> bool:
        """Whether there are so many that cameras are sent in layers."""
        here = (member for member in self.members.values() if member.grants.publish or member.grants.subscribe)
        return next(islice(here, SHARED_FROM - 1, None), None) is not None

    def settle(self) -> None:
        """Find out anew what is live and granted, and say what changed."""
        active: dict[tuple[PersonId, Source], list[Publication]] = {}
        for leg in reversed(self.legs.values()):
            if not leg.member.grants.publish:
                continue
            for section in leg.sections.sources:
                live = [one for one in leg.publications.values() if one.live and one.section is section]
                key = (leg.member.participant, live[0].source) if live else None
                if key is not None and key not in active:
                    active[key] = sorted(live, key=_rank)
        before, self.active = self.active, active
        for who, source in before.keys() - active.keys():
            self._events.publication_ended(who, source)
        for who, source in active.keys() - before.keys():
            self._events.publication_live(who, source)

    def order(self, now: float) -> Order:
        """Everybody who may be seen."""
        standings = [
            Standing(
                participant=who,
                host=member.host,
                speaking=self.speakers.speaking(who, now),
                shares=(who, Source.SCREEN) in self.active,
                speaks=(who, Source.MICROPHONE) in self.active,
            )
            for who, member in self.members.items()
            if member.grants.publish
        ]
        return Order(standings, recent=self.speakers.ranked((who.participant for who in standings), now))

    def take_back(self) -> None:
        """Every packet comes to the room, until it lets pass again what is ordinary."""
        for leg in self.legs.values():
            for publication in leg.publications.values():
                publication.shut()

    def want(self, publication: Publication | None, now: float, *, first: bool) -> None:
        """Ask its publisher for a keyframe; of nothing, or of who is gone, nobody is asked."""
        publisher = self.feedback.publisher_of(publication) if publication is not None else None
        if publication is not None and publisher is not None:
            request_keyframe(publication, publisher, now, first=first)


def _rank(publication: Publication) -> int:
    """Where its layer is among those of its section."""
    return publication.section.layers.index(publication.layer) if publication.layer is not None else 0
