"""What breaks the contract at the HTTP door gets a clear 4xx, changes nothing, and never a 5xx."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from sqlalchemy import func, select

from contract.base import decode, decode_exact
from contract.errors import ErrorCode, ProtocolViolation
from contract.people import Role
from runtime.repeated import LINES
from signaling.domain.access import roles_for
from signaling.http.headers import CODE_READER
from signaling.http.rooms import MAX_STILL_BYTES
from signaling.http.route import MAX_BODY_BYTES, Route
from signaling.http.table import ROUTES
from signaling.store.tables.accounts import SignInRow
from signaling.store.tables.audit import AuditRow
from signaling.store.tables.recordings import ProgressRow, PublicationRow
from tests.signaling.test_http_matrix import fill
from tests.support import chain
from tests.support.malformed import frame
from tests.support.nodes import PATIENCE_S
from tests.support.server import Client, SignalingServer

pytestmark = pytest.mark.flow

WITH_BODY = [route for route in ROUTES if route.body is not None]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    async with SignalingServer(tmp_path) as started:
        yield started


async def rows(server: SignalingServer) -> list[int]:
    """How much was ever written by requests, besides sign-ins."""
    async with server.house.database.read() as session:
        return [
            (await session.execute(select(func.count()).select_from(table))).scalar_one()
            for table in (ProgressRow, PublicationRow)
        ]


async def somebody_for(server: SignalingServer, route: Route) -> Client:
    """Who may ask this, and so is heard."""
    if "/peers" in route.path:
        return await server.sign_in("he")
    if route.path in {"/api/callbacks", "/api/self-tests", "/api/take-over"}:
        return await server.sign_in("store-0117")
    return await server.sign_in("chen" if route.act is None or Role.EXPERT in roles_for(route.act) else "admin")


MALFORMED = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'"text"',
    b"{}",
    b'{"login": 1, "roles": "learner", "position_s": "far", "sdp": []}',
    b'{"login": "\\ud800", "password": "\\ud800", "position_s": NaN}',
    b"\xff\xfe{}",
    b"[" * 20_000,
    b'{"roles": ["emperor"], "position_s": 1e999}',
    b'{"position_s": -1}',
]
OTHER_TYPES = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "a/b/c"]


def is_well_formed(route: Route, body: bytes) -> bool:
    """Where all may be left out, `{}` says enough."""
    assert route.body is not None
    try:
        decode_exact(route.body, body) if route.exact else decode(TypeAdapter(route.body), body)
    except ProtocolViolation:
        return False
    return True


@pytest.mark.parametrize("route", WITH_BODY, ids=lambda route: route.path)
async def test_a_malformed_or_oversize_body_is_refused(server: SignalingServer, route: Route) -> None:
    path, client = fill(route.path), await somebody_for(server, route)
    for body in (one for one in MALFORMED if not is_well_formed(route, one)):
        answer = await client.ask(route.method, path, data=body)
        assert (answer.status, answer.code) == (400, ErrorCode.BAD_MESSAGE), body[:60]
    for kind in OTHER_TYPES:
        answer = await client.ask(route.method, path, data=b'{"position_s": 1}', headers={"Content-Type": kind})
        assert (answer.status, answer.code) == (400, ErrorCode.BAD_MESSAGE), kind
    answer = await client.ask(route.method, path, data=b" " * (MAX_BODY_BYTES + 1))
    assert (answer.status, answer.code) == (413, ErrorCode.TOO_LARGE)
    assert await rows(server) == [0, 0]


async def test_an_endless_body_is_cut_off(server: SignalingServer) -> None:
    reader, writer = await asyncio.open_connection(urlsplit(server.url).hostname, urlsplit(server.url).port)
    head = (
        f"POST /api/signin HTTP/1.1\r\nHost: {urlsplit(server.url).netloc}\r\nOrigin: {server.url}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    writer.write(head.encode())
    for _ in range(5):
        writer.write(b"4000\r\n" + b" " * 0x4000 + b"\r\n")
    await writer.drain()
    status = await asyncio.wait_for(reader.readline(), PATIENCE_S)
    assert b" 413 " in status
    writer.close()
    await writer.wait_closed()


async def test_a_photo_may_be_large_but_not_endless(server: SignalingServer) -> None:
    client = await server.sign_in("store-0117")
    path = f"/api/rooms/{chain.ROOM}/stills"
    answer = await client.post(path, data=b"\xff" * (MAX_STILL_BYTES + 1), headers={"Content-Type": "image/jpeg"})
    assert (answer.status, answer.code) == (413, ErrorCode.TOO_LARGE)
    answer = await client.post(path, data=b"GIF89a", headers={"Content-Type": "image/gif"})
    assert (answer.status, answer.code) == (400, ErrorCode.BAD_MESSAGE)


async def test_a_wrong_method_says_which_are_right(server: SignalingServer) -> None:
    client = await server.sign_in("chen")
    answer = await client.ask("DELETE", "/api/me")
    assert (answer.status, answer.code) == (405, ErrorCode.METHOD)
    assert "GET" in answer.headers["Allow"]


async def test_what_is_not_there_is_not_found_in_the_contracts_words(server: SignalingServer) -> None:
    client = await server.sign_in("chen")
    for path in ("/api", "/api/", "/api/nothing", "/api/archive/%00", "/api/archive/" + "x" * 200, "/api/archive/%ff"):
        answer = await client.get(path)
        assert (answer.status, answer.code) == (404, ErrorCode.NOT_FOUND), path


async def test_a_page_that_was_left_in_the_middle_of_a_body_harms_nobody(server: SignalingServer) -> None:
    _, writer = await asyncio.open_connection(urlsplit(server.url).hostname, urlsplit(server.url).port)
    writer.write(
        b"POST /api/signin HTTP/1.1\r\nHost: x\r\nOrigin: http://x\r\nContent-Type: application/json\r\n"
        b"Content-Length: 100\r\n\r\n{"
    )
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    await server.sign_in("chen")


async def test_strange_headers_are_taken_as_they_are(server: SignalingServer) -> None:
    client = await server.stranger()
    headers = {
        "User-Agent": "\udcff" * 300 + "浏览器",
        "Cookie": "passline=\udcff\udcfe; __Host-passline=",
        "Range": "x",
    }
    body = {"login": "chen", "password": chain.PASSWORD}
    answer = await client.post("/api/signin", json=body, headers=headers)
    assert answer.status in (200, 400)


async def test_a_web_socket_of_a_foreign_page_is_refused(server: SignalingServer) -> None:
    client = await server.sign_in("chen")
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    for origin in ({}, {"Origin": "https://evil.example"}):
        answer = await client.get("/ws", headers={**upgrade, **origin})
        assert (answer.status, answer.code) == (403, ErrorCode.FOREIGN_ORIGIN)


async def test_pages_load_only_what_is_ours(server: SignalingServer) -> None:
    client = await server.stranger()
    for path in ("/", "/archive", "/api/me", "/docs", "/q/7K3MPX9T01", "/assets/index-1.js", f"/x{CODE_READER}1.js"):
        policy = (await client.get(path)).headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "data:" not in policy
        assert "frame-ancestors 'none'" in policy
    worker = (await client.get(f"{CODE_READER}1.js")).headers["Content-Security-Policy"]
    assert worker == policy.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'"), "it reads stickers"
    answer = await client.get("/api/me", headers={"Host": "x; script-src *"})
    assert "script-src *" not in answer.headers.get("Content-Security-Policy", "")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["login", "password", "roles", "position_s", "done", "session", "pc_gen", "layout", "sdp"])
            | st.text(max_size=8),
            inner,
            max_size=6,
        )
    ),
    max_leaves=15,
)


async def test_a_thousand_fuzzed_bodies_never_break_it(server: SignalingServer) -> None:
    expert = await server.sign_in("chen")
    loop = asyncio.get_running_loop()
    statuses: set[int] = set()

    async def ask(route: Route, body: bytes) -> int:
        path = fill(route.path)
        return (await expert.ask(route.method, path, data=body)).status

    @settings(max_examples=1000, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(
        route=st.sampled_from(WITH_BODY),
        body=anything.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass")) | st.binary(max_size=200),
    )
    def fuzz(route: Route, body: bytes) -> None:
        status = asyncio.run_coroutine_threadsafe(ask(route, body), loop).result(PATIENCE_S)
        statuses.add(status)
        assert status < 500

    await asyncio.to_thread(fuzz)
    assert 400 in statuses
    assert (await expert.get("/api/me")).status == 200
    async with server.house.database.read() as session:
        assert (await session.execute(select(func.count()).select_from(SignInRow))).scalar_one() == 1
        failures = select(func.count()).select_from(AuditRow).where(AuditRow.action == "sign_in_failed")
        assert (await session.execute(failures)).scalar_one() <= 40


async def test_a_bomb_is_never_unpacked(server: SignalingServer) -> None:
    client = await server.sign_in("chen")
    bomb = zlib.compress(b'{"roles": ["' + bytes(60_000_000) + b'"]}', 9)
    assert len(bomb) < MAX_BODY_BYTES
    before = psutil.Process().memory_info().rss
    for encoding in ("deflate", "gzip", "br", "zstd", "gzip, deflate", "x"):
        path = f"/api/archive/{chain.ROOM}/publish"
        answer = await client.put(path, data=bomb, headers={"Content-Encoding": encoding})
        assert (answer.status, answer.code) == (400, ErrorCode.BAD_MESSAGE)
    upgrade = (
        f"GET /ws HTTP/1.1\r\nHost: {urlsplit(server.url).netloc}\r\nOrigin: {server.url}\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection(urlsplit(server.url).hostname, urlsplit(server.url).port)
    writer.write(upgrade.encode())
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_S)
    assert b" 101 " in head
    assert b"permessage-deflate" not in head
    writer.write(frame(bomb[:58_000], rsv=4))
    closing = await asyncio.wait_for(reader.read(), PATIENCE_S)
    assert closing[:1] == b"\x88", "a close frame and no more"
    assert int.from_bytes(closing[2:4], "big") == 1002
    writer.close()
    grown_mib = (psutil.Process().memory_info().rss - before) / 2**20
    assert grown_mib < 20


async def test_what_is_no_http_is_one_quiet_line(server: SignalingServer, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(30):
        reader, writer = await asyncio.open_connection(urlsplit(server.url).hostname, urlsplit(server.url).port)
        writer.write(b"GET / HTTP/1.1\r\nCookie: passline=a-secret\r\nbad header\r\n\r\n")
        assert b" 400 " in await asyncio.wait_for(reader.readline(), PATIENCE_S)
        writer.close()
    assert "a-secret" not in caplog.text
    assert "Traceback" not in caplog.text
    assert len(caplog.records) <= LINES
