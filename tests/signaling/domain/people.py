"""A small chain for tests of the rules."""

from typing import Any

import pytest

from contract.client import AcceptCall, JoinRoom, OpenSession, StartCall
from contract.errors import ErrorCode, Rejection
from contract.ids import ClientMessageId, LegId, PersonId, RecordingId, RegionId, RoomId, SessionId, StoreId
from contract.nodes import LegReport, LegState
from contract.people import Name, Person, Role, Skill, Store
from contract.rooms import MemberState, Reason, RoomState
from contract.routing import RingStep, StepWho
from signaling.domain.commands import Asked, Facts, OpeningFacts, Wish
from signaling.domain.draft import Decision, find
from signaling.domain.rooms import decide, open_room
from signaling.domain.routing import Expert
from tests.support.holder import usual_grants

NOW = 1_800_000_000_000
CID = ClientMessageId("0192f000-0000-7000-8000-000000000001")
ROOM = RoomId("room-1")
RECORDING = RecordingId("recording-1")


def name(text: str) -> Name:
    return Name(zh=text, en=text)


def store(number: str) -> Person:
    place = Store(id=StoreId(f"s-{number}"), number=number, name=name(number), region=RegionId("east"))
    return Person(id=PersonId(f"p-store-{number}"), role=Role.STORE, name=name(number), store=place)


def expert(who: str, *skills: Skill) -> Person:
    return Person(id=PersonId(f"p-{who}"), role=Role.EXPERT, name=name(who), skills=list(skills))


STORE, SECOND, THIRD = store("0117"), store("0108"), store("0131")
CHEN = expert("chen", Skill.EQUIPMENT)
LIU = expert("liu", Skill.DISHES)
ZHANG = expert("zhang", Skill.EQUIPMENT, Skill.IT)
TRAINER = Person(id=PersonId("p-he"), role=Role.TRAINER, name=name("he"))
STEPS = [RingStep(who=StepWho.SKILLED, ring_ms=20_000), RingStep(who=StepWho.ANYBODY, ring_ms=25_000)]
FACTS = Facts(fresh_recording=RECORDING)


def session(person: Person, tab: int = 1) -> SessionId:
    return SessionId(f"{person.id}#{tab}")


def entries(*people: Person, free: bool = True) -> list[Expert]:
    return [Expert(person=person, free=free) for person in people]


def opening(by: Person, experts: list[Expert] | None = None, *, elsewhere: bool = False) -> OpeningFacts:
    return OpeningFacts(
        by=by,
        grants=usual_grants(by),
        session=session(by),
        room=ROOM,
        fresh_recording=RECORDING,
        steps=STEPS,
        experts=entries(CHEN, ZHANG, LIU) if experts is None else experts,
        at_once=5,
        people={person.id: person for person in (STORE, SECOND, THIRD, CHEN, LIU, ZHANG)},
        elsewhere=elsewhere,
    )


def called(experts: list[Expert] | None = None) -> RoomState:
    """A call of STORE that rings."""
    return open_room(StartCall(cid=CID, reason=Reason.EQUIPMENT), NOW, opening(STORE, experts)).state


def answered() -> RoomState:
    """The same, answered by CHEN."""
    return ask(called(), CHEN, AcceptCall(cid=CID, room=ROOM)).state


def training() -> RoomState:
    """A session of TRAINER; STORE has joined, SECOND and THIRD are invited."""
    wish = OpenSession(cid=CID, title=name("hands"), invite=[STORE.id, SECOND.id, THIRD.id])
    state = open_room(wish, NOW, opening(TRAINER)).state
    return ask(state, STORE, JoinRoom(cid=CID, room=ROOM, consent=True)).state


def ask(
    state: RoomState, who: Person, wish: Wish, *, tab: int = 1, at: int = NOW + 1000, facts: Facts = FACTS
) -> Decision:
    return decide(state, Asked(by=who.id, session=session(who, tab), wish=wish), at, facts)


def leg(who: Person, tab: int = 1, state: LegState = LegState.CONNECTED) -> LegReport:
    return LegReport(
        room=ROOM,
        leg=LegId(f"leg-{session(who, tab)}"),
        participant=who.id,
        session=session(who, tab),
        pc_gen=1,
        state=state,
    )


def state_of(state: RoomState, who: Person) -> MemberState | None:
    """How somebody is in the room; None: not at all."""
    member = find(state, who.id)
    return None if member is None else member.state


def rings(state: RoomState) -> set[PersonId]:
    """Who is rung."""
    return {member.person.id for member in state.members if member.state is MemberState.RINGING}


def refused(state: RoomState, who: Person, wish: Wish, **more: Any) -> ErrorCode:
    """Why somebody may not."""
    with pytest.raises(Rejection) as caught:
        ask(state, who, wish, **more)
    return caught.value.code
