"""Stores that are connected and call, experts who are rung and answer: the load of the bench of calls.

Each call goes through the public doors, from `start_call` to `leave_room`, with the media legs of both sides and of
everybody who is rung; both sides film a little, so that the first picture's way is measured too.
"""

import asyncio
import itertools
from dataclasses import dataclass, field

from aiohttp import ClientError

from contract.client import LeaveRoom, StartCall
from contract.ids import PersonId
from contract.rooms import Reason, RoomState
from passline.bench.calls_person import CallPerson
from passline.bench.chat_rule import new_cid
from passline.bench.crowd import Cookies, browsers
from passline.bench.join_client import JoinClient
from runtime import clock
from runtime.supervise import TaskScope

ANSWER_S = 1.0
"""A quick hand: the legs are up by then."""
TALK_S = 8.0
PICTURES_PER_S = 10
RINGS_S = 40.0
"""A call that has not rung by then has failed."""
TOGETHER = 25
"""So many connect at a time, as in a morning, and not as after an outage."""
TROUBLE = (RuntimeError, OSError, TimeoutError, ClientError)


@dataclass
class Figures:
    """What was measured, in s; a call that failed is in `failed` alone."""

    ring_s: list[float] = field(default_factory=list)
    """Tap → the first expert has read that it rings."""
    rings_s: list[float] = field(default_factory=list)
    """Tap → each expert has."""
    picture_s: list[float] = field(default_factory=list)
    """Answer → the first packet of the store's picture at the expert's leg."""
    failed: list[str] = field(default_factory=list)


@dataclass
class _Calling:
    tapped: float
    first: "asyncio.Future[CallPerson]"


class CallLoad:
    """Use as a context: connected in between. `call` once for each call, at any pace."""

    def __init__(self, url: str, stores: Cookies, experts: Cookies) -> None:
        self.figures = Figures()
        self._scope = TaskScope("load")
        self._http = browsers()
        self._calling: dict[PersonId, _Calling] = {}
        self._experts = [self._person(url, *one) for one in experts.items()]
        self._stores = [self._person(url, *one) for one in stores.items()]
        self._turn = itertools.cycle(self._stores)

    def _person(self, url: str, person: PersonId, cookie: str) -> CallPerson:
        return CallPerson(self._http, url, person, cookie, self._scope, self._rang)

    async def __aenter__(self) -> "CallLoad":
        everybody = [*self._experts, *self._stores]
        for first in range(0, len(everybody), TOGETHER):
            group = everybody[first : first + TOGETHER]
            for person in group:
                self._scope.spawn(person.client.stay(), name=person.id)
            await asyncio.gather(*(person.client.online() for person in group))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._scope.aclose()
        await self._http.close()

    @property
    def connections(self) -> int:
        """Sockets that were welcomed; more than there are people: some were lost."""
        return sum(person.client.connections for person in (*self._experts, *self._stores))

    async def run(self, calls: int, seconds: float) -> None:
        """So many calls, begun evenly over so many seconds; returns when the last is over."""
        began = clock.now()
        async with asyncio.TaskGroup() as going:
            for number in range(calls):
                await asyncio.sleep(max(0.0, began + seconds * number / calls - clock.now()))
                going.create_task(self._call(next(self._turn)))

    async def _call(self, store: CallPerson) -> None:
        legs: list[JoinClient] = []
        try:
            await self._through(store, legs)
        except TROUBLE as error:
            self.figures.failed.append(str(error) or type(error).__name__)
        finally:
            self._calling.pop(store.id, None)
            for leg in legs:
                await leg.aclose()

    async def _through(self, store: CallPerson, legs: list[JoinClient]) -> None:
        calling = _Calling(clock.now(), asyncio.get_running_loop().create_future())
        self._calling[store.id] = calling
        room = await store.wish(StartCall(cid=new_cid(), reason=Reason.EQUIPMENT))
        legs.append(await store.leg(room))
        async with asyncio.timeout(RINGS_S):
            expert = await calling.first
        await asyncio.sleep(ANSWER_S)
        filming = asyncio.ensure_future(_film(legs))
        try:
            answered = clock.now()
            screen = await expert.answer(room)
            await screen.first_packet()
            self.figures.picture_s.append(screen.first_at - answered)
            legs.append(screen)
            await asyncio.sleep(TALK_S)
            await expert.wish(LeaveRoom(cid=new_cid(), room=room))
        finally:
            filming.cancel()
            expert.over(room)

    def _rang(self, expert: CallPerson, state: RoomState) -> None:
        now = clock.now()
        calling = self._calling.get(state.call.caller) if state.call is not None else None
        if calling is None:
            return
        self.figures.rings_s.append(now - calling.tapped)
        if not calling.first.done():
            self.figures.ring_s.append(now - calling.tapped)
            calling.first.set_result(expert)


async def _film(legs: list[JoinClient]) -> None:
    """Whoever is in `legs`, until cancelled."""
    while True:
        for leg in legs:
            leg.film()
        await asyncio.sleep(1 / PICTURES_PER_S)
