"""Visitors: people without an account, e.g. a vendor's technician, who come into one call by a link.

A link lets one of them wait in the call's lobby; somebody of headquarters who sits in the call admits or refuses them.
In the call a visitor is seen and heard as everybody is. It keeps no call open, obeys no host's word but that to go,
and is shown the call alone: no chat, no photos, nobody but who sits in it.
"""

from collections.abc import Sequence

from contract.client import (
    Admit,
    ClientMessage,
    ComeIn,
    GetRoom,
    JoinRoom,
    LeaveRoom,
    Ping,
    RaiseHand,
    ReportFigures,
    ReportQuality,
    SendAway,
    SetMedia,
)
from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId
from contract.nodes import LegEnd
from contract.people import Grant, Person
from contract.policies import Policies
from contract.rooms import CallStage, Knock, Member, MemberState, RoomState, VisitorMoved, VisitStep
from signaling.domain import third
from signaling.domain.access import Act, at_store, may_in_room, visits
from signaling.domain.commands import Asked, CameIn, Facts
from signaling.domain.draft import SEATED, Draft, find, seated
from signaling.domain.policies import check_guests

MAX_WAITING = 10
"""In one lobby."""
OVER = frozenset({VisitStep.REFUSED, VisitStep.REMOVED, VisitStep.LEFT})
"""After these the link is dead."""
SAYS = (
    Ping,
    ComeIn,
    GetRoom,
    JoinRoom,
    LeaveRoom,
    SetMedia,
    RaiseHand,
    ReportQuality,
    ReportFigures,
)
"""All that a visitor may say on its WebSocket."""


def check_says(person: Person, message: ClientMessage) -> None:
    """Raises Rejection(`forbidden`) for what a visitor may not say, or only a visitor may."""
    if visits(person) and not isinstance(message, SAYS):
        raise Rejection(ErrorCode.FORBIDDEN, "not for a visitor")
    if isinstance(message, ComeIn) and not visits(person):
        raise Rejection(ErrorCode.FORBIDDEN, "only for a visitor")


def check_inviting(state: RoomState, person: PersonId, grants: Sequence[Grant]) -> None:
    """Whoever invites or admits sits in an answered call, for headquarters.

    Raises as `seated`, or Rejection `forbidden` or `conflict`.
    """
    member = seated(state, person)
    if at_store(member.person) or not may_in_room(Act.INVITE_VISITOR, grants, state):
        raise Rejection(ErrorCode.FORBIDDEN, "only headquarters")
    if state.call is None or state.call.stage is not CallStage.ANSWERED:
        raise Rejection(ErrorCode.CONFLICT, "no call that was answered")


def came_in(draft: Draft, command: CameIn, facts: Facts) -> None:
    """A visitor waits, or takes the seat that it has with this session. Raises Rejection `over` or `too_many`."""
    state, person, session = draft.state, command.person, command.session
    if state.closed_at is not None:
        raise Rejection(ErrorCode.OVER, "the call has ended")
    member = find(state, person.id)
    if member is not None and member.state in SEATED:
        if member.session != session:
            draft.take_over(member, session, facts.legs)
        return
    before = waiting(state, person.id)
    if before is not None and before.session == session:
        return
    if before is None and len(state.lobby) >= MAX_WAITING:
        raise Rejection(ErrorCode.TOO_MANY, f"{MAX_WAITING} visitors wait")
    since = draft.now_ms if before is None else before.since
    draft.emit(VisitorMoved(knock=Knock(person=person, session=session, since=since), step=VisitStep.KNOCKED))


def admit(draft: Draft, asked: Asked, wish: Admit, policies: Policies) -> None:
    """The visitor sits in the call. Raises as `third.helping`, or Rejection `not_found`, `policy` or `too_many`."""
    by = third.helping(draft.state, asked)
    member = find(draft.state, wish.person)
    if member is not None and visits(member.person) and member.state in SEATED:
        return
    knock = waiting(draft.state, wish.person)
    if knock is None:
        raise Rejection(ErrorCode.NOT_FOUND, "nobody waits by this name")
    check_guests(policies)  # the chain may have changed its mind while they waited
    if third.seats(draft.state) >= third.MOST:
        raise Rejection(ErrorCode.TOO_MANY, f"{third.MOST} people in this call")
    draft.emit(VisitorMoved(knock=knock, step=VisitStep.ADMITTED, by=by.person.id))
    draft.seat(member or Member(person=knock.person, state=MemberState.LEFT), knock.session, host=False)


def send_away(draft: Draft, asked: Asked, wish: SendAway) -> None:
    """The visitor is refused, or out. Raises as `third.helping`, or Rejection(`not_found`)."""
    by = third.helping(draft.state, asked)
    if not _goes(draft, wish.person, (VisitStep.REFUSED, VisitStep.REMOVED), by.person.id):
        member = find(draft.state, wish.person)
        if member is None or not visits(member.person):
            raise Rejection(ErrorCode.NOT_FOUND, "no such visitor")


def leave(draft: Draft, person: PersonId) -> bool:
    """A visitor waits no longer, or hangs up. False if `person` is no visitor who is here."""
    return draft.state.closed_at is None and _goes(draft, person, (VisitStep.LEFT, VisitStep.LEFT), None)


def lost(draft: Draft, person: PersonId) -> None:
    """Whoever waited is not heard any more."""
    knock = waiting(draft.state, person)
    if knock is not None:
        draft.emit(VisitorMoved(knock=knock, step=VisitStep.GONE))


def _goes(draft: Draft, person: PersonId, steps: tuple[VisitStep, VisitStep], by: PersonId | None) -> bool:
    """Out of the lobby (the first step) or of the call (the second)."""
    knock, member = waiting(draft.state, person), find(draft.state, person)
    if knock is not None:
        draft.emit(VisitorMoved(knock=knock, step=steps[0], by=by))
        return True
    if member is None or not visits(member.person) or member.state not in SEATED or member.session is None:
        return False
    sat = Knock(person=member.person, session=member.session, since=member.joined_at or draft.now_ms)
    third.step_out(draft, member, LegEnd.LEFT if by is None else LegEnd.REMOVED)
    draft.emit(VisitorMoved(knock=sat, step=steps[1], by=by))
    return True


def waiting(state: RoomState, person: PersonId) -> Knock | None:
    """Their place in the lobby."""
    return next((knock for knock in state.lobby if knock.person.id == person), None)


def here(state: RoomState) -> list[Person]:
    """The visitors who wait, or sit in it."""
    sit = [member.person for member in state.members if visits(member.person) and member.state in SEATED]
    return [*sit, *(knock.person for knock in state.lobby)]


def as_seen_by(state: RoomState, person: PersonId) -> RoomState:
    """The room as `person` may see it: to a visitor those who sit in it, not whom it rang nor the machine."""
    member = find(state, person)
    if member is None or not visits(member.person):
        return state
    call = state.call
    return state.model_copy(
        update={
            "members": [_member(one, own=one is member) for one in state.members if one.state in SEATED],
            "call": call and call.model_copy(update={"steps": [], "passed_by": [], "promise": None, "equipment": None}),
            "stills": [],
            "lobby": [],
        }
    )


def _member(one: Member, *, own: bool) -> Member:
    """Somebody who sits there, as a visitor sees them."""
    return one if own else one.model_copy(update={"session": None, "asked": None})
