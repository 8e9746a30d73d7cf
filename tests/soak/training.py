"""Twenty people who come to trainings and go again, with sound, pictures and a recording, for as long as wanted."""

import asyncio
import contextlib
from collections.abc import Callable
from random import Random

from contract.client import CloseRoom, OpenSession
from contract.ids import PersonId, RegionId, RoomId, StoreId
from contract.people import Name, Person, Role, Store
from contract.server import Done
from passline.demo import PASSWORD
from runtime import clock
from runtime.settings import Settings
from runtime.supervise import TaskScope
from signaling.auth.passwords import Passwords
from signaling.store.seed import ChainSeed, PersonSeed, RegionSeed, seed
from tests.support.chain import CHEAP
from tests.support.clients import new_cid
from tests.support.member import Member

Span = tuple[float, float]
"""Least and most seconds."""
TRAINER = "he"
STORES = 19
CAMERAS = 6
"""Stores that send a picture too."""
SOUND_S = 0.04
PICTURE_EVERY = 5
RELOADS = 0.2
"""Share of the leavings that are a closed page instead of a word."""


async def seed_stores(data: Settings) -> list[str]:
    """Stores enough, beside the sample chain; returns their logins."""
    region = RegionId("r-soak")
    stores = [
        Store(id=StoreId(f"s-9{number:03}"), number=f"9{number:03}", name=_named(number), region=region)
        for number in range(STORES)
    ]
    people = [
        PersonSeed(
            Person(id=PersonId(f"p-store-{store.number}"), role=Role.STORE, name=store.name, store=store),
            f"store-{store.number}",
            PASSWORD,
        )
        for store in stores
    ]
    name = Name(zh="百味连锁", en="Baiwei Kitchens")
    await seed(data, ChainSeed(name, [RegionSeed(region, name)], stores, people), Passwords(CHEAP))
    return [person.login for person in people]


def _named(number: int) -> Name:
    """A name that nothing else in a log is called (tests.support.quiet)."""
    return Name(zh=f"来去试验{number}号店", en=f"Coming and Going No. {number}")


class Training:
    """`trainer` and `stores` are signed in. `hold` runs one training from its opening to its end."""

    def __init__(self, trainer: Member, stores: list[Member], chance: Random) -> None:
        self.trainer = trainer
        self.stores = stores
        self.joined = 0
        """Legs that came up so far."""
        self._chance = chance

    async def hold(self, over: Callable[[], bool], stay_s: Span, away_s: Span) -> RoomId:
        """Stores come and go until it is `over`; whoever is in then is put out by the trainer."""
        room = await self._open()
        async with TaskScope("pump") as scope:
            scope.spawn(self._pump(), name="pump")
            await self._join(self.trainer, room)
            async with asyncio.TaskGroup() as group:
                for store in self.stores:
                    group.create_task(self._come_and_go(store, room, over, stay_s, away_s))
            await self._close(room)
        return room

    async def _open(self) -> RoomId:
        invite = [store.tab.person for store in self.stores]
        wish = OpenSession(cid=new_cid(), title=Name(zh="洗手", en="Hands"), invite=invite)
        done = await self.trainer.tab.do(wish)
        assert isinstance(done, Done), done
        assert done.room is not None
        return done.room

    async def _close(self, room: RoomId) -> None:
        done = await self.trainer.tab.do(CloseRoom(cid=new_cid(), room=room))
        assert isinstance(done, Done), done
        for member in (self.trainer, *self.stores):
            await member.gone()

    async def _join(self, member: Member, room: RoomId) -> None:
        await member.join(room)
        self.joined += 1

    async def _come_and_go(
        self, store: Member, room: RoomId, over: Callable[[], bool], stay_s: Span, away_s: Span
    ) -> None:
        chance = self._chance
        while True:
            await self._join(store, room)
            await asyncio.sleep(chance.uniform(*stay_s))
            if over():
                return
            if chance.random() < RELOADS:
                await store.close_tab()
                await asyncio.sleep(chance.uniform(*away_s))
                await store.open_tab()
            else:
                await store.leave()
                await asyncio.sleep(chance.uniform(*away_s))

    async def _pump(self) -> None:
        """Everybody who is in speaks; the first ones show something."""
        turn = 0
        while True:
            begun = clock.now()
            turn += 1
            for number, member in enumerate((self.trainer, *self.stores)):
                with contextlib.suppress(ConnectionError):  # it left just now
                    await member.send(picture=number < CAMERAS and turn % PICTURE_EVERY == 0)
            await asyncio.sleep(max(0.0, begun + SOUND_S - clock.now()))
