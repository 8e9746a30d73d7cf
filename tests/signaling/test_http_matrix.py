"""Every role at every endpoint: the exact status of each cell, from the route table.

The objects are those of the recorded call of store 0117 with chen, published to learners. A route without a line
here fails.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from contract.http import Me
from contract.ids import PersonId, RoomId, VisitId
from contract.people import Role
from contract.rooms import MemberState
from runtime import clock, ids
from signaling.auth.sign_ins import digest
from signaling.domain.access import roles_for
from signaling.http.route import Route
from signaling.http.table import ROUTES
from signaling.store import visits
from signaling.store.seed import RoomSeed
from signaling.store.tables.rooms import RoomRow
from tests.support import chain
from tests.support.server import Client, SignalingServer

pytestmark = pytest.mark.flow

ANYBODY = (
    "nobody",
    "expired",
    "store-0117",
    "store-0108",
    "store-0201",
    "chen",
    "zhang",
    "he",
    "wu",
    "tang",
    "fang",
    "xiaolin",
    "qian",
    "admin",
)
"""`nobody` has no cookie, `expired` one that has run out; 0108 is another store of the region, 0201 of another one;
zhang was rung but did not answer; wu manages East, tang store 0117; fang is of operations, xiaolin a learner, qian an
auditor."""
SIGNED_IN = ANYBODY[2:]
HEADQUARTERS = ("chen", "zhang", "he", "wu", "fang", "admin")
READERS = ("store-0117", "chen", "wu", "tang", "fang", "xiaolin", "qian", "admin")
OFFER = {"session": "s", "pc_gen": 1, "layout": {"stage": 2, "floor": 3}, "sdp": "v=0"}


NAME = {"zh": "名", "en": "Name"}
SETUP = {"token": "a guess", "chain": NAME, "login": "mallory", "name": NAME, "password": "a good long one"}
BOT = {
    "name": "设备群",
    "kind": "feishu",
    "url": "https://open.feishu.cn/open-apis/bot/v2/hook/0",
    "occasions": ["callback"],
    "language": "zh",
    "enabled": False,
}


PUSH = {
    "endpoint": "https://fcm.googleapis.com/fcm/send/of-nobody",
    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    "language": "zh",
}


@dataclass(frozen=True)
class Row:
    """What each visitor gets; those not named get 401 without a sign-in, else `others`."""

    gets: dict[str, int]
    others: int = 404
    body: Any = None
    data: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def expected(self, visitor: str) -> int:
        if visitor in self.gets:
            return self.gets[visitor]
        return 401 if visitor in ("nobody", "expired") else self.others


def all_get(status: int, *visitors: str) -> dict[str, int]:
    return dict.fromkeys(visitors, status)


NO_HOST_EVER = all_get(403, "store-0117", "store-0108", "store-0201", "wu", "tang", "fang", "xiaolin", "qian")
NO_SEAT_EVER = all_get(403, "tang", "xiaolin", "qian")
NO_INVITER_EVER = all_get(403, "store-0117", "store-0108", "store-0201", "tang", "xiaolin", "qian")
MACHINE = {"name": NAME, "make": "Make", "model": "M", "serial": "S", "store": "s-0117", "reason": "equipment"}
SEES_STORES = Row(
    all_get(403, "chen", "zhang", "he", "xiaolin", "qian")
    | all_get(200, "store-0117", "store-0108", "store-0201", "wu", "tang", "fang", "admin")
)
TABLETS_NEVER = all_get(403, "store-0117", "store-0108", "store-0201")
BY_ADMIN = Row(all_get(403, *SIGNED_IN) | {"admin": 200})
BY_WHO_MANAGES = Row(BY_ADMIN.gets | all_get(404, "wu", "tang"))
"""Of a store of another region."""
AT_A_TABLET = all_get(403, *SIGNED_IN) | all_get(200, "store-0117", "store-0108", "store-0201")
BY_WHO_IS_RUNG = all_get(403, *SIGNED_IN)
ROWS: dict[tuple[str, str], Row] = {
    ("GET", "/api/setup"): Row(all_get(200, *ANYBODY)),
    ("POST", "/api/setup/check"): Row(all_get(410, *ANYBODY), body={"token": "a guess"}),
    ("POST", "/api/setup"): Row(all_get(410, *ANYBODY), body=SETUP),
    ("POST", "/api/invitation/check"): Row(all_get(404, *ANYBODY), body={"token": "a guess"}),
    ("POST", "/api/invitation"): Row(all_get(404, *ANYBODY), body={"token": "a guess", "password": "a good long one"}),
    ("POST", "/api/lists/people"): Row(
        all_get(403, *SIGNED_IN) | {"admin": 200}, data=b"login,name,role", headers={"Content-Type": "text/csv"}
    ),
    ("GET", "/api/people"): BY_ADMIN,
    ("POST", "/api/people"): Row(
        BY_ADMIN.gets | {"admin": 201}, body={"login": "sun", "role": "expert", "name": NAME, "skills": ["it"]}
    ),
    ("PUT", "/api/people/{person}"): Row(BY_ADMIN.gets | {"admin": 204}, body={"name": NAME}),
    ("POST", "/api/people/{person}/invitation"): Row(BY_ADMIN.gets | {"admin": 201}),
    ("PUT", "/api/people/{person}/roles"): Row(
        BY_ADMIN.gets | {"admin": 204}, body={"role": "expert", "region": chain.NORTH}
    ),
    ("PUT", "/api/people/{person}/disabled"): Row(BY_ADMIN.gets | {"admin": 204}, body={"disabled": True}),
    ("GET", "/api/me/copy"): Row(all_get(200, *SIGNED_IN) | TABLETS_NEVER),
    ("GET", "/api/people/{person}/copy"): BY_ADMIN,
    ("POST", "/api/people/{person}/erasure"): Row(BY_ADMIN.gets | {"admin": 400}, body={"name": "somebody else"}),
    ("GET", "/api/stores"): Row(BY_ADMIN.gets | all_get(200, "wu", "tang", "fang")),
    ("POST", "/api/stores"): Row(
        BY_ADMIN.gets | {"admin": 201}, body={"number": "0300", "name": NAME, "region": chain.EAST}
    ),
    ("POST", "/api/lists/stores"): Row(BY_ADMIN.gets, data=b"number,name,region", headers={"Content-Type": "text/csv"}),
    ("PUT", "/api/stores/{store}"): Row(BY_ADMIN.gets | {"admin": 204}, body={"name": NAME, "region": chain.EAST}),
    ("PUT", "/api/stores/{store}/closed"): Row(BY_ADMIN.gets | {"admin": 204}, body={"closed": False}),
    ("POST", "/api/regions"): Row(BY_ADMIN.gets | {"admin": 201}, body={"name": NAME}),
    ("PUT", "/api/regions/{region}"): Row(BY_ADMIN.gets | {"admin": 204}, body={"name": {"zh": "北", "en": "N"}}),
    ("POST", "/api/stores/{store}/devices"): Row(BY_ADMIN.gets | {"admin": 201}, body={"name": "前台"}),
    ("GET", "/api/equipment"): SEES_STORES,
    ("POST", "/api/equipment"): Row(BY_ADMIN.gets | {"admin": 201}, body={**MACHINE, "serial": "new"}),
    ("PUT", "/api/equipment/{equipment}"): Row(BY_ADMIN.gets | {"admin": 204}, body=MACHINE),
    ("PUT", "/api/equipment/{equipment}/retired"): Row(BY_ADMIN.gets | {"admin": 204}, body={"retired": False}),
    ("POST", "/api/lists/equipment"): Row(
        BY_ADMIN.gets, data=b"store,name,make,model,serial", headers={"Content-Type": "text/csv"}
    ),
    ("GET", "/api/stickers/{code}"): Row(SEES_STORES.gets | all_get(404, "store-0108", "store-0201")),
    ("POST", "/api/stickers"): Row(
        SEES_STORES.gets | all_get(404, "store-0108", "store-0201"), body={"equipment": [chain.FRYER.machine.id]}
    ),
    ("POST", "/api/enrol"): Row(all_get(404, *ANYBODY), body={"code": "K7MW3XQP"}),
    ("DELETE", "/api/devices/{device}"): Row(BY_ADMIN.gets | {"admin": 404}),
    ("GET", "/api/tokens"): BY_ADMIN,
    ("DELETE", "/api/tokens/{guest}"): Row(BY_ADMIN.gets | {"admin": 404}),
    ("GET", "/api/bots"): BY_ADMIN,
    ("POST", "/api/bots"): Row(BY_ADMIN.gets | {"admin": 201}, body=BOT),
    ("PUT", "/api/bots/{bot}"): Row(BY_ADMIN.gets | {"admin": 404}, body=BOT),
    ("DELETE", "/api/bots/{bot}"): Row(BY_ADMIN.gets | {"admin": 404}),
    ("POST", "/api/bots/{bot}/try"): Row(BY_ADMIN.gets | {"admin": 404}),
    ("GET", "/api/push"): Row(BY_WHO_IS_RUNG | all_get(200, "chen", "zhang")),
    ("PUT", "/api/push/{browser}"): Row(BY_WHO_IS_RUNG | all_get(204, "chen", "zhang"), body=PUSH),
    ("DELETE", "/api/push/{browser}"): Row(BY_WHO_IS_RUNG | all_get(204, "chen", "zhang")),
    ("POST", "/api/push/{browser}/rings/{room}"): Row(BY_WHO_IS_RUNG | all_get(404, "chen", "zhang")),
    ("GET", "/api/signin"): Row(all_get(200, *ANYBODY)),
    ("POST", "/api/oidc/begin"): Row(all_get(404, *ANYBODY), body={"path": "/"}),
    ("POST", "/api/oidc/finish"): Row(all_get(410, *ANYBODY), body={"state": "a guess", "code": "a guess"}),
    ("POST", "/api/break-glass"): Row(all_get(404, *ANYBODY), body={"token": "a guess"}),
    ("GET", "/api/passkeys"): Row(all_get(200, *SIGNED_IN) | TABLETS_NEVER),
    ("POST", "/api/passkey/new"): Row(all_get(200, *SIGNED_IN) | TABLETS_NEVER),
    ("POST", "/api/passkeys"): Row(
        all_get(410, *SIGNED_IN) | TABLETS_NEVER, body={"name": "phone", "credential": "{}"}
    ),
    ("DELETE", "/api/passkeys/{passkey}"): Row(TABLETS_NEVER),
    ("DELETE", "/api/people/{person}/passkeys"): Row(BY_ADMIN.gets | {"admin": 204}),
    ("POST", "/api/passkey/begin"): Row(all_get(200, *ANYBODY)),
    ("POST", "/api/passkey"): Row(all_get(410, *ANYBODY), body={"credential": "{}"}),
    ("POST", "/api/signin"): Row(all_get(401, *ANYBODY), body={"login": "no one", "password": "x"}),
    ("POST", "/api/signout"): Row(all_get(204, *ANYBODY)),
    ("GET", "/api/me"): Row(all_get(200, *SIGNED_IN)),
    ("POST", "/api/ticket"): Row(all_get(201, *SIGNED_IN)),
    ("GET", "/api/directory"): Row(all_get(200, *SIGNED_IN) | all_get(403, "xiaolin", "qian")),
    ("GET", "/api/callback-slots"): Row(AT_A_TABLET),
    ("POST", "/api/callbacks"): Row(AT_A_TABLET, body={"reason": "dishes"}),
    ("POST", "/api/callbacks/{room}/cancel"): Row(
        all_get(403, *SIGNED_IN) | all_get(404, "store-0117", "store-0108", "store-0201")
    ),
    **{
        ("POST", f"/api/callbacks/{{room}}/{act}"): Row(
            all_get(403, "store-0117", "store-0108", "store-0201", "he", "tang", "xiaolin", "qian")
        )
        for act in ("take", "reopen", "done")
    },
    ("GET", "/api/routing"): BY_ADMIN,
    ("GET", "/api/routing/now"): BY_ADMIN,
    ("PUT", "/api/routing/chains"): Row(all_get(403, *SIGNED_IN) | {"admin": 204}, body={"at_once": 3}),
    ("PUT", "/api/routing/experts/{person}"): Row(
        all_get(403, *SIGNED_IN) | {"admin": 204}, body={"zone": "Asia/Shanghai", "on_call": True}
    ),
    ("GET", "/api/take-over"): Row(AT_A_TABLET),
    ("POST", "/api/take-over"): Row(
        AT_A_TABLET | all_get(404, "store-0108", "store-0201") | {"store-0117": 422},
        body={"person": "p-tang", "pin": "4711"},
    ),
    ("DELETE", "/api/take-over"): Row(AT_A_TABLET | all_get(204, "store-0117", "store-0108", "store-0201")),
    ("PUT", "/api/take-over/touched"): Row(AT_A_TABLET | all_get(204, "store-0117", "store-0108", "store-0201")),
    ("GET", "/api/stores/{store}/pins"): BY_WHO_MANAGES,
    ("POST", "/api/stores/{store}/pins/{person}"): Row(BY_WHO_MANAGES.gets | {"admin": 404}),
    ("DELETE", "/api/stores/{store}/pins/{person}/lock"): Row(BY_WHO_MANAGES.gets | {"admin": 404}),
    ("GET", "/api/quiet"): Row(all_get(403, *SIGNED_IN) | all_get(200, *HEADQUARTERS)),
    ("PUT", "/api/quiet"): Row(
        all_get(403, *SIGNED_IN) | all_get(204, *HEADQUARTERS),
        body={"hours": {"from_min": 1320, "to_min": 420}},
    ),
    ("GET", "/api/policies"): BY_ADMIN,
    ("PUT", "/api/policies"): Row(BY_ADMIN.gets | {"admin": 204}, body={"pin_idle_min": 10}),
    ("POST", "/api/rooms/{room}/peers"): Row(NO_SEAT_EVER, body=OFFER),
    ("POST", "/api/rooms/{room}/stills"): Row(
        NO_SEAT_EVER, data=chain.STILL_BYTES, headers={"Content-Type": "image/jpeg"}
    ),
    ("POST", "/api/rooms/{room}/tokens"): Row(
        NO_HOST_EVER | {"admin": 410},
        body={"use": "watch", "name": NAME, "consent": True},
    ),
    ("GET", "/api/rooms/{room}/tokens"): Row(NO_HOST_EVER),
    ("DELETE", "/api/rooms/{room}/tokens/{guest}"): Row(NO_HOST_EVER),
    ("DELETE", "/api/rooms/{room}/guests/{guest}"): Row(NO_HOST_EVER),
    **{
        (method, f"/{door}/{{room}}{session}"): Row(all_get(204 if method == "OPTIONS" else 401, *ANYBODY))
        for door in ("whip", "whep")
        for method, session in (
            ("POST", ""),
            ("OPTIONS", ""),
            ("PATCH", "/{session}"),
            ("DELETE", "/{session}"),
            ("OPTIONS", "/{session}"),
        )
    },
    ("POST", "/api/rooms/{room}/visits"): Row(NO_INVITER_EVER, body={"life_s": 1800}),
    ("GET", "/api/rooms/{room}/visits"): Row(NO_INVITER_EVER),
    ("DELETE", "/api/rooms/{room}/visits/{visit}"): Row(NO_INVITER_EVER),
    ("POST", "/api/visit/look"): Row(all_get(404, *ANYBODY), body={"token": "a guess"}),
    ("POST", "/api/visit"): Row(
        all_get(409, *SIGNED_IN) | all_get(404, "nobody", "expired"),
        body={"token": "a guess", "name": "Wang", "consent": True},
    ),
    ("GET", "/api/visit"): Row(all_get(403, *SIGNED_IN)),
    ("GET", "/api/rooms/{room}/stills/{still}"): Row(all_get(200, *READERS)),
    ("GET", "/api/self-tests"): Row(BY_ADMIN.gets | all_get(200, "wu", "tang", "fang")),
    ("POST", "/api/self-tests"): Row(
        all_get(403, *SIGNED_IN) | all_get(204, "store-0117", "store-0108", "store-0201"),
        body={
            "why": "night",
            "version": "1",
            "checks": [{"name": "link", "state": "good", "words": "doctor.link_good"}],
        },
    ),
    ("GET", "/api/self-tests/own"): Row(
        all_get(403, *SIGNED_IN) | all_get(200, "store-0117", "store-0108", "store-0201")
    ),
    ("POST", "/api/self-tests/upload"): Row(
        all_get(204, *SIGNED_IN), data=b"x", headers={"Content-Type": "application/octet-stream"}
    ),
    ("PUT", "/api/self-tests/window"): Row(BY_ADMIN.gets | {"admin": 204}, body={"from_min": 120, "to_min": 240}),
    ("POST", "/api/devices/{device}/self-test"): Row(BY_ADMIN.gets | all_get(404, "admin", "wu", "tang", "fang")),
    ("GET", "/api/ice"): Row(all_get(200, *SIGNED_IN) | NO_SEAT_EVER),
    ("POST", "/api/probes"): Row(all_get(503, *SIGNED_IN), body={"way": "direct", "sdp": "v=0"}),
    ("GET", "/api/archive"): Row(all_get(200, *SIGNED_IN)),
    ("GET", "/api/archive/{room}"): Row(all_get(200, *READERS)),
    ("GET", "/api/archive/{room}/files/{file}"): Row(all_get(200, *READERS)),
    ("GET", "/api/archive/{room}/quality"): Row(
        all_get(403, "store-0117", "store-0108", "store-0201", "chen", "zhang", "he", "xiaolin", "qian")
        | all_get(200, "wu", "tang", "fang", "admin"),
    ),
    ("GET", "/api/rings"): Row(
        all_get(403, "store-0117", "store-0108", "store-0201", "chen", "zhang", "he", "xiaolin", "qian")
        | all_get(200, "wu", "tang", "fang", "admin"),
    ),
    **{
        ("GET", path): Row(
            all_get(403, "store-0117", "store-0108", "store-0201", "chen", "zhang", "he", "xiaolin", "qian")
            | all_get(200, "wu", "tang", "fang", "admin"),
        )
        for path in ("/api/timings", "/api/timings/export")
    },
    ("GET", "/api/missed"): Row(all_get(200, *SIGNED_IN)),
    ("PUT", "/api/archive/{room}/publish"): Row(
        all_get(403, "store-0117", "store-0108", "store-0201", "wu", "tang", "xiaolin", "qian")
        | all_get(200, "chen", "fang", "admin"),
        body={"roles": ["learner"]},
    ),
    ("PUT", "/api/archive/{room}/progress"): Row(all_get(204, *READERS) | {"qian": 403}, body={"position_s": 3.5}),
    **{
        ("GET", path): Row(all_get(403, *SIGNED_IN) | all_get(200, "qian", "admin"))
        for path in ("/api/audit", "/api/audit/export")
    },
    ("GET", "/api/install"): Row(all_get(404, *ANYBODY)),
    ("GET", "/api/install/ca.crt"): Row(all_get(404, *ANYBODY)),
    ("GET", "/api/install/ca.pem"): Row(all_get(404, *ANYBODY)),
    ("GET", "/api/install/code.svg"): Row(all_get(404, *ANYBODY)),
    ("GET", "/healthz"): Row(all_get(200, *ANYBODY)),
    ("GET", "/readyz"): Row(all_get(200, *ANYBODY)),
    ("GET", "/metrics"): Row(all_get(200, *ANYBODY)),
    ("GET", "/openapi.json"): Row(all_get(200, *ANYBODY)),
}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    rooms: list[RoomSeed] = [chain.finished_call(published=[Role.LEARNER])]
    async with SignalingServer(tmp_path, rooms=rooms) as started:
        yield started


async def visitor(server: SignalingServer, name: str) -> tuple[Client, dict[str, str]]:
    """A client and the headers it adds."""
    match name:
        case "nobody":
            return await server.stranger(), {}
        case "expired":
            secret = await server.house.sign_ins.open(PersonId("p-admin"), Role.ADMIN, "")
            admin = await server.house.sign_ins.recognise(secret)
            assert admin is not None
            await server.house.sign_ins.end(admin)
            return await server.stranger(), {"Cookie": f"passline={secret}"}
        case _:
            return await server.sign_in(name), {}


def fill(path: str, *, room: str = chain.ROOM, file: str = chain.FILE, still: str = chain.STILL) -> str:
    for name in ("session", "guest", "device", "bot", "visit", "passkey", "browser"):
        path = path.replace(f"{{{name}}}", "01900000-0000-7000-8000-00000000aaaa")
    machine = chain.FRYER.machine
    for name, one in (
        ("person", "p-liu"),
        ("store", "s-0201"),
        ("region", chain.NORTH),
        ("equipment", machine.id),
        ("code", machine.code),
    ):
        path = path.replace(f"{{{name}}}", one)
    return path.replace("{room}", room).replace("{file}", file).replace("{still}", still)


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    assert {(route.method, route.path) for route in ROUTES} == set(ROWS)


def test_the_rows_agree_with_the_roles_of_the_table() -> None:
    people = {name: person.role for name, person in chain.PEOPLE.items()}
    for route in ROUTES:
        row = ROWS[route.method, route.path]
        for name in SIGNED_IN:
            refused = route.act is not None and people[name] not in roles_for(route.act)
            assert (row.expected(name) == 403) is refused, (route.path, name)


@pytest.mark.parametrize("name", ANYBODY)
async def test_every_endpoint_answers_each_visitor_exactly_so(server: SignalingServer, name: str) -> None:
    wrong: dict[str, tuple[int, int]] = {}
    for route in sorted(ROUTES, key=lambda route: route.path == "/api/signout"):  # last: it ends the sign-in
        row = ROWS[route.method, route.path]
        client, headers = await visitor(server, name)
        answer = await client.ask(
            route.method, fill(route.path), json=row.body, data=row.data, headers={**row.headers, **headers}
        )
        await client.http.close()
        if answer.status != row.expected(name):
            wrong[f"{route.method} {route.path}"] = (answer.status, row.expected(name))
    assert wrong == {}


TECHNICIANS = {
    ("GET", "/api/me"): 200,
    ("POST", "/api/ticket"): 201,
    ("GET", "/api/ice"): 200,
    ("GET", "/api/visit"): 200,
    ("POST", "/api/rooms/{room}/peers"): 404,
    ("POST", "/api/rooms/{room}/stills"): 404,
}
"""What a visitor gets where a sign-in is asked for; everywhere else 403. The room is its own and over."""


async def test_a_visitor_reaches_nothing_but_its_own(server: SignalingServer) -> None:
    token = ids.secret()

    async def offer(session: AsyncSession) -> None:
        now_ms = clock.wall_ms()
        goes_on = update(RoomRow).where(RoomRow.id == chain.ROOM).values(closed_ms=None)  # else no link opens it
        await session.execute(goes_on)
        await visits.add(
            session,
            VisitId("visit-1"),
            digest(token),
            RoomId(chain.ROOM),
            PersonId("p-chen"),
            now_ms=now_ms,
            expires_ms=now_ms + 60_000,
        )

    await server.house.database.write(offer)
    technician = await server.stranger()
    entry = {"token": token, "name": "王师傅", "company": "Rational", "consent": True}
    assert (await technician.post("/api/visit", json=entry)).read(Me).person.role is Role.VISITOR
    wrong: dict[str, tuple[int, int]] = {}
    for route in sorted(ROUTES, key=lambda route: route.path == "/api/signout"):
        row = ROWS[route.method, route.path]
        asked = 403 if route.act is not None else row.expected("chen")
        expected = TECHNICIANS.get((route.method, route.path), asked)
        answer = await technician.ask(route.method, fill(route.path), json=row.body, data=row.data, headers=row.headers)
        if answer.status != expected:
            wrong[f"{route.method} {route.path}"] = (answer.status, expected)
    assert wrong == {}


OBJECTS = [route for route in ROUTES if "{room}" in route.path and not route.bearer]


@pytest.mark.parametrize("route", OBJECTS, ids=lambda route: f"{route.method} {route.path}")
async def test_a_room_that_is_not_there_looks_like_one_of_somebody_else(server: SignalingServer, route: Route) -> None:
    row = ROWS[route.method, route.path]
    for name in ("zhang", "admin"):
        client = await server.sign_in(name)
        ask = {"json": row.body, "data": row.data, "headers": row.headers}
        absent = await client.ask(route.method, fill(route.path, room="01900000-0000-7000-8000-00000000ffff"), **ask)
        assert absent.status in (403, 404)
        if name == "zhang":
            foreign = await client.ask(route.method, fill(route.path), **ask)
            never = route.act is not None and Role.EXPERT not in roles_for(route.act)
            expected = 403 if never else 404
            assert (foreign.status, foreign.body) == (absent.status, absent.body) == (expected, absent.body)


@pytest.mark.parametrize("name", ["person", "store", "region", "device", "equipment", "code"])
async def test_nobody_finds_what_is_not_there(server: SignalingServer, name: str) -> None:
    client = await server.sign_in("admin")
    for route in ROUTES:
        if f"{{{name}}}" in route.path:
            row, path = ROWS[route.method, route.path], route.path.replace(f"{{{name}}}", "s-nowhere")
            assert (await client.ask(route.method, fill(path), json=row.body)).status == 404, route.path


async def test_every_write_needs_our_origin(server: SignalingServer) -> None:
    client = await server.sign_in("admin")
    for route in ROUTES:
        if not route.writes or route.bearer:  # a token cannot be sent by a page that does not have it
            continue
        row = ROWS[route.method, route.path]
        for origin in (None, "https://evil.example", "null", server.url + ".evil.example"):
            answer = await client.ask(
                route.method, fill(route.path), json=row.body, data=row.data, headers=row.headers, origin=origin
            )
            assert (answer.status, answer.code) == (403, "foreign_origin"), (route.path, origin)
    assert (await client.get("/api/me")).status == 200


async def test_who_was_only_rung_sees_nothing_of_it(server: SignalingServer) -> None:
    seed = chain.finished_call()
    assert any(m.person.id == "p-zhang" and m.state is MemberState.MISSED for m in seed.state.members)
    client = await server.sign_in("zhang")
    assert (await client.get("/api/archive")).body == b'{"entries":[],"next":null}'
