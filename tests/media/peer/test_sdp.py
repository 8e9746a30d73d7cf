"""The answerer against real offers of Chromium 156 and Firefox 153, and against hostile ones."""

import contextlib
import itertools
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.errors import ErrorCode, ProtocolViolation
from contract.media import DESKTOP, SEND_SECTIONS, TABLET, TRAINER_DESK, Codec, Layer, Layout
from media.forward.sections import EXTENSIONS
from media.peer.offer import parse
from media.peer.sdp import Answer, LocalTransport, answer

pytestmark = pytest.mark.unit

OFFERS = Path(__file__).with_name("offers")
CORPUS = sorted(OFFERS.glob("*.sdp"))
LOCAL = LocalTransport(
    ufrag="abcd1234",
    pwd="p" * 32,
    fingerprint=":".join(["AB"] * 32),
    addresses=(("192.0.2.7", 7880), ("127.0.0.1", 7880)),
)


def layout_of(path: Path) -> Layout:
    if "small" in path.name:
        return Layout(stage=1, floor=1)
    return TRAINER_DESK if "desk" in path.name else TABLET


def answered(text: str, layout: Layout = TABLET, codec: Codec = Codec.VP8) -> Answer:
    numbers = itertools.count(1000)
    return answer(text, layout, LOCAL, video_codecs=[codec], new_ssrc=lambda: next(numbers))


def blocks(text: str) -> list[list[str]]:
    """The answer's media sections as lists of lines."""
    assert text.endswith("\r\n")
    parts = re.split(r"(?m)^(?=m=)", text.replace("\r\n", "\n"))[1:]
    return [part.strip().split("\n") for part in parts]


def offer(name: str = "chromium-tablet") -> str:
    return (OFFERS / f"{name}.sdp").read_bytes().decode()


@pytest.fixture(params=CORPUS, ids=lambda path: path.stem)
def real(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_every_real_offer_is_answered_section_by_section(real: Path) -> None:
    text = real.read_bytes().decode()
    found = answered(text, layout_of(real))
    offered, given_back = parse(text).shape.outlines, blocks(found.text)
    assert len(given_back) == len(offered)
    for section, lines in zip(offered, given_back, strict=True):
        assert f"a=mid:{section.mid}" in lines
        assert lines[0].startswith(f"m={section.kind} 9 ")
        assert f"a=fingerprint:sha-256 {LOCAL.fingerprint}" in lines
        assert "a=setup:passive" in lines
        if section.kind != "application":
            wanted = {"sendonly": "a=recvonly", "recvonly": "a=sendonly"}[section.direction or ""]
            assert wanted in lines
            assert "a=sendrecv" not in lines
            assert "a=rtcp-mux" in lines
    assert f"a=group:BUNDLE {' '.join(section.mid for section in offered)}\r\n" in found.text
    assert found.text.count(" udp ") == len(LOCAL.addresses)
    assert re.findall(r" tcp \d+ (\S+ \d+) typ host tcptype passive", found.text) == ["192.0.2.7 7880"]
    assert "a=ice-lite\r\n" in found.text


def test_every_slot_announces_its_ssrc_and_the_ssrc_of_its_retransmissions(real: Path) -> None:
    found = answered(real.read_bytes().decode(), layout_of(real))
    by_mid = {lines_mid(lines): lines for lines in blocks(found.text)}
    seen: set[int] = set()
    for slot in found.sections.slots:
        lines = by_mid[slot.mid]
        assert any(line.startswith(f"a=ssrc:{slot.ssrc} cname:") for line in lines)
        if slot.kind == "video":
            assert f"a=ssrc-group:FID {slot.ssrc} {slot.rtx_ssrc}" in lines
            assert any(line.startswith(f"a=ssrc:{slot.rtx_ssrc} cname:") for line in lines)
        assert slot.ssrc not in seen
        seen |= {slot.ssrc, slot.rtx_ssrc}
    for source in found.sections.sources:
        assert not any(line.startswith("a=ssrc") for line in by_mid[source.mid])


def lines_mid(lines: list[str]) -> str:
    return next(line[6:] for line in lines if line.startswith("a=mid:"))


def test_a_stage_pair_is_one_stream_and_nothing_else_shares_it(real: Path) -> None:
    layout = layout_of(real)
    found = answered(real.read_bytes().decode(), layout)
    streams = [
        next(line.split()[0] for line in lines if line.startswith("a=msid:"))
        for lines in blocks(found.text)[len(SEND_SECTIONS) : -1]
    ]
    for pair in range(layout.stage):
        assert streams[2 * pair] == streams[2 * pair + 1]
    assert len(set(streams)) == layout.stage + layout.floor
    stages = [slot.stage for slot in found.sections.slots if slot.stage is not None]
    assert stages == [number for number in range(layout.stage) for _kind in range(2)]
    assert [slot.floor for slot in found.sections.slots if slot.floor is not None] == list(range(layout.floor))


def test_only_offered_payload_types_extensions_and_feedback_come_back(real: Path) -> None:
    text = real.read_bytes().decode()
    found = answered(text, layout_of(real))
    for section, lines in zip(parse(text).shape.outlines, blocks(found.text), strict=True):
        if section.kind == "application":
            continue
        for payload_type in lines[0].split()[3:]:
            assert payload_type in section.formats
            assert int(payload_type) in section.described.rtpmap
        for line in lines:
            if line.startswith("a=extmap:"):
                number, uri = line[9:].split(" ")
                assert section.described.extensions[uri].id == int(number.split("/")[0])
                assert uri in EXTENSIONS.values()
            if line.startswith("a=rtcp-fb:"):
                payload_type, feedback = line[10:].split(" ", 1)
                assert feedback in section.described.feedback[int(payload_type)]
    assert "video-orientation" not in found.text
    assert found.text.count("goog-remb") > 0


def test_transport_wide_feedback_is_answered_where_it_is_offered_but_for_the_sound_of_clients(real: Path) -> None:
    text = real.read_bytes().decode()
    found = answered(text, layout_of(real))
    for offered, lines, section in zip(
        parse(text).shape.outlines, blocks(found.text), found.sections.all, strict=False
    ):
        able = {pt for pt, feedback in offered.described.feedback.items() if "transport-cc" in feedback}
        measured = section.source is None or section.kind == "video"
        wanted = able & set(section.pt_of.values()) if measured else set()
        assert {line for line in lines if "transport-cc" in line} == {f"a=rtcp-fb:{pt} transport-cc" for pt in wanted}
        assert ("transport_cc" in section.ext) == bool(wanted)
    assert found.sections.numbered
    assert any("transport_cc" in section.ext for section in found.sections.sources)


def test_chromium_gets_both_codecs_everywhere_with_the_preferred_one_first() -> None:
    for codec in (Codec.VP8, Codec.H264):
        found = answered(offer(), codec=codec)
        for section in found.sections.all:
            if section.kind == "video":
                assert next(iter(section.pt_of)) is codec
                assert set(section.pt_of) == {Codec.VP8, Codec.H264}
                assert set(section.rtx_of) == set(section.pt_of.values())
        profile = f"a=fmtp:{found.sections.all[1].pt_of[Codec.H264]} "
        assert "profile-level-id=42e01f" in next(line for line in found.text.split("\r\n") if line.startswith(profile))
    assert found.sections.video_codecs == {Codec.VP8, Codec.H264}


def test_vp9_and_av1_and_their_order_are_the_administrators() -> None:
    more = "a=rtpmap:35 VP9/90000\r\na=fmtp:35 profile-id=2\r\na=rtpmap:36 vp9/90000\r\na=fmtp:36 profile-id=0\r\n"
    more += "a=rtpmap:37 AV1/90000\r\na=fmtp:37 level-idx=5;profile=1;tier=0\r\n"
    more += "a=rtpmap:38 AV1/90000\r\na=fmtp:38 level-idx=5;profile=0;tier=0\r\n"
    text = re.sub(r"(m=video \d+ \S+)(.*\r\n)", rf"\1 35 36 37 38\2{more}", offer())
    numbers = itertools.count(1000)
    wished = [Codec.VP9, Codec.AV1]
    found = answer(text, TABLET, LOCAL, video_codecs=wished, new_ssrc=lambda: next(numbers))
    for section in found.sections.all:
        if section.kind == "video":
            assert list(section.pt_of) == [Codec.VP9, Codec.AV1, Codec.VP8, Codec.H264]
            assert (section.pt_of[Codec.VP9], section.pt_of[Codec.AV1]) == (36, 38), "8 bits a sample, which all can"
    assert "a=rtpmap:36 VP9/90000\r\na=fmtp:36 profile-id=0\r\n" in found.text
    assert "a=rtpmap:38 AV1/90000\r\na=fmtp:38 level-idx=5;profile=0;tier=0\r\n" in found.text
    assert ":35 " not in found.text
    assert ":37 " not in found.text


def test_firefox_without_its_plugin_gets_vp8_alone() -> None:
    found = answered(offer("firefox-tablet-media"), codec=Codec.H264)
    assert found.sections.video_codecs == {Codec.VP8}
    assert "H264" not in found.text


def test_the_clients_own_ssrcs_are_known() -> None:
    found = answered(offer("chromium-tablet-media"))
    section = parse(offer("chromium-tablet-media")).sections[1]
    assert section.fid is not None
    assert (found.sections.sources[1].ssrc, found.sections.sources[1].rtx_ssrc) == section.fid


def test_a_direction_on_an_extension_is_reversed() -> None:
    found = answered(offer("firefox-tablet"))
    assert f"/sendonly {EXTENSIONS['playout_delay']}" in found.text


def test_redundancy_is_taken_in_slots_and_asked_of_nobody() -> None:
    found = answered(offer("chromium-tablet-untrimmed"))
    for lines, section in zip(blocks(found.text), found.sections.all, strict=False):
        if section.kind == "video":
            assert not section.red
        elif section.source is None:
            assert section.red == 63
            assert lines[0].endswith(" 111 63"), "plain Opus is what is sent at first"
            assert {"a=rtpmap:63 red/48000/2", "a=fmtp:63 111/111"} <= set(lines)
        else:
            assert not section.red
            assert lines[0].endswith(" 111")
    assert not any(section.red for section in answered(offer()).sections.all), "it was not offered"


@pytest.mark.parametrize("fmtp", ["a=fmtp:63 111/9", "a=fmtp:63 0/0", "a=fmtp:63 /", "a=x"])
def test_redundancy_of_something_else_than_opus_is_not_taken(fmtp: str) -> None:
    found = answered(offer("chromium-tablet-untrimmed").replace("a=fmtp:63 111/111", fmtp))
    assert not any(section.red for section in found.sections.all)
    assert "red/48000" not in found.text


def test_lost_sound_is_asked_for_again_of_who_offers_it() -> None:
    able = answered(
        offer().replace("a=rtpmap:111 opus/48000/2\r\n", "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 nack\r\n")
    )
    for lines, section in zip(blocks(able.text), able.sections.all, strict=False):
        if section.kind == "audio":
            assert section.sound_again == (section.source is not None)
            assert ("a=rtcp-fb:111 nack" in lines) == section.sound_again
    assert not any(section.sound_again for section in answered(offer()).sections.all)


def test_opus_asks_for_in_band_error_correction() -> None:
    found = answered(offer())
    for section in found.sections.all:
        if section.kind == "audio":
            assert f"a=fmtp:{section.pt_of[Codec.OPUS]} minptime=10;useinbandfec=1\r\n" in found.text


def test_who_offers_to_fall_silent_may() -> None:
    found = answered(offer().replace("useinbandfec=1", "useinbandfec=1;usedtx=1"))
    assert found.text.count("a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1\r\n") > 0
    assert "usedtx" not in answered(offer()).text


# --- layers


def layered(*lines: str, text: str = "") -> str:
    """A camera that is offered in layers: these lines at the end of its section."""
    text = text or offer()
    at = text.index("m=video")
    end = text.index("m=video", at + 1)
    return text[:end] + "".join(f"{line}\r\n" for line in lines) + text[end:]


RIDS = ("a=rid:q send", "a=rid:h send", "a=rid:f send")


@pytest.mark.parametrize("order", ["~q;~h;f", "q;h;f", "f;h;~q", "f,q;h;q"])
def test_layers_are_answered_as_they_were_offered_and_paused_as_they_were(order: str) -> None:
    found = answered(layered(*RIDS, f"a=simulcast:send {order}", "a=ssrc:4711 cname:x"))
    camera = found.sections.sources[1]
    lines = blocks(found.text)[1]
    assert camera.layers == (Layer.QUARTER, Layer.HALF, Layer.FULL)
    assert (camera.ssrc, camera.rtx_ssrc) == (0, 0), "their packets say whose they are"
    assert {"a=rid:q recv", "a=rid:h recv", "a=rid:f recv"} <= set(lines)
    assert f"a=simulcast:recv {order.replace(',q', '')}" in lines
    for name in ("rid", "repaired_rid"):
        assert f"a=extmap:{camera.ext[name]} {EXTENSIONS[name]}" in lines
    for other in blocks(found.text)[2:]:
        assert not any("rid" in line or "simulcast" in line for line in other)


@pytest.mark.parametrize(
    "lines",
    [
        (),
        RIDS,
        ("a=simulcast:send q;h;f",),
        (*RIDS, "a=simulcast:send q;h;x"),
        (*RIDS, "a=simulcast:send q;q;f"),
        (*RIDS, "a=simulcast:recv q;h;f"),
        (*RIDS, "a=simulcast:send"),
        ("a=rid:q recv", "a=rid:h recv", "a=rid:f recv", "a=simulcast:send q;h;f"),
    ],
)
def test_layers_that_we_do_not_know_are_not_answered(lines: tuple[str, ...]) -> None:
    found = answered(layered(*lines))
    assert found.sections.sources[1].layers == ()
    assert "rid" not in found.text
    assert "simulcast" not in found.text


def test_chromium_gets_its_layers_answered() -> None:
    found = answered(offer("chromium-small-layers"), Layout(stage=1, floor=1))
    assert found.sections.sources[1].layers == (Layer.QUARTER, Layer.HALF, Layer.FULL)
    assert "a=simulcast:recv f;~h;~q\r\n" in found.text


def test_layers_whose_packets_nothing_tells_apart_are_not_answered() -> None:
    text = layered(*RIDS, "a=simulcast:send q;h;f").replace(EXTENSIONS["repaired_rid"], "urn:other")
    assert answered(text).sections.sources[1].layers == ()


def test_a_screen_is_not_sent_in_layers() -> None:
    text = offer()
    screen = text.index("m=video", text.index("m=video") + 1)
    end = text.index("m=audio", screen)
    text = text[:end] + "".join(f"{line}\r\n" for line in (*RIDS, "a=simulcast:send q;h;f")) + text[end:]
    found = answered(text)
    assert found.sections.sources[2].layers == ()
    assert "simulcast" not in found.text


# --- hostile ----------------------------------------------------------------------------------------------------------


def refused(text: str, layout: Layout = TABLET) -> str:
    with pytest.raises(ProtocolViolation) as caught:
        answered(text, layout)
    assert caught.value.code is ErrorCode.BAD_SDP
    return caught.value.detail


def test_ten_thousand_candidates_are_refused_quickly() -> None:
    text = offer()
    line = "a=candidate:1 1 udp 1 192.0.2.9 9 typ host\r\n"
    before = time.perf_counter()
    assert "bytes" in refused(text + line * 10_000)
    assert "candidates" in refused(text + "a=candidate:1\r\n" * 60)
    assert time.perf_counter() - before < 0.2


@pytest.mark.parametrize(
    ("change", "to", "says"),
    [
        ("v=0", "v=1", "v=0"),
        ("a=sendonly", "a=sendrecv", "sendrecv"),
        ("a=sendonly", "a=inactive", "inactive"),
        ("a=mid:1\r\n", "a=mid:0\r\n", "mid"),
        ("a=mid:1\r\n", "", "mid"),
        ("a=mid:1\r\n", "a=mid:averylongmidthatdoesnotfit\r\n", "line"),
        ("a=group:BUNDLE 0 1", "a=group:BUNDLE 1 0", "BUNDLE"),
        ("a=group:BUNDLE", "a=group:LS", "BUNDLE"),
        ("a=setup:actpass", "a=setup:passive", "setup"),
        ("a=rtcp-mux\r\n", "", "rtcp-mux"),
        ("sha-256", "sha-1", "fingerprint"),
        ("a=fingerprint:sha-256 ", "a=fingerprint:sha-256 ZZ:", "line"),
        ("a=ice-ufrag:", "a=ice-ufrag:%", "line"),
        ("opus/48000/2", "speex/8000", "opus"),
        ("m=video 9 UDP/TLS/RTP/SAVPF", "m=video 0 UDP/TLS/RTP/SAVPF", "rejected"),
        ("m=video 9 UDP/TLS/RTP/SAVPF", "m=video 9 RTP/AVP", "protocol"),
        ("m=video 9 UDP/TLS/RTP/SAVPF", "m=video 99999 UDP/TLS/RTP/SAVPF", "port"),
        ("m=application", "m=text", "line"),
        ("a=rtpmap:111 ", "a=rtpmap:999 ", "line"),
        ("a=extmap:4 ", "a=extmap:0 ", "line"),
        ("a=ssrc:", "a=ssrc:99999999999", "line"),
    ],
)
def test_a_broken_offer_is_refused_with_its_reason(change: str, to: str, says: str) -> None:
    text = offer()
    assert change in text
    assert says in refused(text.replace(change, to))


def test_another_layout_than_agreed_is_refused() -> None:
    assert "layout" in refused(offer(), DESKTOP)
    assert refused(offer(), Layout(stage=3, floor=1))


def test_more_than_32_sections_are_refused() -> None:
    section = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
    assert "32" in refused("v=0\r\n" + section * 33)


def test_the_detail_never_repeats_the_offer() -> None:
    assert "secretname" not in refused(offer().replace("a=ice-ufrag:", "a=ice-ufrag:secretname%"))


@pytest.mark.parametrize("text", ["", "v=0", "v=0\r\n", "\x00", "m=", "a", "v=0\r\na=group:\r\n", "v=0\nm=audio\n"])
def test_scraps_are_refused(text: str) -> None:
    refused(text)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_mutilated_offer_is_answered_or_refused_but_never_raises_otherwise(data: st.DataObject) -> None:
    lines = offer().split("\r\n")
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        what = data.draw(st.sampled_from(["drop", "cut", "double", "text", "swap"]))
        if what == "drop":
            del lines[at]
        elif what == "cut":
            lines[at] = lines[at][: data.draw(st.integers(0, len(lines[at])))]
        elif what == "double":
            lines.insert(at, lines[at])
        elif what == "text":
            lines[at] = lines[at][:6] + data.draw(st.text(max_size=40))
        else:
            other = data.draw(st.integers(0, len(lines) - 1))
            lines[at], lines[other] = lines[other], lines[at]
    with contextlib.suppress(ProtocolViolation):
        answered("\r\n".join(lines))
