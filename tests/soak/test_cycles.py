"""Promise D4: five hundred times joined and left, recorded, leaves nothing behind in any process."""

from pathlib import Path

import pytest

from tests.soak.ageing import MAX_GAIN_MIB, PROCESSES, complaints
from tests.soak.school import school
from tests.support.promise import Promise

pytestmark = pytest.mark.flow

TRAININGS = 2


@pytest.mark.beside
@pytest.mark.promise("D4")
async def test_who_comes_and_goes_leaves_nothing_behind(promise: Promise, tmp_path: Path) -> None:
    for seed in promise.rounds():
        cycles = promise.size(40, full=200)  # three rounds: more than five hundred; make soak has thousands
        async with school(tmp_path / str(seed), seed) as open_school:
            for number in range(1, TRAININGS + 1):
                target = 20 + cycles * number // TRAININGS
                await open_school.train(
                    lambda target=target: open_school.legs >= target,  # type: ignore[misc]  # bound now
                    stay_s=(0.1, 0.6),
                    away_s=(0.1, 0.5),
                )
            found = await open_school.after()
            warm = open_school.warm
        assert found.calm(warm), found.since(warm)
        assert not complaints(open_school.stack)
        for process in PROCESSES:
            gained = found.of[process].rss_mib - warm.of[process].rss_mib
            promise.measured(f"memory gained by {process} in joins", gained, limit=MAX_GAIN_MIB, unit="MiB")
