"""An offer is read once for all clients that say the same, but for what is of one client."""

import re
from pathlib import Path

import pytest

from contract.errors import ProtocolViolation
from media.peer.described import MAX_LINE_CHARS, MAX_PER_SECTION
from media.peer.offer import MAX_CANDIDATES, MOST_OWN, parse
from media.peer.shape import MOST_RUNS, OWN, shape

pytestmark = pytest.mark.unit

OFFERS = sorted((Path(__file__).parent / "offers").glob("*.sdp"))


SHORT = next(path for path in OFFERS if path.stem == "chromium-tablet-media")


def offer(path: Path = SHORT) -> str:
    return path.read_bytes().decode()


def as_another(text: str) -> str:
    """The same offer of another client of the same kind."""
    text = re.sub(r"a=ice-ufrag:\S+", "a=ice-ufrag:another", text)
    text = re.sub(r"a=ice-pwd:\S+", "a=ice-pwd:" + "p" * 24, text)
    text = re.sub(r"a=fingerprint:sha-256 \S+", "a=fingerprint:sha-256 " + ":".join(["ab"] * 32), text)
    text = re.sub(r"a=msid(\S*) .*", r"a=msid\1 x y\r", text)
    text = re.sub(r"(?m)^o=.*", "o=- 1 2 IN IP4 127.0.0.1\r", text)
    return re.sub(r"a=ssrc:(\d+) .*", lambda found: f"a=ssrc:{int(found[1]) ^ 5} cname:x\r", text)


@pytest.mark.parametrize("path", OFFERS, ids=lambda path: path.stem)
def test_two_clients_of_a_browser_have_one_shape_and_each_its_own_credentials_and_streams(path: Path) -> None:
    one, other = parse(offer(path)), parse(as_another(offer(path)))
    assert one.shape is other.shape
    for mine, yours in zip(one.sections, other.sections, strict=True):
        assert mine.outline is yours.outline
        assert (yours.ufrag, yours.pwd) in (("another", "p" * 24), (None, None))
        assert yours.fingerprint == ":".join(["AB"] * 32)
        assert [ssrc ^ 5 for ssrc in mine.ssrcs] == yours.ssrcs
    assert any(section.ssrcs for section in one.sections)
    assert parse(offer(path)).sections == one.sections, "what another client said is not of this one"


def test_a_line_that_is_another_is_another_shape() -> None:
    text = offer()
    for change in (
        ("a=sendonly", "a=recvonly"),
        ("a=rtcp-mux\r\n", ""),
        ("m=audio 9 ", "m=audio 0 "),
        ("a=mid:0", "a=mid:9"),
    ):
        assert change[0] in text
        assert parse(text.replace(*change, 1)).shape is not parse(text).shape


def test_a_line_of_ones_own_in_another_section_is_another_shape() -> None:
    text = offer()
    line = "a=ssrc:7 cname:x\r\n"
    first, second = (text.replace(f"a=mid:{mid}\r\n", f"a=mid:{mid}\r\n{line}", 1) for mid in (2, 3))
    assert 7 in parse(first).sections[2].ssrcs
    assert 7 in parse(second).sections[3].ssrcs
    assert 7 not in parse(first).sections[3].ssrcs


WRONG = [
    "a=ice-ufrag",
    "a=ice-ufrag:x",
    "a=ice-pwd:ab c",
    "a=fingerprint:sha-256 00:11",
    "a=ssrc",
    "a=ssrc:x cname:y",
    "a=ssrc:4294967296 cname:y",
    "a=ssrc-group:FID 4294967296 1",
    "a=mid:" + "m" * 17,
    "a=rtpmap",
    "a=sctp-port:65536",
    "m=audio nine RTP 0",
    "nonsense",
    "a=candidate:" + "x" * MAX_LINE_CHARS,
    "a=other:" + "x" * MAX_LINE_CHARS,
]


@pytest.mark.parametrize("line", WRONG, ids=lambda line: line[:24])
@pytest.mark.parametrize("before", ["a=mid:0", "a=ice-pwd", "a=ssrc:", "a=rtpmap"])
def test_a_line_that_is_wrong_is_named_wherever_it_stands(line: str, before: str) -> None:
    lines = offer().split("\r\n")
    at = next(number for number, text in enumerate(lines) if text.startswith(before))
    for _ in range(2):  # what was refused is not remembered as good
        with pytest.raises(ProtocolViolation, match=rf"line {at + 1}\b"):
            parse("\r\n".join([*lines[:at], line, *lines[at:]]))


def test_what_is_of_one_client_is_bounded_too() -> None:
    text = offer()
    with pytest.raises(ProtocolViolation, match=f"more than {MAX_CANDIDATES} candidates"):
        parse(text + "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n" * (MAX_CANDIDATES + 1))
    with pytest.raises(ProtocolViolation, match=f"more than {MAX_PER_SECTION}"):
        parse(text + "".join(f"a=ssrc:{number} cname:x\r\n" for number in range(MAX_PER_SECTION + 1)))
    with pytest.raises(ProtocolViolation, match=f"more than {MOST_RUNS} runs"):
        parse(text + "a=fmtp:96 x\r\na=x\r\n" * (MOST_RUNS + 1))


def test_how_much_a_remembered_shape_holds_is_bounded() -> None:
    assert len(parse("v=0" + "\no=" * MOST_OWN).shape.own) == MOST_OWN
    asked = shape.cache_info()
    for more in (1, 14_000):
        with pytest.raises(ProtocolViolation, match=f"more than {MOST_OWN} lines of one client"):
            parse("v=0" + "\no=" * (MOST_OWN + more))
    assert shape.cache_info() == asked, "refused before it is looked for"


@pytest.mark.parametrize("name", ["ice-ufrag:abcd", "ice-pwd:", "fingerprint:sha-256 00:11", "ssrc:x", "ssrc:7 x"])
def test_who_names_a_session_says_nothing_else_by_it(name: str) -> None:
    text = offer()
    more = re.sub(r"(?m)^a=mid:.*\n", lambda found: f"{found[0]}o={name}\r\n", text)
    assert more != text
    for mine, plain in zip(parse(more).sections, parse(text).sections, strict=True):
        assert (mine.ufrag, mine.pwd, mine.fingerprint) == (plain.ufrag, plain.pwd, plain.fingerprint)
        assert mine.ssrcs == plain.ssrcs


def test_what_is_of_one_client_is_what_the_pattern_says() -> None:
    text = "v=0\r\no=x\r\nm=audio 9 RTP 0\r\na=ssrc:1 x\r\na=msid:a b\r\na=mid:0\r\na=ice-ufrag:abcd"
    pieces = OWN.split(text)
    assert [line.rstrip("\r") for line in pieces[1::2]] == ["o=x", "a=ssrc:1 x", "a=msid:a b", "a=ice-ufrag:abcd"]
    assert "".join(piece if at % 2 == 0 else f"\n{piece}" for at, piece in enumerate(pieces)) == text
    assert shape(tuple(pieces[::2])).own == [(-1, 2), (0, 4), (0, 5), (0, 7)]
