"""Has stickers set by a process of its own, one order after another."""

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Sequence
from pathlib import Path

from contract.errors import ErrorCode, Unavailable
from contract.inventory import EquipmentRecord
from runtime.logs import get_logger
from signaling.domain.sticker import address_of, shown

log = get_logger(__name__)

WAITING = 4
"""Beyond these an order is answered `busy` (policy: refuse the newest)."""
TIMEOUT_S = 60.0
"""Twenty sheets take two seconds of an idle core."""
RETRY_S = 5.0
HINT = "扫码求助 Scan for help"
_CHILD = Path(__file__).with_name("sheet.py")


class Press:
    """Prints stickers; `waiting` orders may queue behind the one under way."""

    def __init__(self, *, waiting: int = WAITING) -> None:
        self._turn = asyncio.Semaphore(1)
        self._places = 1 + waiting

    async def stickers(self, machines: Sequence[EquipmentRecord], base: str) -> bytes:
        """The PDF; `base` is where this Passline is, for the squares. Raises Unavailable(`busy`)."""
        if self._places == 0:
            raise Unavailable(ErrorCode.BUSY, "too many sheets at once", retry_after_s=RETRY_S)
        self._places -= 1
        try:
            async with self._turn:
                return await self._print([_sticker(one, base) for one in machines])
        finally:
            self._places += 1

    async def _print(self, stickers: list[dict[str, str]]) -> bytes:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-I", str(_CHILD), stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={}
        )
        try:
            async with asyncio.timeout(TIMEOUT_S):
                done, _ = await child.communicate(json.dumps(stickers).encode())
        except TimeoutError:
            log.warning("stickers took too long to set", count=len(stickers))
            raise Unavailable(ErrorCode.BUSY, "the machine is too busy", retry_after_s=RETRY_S) from None
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        if child.returncode != 0:
            raise RuntimeError(f"stickers could not be set, status {child.returncode}")
        return done


def _sticker(one: EquipmentRecord, base: str) -> dict[str, str]:
    machine, store = one.machine, one.store
    return {
        "address": address_of(base, machine.code),
        "code": shown(machine.code),
        "name": machine.name.zh,
        "second": machine.name.en if machine.name.en != machine.name.zh else "",
        "kind": f"{machine.make} {machine.model}",
        "place": f"{store.number} {store.name.zh}",
        "hint": HINT,
    }
