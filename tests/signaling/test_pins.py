"""PINs of a shared tablet, at the real doors: who gets one, who may give one, and whoever guesses."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from contract.audit import Action
from contract.errors import ErrorCode, Rejection
from contract.http import Me
from contract.people import Role
from contract.takeover import Pins, PinState, TakeOverWish, Takers
from runtime import clock
from signaling.auth.take_overs import TakeOvers
from signaling.domain.pins import LOCK_MS, MOST_WRONG, ONCE_LIFE_MS
from signaling.store.tables.devices import PinRow
from tests.support import chain
from tests.support.server import Answer, Client, SignalingServer
from tests.support.shared_tablet import (
    MING,
    OTHER,
    PIN,
    TANG,
    TANG_IS,
    WU,
    Time,
    acts,
    give,
    operator,
    own_pin,
    staff,
    take,
)

pytestmark = pytest.mark.flow


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    async with SignalingServer(tmp_path, rooms=[]) as started:
        yield started


# --- PINs -------------------------------------------------------------------------------------------------------------


async def test_a_pin_that_was_given_only_serves_to_choose_ones_own(server: SignalingServer) -> None:
    admin, tablet = await server.sign_in("admin"), await server.sign_in("store-0117")
    listed = (await tablet.get("/api/take-over")).read(Takers)
    assert [(one.id, one.role, one.has_pin) for one in listed.people] == [
        (WU, Role.MANAGER, False),
        (TANG, Role.STORE_MANAGER, False),
    ]
    assert (await take(tablet, PIN)).code is ErrorCode.WRONG_PIN, "nobody has a PIN yet"
    once = await give(admin, TANG)
    assert (await take(tablet, once)).code is ErrorCode.PIN_CHANGE
    assert await operator(tablet) is None
    for weak in ("1234", "0117", once):
        assert (await take(tablet, once, new=weak)).code is ErrorCode.WEAK_PIN
    me = await take(tablet, once, new=PIN)
    assert me.read(Me).person.operator == TANG_IS == await operator(tablet)
    assert (await tablet.ask("DELETE", "/api/take-over")).status == 204
    assert await operator(tablet) is None
    assert (await take(tablet, once)).code is ErrorCode.WRONG_PIN, "it was of one use"
    assert (await take(tablet, PIN)).status == 200
    async with server.house.database.read() as session:
        [kept] = await session.scalars(select(PinRow.hash))
    assert kept.startswith("$argon2id$")
    assert await acts(server, Action.PIN_GIVEN) == [("p-admin", None, TANG, "")]
    assert await acts(server, Action.TABLET_HANDED_BACK) == [("p-store-0117", TANG, TANG, "button")]


@pytest.mark.full_only
async def test_a_pin_that_was_given_is_good_for_a_week(server: SignalingServer) -> None:
    time, tablet = Time(), await server.sign_in("store-0117")
    once = await give(await server.sign_in("admin"), TANG)
    assert tablet.person is not None
    late = TakeOvers(server.house.database, server.house.passwords, time)
    for more_ms, good in ((ONCE_LIFE_MS - 60_000, True), (120_000, False)):
        time.ms += more_ms
        assert [one.has_pin for one in await late.takers(chain.STORES["0117"])] == [False, good]
        with pytest.raises(Rejection) as refused:
            await late.take(tablet.person, TakeOverWish(person=TANG, pin=once), "")
        assert refused.value.code is (ErrorCode.PIN_CHANGE if good else ErrorCode.WRONG_PIN)


async def test_who_manages_a_store_gives_pins_to_its_people_and_to_nobody_beyond(server: SignalingServer) -> None:
    await staff(server, MING)
    tang, wu = await server.sign_in("tang"), await server.sign_in("wu")
    lines = (await tang.get("/api/stores/s-0117/pins")).read(Pins).people
    assert {one.id: one.may_give for one in lines} == {WU: False, TANG: True, MING: True}
    assert (await tang.post(f"/api/stores/s-0117/pins/{WU}")).code is ErrorCode.FORBIDDEN
    assert (await tang.post(f"/api/stores/s-0108/pins/{WU}")).status == 404
    assert (await wu.post(f"/api/stores/s-0108/pins/{TANG}")).status == 404, "she is of another store"
    assert (await wu.post(f"/api/stores/s-0117/pins/{WU}")).status == 201
    await give(tang, MING)
    states = {one.id: one.state for one in (await tang.get("/api/stores/s-0117/pins")).read(Pins).people}
    assert states == {WU: PinState.ONCE, TANG: PinState.NONE, MING: PinState.ONCE}


@pytest.mark.full_only
async def test_nobody_of_another_store_takes_a_tablet_over(server: SignalingServer) -> None:
    await own_pin(server, await server.sign_in("store-0117"))
    other = await server.sign_in("store-0108")
    assert (await take(other, PIN)).status == 404
    assert [one.id for one in (await other.get("/api/take-over")).read(Takers).people] == [WU]
    for login in ("tang", "chen", "admin"):
        assert (await take(await server.sign_in(login), PIN)).status == 403


# --- guessing ---------------------------------------------------------------------------------------------------------


async def test_whoever_guesses_is_stopped_also_with_the_right_one_until_a_manager_unlocks(
    server: SignalingServer,
) -> None:
    tablet, tang = await server.sign_in("store-0117"), await server.sign_in("tang")
    await own_pin(server, tablet)
    assert (await tablet.ask("DELETE", "/api/take-over")).status == 204
    codes = [(await take(tablet, OTHER)).code for _ in range(MOST_WRONG)]
    assert codes == [ErrorCode.WRONG_PIN] * (MOST_WRONG - 1) + [ErrorCode.LOCKED]
    refused = await take(tablet, PIN)
    assert refused.code is ErrorCode.LOCKED
    assert 0 < int(refused.headers["Retry-After"]) <= LOCK_MS / 1000
    locked = await acts(server, Action.PIN_LOCKED)
    assert {(one[0], one[2]) for one in locked} == {("p-store-0117", TANG), ("p-store-0117", "p-store-0117")}
    pins = (await tang.get("/api/stores/s-0117/pins")).read(Pins)
    assert [one.id for one in pins.people if one.locked_until is not None] == [TANG]
    assert [one.id for one in pins.locked] == ["p-store-0117"]
    for subject in (TANG, "p-store-0117"):
        assert (await take(tablet, PIN)).code is ErrorCode.LOCKED
        assert (await tang.ask("DELETE", f"/api/stores/s-0117/pins/{subject}/lock")).status == 204
    assert (await take(tablet, PIN)).status == 200


async def test_guesses_that_come_all_at_once_are_five_all_the_same(server: SignalingServer) -> None:
    tablet = await server.sign_in("store-0117")
    await own_pin(server, tablet)
    codes = [answer.code for answer in await asyncio.gather(*(take(tablet, OTHER) for _ in range(20)))]
    assert codes.count(ErrorCode.WRONG_PIN) < MOST_WRONG
    assert set(codes) <= {ErrorCode.WRONG_PIN, ErrorCode.LOCKED}
    assert len(await acts(server, Action.PIN_WRONG)) == MOST_WRONG


async def test_who_knows_one_pin_cannot_try_everybodys_at_the_same_tablet(server: SignalingServer) -> None:
    """A right one forgives the person, not the tablet."""
    tablet = await server.sign_in("store-0117")
    await own_pin(server, tablet)
    for _ in range(MOST_WRONG - 1):
        assert (await take(tablet, OTHER, WU)).code is ErrorCode.WRONG_PIN
        assert (await take(tablet, PIN)).status == 200
    assert (await take(tablet, OTHER, WU)).code is ErrorCode.LOCKED
    assert (await take(tablet, PIN)).code is ErrorCode.LOCKED


async def test_a_store_manager_cannot_guess_on_by_unlocking_whoever_manages_more(server: SignalingServer) -> None:
    tablet, tang = await server.sign_in("store-0117"), await server.sign_in("tang")
    await own_pin(server, tablet, PIN, WU)

    async def unlock(subject: str, by: Client = tang) -> Answer:
        return await by.ask("DELETE", f"/api/stores/s-0117/pins/{subject}/lock")

    for _ in range(MOST_WRONG - 1):
        assert (await take(tablet, OTHER, WU)).code is ErrorCode.WRONG_PIN
        assert (await unlock(WU)).code is ErrorCode.FORBIDDEN
        assert (await unlock("p-store-0117")).status == 204
    assert (await take(tablet, OTHER, WU)).code is ErrorCode.LOCKED
    assert await acts(server, Action.PIN_UNLOCKED) == [], "nobody was locked before"
    assert (await unlock(WU)).code is ErrorCode.FORBIDDEN
    for _ in range(2):
        assert (await unlock("p-store-0117")).status == 204
        assert (await take(tablet, PIN, WU)).code is ErrorCode.LOCKED, "the tablet's lock is not theirs"
    assert await acts(server, Action.PIN_UNLOCKED) == [("p-tang", None, "p-store-0117", "")]
    assert (await unlock(WU, await server.sign_in("wu"))).status == 204
    assert (await take(tablet, PIN, WU)).status == 200


@pytest.mark.full_only
async def test_a_lock_outlives_a_restart_and_opens_by_itself_after_a_quarter_of_an_hour(tmp_path: Path) -> None:
    time = Time()
    async with SignalingServer(tmp_path, rooms=[]) as server:
        tablet = await server.sign_in("store-0117")
        await own_pin(server, tablet)
        for _ in range(MOST_WRONG):
            await take(tablet, OTHER)
    async with SignalingServer(tmp_path, rooms=[], seeded=False) as server:
        assert (await take(await server.sign_in("store-0117"), PIN)).code is ErrorCode.LOCKED
        time.ms = clock.wall_ms() + LOCK_MS + 1000
        later = TakeOvers(server.house.database, server.house.passwords, time)
        who = (await (await server.sign_in("store-0117")).get("/api/me")).read(Me).person
        await later.take(who, TakeOverWish(person=TANG, pin=PIN), "")
        assert await operator(await server.sign_in("store-0117")) == TANG_IS
