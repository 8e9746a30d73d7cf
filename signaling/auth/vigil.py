"""Watches the sign-ins behind open sockets: an open page stays signed in, an ended sign-in ends its sockets."""

import asyncio
from collections.abc import Awaitable, Callable, Collection

from sqlalchemy.exc import SQLAlchemyError

from contract.errors import Unavailable
from runtime.logs import get_logger
from signaling.auth.sign_ins import SignIns

log = get_logger(__name__)

PERIOD_S = 20.0
"""How long somebody whose sign-in was ended elsewhere, or who was disabled, stays connected at most."""


class Vigil:
    """`connected` names the sign-ins of all open sockets, `end` closes those of one."""

    def __init__(
        self,
        sign_ins: SignIns,
        connected: Callable[[], Collection[bytes]],
        end: Callable[[bytes], Awaitable[None]],
        *,
        period_s: float = PERIOD_S,
    ) -> None:
        self._sign_ins = sign_ins
        self._connected = connected
        self._end = end
        self._period_s = period_s

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(self._period_s)
            try:
                await self.look()
            except (SQLAlchemyError, Unavailable) as error:
                log.warning("sign-ins were not checked", cause=type(error).__name__)

    async def look(self) -> None:
        """Check each once; being recognised extends it."""
        for sign_in in self._connected():
            if await self._sign_ins.recognise_hash(sign_in) is None:
                log.info("a sign-in has ended, closing its sockets")
                await self._end(sign_in)
