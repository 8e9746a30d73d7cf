"""Notices a child that hangs: it is there, but does not answer on its health socket any more."""

import asyncio
from pathlib import Path

from runtime import clock, health
from runtime.silence import Silence

LOOK_S = 0.5


class HangWatch:
    """A child is watched from its first answer on, so a slow start is no hang."""

    def __init__(self, run_dir: Path, hang_s: float) -> None:
        self._run_dir = run_dir
        self.hang_s = hang_s

    async def until_hung(self, child: str) -> None:
        """Returns once `child` answered and then did not for `hang_s`. Cancel it when the child ends."""
        while not await self._answers(child):  # noqa: ASYNC110 - another process gets ready, nothing here can wake us
            await asyncio.sleep(LOOK_S)
        silence = Silence(self.hang_s, clock.now())
        while True:
            if await self._answers(child):
                silence.heard()
            if silence.passed(clock.now()):
                return
            await asyncio.sleep(LOOK_S)

    async def _answers(self, child: str) -> bool:
        try:
            async with asyncio.timeout(LOOK_S):
                status, _body = await health.ask(self._run_dir, child, "/healthz")
        except (OSError, TimeoutError, ValueError):
            return False
        return status == 200
