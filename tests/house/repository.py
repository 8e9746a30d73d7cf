"""The files under version control, as the house rules read them."""

import functools
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PYTHON_PACKAGES = ("passline", "contract", "runtime", "signaling", "media", "recorder")


@functools.cache
def tracked() -> tuple[Path, ...]:
    """Every file that git knows and that is there, relative to ROOT."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    paths = (Path(name) for name in listed.decode().split("\0") if name)
    return tuple(path for path in paths if (ROOT / path).is_file())


def sources(*suffixes: str, under: tuple[str, ...] = ()) -> list[Path]:
    """Tracked files with one of the suffixes, in one of the top directories if any are named."""
    return [path for path in tracked() if path.suffix in suffixes and (not under or path.parts[0] in under)]


def text(path: Path) -> str:
    """What is in a tracked file."""
    return (ROOT / path).read_text(encoding="utf-8")


def lines_with(pattern: str, paths: list[Path]) -> list[str]:
    """`file:line: text` of every match of a regular expression."""
    wanted = re.compile(pattern)
    return [
        f"{path}:{number}: {line.strip()[:120]}"
        for path in paths
        for number, line in enumerate(text(path).splitlines(), start=1)
        if wanted.search(line)
    ]
