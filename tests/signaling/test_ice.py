"""`GET /api/ice`: the chain's TURN server with a password for an hour, for people who may be in rooms."""

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contract.errors import ErrorCode
from contract.http import Ice
from contract.ids import PersonId
from signaling.auth.turn import LIFE_S, PER_MINUTE, credentials
from tests.support.server import SignalingServer

pytestmark = pytest.mark.flow

SECRET = "a secret of tests, 32 characters"
URLS = ["turns:turn.example:5349?transport=tcp", "turn:turn.example"]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    async with SignalingServer(tmp_path, turn_urls=URLS, turn_secret=SECRET, ice_relay_only=True) as started:
        yield started


async def test_the_password_proves_name_and_time_to_whoever_shares_the_secret(server: SignalingServer) -> None:
    client = await server.sign_in("chen")
    got = (await client.get("/api/ice")).read(Ice)
    assert (got.relay_only, got.life_s) == (True, LIFE_S)
    (one,) = got.servers
    assert one.urls == URLS
    assert one.username.split(":")[1] == "p-chen"
    proof = base64.b64decode(one.credential)
    assert proof == hmac.digest(SECRET.encode(), one.username.encode(), "sha1")


async def test_whoever_asks_again_and_again_is_held_back_alone(server: SignalingServer) -> None:
    client = await server.sign_in("chen")
    answers = [await client.get("/api/ice") for _ in range(PER_MINUTE + 1)]
    assert [answer.status for answer in answers] == [200] * PER_MINUTE + [429]
    assert answers[-1].code is ErrorCode.TOO_MANY
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert (await (await server.sign_in("he")).get("/api/ice")).status == 200


async def test_without_a_turn_server_media_goes_directly_and_nobody_elses_server_is_named(tmp_path: Path) -> None:
    async with SignalingServer(tmp_path) as server:
        client = await server.sign_in("chen")
        assert (await client.get("/api/ice")).read(Ice) == Ice(servers=[], relay_only=False, life_s=LIFE_S)


def test_it_is_what_the_documented_scheme_says() -> None:
    name, password = credentials("secret", PersonId("p-1"), 1_700_000_000)
    assert name == f"{1_700_000_000 + LIFE_S}:p-1"
    assert password == base64.b64encode(hmac.new(b"secret", name.encode(), hashlib.sha1).digest()).decode()
