"""A live session, seen by everybody: who may do what at each HTTP endpoint and with each WebSocket verb."""

from collections.abc import Callable

import pytest

from contract.client import (
    AskStill,
    CloseRoom,
    Command,
    GetRoom,
    JoinRoom,
    LeaveRoom,
    LowerHand,
    MuteAll,
    OpenSession,
    RaiseHand,
    ReportQuality,
    Send,
    SetMedia,
    StartCall,
)
from contract.errors import ErrorCode
from contract.ids import PersonId, RoomId, StillId, room_channel
from contract.people import Name
from contract.rooms import Quality, Reason, Still
from contract.server import Done, Error, Room, RoomGone, Sent
from tests.signaling.service.test_stills import JPEG, jpeg
from tests.signaling.service.world import World, offer
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
    "admin": "admin",
}
OUTSIDE = ("expert", "manager", "learner", "admin")


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
        "peers": members | {"manager": 403, "learner": 403, "admin": 403},
        "stills": members | {"manager": 403, "learner": 403, "admin": 403},
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
    "send": (
        lambda room, _: Send(cid=new_cid(), ch=room_channel(room), body="你好"),
        {"host": "sent", "joined": "sent", "left": "forbidden", "invited": "not_found"},
    ),
}
"""What each member gets; everybody else gets `not_found`."""


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


async def test_only_stores_call_and_only_trainers_open_sessions(world: World) -> None:
    tabs = {name: await world.tab(login) for name, login in VISITORS.items()}
    stores = ("joined", "left", "invited")
    for name, tab in tabs.items():
        if name not in stores:
            assert await outcome(tab, StartCall(cid=new_cid(), reason=Reason.ANY)) == ErrorCode.FORBIDDEN
        if name != "host":
            wish = OpenSession(cid=new_cid(), title=Name(zh="x", en="x"), invite=[tabs["joined"].person])
            assert await outcome(tab, wish) == ErrorCode.FORBIDDEN
