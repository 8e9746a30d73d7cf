"""Puts a whole chain into an empty database: people, stores, and rooms that are already over.

For the demo chain and for tests. Run before signaling starts, or on its database inside a test.
"""

import asyncio
from dataclasses import dataclass, field

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from contract.ids import PersonId, RegionId, room_channel
from contract.inventory import EquipmentRecord
from contract.people import Name, Person, Role, Store
from contract.recording import RecordingSummary
from contract.rooms import MemberState, RecordingState, RoomEvent, RoomState, Still
from contract.server import ChatMessage
from runtime.settings import Settings
from signaling.auth.passwords import Passwords
from signaling.domain.access import at_store
from signaling.domain.callquality import Sampled
from signaling.store import equipment, pins, quality, timings
from signaling.store.engine import Database
from signaling.store.migrate import migrate
from signaling.store.schema import DATABASE
from signaling.store.tables.messages import ChannelRow, MessageRow
from signaling.store.tables.organisation import ChainRow, EquipmentRow, RegionRow, StoreRow
from signaling.store.tables.people import PersonRow
from signaling.store.tables.recordings import PublicationRow, RecordingRow
from signaling.store.tables.rooms import RoomEventRow, RoomMemberRow, RoomRow, StillRow


@dataclass(frozen=True)
class RegionSeed:
    id: RegionId
    name: Name


@dataclass(frozen=True)
class PersonSeed:
    """A person (or tablet) and how they sign in."""

    person: Person
    login: str
    password: str
    region: RegionId | None = None
    """Scope of an area manager."""
    pin: str | None = None
    """One that they chose themselves."""


@dataclass(frozen=True)
class StillSeed:
    """A photo's facts; its bytes must lie at `objects/stills/<id>`."""

    still: Still
    mime: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class RoomSeed:
    """A room that is over. `state` is its last state; files lie at `objects/recordings/<recording id>/<part.file>`."""

    state: RoomState
    events: list[tuple[int, RoomEvent]] = field(default_factory=list)
    """(UTC ms, event), in order: the replay's chapters come from them."""
    messages: list[ChatMessage] = field(default_factory=list)
    """Chat in order of `seq`, 1 upwards, of the room's channel."""
    recording: RecordingSummary | None = None
    published: list[Role] = field(default_factory=list)
    stills: list[StillSeed] = field(default_factory=list)
    quality: dict[PersonId, list[Sampled]] = field(default_factory=dict)
    """How well media went, each person's samples in order of time."""


@dataclass(frozen=True)
class ChainSeed:
    name: Name
    regions: list[RegionSeed]
    stores: list[Store]
    people: list[PersonSeed]
    rooms: list[RoomSeed] = field(default_factory=list)
    equipment: list[EquipmentRecord] = field(default_factory=list)


async def seed(settings: Settings, chain: ChainSeed, passwords: Passwords | None = None) -> None:
    """Add what is missing; what is there (by id) is left as it is, so this may run at every start."""
    async with Database(settings.data / DATABASE) as database:
        await migrate(database)
        async with database.read() as session:
            known = set(await session.scalars(select(PersonRow.id)))
        new = [one for one in chain.people if one.person.id not in known]
        made = passwords or Passwords()
        hashes = await asyncio.gather(*(made.hash(one.password) for one in new))
        chosen = {one.person.id: await made.hash(one.pin) for one in new if one.pin is not None}

        async def work(session: AsyncSession) -> None:
            await _chain(session, chain)
            for one, password_hash in zip(new, hashes, strict=True):
                await session.execute(insert(PersonRow).values(**_person(one, password_hash)))
            for person, pin_hash in chosen.items():
                await pins.keep(session, person, pin_hash, once_until_ms=None)
            await _equipment(session, chain.equipment)
            rooms = set(await session.scalars(select(RoomRow.id)))
            for room in chain.rooms:
                if room.state.id not in rooms:
                    await _room(session, room)

        await database.write(work)


async def _chain(session: AsyncSession, chain: ChainSeed) -> None:
    if await session.get(ChainRow, 1) is None:
        await session.execute(insert(ChainRow).values(id=1, name_zh=chain.name.zh, name_en=chain.name.en))
    regions = set(await session.scalars(select(RegionRow.id)))
    for region in chain.regions:
        if region.id not in regions:
            row = {"id": region.id, "name_zh": region.name.zh, "name_en": region.name.en}
            await session.execute(insert(RegionRow).values(**row))
    stores = set(await session.scalars(select(StoreRow.id)))
    for store in chain.stores:
        if store.id not in stores:
            await session.execute(
                insert(StoreRow).values(
                    id=store.id,
                    number=store.number,
                    name_zh=store.name.zh,
                    name_en=store.name.en,
                    region_id=store.region,
                )
            )


async def _equipment(session: AsyncSession, machines: list[EquipmentRecord]) -> None:
    known = set(await session.scalars(select(EquipmentRow.id)))
    for one in machines:
        if one.machine.id not in known:
            row = {"id": one.machine.id, "code": one.machine.code, "retired_ms": 0 if one.retired else None}
            about = equipment.columns_of(equipment.kept_of(one))
            await session.execute(insert(EquipmentRow).values(**row, **about))


def _person(one: PersonSeed, password_hash: str) -> dict[str, str | None]:
    person = one.person
    return {
        "id": person.id,
        "login": one.login,
        "password_hash": password_hash,
        "role": person.role,
        "name_zh": person.name.zh,
        "name_en": person.name.en,
        "title_zh": person.title.zh if person.title else None,
        "title_en": person.title.en if person.title else None,
        "department_zh": person.department.zh if person.department else None,
        "department_en": person.department.en if person.department else None,
        "store_id": person.store.id if person.store else None,
        "region_id": one.region,
        "skills": ",".join(person.skills),
    }


async def _room(session: AsyncSession, room: RoomSeed) -> None:
    state = room.state
    store = state.call.store.id if state.call and state.call.store else None
    recorded = room.recording
    await session.execute(
        insert(RoomRow).values(
            id=state.id,
            ver=state.ver,
            kind=state.kind,
            opened_ms=state.opened_at,
            closed_ms=state.closed_at,
            store_id=store,
            equipment_id=state.call.equipment.id if state.call and state.call.equipment else None,
            recording_id=recorded.id if recorded else None,
            recording_state=recorded.state if recorded else RecordingState.OFF,
            body=state.model_dump_json(),
        )
    )
    for ver, (at_ms, event) in enumerate(room.events, start=1):
        await session.execute(
            insert(RoomEventRow).values(room_id=state.id, ver=ver, at_ms=at_ms, body=event.model_dump_json())
        )
    for member in state.members:
        await session.execute(
            insert(RoomMemberRow).values(
                room_id=state.id,
                person_id=member.person.id,
                store_id=member.person.store.id if member.person.store and at_store(member.person) else None,
                participated=member.joined_at is not None or member.state is MemberState.JOINED,
            )
        )
    channel = room_channel(state.id)
    await session.execute(insert(ChannelRow).values(id=channel, head=len(room.messages)))
    for message in room.messages:
        await session.execute(
            insert(MessageRow).values(
                channel_id=channel,
                seq=message.seq,
                cid=message.cid,
                sender_id=message.sender,
                body=message.body,
                at_ms=message.ts,
            )
        )
    for still in room.stills:
        await session.execute(
            insert(StillRow).values(
                id=still.still.id,
                room_id=state.id,
                mime=still.mime,
                size_bytes=still.size_bytes,
                sha256=still.sha256,
                body=still.still.model_dump_json(),
            )
        )
    if recorded is not None:
        await session.execute(
            insert(RecordingRow).values(
                id=recorded.id,
                room_id=state.id,
                state=recorded.state,
                stopped_ms=state.closed_at,
                safe_ms=state.closed_at,
                summary=recorded.model_dump_json(),
            )
        )
    await timings.keep(session, state)
    if room.quality:
        await quality.keep(session, {(state.id, person): samples for person, samples in room.quality.items()})
    for role in room.published:
        by = next((m.person.id for m in state.members if m.host), state.members[0].person.id)
        await session.execute(
            insert(PublicationRow).values(room_id=state.id, role=role, by_id=by, at_ms=state.closed_at or 0)
        )
