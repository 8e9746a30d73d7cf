"""Which plane a worker forwards by: the native one if it was built, else the one in Python, and it says so once."""

import logging

import pytest

from media import app
from media.plane import native

pytestmark = pytest.mark.unit


def test_the_kernel_is_used_if_it_is_there() -> None:
    assert app.plane().name == "native"


def test_without_it_the_python_plane_serves_with_one_word_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(native, "_missing", ImportError("it was not built"))
    with caplog.at_level(logging.WARNING):
        assert app.plane().name == "python"
    told = capsys.readouterr()
    said = told.out + told.err + caplog.text
    assert said.count("without its C kernel") == said.count("it was not built") == 1
