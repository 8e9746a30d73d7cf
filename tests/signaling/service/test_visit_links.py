"""Links for visitors through the public doors: who makes them, whom they let in, and once only."""

import asyncio
from collections import Counter

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from contract.errors import ErrorCode, Unavailable
from contract.policies import Policies, Recorded
from contract.visits import OpenVisits, VisitOffer
from signaling.auth.limits import WRONG_PER_ADDRESS
from signaling.auth.visits import MAX_PER_ROOM
from signaling.store import sign_ins
from signaling.store.tables.rooms import RoomRow
from tests.signaling.service.visiting import (
    WANG,
    admitted,
    enter,
    invite,
)
from tests.signaling.service.world import World, answered

pytestmark = pytest.mark.flow


async def test_a_call_that_was_closed_meanwhile_gets_no_link_and_no_visitor(world: World) -> None:
    store, chen = [await world.tab(login) for login in ("store-0117", "chen")]
    room = await answered(store, chen)
    token = await invite(chen, room)

    async def closed(session: AsyncSession) -> None:  # committed already, while the room in memory does not know yet
        await session.execute(update(RoomRow).where(RoomRow.id == room).values(closed_ms=1))

    await world.server.house.database.write(closed)
    refused = await chen.browser.post(f"/api/rooms/{room}/visits", json={})
    assert (refused.status, refused.code) == (410, ErrorCode.OVER)
    stranger = await world.server.stranger()
    for answer in (await stranger.post("/api/visit/look", json={"token": token}), await enter(stranger, token)):
        assert (answer.status, answer.code) == (404, ErrorCode.NOT_FOUND)


async def test_of_many_who_come_by_one_link_one_comes_in(world: World) -> None:
    store, chen = [await world.tab(login) for login in ("store-0117", "chen")]
    room = await answered(store, chen)
    token = await invite(chen, room)
    browsers = [await world.server.stranger() for _ in range(20)]
    answers = await asyncio.gather(*(enter(one, token, name=f"guest {n}") for n, one in enumerate(browsers)))
    assert Counter(answer.status for answer in answers) == {200: 1, 404: 19}


async def test_a_link_is_not_used_up_unless_its_visitor_is_signed_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, chen = [await world.tab(login) for login in ("store-0117", "chen")]
    token = await invite(chen, await answered(store, chen))
    stranger = await world.server.stranger()

    async def fails(*_: object, **__: object) -> None:
        raise Unavailable(ErrorCode.UNAVAILABLE, "the database", retry_after_s=1.0)

    with monkeypatch.context() as broken:
        broken.setattr(sign_ins, "add", fails)
        assert (await enter(stranger, token)).code is ErrorCode.UNAVAILABLE
    assert (await enter(stranger, token)).status == 200
    assert (await stranger.get("/api/me")).status == 200


async def test_a_link_that_opens_nothing_says_the_same_whatever_it_was(world: World) -> None:
    store, chen = [await world.tab(login) for login in ("store-0117", "chen")]
    room = await answered(store, chen)
    used, withdrawn, old = [await invite(chen, room) for _ in range(3)]
    assert (await enter(await world.server.stranger(), used)).status == 200
    [first, second] = (await chen.browser.get(f"/api/rooms/{room}/visits")).read(OpenVisits).links
    path = f"/api/rooms/{room}/visits"
    assert (await chen.browser.ask("DELETE", f"{path}/{first.id}")).status == 204
    assert (await chen.browser.ask("DELETE", f"{path}/{first.id}")).status == 404, "it is withdrawn already"
    late = second.expires_at
    world.server.house.visits._wall_ms = lambda: late
    stranger = await world.server.stranger()
    said = set()
    for token in (used, withdrawn, old, "never there", "x" * 128, "\u202e"):
        for answer in (await stranger.post("/api/visit/look", json={"token": token}), await enter(stranger, token)):
            said.add((answer.status, answer.body))
    assert len(said) == 1
    assert next(iter(said))[0] == 404


async def test_guesses_at_links_are_counted_by_address(world: World) -> None:
    store, chen = [await world.tab(login) for login in ("store-0117", "chen")]
    token = await invite(chen, await answered(store, chen))
    stranger = await world.server.stranger()
    for number in range(WRONG_PER_ADDRESS):
        path = ("/api/visit/look", "/api/visit")[number % 2]
        guess = await stranger.post(path, json={**WANG, "token": f"guess-{number}"})
        assert guess.code is ErrorCode.NOT_FOUND
    for answer in (await stranger.post("/api/visit/look", json={"token": token}), await enter(stranger, token)):
        assert (answer.status, answer.code) == (429, ErrorCode.LOCKED), "the right one too"


async def test_what_a_stranger_calls_themselves_is_shown_as_it_can_be_read(world: World) -> None:
    store, chen = [await world.tab(login) for login in ("store-0117", "chen")]
    token = await invite(chen, await answered(store, chen))
    stranger = await world.server.stranger()
    for hostile in ("", " ", "\u202e\u200b", "x" * 201, "\x00"):
        answer = await enter(stranger, token, name=hostile)
        assert (answer.status, answer.code) == (400, ErrorCode.BAD_MESSAGE), hostile
    assert (await enter(stranger, token, name="Wang\u202e\nLei", company="\u2066")).status == 200, "not used up by that"
    assert stranger.person is not None
    assert (stranger.person.name.en, stranger.person.title) == ("Wang Lei", None)


async def test_a_browser_of_the_house_is_no_visitors(world: World) -> None:
    store, chen = [await world.tab(login) for login in ("store-0117", "chen")]
    token = await invite(chen, await answered(store, chen))
    answer = await enter(await world.server.sign_in("store-0108"), token)
    assert (answer.status, answer.code) == (409, ErrorCode.CONFLICT)
    assert (await enter(await world.server.stranger(), token)).status == 200, "the link is as good as before"


async def test_who_may_invite_and_how_many(world: World) -> None:
    store, chen, liu, admin = [await world.tab(login) for login in ("store-0117", "chen", "liu", "admin")]
    room = await answered(store, chen)
    wang = await admitted(world, chen, room)
    for who, status in ((store, 403), (liu, 404), (admin, 404), (wang, 403)):
        assert (await who.browser.post(f"/api/rooms/{room}/visits", json={})).status == status, who.person
        assert (await who.browser.get(f"/api/rooms/{room}/visits")).status == status, who.person
    for _ in range(MAX_PER_ROOM):
        await invite(chen, room)
    more = await chen.browser.post(f"/api/rooms/{room}/visits", json={})
    assert (more.status, more.code) == (429, ErrorCode.TOO_MANY)


async def test_nobody_is_asked_to_agree_to_a_recording_that_there_is_not(world: World) -> None:
    admin = await world.server.sign_in("admin")
    never = Policies(recorded=Recorded.NEVER).model_dump(mode="json")
    assert (await admin.put("/api/policies", json=never)).status == 204
    store, chen = [await world.tab(login) for login in ("store-0117", "chen")]
    token = await invite(chen, await answered(store, chen))
    offer = (await (await world.server.stranger()).post("/api/visit/look", json={"token": token})).read(VisitOffer)
    assert not offer.recorded


async def test_a_chain_that_takes_no_guests_takes_no_visitors_either(world: World) -> None:
    store, chen = [await world.tab(login) for login in ("store-0117", "chen")]
    room = await answered(store, chen)
    token = await invite(chen, room)
    admin = await world.server.sign_in("admin")
    assert (await admin.put("/api/policies", json=Policies(guests=False).model_dump(mode="json"))).status == 204
    refused = await chen.browser.post(f"/api/rooms/{room}/visits", json={})
    assert (refused.status, refused.code) == (403, ErrorCode.POLICY)
    stranger = await world.server.stranger()
    for answer in (await stranger.post("/api/visit/look", json={"token": token}), await enter(stranger, token)):
        assert (answer.status, answer.code) == (404, ErrorCode.NOT_FOUND)
    assert (await admin.put("/api/policies", json=Policies(guests=True).model_dump(mode="json"))).status == 204
    assert (await enter(stranger, token)).status == 200
