"""A process's own log file: it rotates itself, and goes on in a new file when logrotate moved it away."""

import os
from io import TextIOWrapper
from logging import LogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path


class LogFile(RotatingFileHandler):
    """`<directory>/<process>.log`, and the older `.log.1` to `.log.<kept>`.

    One file for each process: several that rotate one file would lose each other's lines. A disk that is full or gone
    costs lines, never the process.
    """

    def __init__(self, directory: Path, process: str, *, size_bytes: int, kept: int) -> None:
        """Raises OSError if the directory cannot be made or written to."""
        directory.mkdir(parents=True, exist_ok=True)
        super().__init__(directory / f"{process}.log", maxBytes=size_bytes, backupCount=kept, encoding="utf-8")

    def emit(self, record: LogRecord) -> None:
        stream = self.stream
        if stream is not None and not self._is_ours(stream):
            stream.close()
            self.stream = None  # opened again by what follows, which reports if that fails
        super().emit(record)

    def _open(self) -> TextIOWrapper:
        fd = os.open(self.baseFilename, os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, 0o640)
        return os.fdopen(fd, "a", encoding=self.encoding)

    def _is_ours(self, stream: TextIOWrapper) -> bool:
        try:
            there = os.stat(self.baseFilename)
        except FileNotFoundError:
            return False
        open_now = os.fstat(stream.fileno())
        return (there.st_dev, there.st_ino) == (open_now.st_dev, open_now.st_ino)

    def handleError(self, record: LogRecord) -> None:
        """Every line goes to stderr as well: nothing more is to be said."""
