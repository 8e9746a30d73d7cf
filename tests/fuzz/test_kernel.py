"""Promise D1 in C: under AddressSanitizer and UBSan the kernel of the native plane survives whatever it is told.

A driver of its own (kernel_main.c) obeys malformed scripts of legs, targets, packets and answers of the system; and the
tests of the plane run once more on a kernel built so. Needs gcc or clang with their sanitizers.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.corpus import FOUND, seeds
from tests.fuzz.mangle import malformed
from tests.support.promise import Promise

pytestmark = [pytest.mark.flow, pytest.mark.full_only, pytest.mark.promise("D1")]

ROOT = Path(__file__).parents[2]
SANITIZED = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
STRICT = ("-std=c11", "-Wall", "-Wextra", "-Wshadow", "-Werror")
INPUTS = 20_000
"""A round; with their mangling a few seconds."""
TESTS = ("tests/media/plane", *(f"tests/media/forward/test_{name}.py" for name in ("room", "switching", "abuse")))


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("kernel") / "driver"
    sources = (
        str(path) for path in (ROOT / "tests" / "fuzz" / "kernel_main.c", *(ROOT / "media" / "plane").glob("*.c"))
    )
    subprocess.run(["cc", *STRICT, *SANITIZED, *sources, "-o", str(made)], check=True)
    return made


def drive(driver: Path, inputs: list[bytes]) -> None:
    """Obey every input. What broke the kernel is kept in tests/fuzz/found/kernel; raises AssertionError then."""
    data = b"".join(len(one).to_bytes(4, "little") + one for one in inputs)
    done = subprocess.run([driver], input=data, capture_output=True, timeout=300, check=False)
    if done.returncode:
        number, _, what = done.stderr.decode(errors="replace").rpartition("\r")[2].partition(" ")
        last = int(number)
        found = FOUND / "kernel"
        found.mkdir(exist_ok=True)
        (found / f"input-{last}").write_bytes(inputs[last])
        pytest.fail(f"input {last}: {what[:4000]}")
    assert int(done.stdout) == len(inputs)


def test_the_kernel_obeys_no_script_to_its_harm(driver: Path, promise: Promise) -> None:
    for seed in promise.rounds():
        drive(driver, [b"", *seeds("kernel"), *malformed(seeds("kernel"), INPUTS, seed)])


def test_the_tests_of_the_plane_hold_on_a_sanitized_kernel(tmp_path: Path) -> None:
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
    # Python is not built with the sanitizer, so it must be there before anything else.
    found = subprocess.run(["cc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True)
    built = subprocess.run(
        [sys.executable, "tools/kernel.py", str(tmp_path), *SANITIZED],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    module = built.stdout.splitlines()[-1]
    code = (
        "import importlib.util, sys, pytest, media.plane\n"
        f"spec = importlib.util.spec_from_file_location('media.plane._kernel', {module!r})\n"
        "made = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(made)\n"
        "sys.modules[spec.name] = media.plane._kernel = made\n"
        f"sys.exit(pytest.main(['-q', '-n', '0', '-p', 'no:cacheprovider', *{TESTS!r}]))\n"
    )
    environment["LD_PRELOAD"] = found.stdout.strip()
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
