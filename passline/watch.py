"""Notices a child that hangs: it is there, but does not answer on its health socket any more."""

import asyncio
from pathlib import Path

from runtime import clock, health
from runtime.silence import Silence
from runtime.supervise import TaskScope

LOOK_S = 0.5


class HangWatch:
    """A child is watched from its first answer on, so a slow start is no hang."""

    def __init__(self, run_dir: Path, hang_s: float) -> None:
        self._run_dir = run_dir
        self.hang_s = hang_s

    async def until_hung(self, child: str) -> None:
        """Returns once `child` answered and then did not for `hang_s`. Cancel it when the child ends."""
        while not await self._answers(child, LOOK_S):  # noqa: ASYNC110 - another process gets ready, nothing wakes us
            await asyncio.sleep(LOOK_S)
        silence = Silence(self.hang_s, clock.now())
        async with TaskScope(f"watch {child}") as scope:
            scope.spawn(self._listen(child, silence), name="listen")
            while not silence.passed(clock.now()):  # noqa: ASYNC110 - time itself is what is waited for
                await asyncio.sleep(LOOK_S)

    async def _listen(self, child: str, silence: Silence) -> None:
        """A late answer counts too: to kill who has much to do, as when everybody connects again, makes it more."""
        while True:
            if await self._answers(child, self.hang_s):
                silence.heard()
            await asyncio.sleep(LOOK_S)

    async def _answers(self, child: str, within_s: float) -> bool:
        try:
            status, _body = await health.ask(self._run_dir, child, "/healthz", within_s)
        except (OSError, TimeoutError, ValueError):
            return False
        return status == 200
