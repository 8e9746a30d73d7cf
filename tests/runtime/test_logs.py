"""One form for every line of a process, the libraries' included, with the ids bound at its edge."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.flow

WHEN = re.compile(r"[0-9-]+T[0-9:.]+Z")

PROGRAM = """
import logging
import sys
from pathlib import Path
from runtime import logs
from runtime.logfile import LogFile
file = LogFile(Path(sys.argv[1]), "recorder", size_bytes=100_000, kept=1)
logs.setup("recorder", level="info", fmt={fmt!r}, file=file)
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


def _lines(fmt: str, folder: Path) -> list[str]:
    """What it says on stderr, and in its file likewise."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(fmt=fmt), folder], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == ""
    kept = (folder / "recorder.log").read_text()
    assert WHEN.sub("", kept) == WHEN.sub("", done.stderr), "a library's line has the time at which each was written"
    return done.stderr.splitlines()


def test_machines_get_one_json_object_a_line(tmp_path: Path) -> None:
    lines = [json.loads(line) for line in _lines("json", tmp_path)]
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


def test_people_get_the_same_in_plain_text(tmp_path: Path) -> None:
    text = "\n".join(_lines("console", tmp_path))
    assert "recording safe" in text
    assert "room=r-1" in text
    assert "noise" not in text
    assert "\x1b" not in text
