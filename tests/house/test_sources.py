"""Rules of the source that no linter knows."""

import ast
import re
from pathlib import Path

import pytest

from tests.house.repository import PYTHON_PACKAGES, ROOT, lines_with, sources, text, tracked

pytestmark = pytest.mark.unit

DRAWERS = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
TOKENS = Path("web/src/styles/tokens.css")
COLOUR = (
    r"(?<![\w&])#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})(?=['\"`;,)\s])"
    r"|\b(?:rgba?|hsla?|oklch|oklab|lab|lch)\("
)


def test_no_file_is_a_drawer_without_a_name_of_its_own() -> None:
    assert [str(path) for path in tracked() if path.stem.lower() in DRAWERS] == []


def test_every_module_says_in_its_first_sentence_what_it_is_for() -> None:
    silent = []
    for path in sources(".py", under=(*PYTHON_PACKAGES, "tests", "tools")):
        if path.name == "__init__.py" and not text(path).strip():
            continue
        if "migrations" in path.parts:
            continue
        if not ast.get_docstring(ast.parse(text(path))):
            silent.append(str(path))
    assert silent == []


def test_the_server_names_no_class_of_aiortc_that_transcodes() -> None:
    server = [path for path in sources(".py", under=PYTHON_PACKAGES) if "bench" not in path.parts]
    code = [path for path in server if path != Path("media/peer/dtls.py")]
    assert (
        lines_with(r"\b(RTCPeerConnection|MediaRelay|MediaRecorder|MediaPlayer|RTCRtp(Sender|Receiver))\(", code) == []
    )


def test_only_the_peer_package_names_aiortc_and_its_relatives() -> None:
    others = [path for path in sources(".py", under=PYTHON_PACKAGES) if path.parts[:2] != ("media", "peer")]
    others = [path for path in others if "bench" not in path.parts]
    assert lines_with(r"^\s*(from|import) (aiortc|aioice|pylibsrtp|pyee)\b", others) == []


def test_colours_come_from_the_tokens() -> None:
    styled = [path for path in sources(".css", ".ts", ".tsx") if path.parts[:2] == ("web", "src") and path != TOKENS]
    assert lines_with(COLOUR, styled) == []


def test_every_property_that_a_style_reads_is_defined() -> None:
    """A browser says nothing of one that is not, and draws the element without it."""
    styled = [path for path in sources(".css", ".tsx") if path.parts[:2] == ("web", "src")]
    written = "\n".join(text(path) for path in styled)
    read, defined = (set(re.findall(pattern, written)) for pattern in (r"var\((--[\w-]+)", r"(--[\w-]+)'?[:,]"))
    assert sorted(read - defined) == []


def test_only_the_rtc_folder_touches_webrtc() -> None:
    others = [
        path
        for path in sources(".ts", ".tsx")
        if path.parts[:2] == ("web", "src") and path.parts[2] not in ("rtc", "contract")
    ]
    assert lines_with(r"new RTCPeerConnection|\.getUserMedia\(|\.getDisplayMedia\(", others) == []


def test_nothing_built_or_recorded_is_under_version_control() -> None:
    built = [str(path) for path in tracked() if path.parts[0] in ("data", "dist", "build", "node_modules")]
    assert built == []
    assert [path for path in tracked() if path.parts[:2] == ("signaling", "static")] == []


def test_no_tracked_file_is_large_but_what_tools_write_and_the_sample_films() -> None:
    large = [
        str(path)
        for path in tracked()
        if (ROOT / path).stat().st_size > 512 * 1024
        and path.name not in ("uv.lock", "package-lock.json", "openapi.json")
        and path.parts[:2] != ("passline", "demo_recording")
    ]
    assert large == []
