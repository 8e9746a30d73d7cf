"""What a camera's layers are taken to need."""

from types import SimpleNamespace
from typing import cast

import pytest

from contract.ids import PersonId
from contract.media import LAYER_BPS, Layer, Source
from media.forward.pictures import Supply
from media.forward.publication import Publication
from media.forward.sending import TOOK_S, Sending

pytestmark = pytest.mark.unit

TAKES_BPS = 40_000


def needs_bps(sending: Sending, now: float, *, last_at: float) -> int:
    """Of a smallest layer that took TAKES_BPS and came `last_at`."""
    source = SimpleNamespace(
        participant=PersonId("anna"),
        source=Source.CAMERA,
        section=SimpleNamespace(layers=tuple(Layer)),
        layer=Layer.QUARTER,
        px=180,
        rate=SimpleNamespace(bps=lambda _now: TAKES_BPS),
        upper_rate=SimpleNamespace(bps=lambda _now: None),
        last_at=last_at,
    )
    return Supply([cast(Publication, source)], sending, now).offers[0].bps


def test_a_camera_of_five_pictures_a_second_flows() -> None:
    assert needs_bps(Sending(), 100.2, last_at=100.0) == TAKES_BPS


def test_one_that_stopped_is_believed_only_by_what_it_took_before() -> None:
    sending = Sending()
    assert needs_bps(sending, 101.0, last_at=100.0) == LAYER_BPS[Layer.QUARTER]
    assert needs_bps(sending, 101.0, last_at=101.0) == TAKES_BPS
    assert needs_bps(sending, 100.0 + TOOK_S, last_at=101.0) == TAKES_BPS
    assert needs_bps(sending, 101.0 + TOOK_S, last_at=101.0) == LAYER_BPS[Layer.QUARTER]
