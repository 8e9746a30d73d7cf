"""How late the event loop is: the one figure that shows a process with too much to do, whatever it is."""

import asyncio

from prometheus_client import CollectorRegistry, Histogram

EVERY_S = 0.5
BUCKETS_S = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class LoopLag:
    """Asks to be woken twice a second and counts how late that was, from `start` until the loop ends."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            "passline_loop_lag_seconds", "How late the event loop was.", buckets=BUCKETS_S, registry=registry
        )
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """On the running loop; a second call changes nothing."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._ask()

    def _ask(self) -> None:
        assert self._loop is not None
        due = self._loop.time() + EVERY_S
        self._loop.call_at(due, self._woken, due)

    def _woken(self, due: float) -> None:
        assert self._loop is not None
        self._seconds.observe(max(0.0, self._loop.time() - due))
        self._ask()
