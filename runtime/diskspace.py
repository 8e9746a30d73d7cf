"""Whether a disk has room: measured by `free_bytes`, judged by `Space` with a margin, so that it does not flap."""

import os
from pathlib import Path

BACK = 1.1
"""Room is there again only when the reserve is free and a tenth more."""


class Space:
    """Room on one disk; below `reserve_bytes` it is `low`, and nothing large may be written."""

    def __init__(self, reserve_bytes: int) -> None:
        self.reserve_bytes = reserve_bytes
        self.free_bytes = 0
        """As last seen."""
        self.low = False

    def see(self, free_bytes: int) -> bool:
        """Take in a measurement; True if `low` changed."""
        self.free_bytes = free_bytes
        before = self.low
        self.low = free_bytes < self.reserve_bytes * (BACK if before else 1)
        return self.low is not before

    def refused(self) -> bool:
        """A write failed for want of room, whatever was measured; True if `low` changed."""
        before, self.low = self.low, True
        return not before


def free_bytes(path: Path) -> int:
    """What can still be written where `path` is, or will be. Raises OSError."""
    while not path.exists():
        path = path.parent
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize
