"""An append-only file that counts and hashes what it was given."""

import hashlib
import os
from pathlib import Path
from typing import NamedTuple


class Finished(NamedTuple):
    """What a closed file holds."""

    size_bytes: int
    sha256: str


class Sink:
    """Writes through to the kernel at once: what `write` took survives the death of this process."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._hash = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes) -> int:
        """Append all of `data`, or nothing. Raises OSError (disk full, gone)."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        except OSError:
            os.ftruncate(self._fd, self._size)
            raise
        self._hash.update(data)
        self._size += len(data)
        return len(data)

    def close(self) -> Finished:
        """Close once; again is harmless."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        return Finished(self._size, self._hash.hexdigest())
