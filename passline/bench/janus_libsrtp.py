"""An OpenSSL-built libsrtp for Janus: the one that our own planes encrypt by."""

import importlib.util
import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("janus_libsrtp.c")
_FLAGS = ("-std=c11", "-O2", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror", "-Wl,-soname,libsrtp2.so.1")


def compiler() -> str | None:
    return shutil.which("cc")


def environment(folder: Path) -> dict[str, str]:
    """Build it in `folder`; with these variables Janus loads it in place of Debian's. Raises CalledProcessError."""
    cc = compiler()
    assert cc is not None, "beside_janus.missing() was not asked"
    subprocess.run([cc, *_FLAGS, str(SOURCE), "-o", str(folder / "libsrtp2.so.1")], check=True)
    module = importlib.util.find_spec("pylibsrtp._binding")
    assert module is not None
    assert module.origin is not None
    return {"LD_LIBRARY_PATH": str(folder), "PASSLINE_BENCH_LIBSRTP": module.origin}
