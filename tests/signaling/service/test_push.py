"""Web Push rings browsers in which no page is open: by a real push service, whose browsers read what they get."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.client import AcceptCall, CancelCall, DeclineCall, LeaveRoom, StartCall
from contract.errors import ErrorCode
from contract.http import CallQuality
from contract.ids import RoomId
from contract.people import Presence
from contract.push import PushedOver, PushedRing, PushSeen, PushTerms
from contract.quiet import Quiet
from contract.ringrates import RingRates
from contract.rings import Ring, RingEnd, RingWay
from contract.rooms import MemberState, Reason
from contract.routing import Language
from contract.server import Done
from runtime import clock
from signaling.app import SERVICE
from signaling.auth import push_limit
from signaling.auth.sign_ins import EXTEND_MS
from signaling.live import push as live
from signaling.live import push_posts
from signaling.store import push as rows
from signaling.store.tables.accounts import SignInRow
from signaling.store.tables.audit import AuditRow
from signaling.store.tables.notices import PushBrowserRow
from tests.support import chain
from tests.support.clients import Tab, new_cid, tab
from tests.support.push_service import Browser, PushService
from tests.support.server import Client, SignalingServer
from tests.support.signaling_process import SignalingProcess

pytestmark = pytest.mark.flow

RING_S = 600.0
"""No step of a chain passes while a slow machine is at it."""
CONTACT = "mailto:it@chain.example"


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Second tries come soon, and only where the service asks for them, however slow the machine."""
    monkeypatch.setattr(push_posts, "AGAIN_S", (0.05,) * 5)
    monkeypatch.setattr(push_posts, "ANSWER_S", 600.0)


@dataclass
class Scene:
    """A server, the push service that it may post to, and a store with its page open."""

    server: SignalingServer
    service: PushService
    store: Tab
    stack: AsyncExitStack

    async def away(self, login: str, language: str = "zh") -> tuple[Client, Browser]:
        """Somebody signed in who wants to be rung, with no page open."""
        client, browser = await self.server.sign_in(login), self.service.browser()
        await subscribe(client, browser, language)
        return client, browser

    async def tab(self, login: str, *, browser: Client | None = None, device: str | None = None) -> Tab:
        client = browser or await self.server.sign_in(login)
        return await self.stack.enter_async_context(tab(client, device=device))

    async def call(self) -> RoomId:
        done = await self.store.do(StartCall(cid=new_cid(), reason=Reason.EQUIPMENT))
        assert isinstance(done, Done)
        assert done.room is not None
        await self.store.until(lambda: done.room in self.store.rooms, "its room")
        return done.room

    def rung(self, room: RoomId) -> set[str]:
        """Who rings, as the store sees it."""
        return {one.person.id for one in self.store.rooms[room].members if one.state is MemberState.RINGING}

    async def gets(self, browser: Browser, count: int) -> list[PushedRing | PushedOver]:
        await self.service.gets(lambda: len(self.service.of(browser)) >= count)
        return self.service.of(browser)

    async def rings(self, room: RoomId) -> dict[str, Ring]:
        """What became of each ring of a call that is over, by device."""
        await self.server.app[SERVICE].rings.keep(clock.wall_ms())
        admin = await self.server.sign_in("admin")
        found = (await admin.get(f"/api/archive/{room}/quality")).read(CallQuality)
        return {one.ring.device: one.ring for one in found.rings}

    async def audit(self) -> list[tuple[str, str | None, str]]:
        async with self.server.house.database.read() as session:
            lines = await session.scalars(select(AuditRow).order_by(AuditRow.seq))
            return [(one.action, one.person_id, one.detail) for one in lines if one.action.startswith("push_")]

    async def kept(self) -> int:
        async with self.server.house.database.read() as session:
            return len(list(await session.scalars(select(PushBrowserRow))))


async def until(wanted: Callable[[], bool]) -> None:
    """Wait for what a task of the server does."""
    async with asyncio.timeout(60):
        while not wanted():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)


async def subscribe(client: Client, browser: Browser, language: str = "zh") -> None:
    answer = await client.put(f"/api/push/{browser.device}", json=browser.subscription(language))
    assert answer.status == 204, answer.body


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with (
        PushService() as service,
        SignalingServer(tmp_path, ring_s=RING_S, push_servers=[service.origin], push_contact=CONTACT) as server,
        tab(await server.sign_in("store-0117")) as store,
        AsyncExitStack() as stack,
    ):
        yield Scene(server, service, store, stack)


async def test_a_closed_browser_rings_says_so_and_hears_who_answered(scene: Scene) -> None:
    chen, away = await scene.away("chen", "en")
    zhang = await scene.tab("zhang")
    room = await scene.call()
    assert scene.rung(room) == {"p-chen", "p-zhang"}
    [ring] = await scene.gets(away, 1)
    assert isinstance(ring, PushedRing)
    assert (ring.room, ring.device, ring.language) == (room, away.device, Language.EN)
    assert (ring.store, ring.number, ring.reason) == (chain.STORES["0117"].name, "0117", Reason.EQUIPMENT)
    seen = (await chen.post(f"/api/push/{away.device}/rings/{room}")).read(PushSeen)
    assert 0 < seen.left_ms <= RING_S * 1000
    assert isinstance(await zhang.do(AcceptCall(cid=new_cid(), room=room)), Done)
    over = (await scene.gets(away, 2))[1]
    assert isinstance(over, PushedOver)
    assert (over.room, over.end, over.by) == (room, RingEnd.ELSEWHERE, chain.PEOPLE["zhang"].name)
    assert (await chen.post(f"/api/push/{away.device}/rings/{room}")).read(PushSeen).left_ms == 0
    assert len(scene.service.pushes) >= 2
    first, second = scene.service.pushes[0], scene.service.pushes[-1]
    terms = (await chen.get("/api/push")).read(PushTerms)
    assert first.key == second.key == terms.key
    assert first.claims["sub"] == CONTACT
    assert (first.topic, first.urgency) == (second.topic, "high")
    assert 0 < first.ttl_s <= RING_S
    await scene.store.do(LeaveRoom(cid=new_cid(), room=room))
    await scene.store.until(lambda: scene.store.rooms[room].closed_at is not None, "over")
    found = await scene.rings(room)
    assert (found[away.device].way, found[away.device].end) == (RingWay.PUSH, RingEnd.ELSEWHERE)
    assert found[away.device].shown_at is not None
    assert found[zhang.device].way is RingWay.PAGE
    assert "" not in found, "somewhere it rang"
    admin = await scene.server.sign_in("admin")
    rates = (await admin.get("/api/rings")).read(RingRates)
    assert [(one.sent, one.pushed, one.shown) for one in rates.lines if one.device == away.device] == [(1, 1, 1)]


async def test_who_opens_the_page_answers_there_and_hears_no_more_by_push(scene: Scene) -> None:
    chen, away = await scene.away("chen")
    _, other = await scene.away("zhang")
    room = await scene.call()
    await scene.gets(away, 1)
    await scene.gets(other, 1)
    page = await scene.tab("chen", browser=chen, device=away.device)
    await page.until(lambda: room in page.rooms, "it rings in the page")
    assert isinstance(await page.do(AcceptCall(cid=new_cid(), room=room)), Done)
    over = (await scene.gets(other, 2))[1]
    assert isinstance(over, PushedOver)
    await scene.store.do(LeaveRoom(cid=new_cid(), room=room))
    await scene.store.until(lambda: scene.store.rooms[room].closed_at is not None, "over")
    found = await scene.rings(room)
    assert (found[away.device].end, found[away.device].way) == (RingEnd.ANSWERED, RingWay.PUSH)
    assert found[other.device].end is RingEnd.NOT_REACHED, "it never said that it shows the ring"
    assert len(scene.service.of(away)) == 1


@pytest.mark.full_only
async def test_whoever_has_a_page_open_is_not_pushed_to(scene: Scene) -> None:
    chen, here = await scene.away("chen")
    page = await scene.tab("chen", browser=chen)
    _, away = await scene.away("zhang")
    room = await scene.call()
    await scene.gets(away, 1)
    await scene.store.do(CancelCall(cid=new_cid(), room=room))
    over = (await scene.gets(away, 2))[1]
    assert isinstance(over, PushedOver)
    assert over.end is RingEnd.GIVEN_UP
    assert page.rooms or page.gone, "it rang in the page"
    assert scene.service.of(here) == []


@pytest.mark.full_only
async def test_a_page_that_goes_while_it_rings_leaves_the_ringing_to_a_push(scene: Scene) -> None:
    chen, away = await scene.away("chen")
    page = await scene.tab("chen", browser=chen, device=away.device)
    room = await scene.call()
    await page.until(lambda: room in page.rooms, "it rings in the page")
    await page.drop()
    [ring] = await scene.gets(away, 1)
    assert isinstance(ring, PushedRing)
    assert ring.room == room


async def test_a_call_that_only_a_push_can_ring_for_rings_and_tells_of_a_missed_call(scene: Scene) -> None:
    _, away = await scene.away("chen")
    room = await scene.call()
    assert scene.rung(room) == {"p-chen"}
    await scene.gets(away, 1)
    live_room = scene.server.app[SERVICE].rooms.get(room)
    assert live_room is not None
    call = live_room.state.call
    assert call is not None
    past = call.model_copy(update={"step_until": 1, "ring_until": 1, "steps": call.steps[:1]})
    live_room.state = live_room.state.model_copy(update={"call": past})  # its time passes
    live_room.observe()
    over = (await scene.gets(away, 2))[1]
    assert isinstance(over, PushedOver)
    assert (over.end, over.by) == (RingEnd.TIMED_OUT, None)
    assert scene.service.pushes[1].ttl_s > RING_S, "a missed call is worth knowing for longer"


@pytest.mark.parametrize(
    "how",
    [pytest.param("switched off", marks=pytest.mark.full_only), "signed out", "disabled", "not to be disturbed"],
)
async def test_who_is_not_there_any_more_in_any_way_is_not_rung(scene: Scene, how: str) -> None:
    chen, away = await scene.away("chen")
    match how:
        case "switched off":
            assert (await chen.ask("DELETE", f"/api/push/{away.device}")).status == 204
        case "signed out":
            assert (await chen.post("/api/signout")).status == 204
        case "not to be disturbed":
            quiet = Quiet(do_not_disturb=True).model_dump(mode="json")
            assert (await chen.put("/api/quiet", json=quiet)).status == 204
            presence = scene.server.app[SERVICE].presence
            await until(lambda: Presence.DO_NOT_DISTURB in [one.presence for one in presence.experts()])
        case _:
            admin = await scene.server.sign_in("admin")
            assert (await admin.put("/api/people/p-chen/disabled", json={"disabled": True})).status == 204
            await scene.server.app[SERVICE].push.look()
    done = await scene.store.do(StartCall(cid=new_cid(), reason=Reason.EQUIPMENT))
    assert isinstance(done, Done)
    await scene.store.until(lambda: scene.store.callbacks, "nobody was there")
    assert scene.service.of(away) == []
    assert await scene.kept() == (1 if how == "not to be disturbed" else 0)


@pytest.mark.full_only
async def test_a_browser_that_its_service_knows_no_more_is_taken_out(scene: Scene) -> None:
    _, away = await scene.away("chen")
    _, other = await scene.away("zhang")
    away.answers.append((410, {}))
    await scene.call()
    await scene.gets(other, 1)

    async def out() -> None:
        while await scene.kept() != 1:  # noqa: ASYNC110 - written by a task of the server
            await asyncio.sleep(0.02)

    await asyncio.wait_for(out(), 60)
    assert away.posts == 1
    assert ("push_off", None, "gone") in await scene.audit()


@pytest.mark.full_only
async def test_a_service_that_has_trouble_is_asked_again_and_not_for_ever(scene: Scene) -> None:
    _, away = await scene.away("chen")
    _, never = await scene.away("zhang")
    away.answers.extend([(500, {}), (429, {"Retry-After": "0"}), (503, {"Retry-After": "soon"})])
    never.answers.extend([(500, {})] * 50)
    room = await scene.call()
    await scene.gets(away, 1)
    assert away.posts >= 4
    await scene.service.gets(lambda: never.posts >= 6)
    await scene.store.do(CancelCall(cid=new_cid(), room=room))
    await scene.gets(away, 2)
    await scene.service.gets(lambda: never.posts >= 7)  # perhaps it came after all: it hears that it is over
    assert isinstance(scene.service.of(away)[1], PushedOver)


async def test_a_refusal_is_final_and_no_redirect_is_followed(scene: Scene) -> None:
    _, away = await scene.away("chen")
    _, other = await scene.away("zhang")
    away.answers.append((307, {"Location": f"{scene.service.origin}/elsewhere"}))
    room = await scene.call()
    await scene.gets(other, 1)
    await scene.service.gets(lambda: away.posts == 1)
    await scene.store.do(CancelCall(cid=new_cid(), room=room))
    await scene.gets(other, 2)
    assert (away.posts, scene.service.elsewhere) == (1, 0)
    push = scene.server.app[SERVICE].push
    await until(lambda: set(push.reachable(clock.wall_ms())) == {"p-zhang"})  # who can only be refused is not there


@pytest.mark.full_only
async def test_a_slow_service_holds_up_no_other_browser_and_no_call(scene: Scene) -> None:
    _, slow = await scene.away("chen")
    slow.slow = asyncio.Event()
    _, quick = await scene.away("zhang")
    room = await scene.call()
    await scene.service.gets(lambda: slow.posts >= 1)
    await scene.gets(quick, 1)
    zhang = await scene.tab("zhang", device=quick.device)
    await zhang.until(lambda: room in zhang.rooms, "it rings in the page")
    assert isinstance(await zhang.do(AcceptCall(cid=new_cid(), room=room)), Done)
    assert not slow.slow.is_set()


@pytest.mark.full_only
async def test_nothing_is_pushed_where_it_is_turned_off(tmp_path: Path) -> None:
    async with PushService() as service, SignalingServer(tmp_path, push=False, push_servers=[service.origin]) as server:
        chen, browser = await server.sign_in("chen"), service.browser()
        assert (await chen.get("/api/push")).read(PushTerms).key is None
        await subscribe(chen, browser)
        async with tab(await server.sign_in("store-0117")) as store:
            done = await store.do(StartCall(cid=new_cid(), reason=Reason.EQUIPMENT))
            assert isinstance(done, Done)
            await store.until(lambda: store.callbacks, "nobody was there")
        assert service.pushes == []


async def test_a_browser_says_where_to_post_and_is_not_believed(scene: Scene) -> None:
    chen = await scene.server.sign_in("chen")
    good = scene.service.browser().subscription()
    for wrong in (
        {"endpoint": "http://169.254.169.254/latest/meta-data"},
        {"endpoint": "https://fcm.googleapis.com.evil.example/x"},
        {"endpoint": "https://10.0.0.1/x"},
        {"p256dh": "A" * 87},
        {"auth": "short"},
        {"language": "fr"},
    ):
        refused = await chen.put("/api/push/device-1", json={**good, **wrong})
        assert refused.code is ErrorCode.BAD_MESSAGE, wrong
    for method, path in (("PUT", ""), ("DELETE", ""), ("POST", "/rings/r-1")):
        body = good if method == "PUT" else None
        assert (await chen.ask(method, f"/api/push/{'d' * 65}{path}", json=body)).code is ErrorCode.NOT_FOUND
    assert await scene.kept() == 0


async def test_a_notification_that_is_shown_keeps_nobody_signed_in(scene: Scene) -> None:
    chen, away = await scene.away("chen")
    room = await scene.call()
    database, long_ago = scene.server.house.database, clock.wall_ms() - 2 * EXTEND_MS

    async def seen_ms() -> int:
        async with database.read() as session:
            query = select(SignInRow.seen_ms).where(SignInRow.person_id == "p-chen")
            return (await session.execute(query)).scalar_one()

    async def age(session: AsyncSession) -> None:
        await session.execute(update(SignInRow).where(SignInRow.person_id == "p-chen").values(seen_ms=long_ago))

    await database.write(age)
    (await chen.post(f"/api/push/{away.device}/rings/{room}")).read(PushSeen)
    assert await seen_ms() == long_ago
    (await chen.get("/api/push")).read(PushTerms)
    assert await seen_ms() > long_ago, "by hand it does"


@pytest.mark.full_only
async def test_no_more_than_so_many_are_told_at_once_that_it_is_over(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MOST_TOLD", 1)
    browsers = [(await scene.away(login))[1] for login in ("chen", "zhang")]
    room = await scene.call()
    for one in browsers:
        await scene.gets(one, 1)
        one.slow = asyncio.Event()
    await scene.store.do(CancelCall(cid=new_cid(), room=room))
    await scene.service.gets(lambda: sum(one.posts for one in browsers) >= 3)
    push = scene.server.app[SERVICE].push
    await until(lambda: push.untold == 1)
    for one in browsers:
        assert one.slow is not None
        one.slow.set()
    await scene.service.gets(lambda: len(scene.service.pushes) >= 3)
    assert sum(one.posts for one in browsers) == 3


@pytest.mark.full_only
async def test_a_person_has_so_many_browsers_and_each_has_one_person(scene: Scene) -> None:
    chen, first = await scene.away("chen")
    for _ in range(rows.MOST):
        await subscribe(chen, scene.service.browser())
    assert await scene.kept() == rows.MOST
    _, zhangs = await scene.away("zhang")
    await subscribe(chen, zhangs)
    assert await scene.kept() == rows.MOST, "it is chen's now, and one of chen's older ones went"
    before = len(await scene.audit())
    await subscribe(chen, zhangs, "en")
    assert len(await scene.audit()) == before, "only another language"
    audit = await scene.audit()
    assert (Action.PUSH_OFF, "p-chen", "too_many") in audit
    assert (Action.PUSH_OFF, "p-chen", "moved") in audit
    assert (Action.PUSH_ON, "p-zhang", "") in audit
    assert first.posts == 0


@pytest.mark.full_only
async def test_the_switch_cannot_be_pressed_for_ever(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    chen = await scene.server.sign_in("chen")
    for _ in range(push_limit.PER_MINUTE):
        assert (await chen.ask("DELETE", "/api/push/device-1")).status == 204
    assert (await chen.ask("DELETE", "/api/push/device-1")).code is ErrorCode.TOO_MANY


@pytest.mark.full_only
async def test_who_declines_in_one_place_is_told_so_in_the_others(scene: Scene) -> None:
    chen, away = await scene.away("chen")
    second = scene.service.browser()
    await subscribe(chen, second)
    zhang = await scene.tab("zhang")
    room = await scene.call()
    await scene.gets(away, 1)
    await scene.gets(second, 1)
    page = await scene.tab("chen", browser=chen, device=second.device)
    await page.until(lambda: room in page.rooms, "it rings in the page")
    assert isinstance(await page.do(DeclineCall(cid=new_cid(), room=room)), Done)
    over = (await scene.gets(away, 2))[1]
    assert isinstance(over, PushedOver)
    assert over.end is RingEnd.DECLINED
    assert room in zhang.rooms, "it goes on for others"


@pytest.mark.full_only
async def test_a_kill_while_it_rings_rings_again_and_is_over_in_the_end(tmp_path: Path) -> None:
    """The push before the kill is in the browser's hands; the one after it takes its place, by the same topic."""
    async with (
        PushService() as service,
        SignalingProcess(tmp_path, push_servers=service.origin, ring_s=RING_S) as signaling,
    ):
        browser = service.browser()
        await subscribe(await signaling.sign_in("chen"), browser)
        async with tab(await signaling.sign_in("store-0117")) as store:
            done = await store.do(StartCall(cid=new_cid(), reason=Reason.EQUIPMENT))
            assert isinstance(done, Done)
            room = done.room
            assert room is not None
            await service.gets(lambda: len(service.of(browser)) >= 1)
        await signaling.kill()
        await signaling.start()
        await service.gets(lambda: len(service.of(browser)) >= 2)
        async with tab(await signaling.sign_in("store-0117")) as store:
            await store.until(lambda: room in store.rooms, "it still rings")
            assert isinstance(await store.do(CancelCall(cid=new_cid(), room=room)), Done)
            await service.gets(lambda: isinstance(service.of(browser)[-1], PushedOver))
        first, *_, last = service.pushes
        assert (first.topic, first.key) == (last.topic, last.key)
        assert isinstance(service.of(browser)[1], PushedRing)
