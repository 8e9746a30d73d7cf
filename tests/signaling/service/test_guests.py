"""Tokens for WHIP and WHEP, and what they open: who may issue, what the doors answer, how a guest comes and goes."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy import select

from contract.client import CloseRoom
from contract.errors import ErrorCode
from contract.http import KeptToken, KeptTokens, MediaToken, Problem
from contract.ids import PersonId, RoomId
from contract.media import Grants, MediaUse
from contract.nodes import CloseLeg, DropParticipant, LegEnd, LegState, OpenLeg, RestartIce
from contract.people import Role
from contract.policies import Policies
from contract.rooms import Member, MemberState
from contract.server import Done
from signaling.app import SERVICE
from signaling.live import guests
from signaling.nodes import workers
from signaling.store.tables.audit import AuditRow
from signaling.store.tables.rooms import MediaTokenRow
from tests.signaling.service.world import World, answered, ring, training
from tests.support.clients import Tab, new_cid
from tests.support.nodes import ANSWER_SDP, BAD_SDP, FakeRecorder, FakeWorker, connected, until
from tests.support.server import Answer, Client, SignalingServer

pytestmark = pytest.mark.flow

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
OFFER = "v=0\r\na=ice-ufrag:first\r\n"
PWD = "p" * 22
FIRST = f"a=ice-ufrag:first\r\na=ice-pwd:{PWD}\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n"
SECOND = FIRST.replace("first", "second")
WISH = {"use": "publish", "name": {"zh": "后厨摄像机", "en": "Kitchen camera"}, "consent": True}


async def issue(who: Client, room: RoomId, **more: object) -> Answer:
    return await who.post(f"/api/rooms/{room}/tokens", json={**WISH, **more})


async def token(who: Tab, room: RoomId, use: str = "publish", **more: object) -> MediaToken:
    answer = await issue(who.browser, room, use=use, **more)
    assert answer.status == 201, answer.body
    return answer.read(MediaToken)


class Device:
    """A WHIP or WHEP client without media: no cookie, no Origin, a token."""

    def __init__(self, client: Client, issued: MediaToken) -> None:
        self.client = client
        self.issued = issued

    async def ask(self, method: str, path: str, text: str | None = None, **headers: str) -> Answer:
        sent = {"Authorization": f"Bearer {self.issued.token}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        data = None if text is None else text.encode()
        return await self.client.ask(method, path, data=data, origin=None, headers=sent)

    async def offer(self, sdp: str = OFFER) -> Answer:
        return await self.ask("POST", self.issued.path, sdp, Content_Type=SDP)


async def device(world: World, issued: MediaToken) -> Device:
    return Device(await world.server.stranger(), issued)


def member(tab: Tab, room: RoomId, who: PersonId) -> Member | None:
    return next((m for m in tab.rooms[room].members if m.person.id == who), None)


async def seen(tab: Tab, room: RoomId, who: PersonId, state: MemberState) -> Member:
    """Wait until the tab shows this guest so."""

    def found() -> Member | None:
        one = member(tab, room, who)
        return one if one is not None and one.state is state else None

    return await tab.until(found, f"the guest has {state}")


def problem(answer: Answer) -> tuple[int, ErrorCode]:
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    said = answer.read(Problem)
    assert said.status == answer.status
    return answer.status, said.code


async def test_the_host_and_an_administrator_issue_and_nobody_else(world: World) -> None:
    he, store, admin, chen = [await world.tab(login) for login in ("he", "store-0117", "admin", "chen")]
    room = await training(he, store)
    assert (await issue(he.browser, room)).status == 201
    assert (await issue(admin.browser, room)).status == 201
    assert (await issue(store.browser, room)).status == 403
    assert (await issue(chen.browser, room)).status == 404
    assert (await issue(he.browser, room, consent=False)).code is ErrorCode.CONSENT
    assert (await issue(he.browser, room, use="both")).status == 400
    assert (await issue(he.browser, room, life_s=30)).status == 400
    async with world.server.house.database.read() as session:
        rows = list(await session.scalars(select(AuditRow).where(AuditRow.action == "token_issued")))
        hashes = list(await session.scalars(select(MediaTokenRow.token_hash)))
    assert {(row.person_id, row.object) for row in rows} == {("p-he", room), ("p-admin", room)}
    assert all(row.detail.startswith("publish consent guest=") for row in rows)
    assert [len(kept) for kept in hashes] == [32, 32]


async def test_where_guests_are_not_wanted_no_token_is_made_and_none_opens(world: World) -> None:
    """From the moment the rule is set; who is in stays, and may not come again."""
    he, store, admin = [await world.tab(login) for login in ("he", "store-0117", "admin")]
    room = await training(he, store)
    inside, late = await device(world, await token(he, room)), await device(world, await token(he, room))
    assert (await inside.offer()).status == 201
    for guests_wanted, status in ((False, 403), (True, 201)):
        rules = Policies(guests=guests_wanted).model_dump(mode="json")
        assert (await admin.browser.put("/api/policies", json=rules)).status == 204
        for who in (he, admin):
            issued = await issue(who.browser, room)
            assert issued.status == status
            assert guests_wanted or issued.code is ErrorCode.POLICY
        offered = await late.offer()
        assert guests_wanted or problem(offered) == (403, ErrorCode.POLICY)
        assert offered.status == status
        await seen(he, room, inside.issued.guest, MemberState.JOINED)


async def test_in_a_call_the_expert_issues_and_only_once_it_is_answered(world: World) -> None:
    store, chen, admin = [await world.tab(login) for login in ("store-0117", "chen", "admin")]
    ringing = await ring(store, chen)
    assert (await issue(admin.browser, ringing)).code is ErrorCode.CONFLICT
    assert (await issue(chen.browser, ringing)).code is ErrorCode.FORBIDDEN
    second, zhang = await world.tab("store-0108"), await world.tab("zhang")
    room = await answered(second, zhang)
    assert (await issue(zhang.browser, room)).status == 201


async def test_a_publisher_is_a_member_that_everybody_sees_until_it_goes(world: World) -> None:
    he, store = await world.tab("he"), await world.tab("store-0117")
    room = await training(he, store)
    issued = await token(he, room)
    assert issued.path == f"/whip/{room}"
    camera = await device(world, issued)
    answer = await camera.offer()
    assert (answer.status, answer.body.decode(), answer.headers["Content-Type"]) == (201, ANSWER_SDP, SDP)
    session = answer.headers["Location"]
    assert session.startswith(f"/whip/{room}/")
    assert answer.headers["ETag"] == '"worker"'
    (leg,) = world.worker.of(OpenLeg)
    assert (leg.layout, leg.grants) == (MediaUse.PUBLISH, Grants(publish=True, subscribe=False, record=True))
    for tab in (he, store):
        one = await seen(tab, room, issued.guest, MemberState.JOINED)
        assert (one.person.role, one.person.name.en, one.guest) == (Role.GUEST, "Kitchen camera", MediaUse.PUBLISH)
    assert (await camera.ask("DELETE", session)).status == 204
    await seen(he, room, issued.guest, MemberState.LEFT)
    assert [drop.reason for drop in world.worker.of(DropParticipant)] == [LegEnd.LEFT]
    assert problem(await camera.ask("DELETE", session)) == (404, ErrorCode.NOT_FOUND)
    async with world.server.house.database.read() as found:
        actions = list(await found.scalars(select(AuditRow.action).where(AuditRow.person_id == issued.guest)))
    assert actions == ["room_joined", "room_left"]


async def test_a_token_is_for_one_use_of_one_room(world: World) -> None:
    he, store = await world.tab("he"), await world.tab("store-0117")
    room = await training(he, store)
    watcher = await device(world, await token(he, room, "watch"))
    refused = await watcher.ask("POST", f"/whip/{room}", OFFER, Content_Type=SDP)
    assert problem(refused) == (403, ErrorCode.FORBIDDEN)
    refused = await watcher.ask("POST", "/whep/another", OFFER, Content_Type=SDP)
    assert problem(refused) == (403, ErrorCode.FORBIDDEN)
    stranger = Device(watcher.client, watcher.issued.model_copy(update={"token": "a guess"}))
    unknown = await stranger.offer()
    assert problem(unknown) == (401, ErrorCode.SIGN_IN)
    assert unknown.headers["WWW-Authenticate"] == "Bearer"
    bare = await watcher.client.ask("POST", f"/whep/{room}", data=OFFER.encode(), headers={"Content-Type": SDP})
    assert problem(bare) == (401, ErrorCode.SIGN_IN)
    assert not world.worker.of(OpenLeg)


async def test_a_cookie_opens_nothing_here(world: World) -> None:
    he, store = await world.tab("he"), await world.tab("store-0117")
    room = await training(he, store)
    answer = await he.browser.ask("POST", f"/whip/{room}", data=OFFER.encode(), headers={"Content-Type": SDP})
    assert problem(answer) == (401, ErrorCode.SIGN_IN)


async def test_guessing_at_tokens_is_held_back(world: World) -> None:
    he, store = await world.tab("he"), await world.tab("store-0117")
    camera = await device(world, await token(he, await training(he, store)))
    guess = Device(camera.client, camera.issued.model_copy(update={"token": "a guess"}))
    statuses = [(await guess.offer()).status for _ in range(42)]
    assert statuses[:40] == [401] * 40
    assert statuses[40:] == [429] * 2


async def test_what_cannot_be_answered_is_said_in_problem_details(world: World) -> None:
    he, store = await world.tab("he"), await world.tab("store-0117")
    room = await training(he, store)
    camera = await device(world, await token(he, room))
    assert problem(await camera.ask("POST", f"/whip/{room}", OFFER, Content_Type="text/plain")) == (
        415,
        ErrorCode.MEDIA_TYPE,
    )
    assert problem(await camera.offer(BAD_SDP)) == (400, ErrorCode.BAD_SDP)
    assert problem(await camera.offer("x" * 50_000)) == (413, ErrorCode.TOO_LARGE)
    assert member(he, room, camera.issued.guest) is None
    for method in ("GET", "PUT"):
        assert problem(await camera.ask(method, f"/whip/{room}")) == (405, ErrorCode.METHOD)
    for method in ("GET", "PUT", "POST"):
        assert problem(await camera.ask(method, f"/whip/{room}/session")) == (405, ErrorCode.METHOD)


async def test_a_page_of_another_origin_may_ask_and_reads_where_its_session_is(world: World) -> None:
    he, store = await world.tab("he"), await world.tab("store-0117")
    room = await training(he, store)
    camera = await device(world, await token(he, room))
    for path in (f"/whip/{room}", f"/whep/{room}", f"/whip/{room}/x", f"/whep/{room}/x"):
        answer = await camera.client.ask("OPTIONS", path, origin="https://studio.example")
        assert answer.status == 204
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
        assert {"authorization", "content-type", "if-match"} <= {
            name.strip().lower() for name in answer.headers["Access-Control-Allow-Headers"].split(",")
        }
        accepts = answer.headers["Accept-Patch" if path.endswith("/x") else "Accept-Post"]
        assert accepts == (FRAGMENT if path.endswith("/x") else SDP)
    answer = await camera.client.ask(
        "POST",
        f"/whip/{room}",
        data=OFFER.encode(),
        origin="https://studio.example",
        headers={"Content-Type": SDP, "Authorization": f"Bearer {camera.issued.token}"},
    )
    assert answer.status == 201
    assert {"Location", "ETag"} <= {n.strip() for n in answer.headers["Access-Control-Expose-Headers"].split(",")}


class Patched(Device):
    """A publisher that is here, and PATCHes its session."""

    session = ""
    etag = ""

    async def begin(self) -> None:
        answer = await self.offer()
        self.session, self.etag = answer.headers["Location"], answer.headers["ETag"]

    async def patch(self, text: str, **headers: str) -> Answer:
        return await self.ask("PATCH", self.session, text, **{"Content_Type": FRAGMENT, **headers})


async def patching(world: World) -> Patched:
    he, store = await world.tab("he"), await world.tab("store-0117")
    camera = Patched(await world.server.stranger(), await token(he, await training(he, store)))
    await camera.begin()
    return camera


async def test_candidates_are_taken_of_the_ice_session_that_is(world: World) -> None:
    camera = await patching(world)
    fragment, etag = FIRST, camera.etag

    async def patch(text: str = fragment, **headers: str) -> Answer:
        return await camera.patch(text, **headers)

    taken = await patch(If_Match=etag)
    assert (taken.status, taken.body, taken.headers.get("ETag")) == (204, b"", None)
    assert (await patch(ETag=etag)).status == 204, "older clients say it so"
    assert problem(await patch()) == (428, ErrorCode.NO_PRECONDITION)
    assert problem(await patch(If_Match='"other"')) == (412, ErrorCode.PRECONDITION)
    assert problem(await patch(fragment.replace("first", "second"), If_Match=etag)) == (422, ErrorCode.UNSUPPORTED)
    assert problem(await patch("{}", If_Match=etag)) == (400, ErrorCode.BAD_SDP)
    assert problem(await patch(If_Match=etag, Content_Type=SDP)) == (415, ErrorCode.MEDIA_TYPE)
    camera.session += "x"
    assert problem(await patch(If_Match=etag)) == (404, ErrorCode.NOT_FOUND)
    assert problem(await patch(If_Match="*")) == (404, ErrorCode.NOT_FOUND)
    assert world.worker.legs, "nothing of that ends the session"
    assert not world.worker.of(RestartIce)


async def test_a_restart_of_ice_is_answered_by_the_worker_and_the_old_etag_is_stale(world: World) -> None:
    camera = await patching(world)
    restarted = await camera.patch(SECOND, If_Match="*")
    assert (restarted.status, restarted.headers["Content-Type"]) == (200, FRAGMENT)
    assert restarted.body.decode() == "a=ice-ufrag:newforsecond\r\n"
    assert restarted.headers["ETag"] == '"newforsecond"'
    (asked,) = world.worker.of(RestartIce)
    assert (asked.leg, asked.ufrag, asked.pwd) == (camera.session.rpartition("/")[2], "second", PWD)
    assert problem(await camera.patch(FIRST, If_Match=camera.etag)) == (412, ErrorCode.PRECONDITION)
    assert problem(await camera.patch(SECOND, If_Match=camera.etag)) == (412, ErrorCode.PRECONDITION)
    assert (await camera.patch(SECOND, If_Match=restarted.headers["ETag"])).status == 204
    late = await camera.patch(FIRST, If_Match=restarted.headers["ETag"])
    assert problem(late) == (422, ErrorCode.UNSUPPORTED), "candidates of what is over"
    third = await camera.patch(SECOND.replace("second", "third"), If_Match="*")
    assert third.headers["ETag"] == '"newforthird"'
    assert world.worker.legs, "the session is the same"


async def test_a_restart_by_what_is_no_fragment_asks_the_worker_nothing(world: World) -> None:
    camera = await patching(world)
    endless = "m=audio 9 X 0\r\n" * 401
    for text in ("", "{}", "a=mid:0\r\n", "a=ice-ufrag:sec\r\n", endless, "a=ice-ufrag:second\r\n"):
        assert problem(await camera.patch(text, If_Match="*")) == (400, ErrorCode.BAD_SDP), text
    assert not world.worker.of(RestartIce)
    assert (await camera.patch(FIRST, If_Match=camera.etag)).status == 204


async def test_a_flood_of_restarts_is_held_back_like_one_of_offers(world: World, no_time: None) -> None:
    camera = await patching(world)
    statuses = [(await camera.patch(SECOND, If_Match="*")).status for _ in range(guests.BURST)]
    assert statuses == [200] * (guests.BURST - 1) + [429]
    assert world.worker.legs


async def test_a_worker_that_does_not_answer_a_restart_keeps_the_session(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = await patching(world)
    monkeypatch.setattr(workers, "ANSWER_S", 0.2)
    world.worker.answers = False
    refused = await camera.patch(SECOND, If_Match="*")
    assert problem(refused) == (503, ErrorCode.UNAVAILABLE)
    assert "Retry-After" in refused.headers
    world.worker.answers = True
    monkeypatch.setattr(workers, "ANSWER_S", 30.0)
    assert (await camera.patch(SECOND, If_Match="*")).status == 200
    assert world.worker.legs
    assert not world.worker.of(CloseLeg)


async def test_a_second_offer_takes_the_seat_over_and_a_flood_is_held_back(world: World, no_time: None) -> None:
    he, store = await world.tab("he"), await world.tab("store-0117")
    room = await training(he, store)
    camera = await device(world, await token(he, room))
    first, second = await camera.offer(), await camera.offer()
    assert first.headers["Location"] != second.headers["Location"]
    assert problem(await camera.ask("DELETE", first.headers["Location"])) == (404, ErrorCode.NOT_FOUND)
    await until(lambda: len(world.worker.legs) == 1, "only one connection is left")
    await seen(he, room, camera.issued.guest, MemberState.JOINED)
    statuses = [(await camera.offer()).status for _ in range(guests.BURST)]
    assert statuses[-1] == 429


async def test_a_connection_that_ends_takes_its_guest_with_it(world: World) -> None:
    he, store = await world.tab("he"), await world.tab("store-0117")
    room = await training(he, store)
    camera = await device(world, await token(he, room))
    await camera.offer()
    await seen(he, room, camera.issued.guest, MemberState.JOINED)
    (leg,) = await until(lambda: list(world.worker.legs.values()), "the leg")
    world.worker.report(leg.model_copy(update={"state": LegState.CLOSED, "reason": LegEnd.CLIENT_CLOSED}))
    await seen(he, room, camera.issued.guest, MemberState.LEFT)
    assert (await camera.offer()).status == 201
    await seen(he, room, camera.issued.guest, MemberState.JOINED)


async def test_the_end_of_the_room_is_the_end_of_its_tokens(world: World) -> None:
    he, store = await world.tab("he"), await world.tab("store-0117")
    room = await training(he, store)
    watcher = await device(world, await token(he, room, "watch"))
    session = (await watcher.offer()).headers["Location"]
    assert isinstance(await he.do(CloseRoom(cid=new_cid(), room=room)), Done)
    await until(lambda: not world.worker.legs, "its media ends")
    assert problem(await watcher.offer()) == (410, ErrorCode.OVER)
    assert (await watcher.ask("DELETE", session)).status in (204, 404)
    assert (await issue(he.browser, room)).code is ErrorCode.OVER


async def test_a_token_that_expires_ends_the_stay(world: World) -> None:
    he, store = await world.tab("he"), await world.tab("store-0117")
    room = await training(he, store)
    camera, screen = await device(world, await token(he, room)), await device(world, await token(he, room, life_s=3600))
    for one in (camera, screen):
        assert (await one.offer()).status == 201
        await seen(he, room, one.issued.guest, MemberState.JOINED)
    live = world.server.app[SERVICE].guests
    await live.look(screen.issued.expires_at - 1)
    await live.look(screen.issued.expires_at)
    await seen(he, room, screen.issued.guest, MemberState.LEFT)
    await until(lambda: len(world.worker.legs) == 1, "its media ends")
    assert [drop.participant for drop in world.worker.of(DropParticipant)] == [screen.issued.guest]
    await seen(he, room, camera.issued.guest, MemberState.JOINED)


async def listed(who: Tab, room: RoomId) -> list[KeptToken]:
    answer = await who.browser.get(f"/api/rooms/{room}/tokens")
    assert answer.status == 200, answer.body
    return answer.read(KeptTokens).tokens


async def test_a_token_that_is_revoked_ends_the_stay_and_opens_nothing_any_more(world: World) -> None:
    he, store, admin = [await world.tab(login) for login in ("he", "store-0117", "admin")]
    room = await training(he, store)
    camera, screen = await device(world, await token(he, room)), await device(world, await token(he, room, "watch"))
    for one in (camera, screen):
        assert (await one.offer()).status == 201
        await seen(he, room, one.issued.guest, MemberState.JOINED)
    kept = {one.guest: one for one in await listed(he, room)}
    assert await listed(admin, room) == list(kept.values())
    assert kept.keys() == {camera.issued.guest, screen.issued.guest}
    mine = kept[camera.issued.guest]
    assert (mine.use, mine.name.en, mine.room, mine.here) == (MediaUse.PUBLISH, "Kitchen camera", room, True)
    assert mine.expires_at == camera.issued.expires_at
    revoke = f"/api/rooms/{room}/tokens/{camera.issued.guest}"
    assert (await store.browser.ask("DELETE", revoke)).status == 403
    assert (await he.browser.ask("DELETE", revoke.replace(room, "another"))).status == 404
    assert (await he.browser.ask("DELETE", revoke)).status == 204
    await seen(he, room, camera.issued.guest, MemberState.LEFT)
    await until(lambda: len(world.worker.legs) == 1, "its media ends")
    assert [(drop.participant, drop.reason) for drop in world.worker.of(DropParticipant)] == [
        (camera.issued.guest, LegEnd.REMOVED)
    ]
    assert problem(await camera.offer()) == (401, ErrorCode.SIGN_IN)
    assert (await he.browser.ask("DELETE", revoke)).status == 404
    assert [one.guest for one in await listed(he, room)] == [screen.issued.guest]
    await seen(he, room, screen.issued.guest, MemberState.JOINED)
    assert await audited(world, "token_revoked") == [("p-he", room, f"publish guest={camera.issued.guest}")]


async def test_a_guest_that_is_put_out_may_come_back_with_its_token(world: World) -> None:
    he, store, chen = [await world.tab(login) for login in ("he", "store-0117", "chen")]
    room = await training(he, store)
    camera = await device(world, await token(he, room))
    door = f"/api/rooms/{room}/guests/{camera.issued.guest}"
    assert (await he.browser.ask("DELETE", door)).status == 404, "it is not here yet"
    session = (await camera.offer()).headers["Location"]
    await seen(he, room, camera.issued.guest, MemberState.JOINED)
    assert (await store.browser.ask("DELETE", door)).status == 403
    assert (await chen.browser.ask("DELETE", door)).status == 404
    assert (await he.browser.ask("DELETE", door.replace(camera.issued.guest, "p-store-0117"))).status == 404
    assert (await he.browser.ask("DELETE", door)).status == 204
    await seen(he, room, camera.issued.guest, MemberState.LEFT)
    await until(lambda: not world.worker.legs, "its media ends")
    assert problem(await camera.ask("DELETE", session)) == (404, ErrorCode.NOT_FOUND)
    assert [one.here for one in await listed(he, room)] == [False]
    assert (await camera.offer()).status == 201
    await seen(he, room, camera.issued.guest, MemberState.JOINED)
    assert await audited(world, "guest_removed") == [("p-he", room, f"guest={camera.issued.guest}")]


async def audited(world: World, action: str) -> list[tuple[str | None, str | None, str]]:
    async with world.server.house.database.read() as session:
        rows = list(await session.scalars(select(AuditRow).where(AuditRow.action == action)))
    return [(row.person_id, row.object, row.detail) for row in rows]


async def test_a_guest_stays_over_a_restart_of_signaling_and_can_still_go(tmp_path: Path) -> None:
    worker, recorder = FakeWorker(), FakeRecorder()
    async with AsyncExitStack() as nodes:
        async with SignalingServer(tmp_path) as server, AsyncExitStack() as stack:
            await nodes.enter_async_context(connected(tmp_path, worker, recorder))
            world = World(server, worker, recorder, stack)
            he, store = await world.tab("he"), await world.tab("store-0117")
            room = await training(he, store)
            camera = await device(world, await token(he, room))
            session = (await camera.offer()).headers["Location"]
            await seen(he, room, camera.issued.guest, MemberState.JOINED)
            link = worker.link
        async with SignalingServer(tmp_path) as server, AsyncExitStack() as stack:
            world = World(server, worker, recorder, stack)
            await until(lambda: worker.link is not link, "the worker is back")
            he = await world.tab("he")
            await he.until(lambda: room in he.rooms, "the room")
            one = await seen(he, room, camera.issued.guest, MemberState.JOINED)
            assert one.session == session.rpartition("/")[2]
            assert worker.legs, "nobody told the worker to drop it"
            again = await device(world, camera.issued)
            assert (await again.ask("DELETE", session)).status == 204
            await seen(he, room, camera.issued.guest, MemberState.LEFT)


async def test_a_worker_that_is_lost_takes_its_guests_with_it(tmp_path: Path) -> None:
    worker = FakeWorker(reached=False)
    async with SignalingServer(tmp_path) as server, AsyncExitStack() as stack:
        async with connected(tmp_path, worker):
            world = World(server, worker, FakeRecorder(), stack)
            he, store = await world.tab("he"), await world.tab("store-0117")
            room = await training(he, store)
            camera = await device(world, await token(he, room))
            assert (await camera.offer()).status == 201
            await seen(he, room, camera.issued.guest, MemberState.JOINED)
        await seen(he, room, camera.issued.guest, MemberState.LEFT)
        async with asyncio.timeout(30):
            assert problem(await camera.offer()) == (503, ErrorCode.UNAVAILABLE)
        assert (await seen(he, room, camera.issued.guest, MemberState.LEFT)).session is None
