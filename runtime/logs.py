"""Structured logs: a fixed message plus fields, ids bound once at the edge by `bind`."""

import logging
import sys
from typing import Any

from runtime.lean import without
from runtime.logfile import LogFile
from runtime.settings import Settings, SettingsError

with without("rich"):  # colours for a terminal: a tenth of every start, and memory of every process
    import structlog
    from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars, merge_contextvars

__all__ = ["Logger", "bind_contextvars", "bound_contextvars", "clear_contextvars", "get_logger", "setup", "setup_by"]

Logger = structlog.stdlib.BoundLogger


def setup(process: str, *, level: str, fmt: str, file: logging.Handler | None = None) -> None:
    """Send every log line of this process, our own and the libraries', to stderr, and to `file`, in one form."""
    shared: list[Any] = [
        merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        lambda _logger, _name, event: {"process": process, **event},
    ]
    final = structlog.processors.JSONRenderer() if fmt == "json" else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr), *([file] if file is not None else [])]
    for handler in handlers:
        handler.setFormatter(
            structlog.stdlib.ProcessorFormatter(
                foreign_pre_chain=shared,
                processors=[
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    final,
                ],
            )
        )
    root = logging.getLogger()
    root.handlers[:] = handlers
    root.setLevel(level.upper())
    for noisy in ("aiosqlite", "asyncio", "aiohttp.access", "aioice", "aiortc", "alembic"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))


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
    logger: Logger = structlog.stdlib.get_logger(name)
    return logger
