"""The music on hold: small, quiet, of a length that is bearable, and what the script makes."""

import runpy

import av
import numpy as np
import pytest

from tests.house.repository import ROOT

pytestmark = pytest.mark.unit

FILE = ROOT / "web" / "src" / "rtc" / "hold.mp3"


def test_the_file_is_small_and_plays_as_the_script_composed_it() -> None:
    tool = runpy.run_path(str(ROOT / "tools" / "music.py"))
    rate_hz = tool["RATE_HZ"]
    assert FILE.stat().st_size < 200_000
    with av.open(str(FILE)) as file:
        frames = [frame.to_ndarray().ravel() for frame in file.decode(audio=0)]
        assert file.streams.audio[0].rate == rate_hz
    played, composed = np.concatenate(frames), tool["music"]()
    assert 20 < len(played) / rate_hz < 40
    assert len(played) / rate_hz == pytest.approx(len(composed) / rate_hz, abs=0.2)
    assert np.abs(played).max() == pytest.approx(tool["PEAK"], abs=0.1)
    seconds = [np.sqrt(np.mean(part**2)) for part in np.array_split(played, round(len(played) / rate_hz))]
    assert min(seconds[:-2]) > 0.02, "no hole in it"
    assert seconds[-1] < 0.5 * max(seconds), "it ends softly, where it begins again"
