"""A shared tablet changes hands: whose the acts are, and until when, over time, restarts, and who leaves."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.client import AcceptCall, JoinRoom, LeaveRoom, OpenSession
from contract.errors import ErrorCode
from contract.http import ArchivePage, Me
from contract.ids import ChannelId, PersonId, RoomId, room_channel
from contract.people import Name, Operator, Role
from contract.policies import Policies
from contract.rooms import MemberState
from contract.server import Done, PresenceChanged, TabletTaken
from signaling.app import SERVICE
from signaling.domain.pins import MOST_WRONG
from signaling.domain.take_over import AFTER_CALL_MS
from signaling.live.take_overs import LiveTakeOvers
from signaling.store.engine import Database
from signaling.store.tables.devices import PinTriesRow, TakeOverRow
from tests.signaling.service.world import ring
from tests.support import chain
from tests.support.clients import Tab, new_cid, tab
from tests.support.nodes import PATIENCE_S, until
from tests.support.server import SignalingServer
from tests.support.shared_tablet import (
    MING,
    MING_IS,
    OTHER,
    PIN,
    TANG,
    TANG_IS,
    WU,
    Time,
    acts,
    audited,
    give,
    operator,
    own_pin,
    staff,
    take,
)

pytestmark = pytest.mark.flow

IDLE_MS = 10 * 60_000


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    async with SignalingServer(tmp_path, rooms=[]) as started:
        yield started


def live(server: SignalingServer, time: Time) -> LiveTakeOvers:
    """The same as the server's own, with a clock of ours."""
    service = server.app[SERVICE]
    house = server.house
    return LiveTakeOvers(
        house.database, house.sign_ins, service.sessions, service.presence, service.rooms, service.policies, time
    )


# --- whose acts they are ----------------------------------------------------------------------------------------------


async def test_calls_chat_roster_history_and_audit_say_person_and_tablet(server: SignalingServer) -> None:
    tablet, chen = await server.sign_in("store-0117"), await server.sign_in("chen")
    await own_pin(server, tablet)
    async with tab(tablet) as store, tab(chen) as expert:
        room = await ring(store, expert)
        member = next(one for one in expert.rooms[room].members if one.person.id == store.person)
        assert member.person.operator == TANG_IS
        assert isinstance(await expert.do(AcceptCall(cid=new_cid(), room=room)), Done)
        channel = room_channel(room)
        await store.write(channel, "不热了")
        await expert.until(lambda: expert.shown.get(channel), "the message")
        [line] = expert.shown[channel]
        assert (line.sender, line.operator) == (store.person, TANG_IS)
        refused = await tablet.ask("DELETE", "/api/take-over")
        assert refused.code is ErrorCode.CONFLICT, "not in the middle of a call"
        assert (await take(tablet, PIN)).code is ErrorCode.CONFLICT
        assert isinstance(await store.do(LeaveRoom(cid=new_cid(), room=room)), Done)
    [entry] = (await chen.get("/api/archive")).read(ArchivePage).entries
    assert [one.operator for one in entry.people if one.role is Role.STORE] == [TANG_IS]
    done = {line.action for line in await audited(server, who=TANG)}
    assert {Action.CALL_STARTED, Action.ROOM_LEFT, Action.TABLET_TAKEN} <= done
    assert {line.operator_name for line in await audited(server, who=TANG) if line.operator} == {TANG_IS.name}


async def test_what_strangers_do_in_the_name_of_a_tablet_is_not_of_who_has_it(server: SignalingServer) -> None:
    tablet = await server.sign_in("store-0117")
    await own_pin(server, tablet)
    for _ in range(MOST_WRONG):
        await take(tablet, OTHER, WU)
    guess = {"login": "store-0117", "password": "not this one"}
    assert (await (await server.stranger()).post("/api/signin", json=guess)).status == 401
    await server.sign_in("store-0117")
    assert await operator(tablet) == TANG_IS
    strangers = (Action.PIN_WRONG, Action.PIN_LOCKED, Action.SIGN_IN_FAILED, Action.SIGNED_IN)
    for action in strangers:
        tablets = [line for line in await audited(server, action=action) if line.person == "p-store-0117"]
        assert tablets, f"{action} is written down"
        assert {line.operator for line in tablets} == {None}, action
    assert not {line.action for line in await audited(server, who=TANG)} & set(strangers)


async def test_what_each_who_has_the_tablet_replays_is_written_down(tmp_path: Path) -> None:
    async with SignalingServer(tmp_path) as server:
        await staff(server, MING)
        tablet = await server.sign_in("store-0117")
        for person, pin in ((TANG, PIN), (MING, OTHER)):
            await own_pin(server, tablet, pin, person)
            for _ in range(2):
                assert (await tablet.get(f"/api/archive/{chain.ROOM}")).status == 200
        opened = [("p-store-0117", person, chain.ROOM, "") for person in (TANG, MING)]
        assert await acts(server, Action.REPLAY_OPENED) == opened


def told(tablet: Tab) -> list[Operator | None]:
    """Whose it is, as it heard with each change."""
    return [said.operator for said in tablet.heard if isinstance(said, TabletTaken)]


def shown(reader: Tab, tablet: PersonId) -> list[Operator | None]:
    """What others were told last."""
    entries = [one for said in reader.heard if isinstance(said, PresenceChanged) for one in said.entries]
    return [one.person.operator for one in entries if one.person.id == tablet][-1:]


async def test_others_see_at_once_who_has_the_tablet_and_who_has_it_no_more(server: SignalingServer) -> None:
    tablet = await server.sign_in("store-0117")
    async with tab(tablet) as store, tab(await server.sign_in("admin")) as admin:
        await own_pin(server, tablet)
        await store.until(lambda: told(store) == [TANG_IS], "it is tang's")
        await admin.until(lambda: shown(admin, store.person) == [TANG_IS], "tang has it")
        assert (await tablet.ask("DELETE", "/api/take-over")).status == 204
        await store.until(lambda: told(store) == [TANG_IS, None], "it is nobody's")
        await admin.until(lambda: shown(admin, store.person) == [None], "nobody has it")


async def test_who_takes_the_tablet_while_it_connects_is_who_it_speaks_for(
    server: SignalingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    tablet = await server.sign_in("store-0117")
    service = server.app[SERVICE]
    heads = service.chat.heads

    async def meanwhile(who: PersonId, channels: Sequence[ChannelId]) -> dict[ChannelId, int]:
        await own_pin(server, tablet)
        return await heads(who, channels)

    async with tab(await server.sign_in("admin")) as admin:
        with monkeypatch.context() as patched:
            patched.setattr(service.chat, "heads", meanwhile)
            async with tab(tablet) as store:
                await store.until(lambda: told(store) == [TANG_IS], "it is tang's")
                [session] = service.sessions.of(store.person)
                assert session.who.person.operator == TANG_IS
                await admin.until(lambda: shown(admin, store.person) == [TANG_IS], "tang has it")


# --- until when -------------------------------------------------------------------------------------------------------


async def test_a_call_that_begins_while_a_pin_is_looked_at_goes_on_under_who_began_it(
    server: SignalingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    tablet = await server.sign_in("store-0117")
    await own_pin(server, tablet)
    assert (await tablet.ask("DELETE", "/api/take-over")).status == 204
    async with tab(tablet) as store, tab(await server.sign_in("chen")) as expert:
        matches = server.house.passwords.matches

        async def meanwhile(pin: str, kept: str | None) -> bool:
            room = await ring(store, expert)
            assert isinstance(await expert.do(AcceptCall(cid=new_cid(), room=room)), Done)
            return await matches(pin, kept)

        with monkeypatch.context() as patched:
            patched.setattr(server.house.passwords, "matches", meanwhile)
            assert (await take(tablet, PIN)).code is ErrorCode.CONFLICT
        assert await operator(tablet) is None
        async with server.house.database.read() as session:
            assert set(await session.scalars(select(PinTriesRow.wrong))) == {0}, "it was a right one"
        assert isinstance(await store.do(LeaveRoom(cid=new_cid(), room=next(iter(store.rooms)))), Done)
        assert (await take(tablet, PIN)).status == 200


async def test_a_tablet_that_nobody_touches_is_handed_back_when_the_rule_says(server: SignalingServer) -> None:
    tablet, time = await server.sign_in("store-0117"), Time()
    await own_pin(server, tablet)
    tablets = live(server, time)
    await tablets.look()
    time.ms += IDLE_MS - 30_000
    await tablets.touched(PersonId("p-store-0117"))
    time.ms += IDLE_MS - 30_000
    assert await tablets.hand_back() == time.ms + 30_000
    assert await operator(tablet) == TANG_IS
    time.ms += 30_000
    assert await tablets.hand_back() is None
    assert await operator(tablet) is None
    assert await acts(server, Action.TABLET_HANDED_BACK) == [("p-store-0117", TANG, TANG, "idle")]


@pytest.mark.full_only
async def test_the_chain_sets_how_long_that_is_also_for_who_has_it_now(server: SignalingServer) -> None:
    tablet, time, admin = await server.sign_in("store-0117"), Time(), await server.sign_in("admin")
    await own_pin(server, tablet)
    tablets = live(server, time)
    await tablets.look()
    rules = Policies(pin_idle_min=2).model_dump(mode="json")
    assert (await admin.put("/api/policies", json=rules)).status == 204
    time.ms += 3 * 60_000
    assert await tablets.hand_back() is None
    assert await operator(tablet) is None


async def test_time_does_not_run_out_in_a_call_but_a_minute_after_it(server: SignalingServer) -> None:
    tablet, time = await server.sign_in("store-0117"), Time()
    await own_pin(server, tablet)
    tablets = live(server, time)
    await tablets.look()
    async with tab(tablet) as store, tab(await server.sign_in("chen")) as expert:
        room = await ring(store, expert)
        assert isinstance(await expert.do(AcceptCall(cid=new_cid(), room=room)), Done)
        time.ms += 3 * IDLE_MS
        again_ms = await tablets.hand_back()
        assert again_ms is not None
        assert await operator(tablet) == TANG_IS
        assert expert.rooms[room].closed_at is None
        assert isinstance(await store.do(LeaveRoom(cid=new_cid(), room=room)), Done)
        time.ms = again_ms
        assert await tablets.hand_back() == again_ms - 5000 + AFTER_CALL_MS
        assert await operator(tablet) == TANG_IS
        time.ms += AFTER_CALL_MS
        assert await tablets.hand_back() is None
    assert await operator(tablet) is None


class Late:
    """What is said of seats is older than the call that begins."""

    def elsewhere(self, person: PersonId, room: RoomId | None) -> bool:
        return False


async def test_time_does_not_run_out_for_a_call_that_begins_at_that_moment(server: SignalingServer) -> None:
    tablet, time, service = await server.sign_in("store-0117"), Time(), server.app[SERVICE]
    await own_pin(server, tablet)
    house = server.house
    tablets = LiveTakeOvers(
        house.database, house.sign_ins, service.sessions, service.presence, Late(), service.policies, time
    )
    await tablets.look()
    async with tab(tablet) as store, tab(await server.sign_in("chen")) as expert:
        room = await ring(store, expert)
        assert isinstance(await expert.do(AcceptCall(cid=new_cid(), room=room)), Done)
        time.ms += 2 * IDLE_MS
        assert await tablets.hand_back() == time.ms + 5000
        assert await operator(tablet) == TANG_IS
        assert isinstance(await store.do(LeaveRoom(cid=new_cid(), room=room)), Done)
        time.ms += AFTER_CALL_MS
        assert await tablets.hand_back() is None
    assert await operator(tablet) is None


@pytest.mark.full_only
async def test_it_outlives_a_restart_and_is_handed_back_if_its_time_ran_out_meanwhile(tmp_path: Path) -> None:
    async with SignalingServer(tmp_path, rooms=[]) as server:
        tablet = await server.sign_in("store-0117")
        await own_pin(server, tablet)
        [secret] = [cookie.value for cookie in tablet.http.cookie_jar if cookie.key == "passline"]
    headers = {"Cookie": f"passline={secret}"}
    async with SignalingServer(tmp_path, rooms=[], seeded=False) as server:
        again = await server.stranger()
        assert (await again.get("/api/me", headers=headers)).read(Me).person.operator == TANG_IS
        await server.house.database.write(_long_ago)
    async with SignalingServer(tmp_path, rooms=[], seeded=False) as server:
        again = await server.stranger()

        async with asyncio.timeout(PATIENCE_S):
            while (await again.get("/api/me", headers=headers)).read(Me).person.operator is not None:  # noqa: ASYNC110
                await asyncio.sleep(0.01)


async def _long_ago(session: AsyncSession) -> None:
    await session.execute(update(TakeOverRow).values(touched_ms=1))


async def test_who_leaves_or_moves_has_no_tablet_any_more_and_the_call_goes_on(server: SignalingServer) -> None:
    tablet, admin = await server.sign_in("store-0117"), await server.sign_in("admin")
    await own_pin(server, tablet)
    async with tab(tablet) as store, tab(await server.sign_in("chen")) as expert:
        room = await ring(store, expert)
        assert isinstance(await expert.do(AcceptCall(cid=new_cid(), room=room)), Done)
        assert (await admin.put(f"/api/people/{TANG}/disabled", json={"disabled": True})).status == 204
        assert await operator(tablet) is None
        session = next(iter(server.app[SERVICE].sessions.of(PersonId("p-store-0117"))))
        await until(lambda: session.who.person.operator is None, "its socket speaks for nobody")
        channel = room_channel(room)
        await store.write(channel, "还在")
        await expert.until(lambda: expert.shown.get(channel), "the message")
        assert expert.shown[channel][0].operator is None
        assert expert.rooms[room].closed_at is None
        assert isinstance(await store.do(LeaveRoom(cid=new_cid(), room=room)), Done)
    assert await acts(server, Action.TABLET_HANDED_BACK) == [("p-store-0117", TANG, TANG, "left")]
    assert (await admin.put(f"/api/people/{TANG}/disabled", json={"disabled": False})).status == 204
    assert (await take(tablet, PIN)).code is ErrorCode.WRONG_PIN, "who comes back gets a new one"


async def test_who_is_of_another_store_from_now_on_loses_the_tablet_of_this_one(server: SignalingServer) -> None:
    tablet, admin = await server.sign_in("store-0117"), await server.sign_in("admin")
    await own_pin(server, tablet)
    roles = {"role": "store_manager", "store": "s-0108"}
    assert (await admin.put(f"/api/people/{TANG}/roles", json=roles)).status == 204
    await server.app[SERVICE].take_overs.look()
    assert await operator(tablet) is None


@pytest.mark.full_only
async def test_a_tablet_that_is_taken_back_in_mid_call_leaves_nothing_behind(server: SignalingServer) -> None:
    admin, tablet = await server.sign_in("admin"), await server.stranger()
    offered = await admin.post("/api/stores/s-0117/devices", json={"name": "前台"})
    code = offered.body.decode().split('"code":"')[1][:8]
    enrolled = (await tablet.post("/api/enrol", json={"code": code})).read(Me).person
    tablet.person = enrolled
    await own_pin(server, tablet)
    async with tab(tablet) as store, tab(await server.sign_in("chen")) as expert:
        room = await ring(store, expert)
        assert isinstance(await expert.do(AcceptCall(cid=new_cid(), room=room)), Done)
        assert (await admin.ask("DELETE", f"/api/devices/{enrolled.id}")).status == 204
        await store.until(lambda: store.bye, "it is told to go")
        await expert.until(lambda: _left(expert, room, enrolled.id), "the store has left")
    assert (await tablet.get("/api/me")).status == 401
    async with server.house.database.read() as session:
        assert list(await session.scalars(select(TakeOverRow))) == []
    other = await server.sign_in("store-0117")
    assert (await take(other, PIN)).status == 200, "the PIN is the person's, not the tablet's"


def _left(expert: Tab, room: RoomId, who: PersonId) -> bool:
    state = expert.rooms[room]
    return state.closed_at is not None or any(
        one.person.id == who and one.state not in (MemberState.JOINED, MemberState.AWAY) for one in state.members
    )


@pytest.mark.full_only
async def test_somebody_may_have_two_tablets_and_each_has_one(server: SignalingServer) -> None:
    await staff(server, MING)
    first, second = await server.sign_in("store-0117"), await server.sign_in("store-0108")
    once = await give(await server.sign_in("admin"), WU)
    assert (await take(first, once, WU, PIN)).status == 200
    assert (await take(second, PIN, WU)).status == 200
    assert [(await operator(one)) is not None for one in (first, second)] == [True, True]
    await own_pin(server, first, OTHER, MING)
    now = await operator(first)
    assert now is not None
    assert now.id == MING
    assert [one[3] for one in await acts(server, Action.TABLET_HANDED_BACK)] == ["replaced"]


async def test_another_pin_ends_what_was_taken_over_with_the_old_one(server: SignalingServer) -> None:
    await staff(server, MING, "s-0117", "s-0108")
    first, second = await server.sign_in("store-0117"), await server.sign_in("store-0108")
    await own_pin(server, first, PIN, MING)
    assert (await take(second, PIN, MING)).status == 200
    async with tab(first) as store:
        assert (await take(second, PIN, MING, OTHER)).status == 200
        await store.until(lambda: told(store) == [None], "the other tablet is nobody's")
        assert [await operator(first), await operator(second)] == [None, MING_IS]
        assert (await take(first, OTHER, MING)).status == 200
        await store.until(lambda: told(store) == [None, MING_IS], "with the new one it is ming's")
        await give(await server.sign_in("admin"), MING)
        await store.until(lambda: told(store) == [None, MING_IS, None], "it is nobody's")
    assert [await operator(first), await operator(second)] == [None, None]
    ends = await acts(server, Action.TABLET_HANDED_BACK)
    assert {one[1:3] for one in ends} == {(MING, MING)}
    assert sorted((one[3], one[0]) for one in ends if one[3] != "replaced") == [
        ("pin_given", "p-store-0108"),
        ("pin_given", "p-store-0117"),
        ("pin_set", "p-store-0117"),
    ]


@pytest.mark.full_only
async def test_one_look_asks_once_however_many_tablets_are_taken(server: SignalingServer) -> None:
    await staff(server, MING, "s-0117", "s-0108")
    first, second = await server.sign_in("store-0117"), await server.sign_in("store-0108")
    await own_pin(server, first)
    await own_pin(server, second, OTHER, MING)
    said: list[str] = []

    async def listen(session: AsyncSession) -> None:
        event.listen(session.get_bind(), "before_cursor_execute", lambda _c, _u, one, *_: said.append(one.split()[0]))

    service, house = server.app[SERVICE], server.house
    async with Database(house.database.path) as database:
        tablets = LiveTakeOvers(
            database, house.sign_ins, service.sessions, service.presence, service.rooms, service.policies
        )
        await tablets.look()
        await database.fetch(listen)
        await tablets.look()
    assert said.count("SELECT") == 1
    assert [await operator(first), await operator(second)] == [TANG_IS, MING_IS]


async def test_signing_the_tablet_out_hands_it_back(server: SignalingServer) -> None:
    tablet = await server.sign_in("store-0117")
    await own_pin(server, tablet)
    assert (await tablet.post("/api/signout")).status == 204
    assert await operator(await server.sign_in("store-0117")) is None
    assert [one[3] for one in await acts(server, Action.TABLET_HANDED_BACK)] == ["signed_out"]


@pytest.mark.full_only
async def test_a_class_shows_who_came_not_who_had_the_tablet_when_it_was_invited(server: SignalingServer) -> None:
    tablet = await server.sign_in("store-0117")
    async with tab(await server.sign_in("he")) as trainer, tab(tablet) as store:
        opened = await trainer.do(OpenSession(cid=new_cid(), title=Name(zh="洗", en="w"), invite=[store.person]))
        assert isinstance(opened, Done)
        assert opened.room is not None
        room = opened.room
        await store.until(lambda: room in store.rooms, "the invitation")
        await own_pin(server, tablet)
        assert isinstance(await store.do(JoinRoom(cid=new_cid(), room=room, consent=True)), Done)

        def joined() -> Operator | None:
            member = next(one for one in trainer.rooms[room].members if one.person.id == store.person)
            return member.person.operator

        await trainer.until(lambda: joined() == TANG_IS, "tang sits there")
