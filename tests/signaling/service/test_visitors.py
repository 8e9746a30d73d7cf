"""Visitors through the public doors: from the link to the call, and out again for good."""

from collections.abc import Callable
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

import pytest

from contract.audit import AuditPage
from contract.client import (
    Ack,
    Admit,
    Attend,
    CallStore,
    ClientMessage,
    CloseRoom,
    ComeIn,
    GetRoom,
    Hello,
    LeaveRoom,
    OpenSession,
    Ping,
    Read,
    ReportFigures,
    SendAway,
    StartCall,
    Sync,
)
from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId, RoomId, SessionId, StoreId, room_channel
from contract.people import Name
from contract.quality import ClientSample
from contract.rooms import EndReason, MemberState, Reason
from contract.server import Done, Error, Pong, Room, VisitEnd, VisitStage
from contract.visits import OpenVisits, Visiting, VisitLink, VisitOffer
from runtime.supervise import TaskScope
from signaling.domain import seats
from signaling.domain.commands import CameIn
from signaling.service import Service
from tests.signaling.service.test_matrix import VERBS
from tests.signaling.service.visiting import admitted, comes, enter, invite, is_over, knock, state_of, told, waiting
from tests.signaling.service.world import World, answered, offer
from tests.support.clients import Tab, new_cid
from tests.support.nodes import FakeRecorder, FakeWorker, connected
from tests.support.server import Client
from tests.support.signaling_process import SignalingProcess

pytestmark = pytest.mark.flow


async def test_from_the_link_to_the_call_and_home_again(world: World) -> None:
    store, chen = [await world.tab(login) for login in ("store-0117", "chen")]
    room = await answered(store, chen)
    made = (await chen.browser.post(f"/api/rooms/{room}/visits", json={})).read(VisitLink)
    address = urlsplit(made.address)
    token = address.fragment
    assert len(token) >= 43, "256 bits"
    assert (address.path, address.query) == ("/g", ""), "what a browser sends, and a proxy's log has, is without it"
    assert token not in str((await chen.browser.get(f"/api/rooms/{room}/visits")).body)

    phone = await world.server.stranger()
    seen = (await phone.post("/api/visit/look", json={"token": token})).read(VisitOffer)
    assert (seen.by, seen.expires_at) == (Name(zh="陈立群", en="Chen Liqun"), made.expires_at)
    assert seen.recorded
    assert (await phone.post("/api/visit/look", json={"token": token})).status == 200, "looking uses nothing up"
    [listed] = (await chen.browser.get(f"/api/rooms/{room}/visits")).read(OpenVisits).links
    assert (listed.id, listed.by, listed.opened) == (made.id, chen.person, True)
    assert (await enter(phone, token, consent=False)).code is ErrorCode.CONSENT
    assert (await enter(phone, token)).status == 200
    assert (await chen.browser.get(f"/api/rooms/{room}/visits")).read(OpenVisits).links == []
    assert (await phone.get("/api/visit")).read(Visiting).room == room

    wang = await world.tab("", phone)
    assert wang.rooms == {}
    await knock(wang, room)
    await wang.until(lambda: told(wang) == [(VisitStage.WAITING, None)], "it waits")
    for who in (store, chen):
        [one] = (await who.room(lambda s: bool(s.lobby), "the knock")).lobby
        assert (one.person.name.zh, one.person.title) == ("王师傅", Name(zh="Rational", en="Rational"))
    assert (await offer(wang, room)).status == 404, "no media before it is let in"
    assert isinstance(await chen.do(Admit(cid=new_cid(), room=room, person=wang.person)), Done)
    await store.until(lambda: state_of(store.rooms[room], wang) is MemberState.JOINED, "everybody sees it")
    await wang.until(lambda: room in wang.rooms, "the call")
    assert {one.person.id for one in wang.rooms[room].members} == {store.person, chen.person, wang.person}
    assert (await offer(wang, room)).status == 201

    await chen.write(room_channel(room), "for the house only")
    await store.until(lambda: store.shown.get(room_channel(room)), "the message")
    assert isinstance(await wang.do(LeaveRoom(cid=new_cid(), room=room)), Done)
    await is_over(wang, VisitEnd.LEFT)
    assert wang.shown == {}
    await store.until(lambda: state_of(store.rooms[room], wang) is MemberState.LEFT, "it is out")
    assert store.rooms[room].closed_at is None
    assert (await enter(phone, token)).status == 404

    admin = await world.server.sign_in("admin")
    lines = [one for one in (await admin.get("/api/audit?limit=200")).read(AuditPage).lines if one.object == room]
    assert [(one.action.value, one.person) for one in reversed(lines) if one.action.value.startswith("visit")] == [
        ("visit_offered", chen.person),
        ("visit_opened", None),
        ("visitor_came", wang.person),
        ("visitor_waits", wang.person),
        ("visitor_admitted", chen.person),
        ("visitor_left", wang.person),
    ]
    assert all(one.name == Name(zh="王师傅", en="王师傅") for one in lines if one.person == wang.person)


async def test_a_visitor_hears_of_nothing_but_who_sits_in_the_call(world: World) -> None:
    store, chen, liu = [await world.tab(login) for login in ("store-0117", "chen", "liu")]
    room = await answered(store, chen)
    wang = await admitted(world, chen, room)
    other = await comes(world, chen, room)
    await chen.do(SendAway(cid=new_cid(), room=room, person=other.person))
    await chen.until(lambda: not chen.rooms[room].lobby, "away")
    await wang.until(lambda: wang.rooms[room].ver == chen.rooms[room].ver, "the newest")
    said = "".join(message.model_dump_json() for message in wang.heard)
    for stranger in (liu.person, other.person, "p-zhang"):
        assert stranger not in said
    whole = chen.rooms[room].call
    assert whole is not None
    assert whole.steps
    seen = wang.rooms[room].call
    assert seen is not None
    assert seen.steps == []
    assert {message.type for message in wang.heard} <= {
        "welcome",
        "presence",
        "callbacks",
        "queue",
        "done",
        "visit",
        "room",
    }
    await wang.say(GetRoom(room=room))
    await wang.until(lambda: len([m for m in wang.heard if isinstance(m, Room)]) > 1, "the room again")
    assert wang.rooms[room].lobby == []


@pytest.mark.parametrize(
    ("where", "why"),
    [("lobby", VisitEnd.REFUSED), ("call", VisitEnd.REMOVED), ("lobby", VisitEnd.ENDED), ("call", VisitEnd.ENDED)],
)
async def test_who_is_sent_away_or_whose_call_ends_is_out_for_good(world: World, where: str, why: VisitEnd) -> None:
    store, chen = [await world.tab(login) for login in ("store-0117", "chen")]
    room = await answered(store, chen)
    wang = await (comes if where == "lobby" else admitted)(world, chen, room)
    unused = await invite(chen, room)
    wish = LeaveRoom(cid=new_cid(), room=room) if why is VisitEnd.ENDED else None
    assert isinstance(await chen.do(wish or SendAway(cid=new_cid(), room=room, person=wang.person)), Done)
    await is_over(wang, why)
    stranger = await world.server.stranger()
    opens = (await stranger.post("/api/visit/look", json={"token": unused})).status
    assert opens == (404 if why is VisitEnd.ENDED else 200), "a link lives no longer than its call"


async def test_who_was_sent_away_meanwhile_does_not_knock_again_from_another_tab(world: World) -> None:
    store, chen = [await world.tab(login) for login in ("store-0117", "chen")]
    room = await answered(store, chen)
    wang = await comes(world, chen, room)
    person = wang.browser.person
    assert person is not None
    assert isinstance(await chen.do(SendAway(cid=new_cid(), room=room, person=wang.person)), Done)
    await is_over(wang, VisitEnd.REFUSED)
    service = world.server.house.rooms
    assert isinstance(service, Service)
    live = service.rooms.get(room)
    assert live is not None
    with pytest.raises(Rejection) as caught:  # what `come_in` of another tab asks for, which saw the visit go on
        await live.ask(CameIn(person, SessionId("another-tab")))
    assert caught.value.code is ErrorCode.OVER
    assert waiting(live.state) == []


async def test_a_reload_comes_back_and_another_browser_does_not(world: World) -> None:
    store, chen = [await world.tab(login) for login in ("store-0117", "chen")]
    room = await answered(store, chen)
    token = await invite(chen, room)
    phone, other = await world.server.stranger(), await world.server.stranger()
    assert (await enter(phone, token)).status == 200
    assert (await enter(other, token)).code is ErrorCode.NOT_FOUND
    for _ in range(2):  # while it waits, and again
        wang = await world.tab("", phone)
        await knock(wang, room)
        assert wang.welcome is not None
        session = wang.welcome.session
        await chen.room(lambda s, session=session: [k.session for k in s.lobby] == [session], "the newest tab waits")  # type: ignore[misc]
    await chen.do(Admit(cid=new_cid(), room=room, person=wang.person))
    await wang.until(lambda: room in wang.rooms, "in")
    again = await world.tab("", phone)
    assert room in again.rooms or await again.until(lambda: room in again.rooms, "the room")
    await knock(again, room)
    assert again.welcome is not None
    mine = again.welcome.session
    await again.room(lambda s: any(m.session == mine for m in s.members), "the seat is the new tab's")
    assert (await offer(again, room)).status == 201
    assert (await other.post("/api/visit/look", json={"token": token})).code is ErrorCode.NOT_FOUND


async def test_nobody_else_is_let_in_or_sent_away(world: World) -> None:
    store, chen, liu = [await world.tab(login) for login in ("store-0117", "chen", "liu")]
    room = await answered(store, chen)
    wang = await comes(world, chen, room)
    for who, code in ((store, ErrorCode.FORBIDDEN), (liu, ErrorCode.NOT_FOUND), (wang, ErrorCode.FORBIDDEN)):
        for kind in (Admit, SendAway):
            refused = await who.do(kind(cid=new_cid(), room=room, person=wang.person))
            assert isinstance(refused, Error)
            assert refused.code is code, (who.person, kind)
    absent = await wang.do(ComeIn(cid=new_cid(), room=RoomId("01900000-0000-7000-8000-00000000ffff")))
    assert isinstance(absent, Error)
    assert absent.code is ErrorCode.NOT_FOUND
    assert waiting(chen.rooms[room]) == [wang.person]


MORE: dict[str, Callable[[RoomId, PersonId], ClientMessage]] = {
    "hello": lambda _room, _who: Hello(ticket="x", proto=1, device="device-1"),
    "ping": lambda _room, _who: Ping(n=7),
    "attend": lambda _room, _who: Attend(here=False),
    "sync": lambda room, _who: Sync(ch=room_channel(room), after=0),
    "ack": lambda room, _who: Ack(ch=room_channel(room), seq=1),
    "read": lambda room, _who: Read(ch=room_channel(room), seq=1),
    "get_room": lambda room, _who: GetRoom(room=room),
    "report_figures": lambda room, _who: ReportFigures(room=room, sample=ClientSample(over_s=5.0, sent=[], seen=[])),
    "start_call": lambda _room, _who: StartCall(cid=new_cid(), reason=Reason.ANY),
    "call_store": lambda _room, _who: CallStore(cid=new_cid(), store=StoreId("s-0117"), reason=Reason.ANY),
    "open_session": lambda _room, who: OpenSession(cid=new_cid(), title=Name(zh="x", en="x"), invite=[who]),
    "close_room": lambda room, _who: CloseRoom(cid=new_cid(), room=room),
    "leave_room": lambda room, _who: LeaveRoom(cid=new_cid(), room=room),
    "come_in": lambda room, _who: ComeIn(cid=new_cid(), room=room),
}
"""Verbs without a row in the matrix of a session."""
SAYS = {
    "ping": "",
    "get_room": "",
    "report_figures": "",
    "come_in": "done",
    "join_room": "consent",
    "set_media": "done",
    "raise_hand": "done",
    "report_quality": "done",
    "leave_room": "done",
}
"""What a visitor in the call is answered; everything else is `forbidden`. `hello` comes once."""
OUTSIDE = SAYS | dict.fromkeys(
    ("join_room", "set_media", "raise_hand", "report_quality", "report_figures"), "not_found"
)
"""In the lobby."""


@pytest.mark.parametrize(("where", "expected"), [("call", SAYS), ("lobby", OUTSIDE)])
async def test_a_visitor_may_say_what_it_needs_and_nothing_else(
    world: World, where: str, expected: dict[str, str]
) -> None:
    store, chen = [await world.tab(login) for login in ("store-0117", "chen")]
    room = await answered(store, chen)
    wang = await (admitted if where == "call" else comes)(world, chen, room)
    make = {verb: row[0] for verb, row in VERBS.items()} | MORE
    kinds = {kind.model_fields["type"].default for kind in get_args(get_args(ClientMessage)[0])}
    assert kinds == set(make)
    got: dict[str, str] = {}
    for verb in sorted(kinds - {"hello"}, key=lambda verb: verb == "leave_room"):
        message = make[verb](room, chen.person)
        wang.heard.clear()
        await wang.say(message)
        cid = getattr(message, "cid", None)
        if cid is None:
            await wang.say(Ping(n=9))
            await wang.until(lambda: any(isinstance(m, Pong) and m.n == 9 for m in wang.heard), "what came before")
            got[verb] = next((m.code.value for m in wang.heard if isinstance(m, Error)), "")
        else:
            answer = await wang.answer(cid)
            got[verb] = answer.code.value if isinstance(answer, Error) else "done"
    assert got == dict.fromkeys(kinds - {"hello"}, "forbidden") | expected
    assert chen.rooms[room].closed_at is None


async def test_who_vanishes_from_the_lobby_or_the_call_frees_the_place(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seats, "QUIET_S", 0.05)
    monkeypatch.setattr(seats, "LEFT_S", 0.1)
    store, chen = [await world.tab(login) for login in ("store-0117", "chen")]
    room = await answered(store, chen)
    wang = await comes(world, chen, room)
    assert wang.socket is not None
    await wang.socket.close()
    await chen.until(lambda: waiting(chen.rooms[room]) == [], "nobody waits")
    back = await world.tab("", wang.browser)
    await knock(back, room)
    await chen.until(lambda: waiting(chen.rooms[room]) == [wang.person], "it knocks again")


async def test_a_restart_loses_neither_who_waits_nor_who_is_in(tmp_path: Path) -> None:
    worker, recorder = FakeWorker(), FakeRecorder()
    async with (
        SignalingProcess(tmp_path) as signaling,
        connected(signaling.data, worker, recorder),
        TaskScope("tabs") as scope,
    ):

        async def stay(browser: Client, name: str) -> Tab:
            made = Tab(browser)
            scope.spawn(made.stay(), name=name)
            await made.until(lambda: made.welcome, "welcome")
            return made

        store, chen = [await stay(await signaling.sign_in(login), login) for login in ("store-0117", "chen")]
        room = await answered(store, chen)
        visitors = []
        for name in ("in", "waits"):
            browser = await signaling.stranger()
            assert (await enter(browser, await invite(chen, room), name=name)).status == 200
            visitors.append(await stay(browser, name))
            await knock(visitors[-1], room)
        inside, outside = visitors
        assert isinstance(await chen.do(Admit(cid=new_cid(), room=room, person=inside.person)), Done)
        await inside.until(lambda: room in inside.rooms, "in")
        assert (await offer(inside, room)).status == 201
        worker.heard.clear()
        await signaling.kill()
        for who in (chen, inside, outside):
            await who.until(lambda who=who: who.socket is None, "the end")  # type: ignore[misc]
        inside.rooms.clear()
        await signaling.start()
        for who in (chen, inside, outside):
            await who.until(lambda who=who: who.socket is not None and who.welcome, "back")  # type: ignore[misc]
        await inside.until(lambda: room in inside.rooms, "still in")
        assert state_of(inside.rooms[room], inside) is MemberState.JOINED
        assert worker.legs, "its media did not notice"
        await chen.room(lambda s: waiting(s) == [outside.person], "still waits")
        outside.heard.clear()
        await knock(outside, room)
        await outside.until(lambda: told(outside) == [(VisitStage.WAITING, None)], "and is told so")
        await chen.do(SendAway(cid=new_cid(), room=room, person=inside.person))
        await inside.until(lambda: (VisitStage.OVER, VisitEnd.REMOVED) in told(inside), "out")
        assert isinstance(await chen.do(Admit(cid=new_cid(), room=room, person=outside.person)), Done)
        await outside.until(lambda: room in outside.rooms, "in")
        await chen.do(LeaveRoom(cid=new_cid(), room=room))
        await outside.until(lambda: (VisitStage.OVER, VisitEnd.ENDED) in told(outside), "over")
        assert chen.rooms[room].end is EndReason.HUNG_UP or await chen.room(lambda s: s.end is not None, "the end")


async def test_the_archive_names_the_visitor_and_shows_it_nothing(world: World) -> None:
    store, chen = [await world.tab(login) for login in ("store-0117", "chen")]
    room = await answered(store, chen)
    wang = await admitted(world, chen, room)
    await chen.do(LeaveRoom(cid=new_cid(), room=room))
    await is_over(wang, VisitEnd.ENDED)
    assert "王师傅" in (await chen.browser.get("/api/archive")).body.decode()
    assert wang.person in (await chen.browser.get(f"/api/archive/{room}")).body.decode()
    assert (await wang.browser.get(f"/api/archive/{room}")).status == 401
    admin = await world.server.sign_in("admin")
    assert wang.person not in (await admin.get("/api/people")).body.decode(), "no account of the house"
    renamed = await admin.put(f"/api/people/{wang.person}", json={"name": {"zh": "x", "en": "x"}})
    assert renamed.status == 404
