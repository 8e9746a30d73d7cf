"""A small disk for a test: ext4 on a loop device, or a tmpfs where a kernel has none. Needs root."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BALLAST = "ballast"


class SmallDisk:
    """Mounted at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def free_bytes(self) -> int:
        return shutil.disk_usage(self.path).free

    def fill(self, leave_bytes: int) -> None:
        """Leave about so much, or nothing."""
        with (self.path / _BALLAST).open("ab") as file:
            try:
                while self.free_bytes > leave_bytes:
                    file.write(bytes(min(65_536, self.free_bytes - leave_bytes)))
                    file.flush()
            except OSError:
                return

    def empty(self) -> None:
        """Give the room back."""
        (self.path / _BALLAST).unlink(missing_ok=True)


@contextmanager
def small_disk(path: Path, size_mb: int = 24) -> Iterator[SmallDisk]:
    """`path` is made and is a disk of its own as long as the context lasts."""
    path.mkdir(parents=True)
    image = path.with_name(path.name + ".img")
    with image.open("wb") as file:
        file.truncate(size_mb * 1_000_000)
    made = subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", str(image)], check=False).returncode == 0
    if not made or subprocess.run(["mount", "-o", "loop", str(image), str(path)], check=False).returncode != 0:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_mb}M", "tmpfs", str(path)], check=True)
    try:
        yield SmallDisk(path)
    finally:
        # Lazily: a process under test may still hold a file.
        subprocess.run(["umount", "-l", str(path)], check=True)
        image.unlink()
