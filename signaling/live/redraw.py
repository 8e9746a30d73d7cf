"""Photos are decoded and drawn anew in a child process with limits, before anybody keeps or sees them."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

from contract.errors import ErrorCode, Rejection, Unavailable
from runtime.logs import get_logger
from signaling.domain.jpeg import MAX_PIXELS, size_px

log = get_logger(__name__)

AT_ONCE = 2
WAITING = 14
"""Beyond these the photo is answered `busy` (policy: refuse the newest); each holds its 12 MiB."""
TIMEOUT_S = 15.0
RETRY_S = 3.0
_CHILD = Path(__file__).with_name("redraw_child.py")


class Redraw:
    """Turns what somebody sent into a picture that is only a picture."""

    def __init__(self, *, at_once: int = AT_ONCE, waiting: int = WAITING, timeout_s: float = TIMEOUT_S) -> None:
        self._turn = asyncio.Semaphore(at_once)
        self._places = at_once + waiting
        self._timeout_s = timeout_s

    async def jpeg(self, data: bytes) -> bytes:
        """The picture in `data` as a clean JPEG of the same size, upright.

        Raises Rejection(`bad_picture`), or Unavailable(`busy`) if too many are waiting.
        """
        try:
            size_px(data)  # what is no JPEG, or too large, costs no process
        except ValueError as error:
            raise Rejection(ErrorCode.BAD_PICTURE, str(error)) from error
        if self._places == 0:
            raise Unavailable(ErrorCode.BUSY, "too many photos at once", retry_after_s=RETRY_S)
        self._places -= 1
        try:
            async with self._turn:
                return await self._draw(data)
        finally:
            self._places += 1

    async def _draw(self, data: bytes) -> bytes:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-I", str(_CHILD), str(MAX_PIXELS), stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={}
        )
        try:
            async with asyncio.timeout(self._timeout_s):
                drawn, _ = await child.communicate(data)
        except TimeoutError:
            log.warning("a photo took too long to decode", size_bytes=len(data))
            raise Rejection(ErrorCode.BAD_PICTURE, "takes too long to decode") from None
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        if child.returncode != 0:
            log.info("a photo could not be decoded", status=child.returncode, size_bytes=len(data))
            raise Rejection(ErrorCode.BAD_PICTURE, "cannot be decoded")
        return drawn
