"""All that is kept about one person, table by table, as they may have it: no secret, and nobody else's business."""

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Row, Select, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from contract.audit import Action
from contract.base import Message, encode
from contract.callbacks import Callback
from contract.ids import ChannelId, PersonId, RecordingId, RoomId
from contract.passkeys import Passkey
from contract.people import Name, Skill
from contract.quiet import Quiet
from contract.recording import RecordingSummary
from contract.rights import (
    HeldAccount,
    HeldAct,
    HeldCall,
    HeldCallback,
    HeldFigures,
    HeldIdentity,
    HeldMessage,
    HeldPhoto,
    HeldProgress,
    HeldPush,
    HeldRead,
    HeldRecording,
    HeldRing,
    HeldSignIn,
)
from contract.rings import Ring, RingEnd, RingWay
from contract.rooms import Member, RecordingState, RoomState
from contract.routing import ExpertProfile
from signaling.store.grants import further, main_grant
from signaling.store.people import optional_name
from signaling.store.tables.accounts import IdentityRow, InvitationRow, PasskeyRow, SignInRow
from signaling.store.tables.audit import AuditRow
from signaling.store.tables.calls import CallbackRow, QualityRow, RingRow
from signaling.store.tables.devices import PinRow, TakeOverRow
from signaling.store.tables.messages import CursorRow, MessageRow
from signaling.store.tables.notices import PushBrowserRow
from signaling.store.tables.people import ExpertProfileRow, HandoverRow, PersonRow, QuietRow
from signaling.store.tables.recordings import ProgressRow, RecordingRow
from signaling.store.tables.rooms import RoomRow
from signaling.store.traces import rooms_of

Query = Select[*tuple[Any, ...]]
Found = Row[*tuple[Any, ...]]
Place = tuple[Any, ...]
"""The values of `Part.order` of an item."""


@dataclass(frozen=True)
class Part:
    """One of the lists of contract.rights.PersonCopy."""

    name: str
    query: Callable[[PersonId], Query]
    order: tuple[InstrumentedAttribute[Any], ...]
    """Columns of what `query` finds first, which no two have alike; it only grows at its end."""
    as_item: Callable[[PersonId, Found], Message]


async def page(
    session: AsyncSession, part: Part, person: PersonId, after: Place | None, limit: int
) -> tuple[list[bytes], Place | None]:
    """The items of a part that come after a place, as JSON, and the place where they end; None: no more follow."""
    query = part.query(person).order_by(*part.order).limit(limit)
    if after is not None:
        query = query.where(tuple_(*part.order) > tuple_(*after))
    rows = (await session.execute(query)).all()
    last = tuple(getattr(rows[-1][0], column.key) for column in part.order) if len(rows) == limit else None
    return [encode(part.as_item(person, row)) for row in rows], last


async def account(session: AsyncSession, person: PersonId) -> HeldAccount:
    """Who they are here."""
    row = await session.get_one(PersonRow, person)
    pin = await session.get(PinRow, person)
    profile = await session.get(ExpertProfileRow, person)
    quiet = await session.get(QuietRow, person)
    identities = await session.scalars(select(IdentityRow).where(IdentityRow.person_id == person))
    tablets = await session.scalars(select(TakeOverRow.device_id).where(TakeOverRow.person_id == person))
    successor = await session.scalar(select(HandoverRow.successor_id).where(HandoverRow.person_id == person))
    return HeldAccount(
        id=person,
        login=row.login,
        name=Name(zh=row.name_zh, en=row.name_en),
        title=optional_name(row.title_zh, row.title_en),
        department=optional_name(row.department_zh, row.department_en),
        skills=[Skill(skill) for skill in row.skills.split(",") if skill],
        roles=[main_grant(row), *await further(session, person)],
        identities=[
            HeldIdentity(issuer=one.issuer, subject=one.subject, linked_at=one.linked_ms) for one in identities
        ],
        profile=ExpertProfile.model_validate_json(profile.body) if profile is not None else None,
        quiet=Quiet.model_validate_json(quiet.body) if quiet is not None else None,
        has_password=bool(row.password_hash),
        has_pin=pin is not None,
        invited_until=await session.scalar(select(InvitationRow.expires_ms).where(InvitationRow.person_id == person)),
        tablets=[PersonId(one) for one in tablets],
        successor=PersonId(successor) if successor is not None else None,
        disabled_at=row.disabled_ms,
        erased_at=row.erased_ms,
    )


def _sign_ins(person: PersonId) -> Query:
    return select(SignInRow).where(SignInRow.person_id == person)


def _sign_in(_person: PersonId, found: Found) -> HeldSignIn:
    row: SignInRow = found[0]
    return HeldSignIn(
        browser=row.user_agent,
        by_passkey=row.passkey_id is not None,
        since=row.created_ms,
        seen_at=row.seen_ms,
        expires_at=row.expires_ms,
    )


def _passkeys(person: PersonId) -> Query:
    return select(PasskeyRow).where(PasskeyRow.person_id == person)


def _passkey(_person: PersonId, found: Found) -> Passkey:
    row: PasskeyRow = found[0]
    return Passkey(id=row.id, name=row.name, added_at=row.added_ms, used_at=row.used_ms)


def _pushes(person: PersonId) -> Query:
    return select(PushBrowserRow).where(PushBrowserRow.person_id == person)


def _push(_person: PersonId, found: Found) -> HeldPush:
    row: PushBrowserRow = found[0]
    return HeldPush(device=row.device, host=urlsplit(row.endpoint).hostname or "", since=row.set_ms)


def _calls(person: PersonId) -> Query:
    return (
        select(RoomRow, RecordingRow)
        .join(RecordingRow, RecordingRow.room_id == RoomRow.id, isouter=True)
        .where(RoomRow.id.in_(rooms_of(person)))
    )


def _call(person: PersonId, found: Found) -> HeldCall:
    room: RoomRow = found[0]
    recording: RecordingRow | None = found[1]
    state = RoomState.model_validate_json(room.body)
    seat = next((one for one in state.members if person in _behind(one)), None)
    store = state.call.store if state.call is not None else None
    return HeldCall(
        room=state.id,
        page=f"/archive/{state.id}",
        kind=state.kind,
        title=state.title,
        store=store.name if store is not None else None,
        reason=state.call.reason if state.call is not None else None,
        opened_at=state.opened_at,
        closed_at=state.closed_at,
        end=state.end,
        role=seat.person.role if seat is not None else None,
        host=seat is not None and seat.host,
        state=seat.state if seat is not None else None,
        joined_at=seat.joined_at if seat is not None else None,
        left_at=seat.left_at if seat is not None else None,
        consented_at=seat.consented_at if seat is not None else None,
        recording=_recording(person, recording) if recording is not None else None,
        photos=[
            HeldPhoto(id=one.id, taken_at=one.taken_at, file=f"/api/rooms/{state.id}/stills/{one.id}")
            for one in state.stills
            if one.by == person
        ],
    )


def _behind(member: Member) -> set[PersonId]:
    """Whose seat it is: of a tablet also whoever has taken it over."""
    operator = member.person.operator
    return {member.person.id} if operator is None else {member.person.id, operator.id}


def _recording(person: PersonId, row: RecordingRow) -> HeldRecording:
    summary = RecordingSummary.model_validate_json(row.summary) if row.summary is not None else None
    parts = summary.parts if summary is not None else []
    return HeldRecording(
        id=RecordingId(row.id),
        state=RecordingState(row.state),
        duration_s=summary.duration_s if summary is not None else None,
        deleted_at=row.deleted_ms,
        files=[f"/api/archive/{row.room_id}/files/{part.file}" for part in parts if part.participant == person],
    )


def _messages(person: PersonId) -> Query:
    return select(MessageRow).where(MessageRow.author_id == person)


def _message(person: PersonId, found: Found) -> HeldMessage:
    row: MessageRow = found[0]
    return HeldMessage(
        channel=ChannelId(row.channel_id),
        seq=row.seq,
        at=row.at_ms,
        at_tablet=row.sender_id != person,
        body=row.body,
    )


def _reads(person: PersonId) -> Query:
    return select(CursorRow).where(CursorRow.person_id == person)


def _read(_person: PersonId, found: Found) -> HeldRead:
    row: CursorRow = found[0]
    return HeldRead(channel=ChannelId(row.channel_id), device=row.device, delivered=row.delivered, read=row.read)


def _callbacks(person: PersonId) -> Query:
    named = (func.json_extract(CallbackRow.body, f"$.{one}.id") == person for one in ("owner", "done_by"))
    return select(CallbackRow).where(or_(*named))


def _callback(person: PersonId, found: Found) -> HeldCallback:
    item = Callback.model_validate_json(found[0].body)
    return HeldCallback(
        room=item.room,
        store=item.store.name,
        reason=item.reason,
        state=item.state,
        owed=item.owner is not None and item.owner.id == person,
        done=item.done_by is not None and item.done_by.id == person,
        due_at=item.due_at,
        done_at=item.done_at,
    )


def _rings(person: PersonId) -> Query:
    return select(RingRow).where(RingRow.person_id == person)


def _ring(person: PersonId, found: Found) -> HeldRing:
    row: RingRow = found[0]
    ring = Ring(
        person=person,
        device=row.device,
        way=RingWay(row.way),
        sent_at=row.sent_ms,
        shown_at=row.shown_ms,
        hidden=row.hidden,
        silent=row.silent,
        end=RingEnd(row.end),
    )
    return HeldRing(room=RoomId(row.room_id), ring=ring)


def _watched(person: PersonId) -> Query:
    return select(ProgressRow).where(ProgressRow.person_id == person)


def _progress(_person: PersonId, found: Found) -> HeldProgress:
    row: ProgressRow = found[0]
    return HeldProgress(room=RoomId(row.room_id), position_s=row.position_s, done=row.done, at=row.at_ms)


def _figures(person: PersonId) -> Query:
    return select(QualityRow).where(QualityRow.person_id == person)


def _some_figures(_person: PersonId, found: Found) -> HeldFigures:
    row: QualityRow = found[0]
    return HeldFigures(room=RoomId(row.room_id), since=row.from_ms, samples=json.loads(zlib.decompress(row.body)))


_GUESSED = {Action.SIGN_IN_FAILED}
"""Under their name, by whoever tried."""


def _acts(person: PersonId) -> Query:
    named = or_(*(column == person for column in (AuditRow.person_id, AuditRow.operator_id, AuditRow.object)))
    return select(AuditRow).where(named)


def _act(person: PersonId, found: Found) -> HeldAct:
    row: AuditRow = found[0]
    own = person in (row.person_id, row.operator_id) and row.action not in _GUESSED
    return HeldAct(
        seq=row.seq,
        at=row.at_ms,
        action=row.action,
        own=own,
        object=row.object,
        address=row.address if own else None,
        detail=row.detail,
    )


PARTS = (
    Part("sign_ins", _sign_ins, (SignInRow.created_ms, SignInRow.token_hash), _sign_in),
    Part("passkeys", _passkeys, (PasskeyRow.id,), _passkey),
    Part("pushes", _pushes, (PushBrowserRow.set_ms, PushBrowserRow.device), _push),
    Part("calls", _calls, (RoomRow.opened_ms, RoomRow.id), _call),
    Part("messages", _messages, (MessageRow.at_ms, MessageRow.channel_id, MessageRow.seq), _message),
    Part("read", _reads, (CursorRow.channel_id, CursorRow.device), _read),
    Part("callbacks", _callbacks, (CallbackRow.room_id,), _callback),
    Part("rings", _rings, (RingRow.sent_ms, RingRow.room_id, RingRow.device), _ring),
    Part("watched", _watched, (ProgressRow.room_id,), _progress),
    Part("figures", _figures, (QualityRow.from_ms, QualityRow.room_id), _some_figures),
    Part("acts", _acts, (AuditRow.seq,), _act),
)
"""All of them, in the order of the document."""
