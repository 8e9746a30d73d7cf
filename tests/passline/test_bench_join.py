"""The bench of joins: what it measures with, and that a short run has all its figures."""

import json

import pytest

from contract.media import TABLET
from media.peer.offer import parse
from passline.bench import join
from passline.bench.join_offer import offer


@pytest.mark.unit
def test_the_offer_is_as_long_as_the_one_of_our_client_in_chromium() -> None:
    text = offer(TABLET, ufrag="abcd", pwd="p" * 24, fingerprint=":".join(["AB"] * 32), ssrc=7)
    assert 500 < text.count("\r\n") < 600
    sections = parse(text).sections
    assert [section.outline.mid for section in sections] == [str(number) for number in range(12)]
    assert sections[0].ssrcs == [7]
    assert sections[1].fid == (8, 9)
    assert len({section.outline.described for section in sections if section.outline.kind == "video"}) == 1


@pytest.mark.unit
def test_ninety_five_of_a_hundred_are_not_later_than_the_95th() -> None:
    assert join.times("x", [number / 1000 for number in range(1, 101)]) == {"x_p50_ms": 50.5, "x_p95_ms": 95.0}
    assert join.times("x", [0.002]) == {"x_p50_ms": 2.0, "x_p95_ms": 2.0}


@pytest.mark.flow
def test_a_short_run_has_all_its_figures() -> None:
    result = join.run(crowd=4, rounds=1, alone=2, unlucky=1)
    json.dumps(result)
    assert [row["stage"] for row in result["rows"]] == [*join.STAGES, "join"]
    assert all(list(row) == ["stage", "cpu_ms", "lowest", "highest"] for row in result["rows"])
    assert list(result)[1:] == [
        "cpu_ms_per_join",
        "joins_per_s_per_core",
        "first_packet_p50_ms",
        "first_packet_p95_ms",
        "first_packet_flight_lost_p50_ms",
        "first_packet_flight_lost_p95_ms",
    ]
    assert result["first_packet_p50_ms"] > 0
