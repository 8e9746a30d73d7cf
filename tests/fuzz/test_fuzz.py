"""Promise D1, guided: fuzzing of every parser finds nothing new. `make fuzz` takes a minute for each, before a release;
`make promises` a few seconds."""

import asyncio
import os
import sys

import pytest

from tests.fuzz.targets import TARGETS

pytestmark = [pytest.mark.flow, pytest.mark.full_only, pytest.mark.promise("D1")]

SECONDS = int(os.environ.get("FUZZ_SECONDS", "2"))
START_S = 120.0
"""Until everything is instrumented, on a busy machine."""


@pytest.mark.parametrize("target", TARGETS)
async def test_fuzzing_finds_nothing(target: str) -> None:
    fuzzer = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fuzz.run", target, str(SECONDS)), stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(SECONDS + START_S):
        _, errors = await fuzzer.communicate()
    tail = errors.decode(errors="replace")[-4000:]
    assert fuzzer.returncode == 0, tail
    executed = next(line for line in tail.splitlines() if "number_of_executed_units" in line)
    print(f"{target}: {executed.split()[-1]} inputs")
