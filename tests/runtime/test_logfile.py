"""A log file stays bounded, and survives whoever moves, cuts or takes it away."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.logfile import LogFile

pytestmark = pytest.mark.flow


@pytest.fixture
def log(tmp_path: Path) -> Iterator[logging.Logger]:
    file = LogFile(tmp_path / "logs", "signaling", size_bytes=10_000, kept=2)
    logger = logging.Logger("test")
    logger.addHandler(file)
    yield logger
    file.close()


def test_it_rotates_by_size_and_keeps_a_bounded_number(log: logging.Logger, tmp_path: Path) -> None:
    for number in range(5_000):
        log.warning("line %d", number)
    files = sorted((tmp_path / "logs").iterdir())
    assert [path.name for path in files] == ["signaling.log", "signaling.log.1", "signaling.log.2"]
    assert all(path.stat().st_size <= 10_000 for path in files)
    assert files[0].read_text().endswith("line 4999\n")
    assert files[0].stat().st_mode & 0o777 == 0o640


def test_what_logrotate_does_to_it_loses_no_line(log: logging.Logger, tmp_path: Path) -> None:
    file = tmp_path / "logs" / "signaling.log"
    log.warning("before")
    file.rename(file.with_suffix(".old"))
    log.warning("after it was moved")
    assert file.with_suffix(".old").read_text() == "before\n"
    assert file.read_text() == "after it was moved\n"
    with file.open("r+") as opened:
        opened.truncate(0)
    log.warning("after it was cut")
    assert file.read_text() == "after it was cut\n"
    file.unlink()
    log.warning("after it was deleted")
    assert file.read_text() == "after it was deleted\n"


def test_a_file_that_cannot_be_written_ends_nothing(log: logging.Logger, tmp_path: Path) -> None:
    log.warning("before")
    (tmp_path / "logs" / "signaling.log").unlink()
    (tmp_path / "logs" / "signaling.log").mkdir()
    log.warning("into a directory")
