"""A chain with enough stores on a real stack, everybody signed in, that holds one training after another."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random

from contract.ids import RoomId
from runtime.settings import Settings
from tests.soak.ageing import Ages, ages, settled
from tests.soak.training import TRAINER, Span, Training, seed_stores
from tests.support.member import Member
from tests.support.stack import Stack, seeded_data

SAFE_S = 60.0
"""How long the last recordings may take to become safe; later is an alarm."""


HANG_S = 30.0
"""This is about what ages: a machine with much else to do must not have a worker killed for being late."""


class School:
    """`warm` is what every process had after one first training. Figures are printed as they come."""

    def __init__(self, stack: Stack, training: Training, trainer: Member) -> None:
        self.stack = stack
        self.warm: Ages
        self._training = training
        self._trainer = trainer
        self._rooms: list[RoomId] = []

    @property
    def legs(self) -> int:
        """PeerConnections that came up so far."""
        return self._training.joined

    async def train(self, over: Callable[[], bool], *, stay_s: Span, away_s: Span) -> None:
        """One training until it is `over`."""
        self._rooms.append(await self._training.hold(over, stay_s, away_s))
        print(f"{len(self._rooms)} trainings, {self.legs} legs:", (await ages(self.stack)).since(self.warm), flush=True)

    async def warm_up(self) -> None:
        """Everybody once, so that what is loaded or allocated only once is there."""
        idle = await ages(self.stack)
        self.warm = idle
        await self.train(lambda: True, stay_s=(2.0, 3.0), away_s=(0.0, 0.0))
        self.warm = await settled(self.stack, idle)

    async def after(self) -> Ages:
        """Once every recording is safe and everything has settled."""
        missing = set(self._rooms)
        async with asyncio.timeout(SAFE_S):
            while missing:
                for room in list(missing):
                    answer = await self._trainer.tab.browser.get(f"/api/archive/{room}")
                    if answer.status == 200 and b'"recording":"safe"' in answer.body:
                        missing.discard(room)
                await asyncio.sleep(0.5)
        found = await settled(self.stack, self.warm)
        print("after:", found.since(self.warm), flush=True)
        return found


@asynccontextmanager
async def school(directory: Path, seed: int) -> AsyncIterator[School]:
    """Opened and warm."""
    stack = Stack(directory, hang_s=HANG_S)
    shutil.copytree(seeded_data(), stack.data)
    logins = await seed_stores(Settings(data=stack.data))
    async with stack, AsyncExitStack() as people:
        trainer = await people.enter_async_context(Member(stack, TRAINER))
        stores = [await people.enter_async_context(Member(stack, login)) for login in logins]
        made = School(stack, Training(trainer, stores, Random(seed)), trainer)
        await made.warm_up()
        yield made
