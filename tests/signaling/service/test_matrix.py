"""A live session, seen by everybody: who may do what at each HTTP endpoint and with each WebSocket verb."""

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from contract.client import (
    AcceptCall,
    Ack,
    Admit,
    AskCallback,
    AskStill,
    BringIn,
    CallOff,
    CancelCall,
    ClientMessage,
    CloseRoom,
    Command,
    DeclineCall,
    FirstAudio,
    FirstFrame,
    GetRoom,
    HandOver,
    HoldCall,
    JoinRoom,
    LeaveRoom,
    LowerHand,
    MarkUrgent,
    MuteAll,
    OpenSession,
    Ping,
    RaiseHand,
    Read,
    ReportFigures,
    ReportQuality,
    Rung,
    Send,
    SendAway,
    SetMedia,
    StartCall,
    Sync,
    TakeCall,
)
from contract.errors import ErrorCode
from contract.ids import PersonId, RoomId, SessionId, StillId, room_channel
from contract.people import Name
from contract.quality import ClientSample
from contract.rooms import Quality, Reason, Still
from contract.server import ChatMessage, Done, Error, Pong, Room, RoomGone, Sent, Synced
from tests.signaling.service.test_stills import JPEG, jpeg
from tests.signaling.service.world import World, offer, ring
from tests.support.clients import Tab, new_cid

pytestmark = pytest.mark.flow

VISITORS = {
    "host": "he",
    "joined": "store-0117",
    "left": "store-0108",
    "invited": "store-0201",
    "expert": "chen",
    "manager": "wu",
    "learner": "xiaolin",
    "auditor": "qian",
    "admin": "admin",
}
OUTSIDE = ("expert", "manager", "learner", "auditor", "admin")
MEMBERS = tuple(name for name in VISITORS if name not in OUTSIDE)
_HERE = "signaling/service/test_matrix.py"
APART = {
    "hello": "signaling/ws/test_connection.py::test_a_ticket_opens_one_socket",
    "attend": "signaling/service/test_presence.py"
    "::test_who_is_away_at_all_their_clients_rings_after_the_others_and_a_tablet_never_is",
    "ping": f"{_HERE}::test_anybody_may_ping",
    "report_figures": f"{_HERE}::test_only_who_holds_a_seat_reports_figures",
    "sync": f"{_HERE}::test_only_who_may_read_a_channel_moves_in_it",
    "ack": f"{_HERE}::test_only_who_may_read_a_channel_moves_in_it",
    "read": f"{_HERE}::test_only_who_may_read_a_channel_moves_in_it",
    "get_room": f"{_HERE}::test_nobody_but_the_host_closes_and_the_strangers_see_nothing",
    "close_room": f"{_HERE}::test_nobody_but_the_host_closes_and_the_strangers_see_nothing",
    "leave_room": f"{_HERE}::test_who_is_not_there_cannot_leave",
    "start_call": f"{_HERE}::test_who_calls_and_that_only_trainers_open_sessions",
    "come_in": "signaling/service/test_visitors.py::test_a_visitor_may_say_what_it_needs_and_nothing_else",
    "call_store": "signaling/service/test_outgoing.py::test_who_calls_what",
    "open_session": f"{_HERE}::test_who_calls_and_that_only_trainers_open_sessions",
}
"""Verbs that answer in another way than with `done`, or that change what the rows need: where each is tested."""


async def opened(world: World) -> tuple[dict[str, Tab], RoomId, StillId]:
    """One session with a photo; everybody is connected."""
    tabs = {name: await world.tab(login) for name, login in VISITORS.items()}
    invite = [tabs[name].person for name in ("joined", "left", "invited")]
    done = await tabs["host"].do(OpenSession(cid=new_cid(), title=Name(zh="洗手", en="Hands"), invite=invite))
    assert isinstance(done, Done)
    room = done.room
    assert room is not None
    for name in ("joined", "left", "invited"):
        await tabs[name].until(lambda tab=tabs[name]: room in tab.rooms, "the invitation")  # type: ignore[misc]
    for name in ("joined", "left"):
        assert isinstance(await tabs[name].do(JoinRoom(cid=new_cid(), room=room, consent=True)), Done)
    assert isinstance(await tabs["left"].do(LeaveRoom(cid=new_cid(), room=room)), Done)
    taken = await tabs["joined"].browser.post(f"/api/rooms/{room}/stills", data=jpeg(8, 6), headers=JPEG)
    return tabs, room, taken.read(Still).id


def outside(status: int) -> dict[str, int]:
    return dict.fromkeys(OUTSIDE, status)


async def test_the_http_doors_of_a_live_room(world: World) -> None:
    tabs, room, still = await opened(world)
    members = {"host": 201, "joined": 201, "left": 403, "invited": 403, "expert": 404}
    expected = {
        "peers": members | {"manager": 404, "learner": 403, "auditor": 403, "admin": 404},
        "stills": members | {"manager": 404, "learner": 403, "auditor": 403, "admin": 404},
        "still": outside(404) | {"host": 200, "joined": 200, "left": 200, "invited": 404},
        "replay": dict.fromkeys(VISITORS, 404),
    }
    got: dict[str, dict[str, int]] = {name: {} for name in expected}
    for name, tab in tabs.items():
        ask = tab.browser
        got["peers"][name] = (await offer(tab, room)).status
        got["stills"][name] = (await ask.post(f"/api/rooms/{room}/stills", data=jpeg(8, 6), headers=JPEG)).status
        got["still"][name] = (await ask.get(f"/api/rooms/{room}/stills/{still}")).status
        got["replay"][name] = (await ask.get(f"/api/archive/{room}")).status
    assert got == expected


async def outcome(tab: Tab, command: Command | Send) -> str:
    """`done`, `sent`, or the code of the refusal."""
    await tab.say(command)

    def answer() -> str | None:
        for message in reversed(tab.heard):
            if isinstance(message, Done | Sent | Error) and message.cid == command.cid:
                return message.code.value if isinstance(message, Error) else message.type
        return None

    return await tab.until(answer, f"an answer to {command}")


VERBS: dict[str, tuple[Callable[[RoomId, PersonId], Command | Send], dict[str, str]]] = {
    "join_room": (
        lambda room, _: JoinRoom(cid=new_cid(), room=room, consent=False),
        {"host": "consent", "joined": "consent", "left": "consent", "invited": "consent"},
    ),
    "set_media": (
        lambda room, _: SetMedia(cid=new_cid(), room=room, muted=True, camera_off=False),
        {"host": "done", "joined": "done", "left": "forbidden", "invited": "forbidden"},
    ),
    "raise_hand": (
        lambda room, _: RaiseHand(cid=new_cid(), room=room, up=True),
        {"host": "done", "joined": "done", "left": "forbidden", "invited": "forbidden"},
    ),
    "report_quality": (
        lambda room, _: ReportQuality(cid=new_cid(), room=room, quality=Quality.FAIR),
        {"host": "done", "joined": "done", "left": "forbidden", "invited": "forbidden"},
    ),
    "lower_hand": (
        lambda room, host: LowerHand(cid=new_cid(), room=room, person=host),
        {"host": "done", "joined": "forbidden", "left": "forbidden", "invited": "forbidden"},
    ),
    "mute_all": (
        lambda room, _: MuteAll(cid=new_cid(), room=room),
        {"host": "done", "joined": "forbidden", "left": "forbidden", "invited": "forbidden"},
    ),
    "ask_still": (
        lambda room, host: AskStill(cid=new_cid(), room=room, of=host),
        {"host": "done", "joined": "forbidden", "left": "forbidden", "invited": "forbidden"},
    ),
    "rung": (
        lambda room, _: Rung(cid=new_cid(), room=room),
        dict.fromkeys(MEMBERS, "conflict"),
    ),
    "accept_call": (
        lambda room, _: AcceptCall(cid=new_cid(), room=room),
        dict.fromkeys(MEMBERS, "conflict"),
    ),
    "decline_call": (
        lambda room, _: DeclineCall(cid=new_cid(), room=room),
        dict.fromkeys(MEMBERS, "conflict"),
    ),
    "cancel_call": (
        lambda room, _: CancelCall(cid=new_cid(), room=room),
        dict.fromkeys(MEMBERS, "conflict"),
    ),
    "ask_callback": (
        lambda room, _: AskCallback(cid=new_cid(), room=room),
        dict.fromkeys(MEMBERS, "conflict"),
    ),
    "mark_urgent": (
        lambda room, _: MarkUrgent(cid=new_cid(), room=room),
        dict.fromkeys(MEMBERS, "conflict"),
    ),
    "take_call": (
        lambda room, _: TakeCall(cid=new_cid(), room=room),
        dict.fromkeys(MEMBERS, "not_found"),
    ),
    "bring_in": (
        lambda room, host: BringIn(cid=new_cid(), room=room, person=host),
        {"host": "conflict", "joined": "conflict", "left": "forbidden", "invited": "forbidden"},
    ),
    "call_off": (
        lambda room, host: CallOff(cid=new_cid(), room=room, person=host),
        {"host": "conflict", "joined": "conflict", "left": "forbidden", "invited": "forbidden"},
    ),
    "hold_call": (
        lambda room, _: HoldCall(cid=new_cid(), room=room, on=True),
        {"host": "conflict", "joined": "conflict", "left": "forbidden", "invited": "forbidden"},
    ),
    "hand_over": (
        lambda room, _: HandOver(cid=new_cid(), room=room, to=SessionId("somebody else's")),
        {"host": "not_found", "joined": "not_found", "left": "forbidden", "invited": "forbidden"},
    ),
    "admit": (
        lambda room, host: Admit(cid=new_cid(), room=room, person=host),
        {"host": "conflict", "joined": "forbidden", "left": "forbidden", "invited": "forbidden"},
    ),
    "send_away": (
        lambda room, host: SendAway(cid=new_cid(), room=room, person=host),
        {"host": "conflict", "joined": "forbidden", "left": "forbidden", "invited": "forbidden"},
    ),
    "first_frame": (
        lambda room, _: FirstFrame(cid=new_cid(), room=room),
        dict.fromkeys(MEMBERS, "conflict"),
    ),
    "first_audio": (
        lambda room, _: FirstAudio(cid=new_cid(), room=room),
        dict.fromkeys(MEMBERS, "conflict"),
    ),
    "send": (
        lambda room, _: Send(cid=new_cid(), ch=room_channel(room), body="你好"),
        {"host": "sent", "joined": "sent", "left": "forbidden", "invited": "not_found"},
    ),
}
"""What each member gets; everybody else gets `not_found`."""


def test_every_verb_of_the_contract_has_a_row_or_a_test_of_its_own() -> None:
    kinds = {kind.model_fields["type"].default for kind in get_args(get_args(ClientMessage)[0])}
    assert kinds == set(VERBS) | set(APART)
    assert set(VERBS).isdisjoint(APART)
    tests = Path(__file__).parents[2]
    for where in APART.values():
        file, _, name = where.partition("::")
        assert f"def {name}(" in (tests / file).read_text(encoding="utf-8"), where


async def test_the_verbs_of_the_web_socket_in_a_live_room(world: World) -> None:
    tabs, room, _ = await opened(world)
    got: dict[str, dict[str, str]] = {verb: {} for verb in VERBS}
    for verb, (make, _) in VERBS.items():
        for name, tab in tabs.items():
            got[verb][name] = await outcome(tab, make(room, tabs["host"].person))
    outsiders = dict.fromkeys(OUTSIDE, ErrorCode.NOT_FOUND.value)
    assert got == {verb: {**expected, **outsiders} for verb, (_, expected) in VERBS.items()}


async def test_nobody_but_the_host_closes_and_the_strangers_see_nothing(world: World) -> None:
    tabs, room, _ = await opened(world)
    for name in ("joined", "left", "invited"):
        assert await outcome(tabs[name], CloseRoom(cid=new_cid(), room=room)) == ErrorCode.FORBIDDEN
    for name in OUTSIDE:
        tab = tabs[name]
        assert await outcome(tab, CloseRoom(cid=new_cid(), room=room)) == ErrorCode.NOT_FOUND
        await tab.say(GetRoom(room=room))
        await tab.until(lambda tab=tab: room in tab.gone, "that it is not there")  # type: ignore[misc]
        assert not any(isinstance(message, Room) for message in tab.heard)
        assert not any(isinstance(message, RoomGone) and message.room != room for message in tab.heard)


async def test_who_calls_and_that_only_trainers_open_sessions(world: World) -> None:
    tabs = {name: await world.tab(login) for name, login in VISITORS.items()}
    stores = ("joined", "left", "invited")
    for name, tab in tabs.items():
        if name not in stores:
            code = ErrorCode.FORBIDDEN if name in ("learner", "auditor") else ErrorCode.BAD_MESSAGE
            assert await outcome(tab, StartCall(cid=new_cid(), reason=Reason.ANY)) == code, name  # to nobody
        if name != "host":
            wish = OpenSession(cid=new_cid(), title=Name(zh="x", en="x"), invite=[tabs["joined"].person])
            assert await outcome(tab, wish) == ErrorCode.FORBIDDEN


async def test_anybody_may_ping(world: World) -> None:
    for login in VISITORS.values():
        tab = await world.tab(login)
        await tab.say(Ping(n=7))
        await tab.until(lambda tab=tab: any(isinstance(m, Pong) and m.n == 7 for m in tab.heard), "pong")  # type: ignore[misc]


async def test_only_who_holds_a_seat_reports_figures(world: World) -> None:
    tabs, room, _ = await opened(world)
    figures = ReportFigures(room=room, sample=ClientSample(over_s=5.0, sent=[], seen=[]))
    got: dict[str, list[str]] = {}
    for name, tab in tabs.items():
        tab.heard.clear()
        await tab.say(figures)
        await tab.say(Ping(n=11))
        await tab.until(lambda tab=tab: any(isinstance(m, Pong) and m.n == 11 for m in tab.heard), "what came before")  # type: ignore[misc]
        got[name] = [m.code.value for m in tab.heard if isinstance(m, Error)]
    members = {"host": [], "joined": [], "left": ["forbidden"], "invited": ["forbidden"]}
    assert got == members | {name: ["not_found"] for name in OUTSIDE}


async def test_only_who_may_read_a_channel_moves_in_it(world: World) -> None:
    tabs, room, _ = await opened(world)
    channel = room_channel(room)
    assert await outcome(tabs["host"], Send(cid=new_cid(), ch=channel, body="第一步")) == "sent"
    for verb in (Sync(ch=channel, after=0), Ack(ch=channel, seq=1), Read(ch=channel, seq=1)):
        for name, tab in tabs.items():
            tab.heard.clear()
            await tab.say(verb)
            await tab.say(Ping(n=9))
            await tab.until(lambda tab=tab: any(isinstance(m, Pong) for m in tab.heard), "what came before")  # type: ignore[misc]
            refused = [m.code for m in tab.heard if isinstance(m, Error)]
            told = any(isinstance(m, ChatMessage | Synced) for m in tab.heard)
            may = name in ("host", "joined", "left")
            assert refused == ([] if may else [ErrorCode.NOT_FOUND]), (verb.type, name)
            assert told is (may and verb.type == "sync"), (verb.type, name)


async def test_who_is_not_there_cannot_leave(world: World) -> None:
    tabs, room, _ = await opened(world)
    for name in OUTSIDE:
        assert await outcome(tabs[name], LeaveRoom(cid=new_cid(), room=room)) == ErrorCode.NOT_FOUND
    assert await outcome(tabs["invited"], LeaveRoom(cid=new_cid(), room=room)) == "done", "it does not want to come"
    assert await outcome(tabs["joined"], LeaveRoom(cid=new_cid(), room=room)) == "done"


async def test_the_verbs_of_a_ringing_call_are_for_those_whom_they_concern(world: World) -> None:
    tabs = {name: await world.tab(login) for name, login in VISITORS.items()}
    room = await ring(tabs["joined"], tabs["expert"])
    got: dict[str, dict[str, str]] = {}
    for kind in (Rung, FirstFrame, FirstAudio, CancelCall, AcceptCall, DeclineCall):
        allowed = "joined" if kind is CancelCall else "expert"
        row = got[kind.model_fields["type"].default] = {}
        for name, tab in tabs.items():
            if name != allowed or kind in (FirstFrame, FirstAudio):
                row[name] = await outcome(tab, kind(cid=new_cid(), room=room))
    strangers = dict.fromkeys(set(VISITORS) - {"joined", "expert"}, "not_found")
    assert got == {
        "rung": strangers | {"joined": "done"},  # which changes nothing: it does not ring there
        "first_frame": strangers | {"joined": "forbidden", "expert": "forbidden"},
        "first_audio": strangers | {"joined": "forbidden", "expert": "forbidden"},
        "cancel_call": strangers | {"expert": "forbidden"},
        "accept_call": strangers | {"joined": "forbidden"},
        "decline_call": strangers | {"joined": "forbidden"},
    }
