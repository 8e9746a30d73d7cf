"""Guests: devices of WHIP and WHEP that come by a media token and stay as long as their one connection.

They have media and nothing else: no socket, no chat, no host's word reaches them. A room is never kept open for them,
and their going ends none. Consent to the recording was given by whoever issued the token.
"""

from contract.errors import ErrorCode, Rejection
from contract.media import MediaUse
from contract.nodes import CloseLeg, DropParticipant, LegEnd
from contract.rooms import CallStage, Member, MemberState, RoomState
from signaling.domain import hold
from signaling.domain.commands import Facts, GuestCame, GuestGone
from signaling.domain.draft import SEATED, Draft, find

MAX_GUESTS = 20
"""In a room at once."""


def check_open(state: RoomState) -> None:
    """Raises Rejection(`over`), or `conflict` while a call rings or is on hold: nobody is there to see a guest come."""
    if state.closed_at is not None:
        raise Rejection(ErrorCode.OVER, "the room is closed")
    if state.call is not None and state.call.stage is not CallStage.ANSWERED:
        raise Rejection(ErrorCode.CONFLICT, "the call is not answered")
    hold.check_flows(state)


def came(draft: Draft, command: GuestCame, facts: Facts) -> None:
    """Give the guest its seat. A second connection by the same token takes it over, as another tab would.

    Raises as `check_open`, or Rejection(`too_many`).
    """
    check_open(draft.state)
    member = find(draft.state, command.person.id)
    if (member is None or member.state not in SEATED) and len(seated_guests(draft.state)) >= MAX_GUESTS:
        raise Rejection(ErrorCode.TOO_MANY, f"{MAX_GUESTS} guests in this room")
    if member is None:
        watches = command.use is MediaUse.WATCH
        new = Member(
            person=command.person, state=MemberState.LEFT, guest=command.use, muted=watches, camera_off=watches
        )
        draft.seat(new, command.session, host=False)
        return
    member = draft.seat(member, command.session, host=False)
    for leg in facts.legs:
        if leg.participant == command.person.id and leg.session != command.session:
            draft.effects.append(CloseLeg(leg=leg.leg, reason=LegEnd.REPLACED))
    draft.grant(member, only_session=command.session)


def gone(draft: Draft, command: GuestGone) -> None:
    """Nothing happens if the seat is another connection's by now."""
    for member in seated_guests(draft.state):
        if member.session == command.session:
            leave(draft, member, command.reason)


def leave(draft: Draft, member: Member, reason: LegEnd) -> None:
    """A guest's seat is free; the room goes on."""
    draft.unseat(member)
    draft.effects.append(DropParticipant(room=draft.state.id, participant=member.person.id, reason=reason))


def seated_guests(state: RoomState) -> list[Member]:
    """The guests who are here."""
    return [member for member in state.members if member.guest is not None and member.state in SEATED]
