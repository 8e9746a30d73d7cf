"""What offers say of codecs and extensions is read once for all clients that say the same."""

from pathlib import Path

import pytest

from contract.errors import ProtocolViolation
from media.peer.described import MAX_LINE_CHARS, MAX_PER_SECTION, REMEMBERED, Described, Unreadable, described, together
from media.peer.offer import parse

pytestmark = pytest.mark.unit

OFFER = Path(__file__).with_name("offers") / "chromium-tablet-media.sdp"
RUN = "\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 NACK PLI\r\na=fmtp:97 apt=96\r\n"


def offer() -> str:
    return OFFER.read_bytes().decode()


def test_a_run_of_lines_says_codecs_and_extensions() -> None:
    said = described(RUN + "a=extmap:4/sendonly urn:x\r\na=rtcp-fb:* nack\r\n")
    assert said.rtpmap == {96: "vp8/90000"}
    assert said.fmtp == {97: "apt=96"}
    assert said.feedback == {96: {"nack", "nack pli"}}
    assert {uri: (found.id, found.direction) for uri, found in said.extensions.items()} == {"urn:x": (4, "sendonly")}


def test_clients_of_one_browser_share_what_they_say_and_nothing_else() -> None:
    one = parse(offer()).sections
    other = parse(
        offer().replace("a=ice-ufrag:", "a=ice-ufrag:other").replace("a=ssrc:1543816802", "a=ssrc:7")
    ).sections
    assert all(mine.outline is yours.outline for mine, yours in zip(one, other, strict=True))
    assert one[0].ssrcs != other[0].ssrcs
    assert one[0].ufrag != other[0].ufrag


def test_sections_of_one_offer_that_differ_do_not_share() -> None:
    text = offer()
    at = text.rindex("a=rtpmap:96 VP8/90000")
    sections = parse(text[:at] + text[at:].replace("a=rtpmap:96 VP8/90000", "a=rtpmap:96 AV1/90000", 1)).shape.outlines
    names = [section.described.rtpmap[96] for section in sections if section.kind == "video"]
    assert names[-1] == "av1/90000"
    assert set(names[:-1]) == {"vp8/90000"}


def test_what_a_section_says_in_several_places_counts_together() -> None:
    whole = together(described(RUN), described("\na=rtcp-fb:96 ccm fir\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=97"))
    assert whole.rtpmap == {96: "vp8/90000", 97: "rtx/90000"}
    assert whole.feedback == {96: {"nack", "nack pli", "ccm fir"}}
    assert whole.fmtp == {97: "apt=97"}
    assert described(RUN).feedback == {96: {"nack", "nack pli"}}, "others still say only this"


@pytest.mark.parametrize(
    ("lines", "at"),
    [
        (["a=rtpmap:96 VP8/90000", "a=rtpmap:VP8"], 1),
        (["a=extmap:0 urn:x"], 0),
        (["a=fmtp:96 x=1", "a=rtcp-fb:96 nack", "a=rtcp-fb:128 nack"], 2),
        (["a=rtpmap:96 " + "x" * MAX_LINE_CHARS], 0),
    ],
)
def test_a_line_that_is_wrong_is_named(lines: list[str], at: int) -> None:
    with pytest.raises(Unreadable) as caught:
        described("\n" + "\r\n".join(lines))
    assert caught.value.line == at + 1
    before = offer().split("\r\n")
    where = before.index("a=mid:0")
    with pytest.raises(ProtocolViolation, match=f"line {where + at + 1}: "):
        parse("\r\n".join([*before[:where], *lines, *before[where:]]))


def many(first: int) -> Described:
    return described("\n" + "".join(f"a=extmap:1 urn:{number}\n" for number in range(first, first + MAX_PER_SECTION)))


def test_nobody_says_without_end() -> None:
    assert len(many(0).extensions) == MAX_PER_SECTION
    for numbers in (1, 0):
        with pytest.raises(Unreadable, match="more than"):
            described("\n" + "".join(f"a=rtcp-fb:{n * numbers} {n}\n" for n in range(MAX_PER_SECTION + 1)))
    with pytest.raises(Unreadable, match="more than"):
        together(many(0), many(1))


def test_only_so_much_is_remembered() -> None:
    for number in range(2 * REMEMBERED):
        assert described(f"\na=rtpmap:96 x{number}/90000\r\n").rtpmap == {96: f"x{number}/90000"}
    assert described.cache_info().currsize <= REMEMBERED
    assert parse(offer()).shape.outlines[0].described.rtpmap == {111: "opus/48000/2"}
