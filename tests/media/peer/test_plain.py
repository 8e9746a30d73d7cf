"""Offers of WHIP and WHEP clients: codecs in any order, with and without RTX, mid, simulcast, bundle-only sections."""

import itertools
import re

import pytest

from contract.errors import ErrorCode, ProtocolViolation, Rejection
from contract.media import Codec, MediaUse, Source
from media.peer.sdp import Answer, LocalTransport, answer
from tests.support.plain_offer import AUDIO, RTX, VIDEO, Media, offer

pytestmark = pytest.mark.unit

LOCAL = LocalTransport("ours1234", "p" * 32, ":".join(["CD"] * 32), (("192.0.2.7", 7880),))


def answered(text: str, use: MediaUse = MediaUse.PUBLISH, codec: Codec = Codec.VP8) -> Answer:
    numbers = itertools.count(1000)
    return answer(text, use, LOCAL, video_codecs=[codec], new_ssrc=lambda: next(numbers))


def refused(text: str, use: MediaUse = MediaUse.PUBLISH) -> ErrorCode:
    with pytest.raises((Rejection, ProtocolViolation)) as caught:
        answered(text, use)
    return caught.value.code


def blocks(found: Answer) -> list[list[str]]:
    return [part.strip().split("\n") for part in re.split(r"(?m)^(?=m=)", found.text.replace("\r\n", "\n"))[1:]]


def test_the_first_audio_is_the_microphone_and_the_first_video_the_camera_in_either_order() -> None:
    audio, video = Media("audio", "0"), Media("video", "1")
    for sections in ((audio, video), (video, audio)):
        found = answered(offer(*sections))
        assert [(s.kind, s.source, s.direction) for s in found.sections.all] == [
            (s.kind, Source.MICROPHONE if s.kind == "audio" else Source.CAMERA, "recvonly") for s in sections
        ]
        assert all("a=recvonly" in lines and "a=setup:passive" in lines for lines in blocks(found))
        assert f"a=group:BUNDLE {sections[0].mid} {sections[1].mid}\r\n" in found.text
        assert found.text.count(" udp ") == 1
    assert found.remote_sctp_port is None
    assert not found.dtls_client


def test_our_codecs_are_found_among_any_others_in_any_order() -> None:
    for order, rtx in itertools.product(itertools.permutations(VIDEO), (True, False)):
        found = answered(offer(Media("video", "v", formats=list(order), rtx=rtx), Media("audio", "a")))
        video, audio = found.sections.all
        assert video.pt_of == {Codec.VP8: 96, Codec.H264: 102, Codec.VP9: 98, Codec.AV1: 45}
        assert next(iter(video.pt_of)) is Codec.VP8
        assert video.rtx_of == ({96: 97, 102: 103, 98: 99, 45: 46} if rtx else {})
        assert audio.pt_of == {Codec.OPUS: 111}
        formats = "96 97 102 103 98 99 45 46" if rtx else "96 102 98 45"
        assert blocks(found)[0][0] == f"m=video 9 UDP/TLS/RTP/SAVPF {formats}"


@pytest.mark.parametrize("only", [96, 102, 98, 45])
def test_one_of_our_codecs_is_enough(only: int) -> None:
    found = answered(offer(Media("video", "v", formats=[39, only])))
    assert list(found.sections.all[0].pt_of.values()) == [only]


def test_media_that_cannot_be_carried_is_refused_whole() -> None:
    audio = Media("audio", "a")
    assert refused(offer(audio, Media("video", "v", formats=[39]))) is ErrorCode.NOT_ACCEPTABLE
    assert refused(offer(Media("audio", "a", formats=[9, 0]))) is ErrorCode.NOT_ACCEPTABLE
    assert refused(offer(audio, Media("audio", "b"))) is ErrorCode.NOT_ACCEPTABLE
    assert refused(offer(Media("audio", "a", rtcp_mux=False))) is ErrorCode.NOT_ACCEPTABLE
    assert refused(offer(Media("audio", "a", direction="recvonly"))) is ErrorCode.NOT_ACCEPTABLE
    assert refused(offer(Media("audio", "a")), MediaUse.WATCH) is ErrorCode.NOT_ACCEPTABLE
    assert refused(offer(audio).replace("SAVPF", "SAVP")) is ErrorCode.NOT_ACCEPTABLE
    assert refused("v=0\r\n") is ErrorCode.NOT_ACCEPTABLE
    assert refused("hello") is ErrorCode.BAD_SDP
    assert refused(offer(Media("audio", "a", ufrag=None))) is ErrorCode.BAD_SDP


def test_ssrcs_are_taken_with_and_without_retransmissions_or_later_from_the_packets() -> None:
    for ssrcs, expected in (([11, 12], (11, 12)), ([11], (11, 0)), ([], (0, 0))):
        section = answered(offer(Media("video", "v", ssrcs=ssrcs))).sections.all[0]
        assert (section.ssrc, section.rtx_ssrc) == expected
        assert section.ext == {"mid": 4}


@pytest.mark.parametrize("mid_extension", [True, False])
def test_simulcast_is_answered_as_one_stream(*, mid_extension: bool) -> None:
    text = offer(Media("audio", "a"), Media("video", "v", rids=["h", "m", "l"], mid_extension=mid_extension))
    found = answered(text)
    assert "a=simulcast" not in found.text
    assert "a=rid" not in found.text
    assert found.sections.all[1].source is Source.CAMERA


def test_one_section_needs_neither_mid_nor_bundle_and_several_need_both() -> None:
    found = answered(offer(Media("audio")))
    assert "BUNDLE" not in found.text
    assert "a=mid" not in found.text
    assert found.sections.all[0].mid == ""
    assert refused(offer(Media("audio"), Media("video"))) is ErrorCode.NOT_ACCEPTABLE
    assert refused(offer(Media("audio", "0"), Media("video", "1"), bundle=["0"])) is ErrorCode.NOT_ACCEPTABLE
    assert refused(offer(Media("audio", "0"), Media("video", "0"))) is ErrorCode.NOT_ACCEPTABLE


def test_bundle_only_sections_are_no_rejected_ones_and_the_first_transport_counts() -> None:
    found = answered(offer(Media("audio", "0"), Media("video", "1", bundle_only=True)))
    assert len(found.sections.all) == 2
    assert found.remote_ufrag == "ufrag0"
    each = answered(offer(Media("audio", "0", ufrag="first"), Media("video", "1", ufrag="second")))
    assert each.remote_ufrag == "first"
    later = answered(
        offer(Media("audio", "0", direction="inactive", ufrag="first"), Media("video", "1", ufrag="second"))
    )
    assert later.remote_ufrag == "second"
    assert later.text.count(" udp ") == 1


def test_what_is_neither_sent_nor_received_is_answered_port_0() -> None:
    data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:d\r\na=sctp-port:5000\r\n"
    found = answered(offer(Media("audio", "0"), Media("video", "1", direction="recvonly")) + data)
    audio, video, application = blocks(found)
    assert audio[0].startswith("m=audio 9 ")
    assert video[0].startswith("m=video 0 ")
    assert application == [
        "m=application 0 UDP/DTLS/SCTP webrtc-datachannel",
        "c=IN IP4 0.0.0.0",
        "a=mid:d",
        "a=inactive",
    ]
    assert "a=group:BUNDLE 0\r\n" in found.text
    assert [section.mid for section in found.sections.all] == ["0"]


def test_a_section_without_a_direction_or_with_both_is_answered_in_one() -> None:
    for direction in ("sendrecv", None):
        text = offer(Media("audio", "0", direction=direction))
        assert "a=recvonly" in answered(text).text
        assert "a=sendonly" in answered(text, MediaUse.WATCH).text


def test_a_watcher_has_stage_pairs_by_their_number() -> None:
    kinds = ["video", "audio", "audio", "video", "video"]
    text = offer(*(Media(kind, str(n), direction="recvonly") for n, kind in enumerate(kinds)))
    found = answered(text, MediaUse.WATCH)
    assert [(s.kind, s.stage, s.direction) for s in found.sections.all] == [
        ("video", 0, "sendonly"),
        ("audio", 0, "sendonly"),
        ("audio", 1, "sendonly"),
        ("video", 1, "sendonly"),
        ("video", 2, "sendonly"),
    ]
    ssrcs = [ssrc for s in found.sections.all for ssrc in (s.ssrc, s.rtx_ssrc) if ssrc]
    assert len(set(ssrcs)) == len(ssrcs)
    for section, lines in zip(found.sections.all, blocks(found), strict=True):
        assert any(line.startswith(f"a=ssrc:{section.ssrc} cname:stage{section.stage}") for line in lines)


def test_a_watcher_may_have_nine_pairs_and_no_more() -> None:
    sections = [Media("audio", str(n), direction="recvonly") for n in range(10)]
    assert len(answered(offer(*sections[:9]), MediaUse.WATCH).sections.slots) == 9
    assert refused(offer(*sections), MediaUse.WATCH) is ErrorCode.NOT_ACCEPTABLE


def test_who_can_only_be_the_dtls_server_gets_a_client() -> None:
    found = answered(offer(Media("audio", "0", setup="passive")))
    assert found.dtls_client
    assert "a=setup:active" in found.text
    for setup in ("actpass", "active"):
        found = answered(offer(Media("audio", "0", setup=setup)))
        assert (found.dtls_client, "a=setup:passive" in found.text) == (False, True)


def test_no_format_but_offered_ones_comes_back() -> None:
    found = answered(offer(Media("audio", "0"), Media("video", "1")))
    for lines, known in zip(blocks(found), (AUDIO, VIDEO), strict=True):
        for pt in map(int, lines[0].split()[3:]):
            assert pt in known or pt in RTX.values()
