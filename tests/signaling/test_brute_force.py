"""Guessing passwords: from many addresses, behind a proxy or pretending to be; whoever is signed in goes on."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from contract.errors import ErrorCode
from runtime import clock
from signaling.auth.limits import WRONG_PER_ADDRESS, WRONG_PER_LOGIN
from signaling.http.address import client_address
from tests.support import chain
from tests.support.promise import Promise
from tests.support.server import Answer, Client, SignalingServer

pytestmark = pytest.mark.flow

ADDRESSES = [f"203.0.113.{number}" for number in range(50)]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    async with SignalingServer(tmp_path, proxies=["127.0.0.0/8"]) as started:
        yield started


async def guess(client: Client, login: str, password: str, address: str) -> Answer:
    body = {"login": login, "password": password}
    return await client.post("/api/signin", json=body, headers={"X-Forwarded-For": address})


@pytest.mark.beside
@pytest.mark.promise("D5")
async def test_a_thousand_guesses_from_fifty_addresses_find_nothing(promise: Promise, server: SignalingServer) -> None:
    tablet = await server.sign_in("store-0117")
    stranger = await server.stranger()
    logins = ["store-0117", "chen", "he", "admin", "nobody-by-that-name"]
    codes: Counter[ErrorCode] = Counter()

    async def some(mine: list[int]) -> None:
        for number in mine:
            answer = await guess(stranger, logins[number % 5], f"guess-{number}", ADDRESSES[number // 5 % 50])
            assert answer.status in (401, 429, 503)
            codes[answer.code] += 1

    count = promise.size(500, full=1_000)
    async with asyncio.TaskGroup() as tasks:
        for start in range(20):
            tasks.create_task(some(list(range(start, count, 20))))
    assert codes[ErrorCode.WRONG_PASSWORD] <= 5 * WRONG_PER_LOGIN + 20, "what was being hashed when the lock fell"
    assert codes[ErrorCode.LOCKED] > count / 2
    locked = await guess(stranger, "store-0117", chain.PASSWORD, "198.51.100.1")
    assert (locked.status, locked.code) == (429, ErrorCode.LOCKED), "the right one too"
    assert int(locked.headers["Retry-After"]) > 0
    assert (await tablet.get("/api/me")).status == 200, "who is signed in goes on"
    assert (await guess(tablet, "store-0117", chain.PASSWORD, ADDRESSES[0])).status == 200, "and may sign in again"
    assert (await guess(stranger, "liu", chain.PASSWORD, "198.51.100.1")).status == 200, "others are not locked"


async def test_one_address_that_guesses_at_everybody_is_locked_alone(server: SignalingServer) -> None:
    stranger = await server.stranger()
    answers = [await guess(stranger, f"name-{number}", "x", ADDRESSES[0]) for number in range(WRONG_PER_ADDRESS + 5)]
    assert [answer.code for answer in answers[-5:]] == [ErrorCode.LOCKED] * 5
    assert (await guess(stranger, "chen", chain.PASSWORD, ADDRESSES[0])).code is ErrorCode.LOCKED
    assert (await guess(stranger, "chen", chain.PASSWORD, ADDRESSES[1])).status == 200


async def test_a_stranger_cannot_choose_the_address_that_is_counted(tmp_path: Path) -> None:
    async with SignalingServer(tmp_path) as server:  # no proxies
        stranger = await server.stranger()
        for number in range(WRONG_PER_ADDRESS):
            await guess(stranger, f"name-{number}", "x", ADDRESSES[number])
        assert (await guess(stranger, "chen", chain.PASSWORD, "198.51.100.1")).code is ErrorCode.LOCKED


async def test_an_unknown_name_takes_as_long_as_a_wrong_password_at_the_door(server: SignalingServer) -> None:
    stranger = await server.stranger()
    took: dict[str, list[float]] = {"chen": [], "nobody": []}
    for number in range(WRONG_PER_LOGIN - 1):
        for login, seconds in took.items():
            started = clock.now()
            assert (await guess(stranger, login, "wrong", ADDRESSES[number])).code is ErrorCode.WRONG_PASSWORD
            seconds.append(clock.now() - started)
    known, unknown = map(min, took.values())  # what else the machine does only adds to it
    assert 0.4 < unknown / known < 2.5


@pytest.mark.parametrize(
    ("peer", "said", "address"),
    [
        ("203.0.113.9", ["1.1.1.1"], "203.0.113.9"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["1.1.1.1"], "1.1.1.1"),
        ("127.0.0.1", ["6.6.6.6, 1.1.1.1"], "1.1.1.1"),
        ("127.0.0.1", ["6.6.6.6", "1.1.1.1, 10.0.0.7"], "1.1.1.1"),
        ("127.0.0.1", ["6.6.6.6, garbage, 10.0.0.7"], "10.0.0.7"),
        ("127.0.0.1", [", ".join(["10.0.0.7"] * 5_000)], "10.0.0.7"),
        ("127.0.0.1", ["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", [], "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", [], "203.0.113.9"),
        ("fe80::1%eth0", [], "fe80::/64"),
        ("", ["1.1.1.1"], ""),
    ],
)
def test_the_address_is_the_nearest_that_is_no_proxy_of_ours(peer: str, said: list[str], address: str) -> None:
    class Transport(asyncio.Transport):
        def get_extra_info(self, name: str, default: object = None) -> object:
            return (peer, 1) if name == "peername" else default

    headers = [("X-Forwarded-For", value) for value in said]
    request = make_mocked_request("GET", "/", CIMultiDict(headers), transport=Transport())
    assert client_address(request, ["127.0.0.1", "10.0.0.0/8"]) == address
