"""Whose packet it is, when a client of WHIP announces no SSRC and writes no mid."""

import struct
from random import Random
from typing import cast

import pytest

from contract.ids import PersonId
from contract.media import Codec, Source
from media.forward.leg import RENEWAL_S, Leg, Member
from media.forward.ports import LegPort
from media.forward.sections import Section, Sections
from media.rtp.packet import parse_header
from tests.media.forward.client import ALL, H264, H264_RTX, OPUS, VP8, VP8_RTX

pytestmark = pytest.mark.unit


def leg(*, screen: bool = False) -> Leg:
    """A publisher of sound and picture; with `screen` two sections share their payload types."""
    video = {Codec.VP8: VP8, Codec.H264: H264}
    rtx = {VP8: VP8_RTX, H264: H264_RTX}
    sections = [
        Section(mid="", kind="audio", direction="recvonly", source=Source.MICROPHONE, pt_of={Codec.OPUS: OPUS}),
        Section(mid="v", kind="video", direction="recvonly", source=Source.CAMERA, pt_of=video, rtx_of=rtx),
    ]
    if screen:
        sections.append(
            Section(mid="s", kind="video", direction="recvonly", source=Source.SCREEN, pt_of=video, rtx_of=rtx)
        )
    member = Member(PersonId("guest"), ALL, host=False, joined=1)
    return Leg(cast(LegPort, None), Sections(tuple(sections)), member, Random(1), lambda: 1, lambda _leg: None)


def source_of(leg: Leg, payload_type: int, ssrc: int, now: float = 0.0) -> Source | None:
    packet = struct.pack("!BBHLL", 0x80, payload_type, 1, 2, ssrc) + b"payload"
    found = leg.of_packet(packet, parse_header(packet), now)
    return found.source if found is not None else None


def test_a_payload_type_of_one_section_alone_tells_whose_a_packet_is() -> None:
    publisher = leg()
    assert source_of(publisher, OPUS, 11) is Source.MICROPHONE
    assert source_of(publisher, VP8_RTX, 13) is None, "a repeat of nothing yet"
    assert source_of(publisher, H264, 12) is Source.CAMERA
    assert source_of(publisher, H264_RTX, 13) is Source.CAMERA
    assert source_of(publisher, 77, 14) is None
    assert publisher.publications["v", None].ssrc == 12
    assert source_of(publisher, VP8, 15, RENEWAL_S / 2) is None, "not with every packet"
    assert source_of(publisher, VP8, 15, RENEWAL_S) is Source.CAMERA


def test_a_payload_type_that_two_sections_share_tells_nothing() -> None:
    publisher = leg(screen=True)
    assert source_of(publisher, OPUS, 11) is Source.MICROPHONE
    assert source_of(publisher, VP8, 12) is None
