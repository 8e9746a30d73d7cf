"""The shipped TURN configuration relays to media workers for people whom we named, and is no way into the house."""

import asyncio
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contract.ids import PersonId
from runtime import clock
from signaling.auth.turn import LIFE_S, credentials
from signaling.tls.authority import new_authority, new_server
from tests.support.ports import free_port
from tests.support.turn import SECRET, TurnClient, coturn

pytestmark = pytest.mark.flow

HOST = "127.0.0.1"
MEDIA = "198.51.100.7"
"""The only peer that is allowed here; nothing is sent to it."""
CHEN = PersonId("p-chen")

FORBIDDEN_V4 = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.1.1",
    "198.51.100.8",
    "203.0.113.1",
    "224.0.0.1",
    "255.255.255.255",
]
FORBIDDEN_V6 = [
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:192.168.1.1",
    f"::ffff:{MEDIA}",
    "64:ff9b::10.0.0.1",
    "fc00::1",
    "fd00::2",
    "fe80::1",
    "ff02::1",
    "2001:db8::1",
]
REFUSALS = (403, 443)
"""Forbidden, and peer address family mismatch (RFC 8656 §19)."""


async def test_only_the_media_workers_can_be_reached(tmp_path: Path) -> None:
    now_s = clock.wall_ms() // 1000
    async with coturn(tmp_path / "coturn.log", peers=[MEDIA]) as port:
        client = await TurnClient.to(HOST, port, *credentials(SECRET, CHEN, now_s))
        assert await client.allocate() == 0
        assert await client.permit(MEDIA) == 0
        assert {peer: await client.permit(peer) for peer in (*FORBIDDEN_V4, *FORBIDDEN_V6)} == {
            **dict.fromkeys(FORBIDDEN_V4, 403),
            **dict.fromkeys(FORBIDDEN_V6, 443),
        }
        client.close()


async def test_not_even_where_a_relay_has_ipv6(tmp_path: Path) -> None:
    now_s = clock.wall_ms() // 1000
    async with coturn(tmp_path / "coturn.log", peers=[MEDIA], options=["--relay-ip=::1"]) as port:
        client = await TurnClient.to(HOST, port, *credentials(SECRET, CHEN, now_s))
        assert await client.allocate(ipv6=True) == 0
        answers = {peer: await client.permit(peer) for peer in (*FORBIDDEN_V6, *FORBIDDEN_V4)}
        assert all(code in REFUSALS for code in answers.values()), answers
        client.close()


async def test_wrong_foreign_and_expired_credentials_get_nothing(tmp_path: Path) -> None:
    now_s = clock.wall_ms() // 1000
    name, right = credentials(SECRET, CHEN, now_s)
    wrong = {
        "password": (name, "wrong"),
        "secret": credentials("another secret of 32 characters!", CHEN, now_s),
        "person": (name.replace("p-chen", "p-admin"), right),
        "expired": credentials(SECRET, CHEN, now_s - LIFE_S - 5),
        "nobody": ("p-chen", right),
    }
    async with coturn(tmp_path / "coturn.log", peers=[MEDIA]) as port:
        for what, (user, password) in wrong.items():
            client = await TurnClient.to(HOST, port, user, password)
            assert await client.allocate() == 401, what
            client.close()


async def test_a_relay_outlives_its_credentials_but_they_begin_no_other(tmp_path: Path) -> None:
    async with coturn(tmp_path / "coturn.log", peers=[MEDIA]) as port:
        ends_s = clock.wall_ms() // 1000 + 3
        soon = credentials(SECRET, CHEN, ends_s - LIFE_S)
        first = await TurnClient.to(HOST, port, *soon)
        assert await first.allocate() == 0
        # coturn counts whole seconds of its own clock.
        await asyncio.sleep(max(0.0, ends_s + 1.1 - clock.wall_ms() / 1000))
        assert await first.refresh() == 0
        assert await first.permit(MEDIA) == 0
        second = await TurnClient.to(HOST, port, *soon)
        assert await second.allocate() == 401
        first.close()
        second.close()


async def test_with_a_certificate_it_speaks_tls_for_networks_that_let_nothing_else_out(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    authority = new_authority("tests", now)
    server = new_server(authority, [HOST], now)
    cert, tls_port = tmp_path / "turn.pem", free_port()
    cert.write_bytes(server.key_pem() + server.certificate_pem())
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trust.load_verify_locations(cadata=authority.certificate_pem().decode())
    async with coturn(tmp_path / "coturn.log", peers=[MEDIA], cert=cert, options=[f"--tls-listening-port={tls_port}"]):
        reader, writer = await asyncio.open_connection(HOST, tls_port, ssl=trust)
        writer.write(bytes.fromhex("000100002112a442") + bytes(12))  # a Binding request (RFC 8489 §5)
        async with asyncio.timeout(30):
            answer = await reader.readexactly(20)
        assert answer[:2] == bytes.fromhex("0101"), "success"
        writer.close()
        await writer.wait_closed()


async def test_one_person_gets_so_many_relays_and_no_tcp(tmp_path: Path) -> None:
    now_s = clock.wall_ms() // 1000
    async with coturn(tmp_path / "coturn.log", peers=[MEDIA]) as port:
        codes: list[int] = []
        clients: list[TurnClient] = []
        while 486 not in codes and len(codes) < 40:
            # Each with another expiry, as a client that asks again and again would have.
            client = await TurnClient.to(HOST, port, *credentials(SECRET, CHEN, now_s + len(codes)))
            codes.append(await client.allocate())
            clients.append(client)
        assert codes[-1] == 486
        assert set(codes[:-1]) == {0}
        assert 20 <= len(codes) <= 25
        other = await TurnClient.to(HOST, port, *credentials(SECRET, PersonId("p-zhang"), now_s))
        assert await other.allocate(tcp=True) in (403, 442)
        assert await other.allocate() == 0
        for client in (*clients, other):
            client.close()
