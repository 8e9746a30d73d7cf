"""What an event loop sleeps by: asyncio's own selector, in which the native plane forwards while the loop waits."""

import math
from selectors import EVENT_READ, EpollSelector, SelectorKey

from media.plane.base import Plane
from media.plane.native import NativePlane


class PlaneSelector(EpollSelector):
    """For asyncio.SelectorEventLoop. Until `let`, and with a plane that does not wait, an ordinary one."""

    def __init__(self) -> None:
        super().__init__()
        self._plane: NativePlane | None = None

    def let(self, plane: Plane) -> None:
        """From now on what it watches is read by it, and of that the loop hears only what is not for lanes."""
        self._plane = plane if isinstance(plane, NativePlane) else None

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """As EpollSelector; a socket of which the plane has something for `receive` is ready for reading."""
        plane = self._plane
        if plane is None:
            return super().select(timeout)
        fd, others = plane.wait(self.fileno(), -1 if timeout is None else max(0, math.ceil(timeout * 1e3)))
        ready = super().select(0) if others else []
        if fd >= 0 and all(key.fd != fd for key, _ in ready):
            ready.append((self.get_key(fd), EVENT_READ))
        return ready
