"""Disk, clock and codecs of this machine."""

import ctypes
import importlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from passline.doctor.findings import Finding, ok, problem, warning
from runtime import clock
from runtime.settings import Settings

GB = 10**9
WARN_FREE = 0.10
PROBE_BYTES = 32 * 1024 * 1024
SLOW_BYTES_PER_S = 20 * 10**6
"""Ten recorded people are 3 MB/s; the rest is for everything else."""
SYNCS = 20
SLOW_SYNC_S = 0.05
"""A message is acknowledged after one; people feel a tenth of a second."""
_STA_UNSYNC = 0x40
"""adjtimex(2): the kernel knows of nobody who keeps the clock right."""


def disk(settings: Settings) -> Iterator[Finding]:
    """Room, and how fast the disk takes and keeps what is written."""
    place = settings.data
    while not place.exists():
        place = place.parent
    usage = shutil.disk_usage(place)
    room = f"{usage.free / GB:.1f} of {usage.total / GB:.0f} GB free"
    reserve = settings.disk_reserve_mb * 10**6
    if usage.free < reserve:
        cure = "free space: below PASSLINE_DISK_RESERVE_MB nothing is recorded"
        yield problem("disk", room, cure)
    elif usage.free < max(WARN_FREE * usage.total, 2 * reserve):
        yield warning("disk", room, "an hour of a call takes about 0.7 GB: free space")
    else:
        yield ok("disk", room)
    if usage.free < reserve + PROBE_BYTES:
        return
    try:
        bytes_per_s, sync_s = _speed(place)
    except OSError as error:
        yield problem("disk speed", f"cannot write to {place}: {error.strerror}", "give this user the data directory")
        return
    speed = f"{bytes_per_s / 10**6:.0f} MB/s, {sync_s * 1000:.1f} ms until something is safe"
    if bytes_per_s < SLOW_BYTES_PER_S or sync_s > SLOW_SYNC_S:
        yield warning("disk speed", speed, "put the data directory on a local SSD, not on a network share")
    else:
        yield ok("disk speed", speed)


def _speed(place: Path) -> tuple[float, float]:
    """Bytes a second with a final fsync, and the median of small synced writes in seconds."""
    path = place / f".doctor-{os.getpid()}"
    fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        block = os.urandom(1024 * 1024)
        started = clock.now()
        for _ in range(PROBE_BYTES // len(block)):
            os.write(fd, block)
        os.fsync(fd)
        bytes_per_s = PROBE_BYTES / (clock.now() - started)
        times = []
        for _ in range(SYNCS):
            started = clock.now()
            os.write(fd, block[:4096])
            os.fsync(fd)
            times.append(clock.now() - started)
        return bytes_per_s, sorted(times)[SYNCS // 2]
    finally:
        os.close(fd)
        path.unlink()


def clock_check(_settings: Settings) -> Iterator[Finding]:
    """Whether somebody keeps the clock right: certificates, TURN passwords and time stamps need it."""
    buffer = ctypes.create_string_buffer(512)  # struct timex, larger than on any machine
    state = ctypes.CDLL(None, use_errno=True).adjtimex(buffer)
    status = int.from_bytes(buffer.raw[40:44], "little") if ctypes.sizeof(ctypes.c_long) == 8 else 0
    now = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(clock.wall_ms() / 1000))
    if state < 0:
        yield warning("clock", f"{now}; the kernel does not tell whether it is kept right", "see `timedatectl`")
    elif status & _STA_UNSYNC:
        yield warning("clock", f"{now}; nobody keeps it right", "install chrony, or `timedatectl set-ntp true`")
    else:
        yield ok("clock", f"{now}, kept right")


def codecs(_settings: Settings) -> Iterator[Finding]:
    """The libraries that come with the package, as far as they differ between machines."""
    for module, what in (("av", "recordings"), ("aiortc", "media"), ("pylibsrtp", "media")):
        try:
            importlib.import_module(module)
        except (ImportError, OSError) as error:
            yield problem("codecs", f"{module} cannot be loaded, {what} need it: {error}", "install Passline again")
            return
    import av  # noqa: PLC0415 - only here, and it is large

    missing = {"webm", "mp4", "matroska"} - av.formats_available
    if missing:
        names = ", ".join(sorted(missing))
        yield problem("codecs", f"av {av.__version__} cannot write {names}", "install Passline again")
    else:
        yield ok("codecs", f"av {av.__version__} with FFmpeg's libavformat {_version(av.library_versions)}")


def _version(versions: dict[str, tuple[int, int, int]]) -> str:
    return ".".join(map(str, versions.get("libavformat", (0, 0, 0))))
