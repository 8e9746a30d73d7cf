"""Builds the media worker's C kernel (media/plane/*.c) beside its source, with whatever C compiler there is.

    python tools/kernel.py                   build into media/plane, if something is newer; a word if that cannot be
    python tools/kernel.py DIRECTORY -O1 …   build into another directory with further flags, for tests

cffi writes the glue, the compiler of this Python's own build makes the module; nothing but libc is linked. It runs
inside the build of the package (hatch_build.py) and by hand.
"""

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLANE = ROOT / "media" / "plane"
HEADER = PLANE / "kernel.h"
"""What Python calls."""
UNITS = sorted(PLANE.glob("*.c"))
SOURCES = (HEADER, PLANE / "inside.h", *UNITS)
BUILT = PLANE / "_kernel.abi3.so"
"""Where the package looks for it; of the stable ABI, so any Python since 3.11 loads it."""
FLAGS = ("-std=c11", "-O3", "-fPIC", "-shared", "-fvisibility=hidden", "-Wall", "-Wextra")
"""Not -Werror: a compiler of tomorrow that warns of more must not cost anybody the fast plane. The tests are strict."""


class NoKernel(Exception):
    """It cannot be built here; the message says why."""


def declarations() -> str:
    """kernel.h as cffi wants it: without what is for the preprocessor."""
    lines = HEADER.read_text().splitlines()
    return "\n".join(line for line in lines if not line.startswith("#") or re.match(r"#define \w+ \d", line))


def build(directory: Path = PLANE, *flags: str) -> Path:
    """Compile into `directory` and return the module's path. Raises NoKernel."""
    try:
        from cffi import FFI  # noqa: PLC0415 - whoever has no cffi must still be told why
    except ImportError as error:
        raise NoKernel("cffi is not installed") from error
    include = sysconfig.get_path("include")
    if not Path(include, "Python.h").exists():
        raise NoKernel("there is no Python.h (Debian: python3-dev)")
    compiler = _compiler()
    builder = FFI()
    builder.cdef(declarations())
    builder.set_source("media.plane._kernel", f'#include "{HEADER.name}"')
    with tempfile.TemporaryDirectory(prefix="passline-kernel-") as scratch:
        glue, made = Path(scratch, "_kernel.c"), Path(scratch, BUILT.name)
        with contextlib.redirect_stdout(None):
            builder.emit_c_code(str(glue))
        sources = map(str, (glue, *UNITS))
        command = [*compiler, *FLAGS, *flags, f"-I{PLANE}", f"-I{include}", *sources, "-o", str(made)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            raise NoKernel(f"{compiler[0]} cannot be run") from error
        if done.returncode:
            raise NoKernel(f"{compiler[0]} failed:\n{done.stderr[-2000:]}")
        built = directory / BUILT.name
        # At once: a worker that runs keeps the file that it has loaded.
        shutil.copy2(made, f"{built}.new")
        os.replace(f"{built}.new", built)
    return built


def _compiler() -> list[str]:
    """The compiler that made this Python, else `cc`."""
    for words in (os.environ.get("CC"), sysconfig.get_config_var("CC"), "cc"):
        command = shlex.split(words or "")
        if command and shutil.which(command[0]):
            return command
    raise NoKernel("there is no C compiler")


def build_if_possible() -> Path | None:
    """For the package build: None, and a word on standard error, where it cannot be built."""
    try:
        return build()
    except NoKernel as error:
        BUILT.unlink(missing_ok=True)
        print(f"Passline: media will forward in Python, at a higher cost: {error}", file=sys.stderr)
        return None


def main(arguments: list[str]) -> None:
    """The command line above."""
    if arguments:
        print(build(Path(arguments[0]), *arguments[1:]))
    elif not BUILT.exists() or any(path.stat().st_mtime > BUILT.stat().st_mtime for path in SOURCES):
        build_if_possible()


if __name__ == "__main__":
    main(sys.argv[1:])
