"""The line through the costs, and the picture drawn of them."""

import json
from typing import Any
from xml.etree import ElementTree

import pytest

from passline.bench.beside_janus_docs import DRAWN, MEASURED, TEXT, Goal, placed
from passline.bench.sfu_fit import fit, fits
from passline.bench.sfu_plot import draw

pytestmark = pytest.mark.unit

HOW = "run: python -m passline.bench.beside_janus_docs"


def row(subject: str, subscribers: int, percent: float, most_pps: int | None = None) -> dict[str, Any]:
    return {
        "subject": subject,
        "subscribers": subscribers,
        "cpu_percent_of_core": percent,
        "packets_per_s": 200 * subscribers,
        "lossless_pps_per_core": most_pps,
    }


def test_a_line_through_points_on_one_finds_it() -> None:
    line = fit([(x, 3 + 0.25 * x) for x in (1, 10, 50, 100)])
    assert (line.fixed, line.each, line.at(1000)) == pytest.approx((3, 0.25, 253))


def test_points_beside_the_line_pull_it_evenly() -> None:
    assert fit([(0, 1), (0, 3), (10, 11), (10, 13)]) == pytest.approx((2, 1))


@pytest.mark.parametrize("points", [[], [(1, 2)], [(1, 2), (1, 3)]])
def test_one_place_gives_no_line(points: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match=f"{len(points)} points"):
        fit(points)


def test_a_crowd_takes_cores_by_both_measures() -> None:
    rows = [row("native", 10, 3), row("native", 110, 13, 500_000), row("janus", 10, 5), row("janus-nss", 110, 50)]
    (told,) = fits(rows, "subscribers")
    assert told == {"subject": "native", "fixed": 2, "each": 0.1, "cores_by_cpu": 5.02, "cores_by_lossless": 2}


def test_rooms_that_were_not_held_do_not_bend_the_line() -> None:
    percents = {1: 3.0, 11: 13.0, 21: 9.0}
    rows = [
        {"subject": "janus", "rooms": rooms, "cpu_percent_of_core": percent, "held": rooms < 21}
        for rooms, percent in percents.items()
    ]
    assert fits(rows, "rooms") == [{"subject": "janus", "fixed": 2, "each": 1}]


def test_the_picture_shows_every_subject_and_is_the_one_in_the_documents() -> None:
    result = json.loads(MEASURED.read_text())
    drawn = draw(result)
    circles = [element for element in ElementTree.fromstring(drawn).iter() if element.tag.endswith("circle")]
    subjects = {measured["subject"] for measured in result["rows"]}
    assert len(circles) == len(result["rows"]) + len(result["rooms"]) + len(subjects)
    assert drawn == DRAWN.read_text(), HOW


def test_the_tables_of_the_document_are_those_of_the_run() -> None:
    document = TEXT.read_text()
    assert placed(document, json.loads(MEASURED.read_text())) == document, HOW


@pytest.mark.parametrize(
    ("goal", "said"),
    [
        (Goal("cost", 0.5, most=0.5, stretch=0.4), "| cost | ≤ 0.5 (stretch 0.4) | 0.5 | yes |"),
        (Goal("cost", 0.51, most=0.5), "| cost | ≤ 0.5 | 0.51 | **no** |"),
        (Goal("rate", 160_000, least=150_000), "| rate | ≥ 150000 | 160000 | yes |"),
        (Goal("rate", 140_000, least=150_000), "| rate | ≥ 150000 | 140000 | **no** |"),
        (Goal("rate", None, least=1), "| rate | – | not measured | |"),
    ],
)
def test_a_goal_says_whether_it_is_held(goal: Goal, said: str) -> None:
    assert goal.line() == said
