"""A third person in a call: an expert whom somebody of headquarters asks in, to help or to take over.

The call goes on while the store and somebody of headquarters are in it; without a store, while two are. Whoever
declines or does not answer changes nothing for those who are there.
"""

from contract.client import BringIn, CallOff
from contract.errors import ErrorCode, Rejection
from contract.ids import SessionId
from contract.nodes import DropParticipant, LegEnd
from contract.rooms import Asking, CallStage, Member, MemberChanged, MemberState, RoomState
from signaling.domain import hold
from signaling.domain.access import at_store, place_of, visits
from signaling.domain.commands import Asked, Facts
from signaling.domain.draft import SEATED, Draft, find, seated

MOST = 3
"""People in a call, visitors too but no guests: a tablet shows two others (contract.media.TABLET)."""


def bring_in(draft: Draft, asked: Asked, wish: BringIn, facts: Facts) -> None:
    """It rings at a free expert. Asking who rings already changes nothing.

    Raises as `helping`, or Rejection: `conflict` (is here, or somebody else is asked), `too_many`, `not_found`, `busy`.
    """
    by = helping(draft.state, asked)
    call = draft.state.call
    assert call is not None  # who helps, helps in one
    member = find(draft.state, wish.person)
    if member is not None and member.state is MemberState.RINGING:
        return
    if member is not None and member.state in SEATED:
        raise Rejection(ErrorCode.CONFLICT, "is here")
    if _asked(draft.state):
        raise Rejection(ErrorCode.CONFLICT, "somebody else is asked")
    if seats(draft.state) >= MOST:
        raise Rejection(ErrorCode.TOO_MANY, f"{MOST} people in this call")
    expert = next((expert for expert in facts.experts if expert.person.id == wish.person), None)
    if expert is None or (call.store is not None and not expert.reach.covers(place_of(call.store))):
        raise Rejection(ErrorCode.NOT_FOUND, "no such expert for this store")
    if not expert.free:
        raise Rejection(ErrorCode.BUSY, "not free")
    asking = Asking(by=by.person.id, until=draft.now_ms + facts.ring_ms, instead=wish.instead)
    if member is None:
        draft.emit(MemberChanged(member=Member(person=expert.person, state=MemberState.RINGING, asked=asking)))
    else:
        draft.move(member, MemberState.RINGING, asked=asking)


def call_off(draft: Draft, asked: Asked, wish: CallOff) -> None:
    """Stops ringing; who does not ring any more stays as they are. Raises as `helping`."""
    helping(draft.state, asked)
    for member in _asked(draft.state):
        if member.person.id == wish.person:
            _stop(draft, member, MemberState.MISSED)


def helping(state: RoomState, asked: Asked) -> Member:
    """Who wishes it sits in a call that was answered, and is of headquarters.

    Raises as `seated`, or Rejection `conflict` or `forbidden`.
    """
    member = seated(state, asked.by, asked.session)
    if state.call is None or state.call.stage is not CallStage.ANSWERED:
        raise Rejection(ErrorCode.CONFLICT, "no call that was answered")
    if at_store(member.person) or visits(member.person):
        raise Rejection(ErrorCode.FORBIDDEN, "only headquarters")
    return member


def come(draft: Draft, member: Member, session: SessionId, facts: Facts) -> None:
    """Who was asked answers. Whose place it is leaves in the same moment. Raises Rejection(`busy`)."""
    if facts.elsewhere:
        raise Rejection(ErrorCode.BUSY, "in another room")
    assert member.asked is not None
    draft.grant(draft.seat(member, session, host=False), only_session=session)
    asker = find(draft.state, member.asked.by)
    if member.asked.instead and asker is not None and asker.state in SEATED:
        step_out(draft, asker, LegEnd.LEFT)


def decline(draft: Draft, member: Member) -> None:
    """Who was asked does not want to."""
    _stop(draft, member, MemberState.DECLINED)


def busy(draft: Draft, member: Member) -> None:
    """Who was asked has sat down in another room."""
    _stop(draft, member, MemberState.MISSED)


def expired(draft: Draft) -> None:
    """Who was asked has not answered in time."""
    for member in _asked(draft.state):
        assert member.asked is not None
        if draft.now_ms >= member.asked.until:
            _stop(draft, member, MemberState.MISSED)


def next_ms(state: RoomState) -> int | None:
    """When `expired` has something to do."""
    return min((member.asked.until for member in _asked(state) if member.asked is not None), default=None)


def goes_on_without(state: RoomState, member: Member) -> bool:
    """Whether the store and somebody of headquarters remain; without a store, two of headquarters."""
    rest = [at_store(other.person) for other in present(state) if other.person.id != member.person.id]
    if state.call is not None and state.call.store is None:
        return len(rest) > 1
    return any(rest) and not all(rest)


def step_out(draft: Draft, member: Member, reason: LegEnd) -> None:
    """`member` leaves those who stay, and nobody waits for it; who leads from now on was here first."""
    hosted = member.host
    draft.unseat(draft.change(member, host=False))
    draft.effects.append(DropParticipant(room=draft.state.id, participant=member.person.id, reason=reason))
    hold.left(draft, member.person.id)
    if hosted:
        helpers = [other for other in present(draft.state) if not at_store(other.person)]
        draft.grant(draft.change(min(helpers, key=lambda one: one.joined_at or 0), host=True))


def present(state: RoomState) -> list[Member]:
    """The people of the house who sit in it: guests are devices, and a visitor keeps no call open."""
    return [one for one in state.members if one.state in SEATED and one.guest is None and not visits(one.person)]


def seats(state: RoomState) -> int:
    """How many people it has, visitors and who is asked in counted."""
    visitors = [member for member in state.members if member.state in SEATED and visits(member.person)]
    return len(present(state)) + len(visitors) + len(_asked(state))


def _asked(state: RoomState) -> list[Member]:
    """Who rings because somebody asked for them."""
    return [member for member in state.members if member.state is MemberState.RINGING and member.asked is not None]


def _stop(draft: Draft, member: Member, to: MemberState) -> None:
    draft.move(member, to)
    reason = LegEnd.LEFT if to is MemberState.DECLINED else LegEnd.REMOVED
    draft.effects.append(DropParticipant(room=draft.state.id, participant=member.person.id, reason=reason))
