"""Structured logs: a fixed message plus fields, ids bound once at the edge by `bind`."""

import json
import logging
import sys
from collections.abc import Sequence
from typing import Any

from runtime.lean import without
from runtime.logfile import LogFile
from runtime.settings import Settings, SettingsError

with without("rich"):  # colours for a terminal: a tenth of every start, and memory of every process
    import structlog
    from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars, merge_contextvars

__all__ = ["Logger", "bind_contextvars", "bound_contextvars", "clear_contextvars", "get_logger", "setup", "setup_by"]

Logger = structlog.typing.FilteringBoundLogger


def setup(process: str, *, level: str, fmt: str, file: logging.Handler | None = None) -> None:
    """Send every log line of this process, our own and the libraries', to stderr, and to `file`, in one form."""
    shared: list[Any] = [
        merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        lambda _logger, _name, event: {"process": process, **event},
    ]
    final: list[Any] = [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(serializer=_json)
        if fmt == "json"
        else structlog.dev.ConsoleRenderer(colors=False),
    ]
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr), *([file] if file is not None else [])]
    root = logging.getLogger()
    root.handlers[:] = handlers
    root.setLevel(level.upper())
    structlog.configure(
        processors=[*shared, *final],
        logger_factory=_Lines(handlers),
        wrapper_class=structlog.make_filtering_bound_logger(root.level),
        cache_logger_on_first_use=False,
    )
    for handler in handlers:
        handler.setFormatter(
            _Formatter(
                foreign_pre_chain=shared,
                processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
            )
        )
    for noisy in ("aiosqlite", "asyncio", "aiohttp.access", "aioice", "aiortc", "alembic"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))


class _Line(logging.LogRecord):
    """A line of our own on its way to the handlers, in its last form already. Without what the standard library finds
    out about every record, its caller, thread and process, which says nothing in our lines and costs half of each."""

    def __init__(self, text: str) -> None:
        self.name, self.msg, self.args = "passline", text, ()
        self.levelno, self.levelname = logging.INFO, "INFO"
        self.exc_info = self.exc_text = self.stack_info = None

    def getMessage(self) -> str:
        return str(self.msg)


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """For the lines of libraries; ours are as they should be."""

    def format(self, record: logging.LogRecord) -> str:
        return record.getMessage() if isinstance(record, _Line) else super().format(record)


class _Lines:
    """Makes what structlog gives its last form to: one thing that writes lines, of whatever level, to `handlers`."""

    def __init__(self, handlers: Sequence[logging.Handler]) -> None:
        self._handlers = handlers

    def __call__(self, *_name: object) -> "_Lines":
        return self

    def info(self, text: str) -> None:
        """Write it."""
        line = _Line(text)
        for handler in self._handlers:
            handler.handle(line)

    debug = warning = error = critical = info


_encoder = json.JSONEncoder(default=repr)


def _json(event: Any, **_default: object) -> str:
    return _encoder.encode(event)


def setup_by(process: str, settings: Settings) -> None:
    """As the operator wants it. Raises SettingsError if there can be no log file."""
    file = None
    if settings.log_dir is not None:
        try:
            file = LogFile(
                settings.log_dir, process, size_bytes=settings.log_file_mb * 1_000_000, kept=settings.log_files
            )
        except OSError as error:
            raise SettingsError(f"PASSLINE_LOG_DIR: cannot write to {settings.log_dir}: {error.strerror}") from error
    setup(process, level=settings.log_level, fmt=settings.log_format, file=file)


def get_logger(name: str) -> Logger:
    """The logger of one module."""
    logger: Logger = structlog.get_logger(name)
    return logger
