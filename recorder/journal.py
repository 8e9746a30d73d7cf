"""Appending to a manifest: lines wait in the loop's thread for the next flush, and are written in the disk's.

What a full disk does not take is kept and goes before what is written next.
"""

import errno
import os
from collections.abc import Callable

from contract.recording import ManifestLine
from recorder.disk import Disk
from recorder.manifest import RESUME, line_bytes
from recorder.storage import Folder

MAX_KEPT_BYTES = 1024 * 1024
"""Lines for a disk that takes none: past this the recording fails."""


class Journal:
    """The manifest of one recording, open for appending; an existing one is continued."""

    def __init__(self, folder: Folder, disk: Disk, *, on_error: Callable[[Exception], None]) -> None:
        self._folder = folder
        self._disk = disk
        self._on_error = on_error
        self._waiting: list[bytes] = []
        self._unsynced = False
        self._fd = -1
        self._kept = b""
        self._begun = False
        """Belong to the writing thread."""

    def add(self, line: ManifestLine) -> None:
        """Remember a line; `flush` within half a second."""
        self._waiting.append(line_bytes(line))

    def flush(self) -> None:
        """Write what waits, ahead of anything submitted later."""
        if self._waiting:
            lines, self._waiting = self._waiting, []
            self._unsynced = True
            data = b"".join(lines)
            self._disk.submit(lambda: self._append(data), size_bytes=len(data), on_error=self._on_error)

    def make_durable(self) -> None:
        """Sync what was flushed lately, in the background."""
        if self._unsynced:
            self._unsynced = False
            self._disk.make_durable(self._folder.manifest_path)

    def append_in_disk_thread(self, line: ManifestLine) -> None:
        """For jobs that run there: write one line now."""
        self._append(line_bytes(line))

    def close(self) -> None:
        """Write what waits and let go of the file; durable after that."""
        self.flush()
        self._disk.submit(self._close, size_bytes=0, on_error=self._on_error)

    def _append(self, data: bytes) -> None:
        data = self._kept + data
        if len(data) > MAX_KEPT_BYTES:
            raise OSError(errno.EIO, "the manifest cannot be written")
        self._kept = data
        if self._fd < 0:
            self._folder.create()
            path = self._folder.manifest_path
            self._fd = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
        size = os.fstat(self._fd).st_size
        if not self._begun and size:
            data = RESUME + data
        if os.write(self._fd, data) != len(data):
            os.ftruncate(self._fd, size)
            raise OSError(errno.ENOSPC, "No space left on device")
        self._begun, self._kept = True, b""

    def _close(self) -> None:
        if self._kept:
            self._append(b"")
        if self._fd >= 0:
            os.fdatasync(self._fd)
            os.close(self._fd)
            self._fd = -1
