"""`make soak`: twenty people come to recorded trainings and go again for twenty minutes (MINUTES=n for others)."""

import os
from pathlib import Path

import pytest

from runtime import clock
from tests.soak.ageing import MAX_GAIN_MIB, PROCESSES, complaints
from tests.soak.school import school

pytestmark = [pytest.mark.flow, pytest.mark.full_only]

MINUTES = float(os.environ.get("MINUTES", "20"))
TRAINING_S = 60.0


async def test_twenty_people_for_twenty_minutes(tmp_path: Path) -> None:
    async with school(tmp_path, seed=4) as open_school:
        end = clock.now() + MINUTES * 60
        while clock.now() < end:
            training_end = min(end, clock.now() + TRAINING_S)
            await open_school.train(
                lambda training_end=training_end: clock.now() >= training_end,  # type: ignore[misc]  # bound now
                stay_s=(3.0, 25.0),
                away_s=(0.5, 4.0),
            )
        found = await open_school.after()
        warm = open_school.warm
    assert not complaints(open_school.stack)
    assert found.calm(warm), found.since(warm)
    for process in PROCESSES:
        gained = found.of[process].rss_mib - warm.of[process].rss_mib
        assert gained <= MAX_GAIN_MIB, f"{process} gained {gained:.1f} MiB"
