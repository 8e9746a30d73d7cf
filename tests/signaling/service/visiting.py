"""Visitors, from the link to the call."""

from contract.client import (
    Admit,
    ComeIn,
)
from contract.errors import ByeCode
from contract.http import Me
from contract.ids import PersonId, RoomId
from contract.rooms import MemberState, RoomState
from contract.server import Done, VisitEnd, VisitStage, VisitTold
from contract.visits import VisitLink
from tests.signaling.service.world import World
from tests.support.clients import Tab, new_cid
from tests.support.server import Answer, Client

WANG = {"name": "王师傅", "company": "Rational", "consent": True}


async def invite(by: Tab, room: RoomId) -> str:
    """The secret of a new link."""
    made = await by.browser.post(f"/api/rooms/{room}/visits", json={"life_s": 1800})
    assert made.status == 201, made.body
    return made.read(VisitLink).address.rpartition("/g#")[2]


async def enter(browser: Client, token: str, **said: object) -> Answer:
    answer = await browser.post("/api/visit", json={**WANG, "token": token, **said})
    if answer.status == 200:
        browser.person = answer.read(Me).person
    return answer


async def knock(who: Tab, room: RoomId) -> None:
    assert isinstance(await who.do(ComeIn(cid=new_cid(), room=room)), Done)


async def comes(world: World, by: Tab, room: RoomId) -> Tab:
    """A visitor who waits in the lobby, as everybody in the call sees."""
    browser = await world.server.stranger()
    assert (await enter(browser, await invite(by, room))).status == 200
    who = await world.tab("", browser)
    await knock(who, room)
    await by.until(lambda: who.person in waiting(by.rooms[room]), "the knock")
    return who


async def admitted(world: World, by: Tab, room: RoomId) -> Tab:
    who = await comes(world, by, room)
    assert isinstance(await by.do(Admit(cid=new_cid(), room=room, person=who.person)), Done)
    await who.until(lambda: room in who.rooms, "the call")
    return who


def waiting(state: RoomState) -> list[PersonId]:
    return [one.person.id for one in state.lobby]


def state_of(state: RoomState, who: Tab) -> MemberState | None:
    return next((member.state for member in state.members if member.person.id == who.person), None)


def told(who: Tab) -> list[tuple[VisitStage, VisitEnd | None]]:
    return [(message.stage, message.why) for message in who.heard if isinstance(message, VisitTold)]


async def is_over(who: Tab, why: VisitEnd) -> None:
    """Told why, cut off, and signed out."""
    await who.until(lambda: who.bye, "bye")
    assert told(who)[-1] == (VisitStage.OVER, why)
    assert who.bye is not None
    assert who.bye.code is ByeCode.SIGNED_OUT
    assert (await who.browser.get("/api/me")).status == 401
