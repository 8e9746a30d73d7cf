"""Runs a coroutine that never waits, now.

aiortc's SCTP is written in coroutines, and all that they wait for is the sending of a datagram, which we do at once
(media.peer.dtls). A task for each would come a turn of the loop later, and a turn costs as much as what it does.
"""

from collections.abc import Coroutine
from typing import Any


def at_once(work: Coroutine[Any, Any, None]) -> None:
    """Raises what `work` raises, and RuntimeError if it would wait."""
    try:
        work.send(None)
    except StopIteration:
        return
    work.close()
    raise RuntimeError(f"{getattr(work, '__qualname__', work)} waits")
