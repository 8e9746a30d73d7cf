"""Wait for something that becomes true, with a deadline instead of a sleep that hopes."""

import asyncio
from collections.abc import Callable

from runtime import clock

PATIENCE_S = 30.0
"""For what takes milliseconds on an idle machine. What must be quick is measured, not waited for."""


async def until(true: Callable[[], object], *, within_s: float = PATIENCE_S) -> float:
    """Poll every 5 ms; returns the seconds it took. Raises TimeoutError."""
    begun = clock.now()
    while not true():
        if clock.now() - begun > within_s:
            raise TimeoutError(f"not within {within_s} s")
        await asyncio.sleep(0.005)
    return clock.now() - begun
