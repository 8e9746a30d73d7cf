"""What breaks the contract of bookings, hold, colleagues' calls and "go on there" is refused, and changes nothing."""

import json
from urllib.parse import quote

import pytest
from sqlalchemy import func, select

from contract.errors import ErrorCode
from contract.ids import RoomId
from contract.rooms import Reason
from contract.server import Error
from signaling.app import SERVICE
from signaling.store import callbacks as rows
from signaling.store.tables.audit import AuditRow
from tests.signaling.service.test_bookings import booked, slots
from tests.signaling.service.world import World, answered
from tests.support import chain
from tests.support.clients import Tab, new_cid

pytestmark = pytest.mark.flow

LONG = "x" * 60_000
"""Nearly the largest frame."""
MINE, FOREIGN = "the call they are in", "another one that goes on"
HOLD: list[tuple[dict[str, object], ErrorCode]] = [
    ({"on": True, "room": FOREIGN}, ErrorCode.NOT_FOUND),
    ({"on": True, "room": LONG}, ErrorCode.NOT_FOUND),
    ({"on": True, "room": ""}, ErrorCode.NOT_FOUND),
    ({"on": True, "room": 7}, ErrorCode.BAD_MESSAGE),
    ({"on": True}, ErrorCode.BAD_MESSAGE),
    ({"room": MINE}, ErrorCode.BAD_MESSAGE),
    ({"on": None, "room": MINE}, ErrorCode.BAD_MESSAGE),
    ({"on": 1, "room": MINE}, ErrorCode.BAD_MESSAGE),
    ({"on": LONG, "room": MINE}, ErrorCode.BAD_MESSAGE),
]
HAND_OVER: list[tuple[dict[str, object], ErrorCode]] = [
    ({"to": LONG, "room": MINE}, ErrorCode.NOT_FOUND),
    ({"to": "\x00", "room": MINE}, ErrorCode.NOT_FOUND),
    ({"to": "any", "room": FOREIGN}, ErrorCode.NOT_FOUND),
    ({"to": {"id": "any"}, "room": MINE}, ErrorCode.BAD_MESSAGE),
    ({"room": MINE}, ErrorCode.BAD_MESSAGE),
]
START_CALL: list[tuple[dict[str, object], ErrorCode]] = [
    ({"reason": "any", "person": "p-nobody"}, ErrorCode.NOT_FOUND),
    ({"reason": "any", "person": LONG}, ErrorCode.NOT_FOUND),
    ({"reason": "any", "person": "p-store-0201"}, ErrorCode.NOT_FOUND),
    ({"reason": "any", "person": "p-wu"}, ErrorCode.BAD_MESSAGE),  # oneself
    ({"reason": "any"}, ErrorCode.BAD_MESSAGE),
    ({"reason": "any", "person": 7}, ErrorCode.BAD_MESSAGE),
    ({"reason": "any", "person": ["p-chen"]}, ErrorCode.BAD_MESSAGE),
    ({"reason": "any", "group": "magic"}, ErrorCode.BAD_MESSAGE),
    ({"reason": "fire", "person": "p-liu"}, ErrorCode.BAD_MESSAGE),
    ({"reason": LONG, "person": "p-liu"}, ErrorCode.BAD_MESSAGE),
    ({"reason": "any", "person": "p-liu", "age_ms": -1}, ErrorCode.BAD_MESSAGE),
    ({"reason": "any", "person": "p-liu", "age_ms": 2**63}, ErrorCode.BAD_MESSAGE),
    ({"reason": "any", "person": "p-liu", "age_ms": 0.5}, ErrorCode.BAD_MESSAGE),
    ({"reason": "any", "person": "p-liu", "language": "xx"}, ErrorCode.BAD_MESSAGE),
]


async def kept(world: World) -> tuple[object, ...]:
    """All rooms, all that is owed, and how much was written down."""
    async with world.server.house.database.read() as session:
        lines = await session.scalar(select(func.count()).select_from(AuditRow))
    states = [room.state for room in world.server.app[SERVICE].rooms.all()]
    return states, await world.server.house.database.fetch(rows.unfinished), lines


async def says(who: Tab, kind: str, fields: dict[str, object]) -> ErrorCode:
    """Why it is refused; as JSON, for no model would say it."""
    assert who.socket is not None
    cid = new_cid()
    await who.socket.send_str(json.dumps({"type": kind, "cid": cid, **fields}))
    heard = await who.answer(cid)
    assert isinstance(heard, Error), heard
    return heard.code


async def test_messages_that_break_the_contract(world: World) -> None:
    store, chen, far, zhang, wu = [
        await world.tab(login) for login in ("store-0117", "chen", "store-0201", "zhang", "wu")
    ]
    rooms = {MINE: await answered(store, chen), FOREIGN: await answered(far, zhang)}
    await world.tab("liu")
    before = await kept(world)
    for who, kind, tries in ((chen, "hold_call", HOLD), (chen, "hand_over", HAND_OVER), (wu, "start_call", START_CALL)):
        for fields, code in tries:
            meant = {name: rooms.get(str(value), value) for name, value in fields.items()}
            assert await says(who, kind, meant) is code, str(fields)[:80]
    assert await kept(world) == before


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"reason": "dishes"',
        b'["dishes"]',
        json.dumps({"reason": "dishes", "note": 7}).encode(),
        json.dumps({"reason": "dishes", "note": None}).encode(),
        json.dumps({"reason": "dishes", "note": LONG}).encode(),
        json.dumps({"reason": LONG}).encode(),
        json.dumps({"reason": ["dishes"]}).encode(),
        json.dumps({"reason": "dishes", "at": True}).encode(),
        json.dumps({"reason": "dishes", "at": {}}).encode(),
        json.dumps({"reason": "dishes", "at": 10**400}).encode(),
    ],
    ids=lambda body: repr(body[:40]),
)
async def test_bookings_that_break_the_contract(world: World, body: bytes) -> None:
    store = await world.server.sign_in("store-0117")
    before = await booked(store, (await slots(store, "dishes"))[0], "dishes")
    refused = await store.post("/api/callbacks", data=body)
    assert (refused.status, refused.code) == (400, ErrorCode.BAD_MESSAGE)
    assert await world.server.house.database.fetch(rows.unfinished) == [before]


async def test_callbacks_that_are_none_or_anothers(world: World) -> None:
    store, chen, wu = [await world.server.sign_in(login) for login in ("store-0117", "chen", "wu")]
    north = await world.server.sign_in("store-0201")
    theirs = (await booked(north, None)).room
    tab, expert = await world.tab("store-0108"), await world.tab("liu")
    live = await answered(tab, expert, Reason.DISHES)
    before = await kept(world)
    strange = [RoomId(room) for room in ("nothing", "..", "\x00", "x" * 2_000, chain.ROOM, live)]
    for who, act, rooms in (
        (store, "cancel", [*strange, theirs]),
        *((wu, act, [*strange, theirs]) for act in ("take", "reopen", "done")),
        *((chen, act, strange) for act in ("take", "reopen", "done")),
    ):
        for room in rooms:
            refused = await who.post(f"/api/callbacks/{quote(room, safe='')}/{act}")
            assert (refused.status, refused.code) == (404, ErrorCode.NOT_FOUND), (act, room[:20])
    assert await kept(world) == before
