"""One form for every line of a process, the libraries' included, with the ids bound at its edge."""

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.flow

PROGRAM = """
import logging
from runtime import logs
logs.setup("recorder", level="info", fmt={fmt!r})
log = logs.get_logger("here")
log.debug("too quiet")
with logs.bound_contextvars(room="r-1"):
    log.info("recording safe", parts=2)
logging.getLogger("somelibrary").warning("disk %s", "slow")
logging.getLogger("aioice").info("noise")
try:
    raise ValueError("broken")
except ValueError:
    log.exception("task failed", task="t")
"""


def _stderr(fmt: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(fmt=fmt)], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_machines_get_one_json_object_a_line() -> None:
    lines = [json.loads(line) for line in _stderr("json")]
    assert [line["event"] for line in lines] == ["recording safe", "disk slow", "task failed"]
    assert all(line["process"] == "recorder" and line["timestamp"].endswith("Z") for line in lines)
    assert lines[0] | {"timestamp": ""} == {
        "event": "recording safe",
        "level": "info",
        "parts": 2,
        "process": "recorder",
        "room": "r-1",
        "timestamp": "",
    }
    assert "ValueError: broken" in lines[2]["exception"]


def test_people_get_the_same_in_plain_text() -> None:
    text = "\n".join(_stderr("console"))
    assert "recording safe" in text
    assert "room=r-1" in text
    assert "noise" not in text
    assert "\x1b" not in text
