"""What is agreed for a section by what it says of codecs and extensions, whoever offers it: settled once for all.

What an offer must say for that was learnt in trials, see media.peer.sdp.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from contract.media import Codec
from media.forward.sections import EXTENSIONS
from media.peer.described import REMEMBERED, Described

MAX_EXTENSION_ID = 14
"""The last id of a one-byte header extension, RFC 8285 §4.2; we write no others."""

_FEEDBACK = ("nack", "nack pli", "ccm fir", "goog-remb")
_TRANSPORT_CC = "transport-cc"
_REVERSED = {"sendonly": "recvonly", "recvonly": "sendonly", "sendrecv": "sendrecv", "inactive": "inactive"}
_OPUS_FMTP = "minptime=10;useinbandfec=1"


@dataclass(frozen=True, eq=False)
class Terms:
    """Shared by the sections of many clients, so nothing in it may change."""

    pt_of: dict[Codec, int]
    """Payload types of the codecs that we know, the preferred one first; empty if there is none."""
    rtx_of: dict[int, int]
    red: int
    """Payload type of redundancy in a slot; 0 if it is not offered, or not a slot."""
    sound_again: bool
    ext: dict[str, int]
    formats: tuple[int, ...]
    """Payload types in the order of the answer's m-line."""
    lines: tuple[str, ...]
    """Of the answer: extensions, codecs and feedback."""


@lru_cache(maxsize=REMEMBERED)
def terms(
    kind: Literal["audio", "video"],
    formats: tuple[str, ...],
    described: Described,
    video_codecs: tuple[Codec, ...],
    *,
    slot: bool,
    layered: bool,
) -> Terms:
    """Settle a section: a slot, or one that the client sends, perhaps in layers."""
    pt_of = _codecs(kind, formats, described, video_codecs)
    rtx_of = {
        payload_type: other
        for payload_type in pt_of.values()
        for other, name in described.rtpmap.items()
        if name == "rtx/90000" and described.fmtp.get(other, "").replace(" ", "") == f"apt={payload_type}"
    }
    opus = pt_of.get(Codec.OPUS, 0)
    red = _red(formats, described, opus) if slot else 0
    sound_again = not slot and bool(opus) and "nack" in described.feedback.get(opus, ())
    ext = _extensions(kind, described, slot=slot, layered=layered)
    listed = [
        pt for payload_type in pt_of.values() for pt in (payload_type, rtx_of.get(payload_type)) if pt is not None
    ]
    lines = [*_extension_lines(described, ext)]
    for codec, payload_type in pt_of.items():
        lines += _codec_lines(described, codec, payload_type)
        if "transport_cc" in ext and _TRANSPORT_CC in described.feedback.get(payload_type, ()):
            lines.append(f"a=rtcp-fb:{payload_type} {_TRANSPORT_CC}")
        if payload_type in rtx_of:
            rtx = rtx_of[payload_type]
            lines += [f"a=rtpmap:{rtx} rtx/90000", f"a=fmtp:{rtx} apt={payload_type}"]
    if red:
        listed.append(red)
        lines += [f"a=rtpmap:{red} red/48000/2", f"a=fmtp:{red} {described.fmtp[red]}"]
    if sound_again:
        lines.append(f"a=rtcp-fb:{opus} nack")
    return Terms(pt_of, rtx_of, red, sound_again, ext, tuple(listed), tuple(lines))


def _codecs(
    kind: Literal["audio", "video"], formats: tuple[str, ...], described: Described, video_codecs: Sequence[Codec]
) -> dict[Codec, int]:
    """The codecs we know in this section, the preferred one first; none if there is none."""
    listed = [int(name) for name in formats if name.isascii() and name.isdigit() and int(name) <= 127]
    if kind == "audio":
        opus = next((pt for pt in listed if described.rtpmap.get(pt) == "opus/48000/2"), None)
        return {} if opus is None else {Codec.OPUS: opus}
    able = {
        Codec.VP8: next((pt for pt in listed if described.rtpmap.get(pt) == "vp8/90000"), None),
        Codec.H264: _h264(described, listed),
        Codec.VP9: _main(described, listed, "vp9/90000", "profile-id"),
        Codec.AV1: _main(described, listed, "av1/90000", "profile"),
    }
    found = {codec: pt for codec, pt in able.items() if pt is not None}
    order = [*video_codecs, *found]
    return dict(sorted(found.items(), key=lambda item: order.index(item[0])))


def _red(formats: tuple[str, ...], described: Described, opus: int) -> int:
    """The payload type of redundancy (RFC 2198) of Opus; 0 if there is none."""
    for payload_type, name in described.rtpmap.items():
        within = described.fmtp.get(payload_type, "").split("/")
        if opus and name == "red/48000/2" and str(payload_type) in formats and set(within) == {str(opus)}:
            return payload_type
    return 0


def _main(described: Described, listed: list[int], name: str, parameter: str) -> int | None:
    """Profile 0, which is meant where none is told: 8 bits and 4:2:0, as every camera has it and every decoder."""
    for pt in listed:
        parameters = described.fmtp.get(pt, "").lower().replace(" ", "").split(";")
        profile = next((text.partition("=")[2] for text in parameters if text.startswith(f"{parameter}=")), "0")
        if described.rtpmap.get(pt) == name and profile == "0":
            return pt
    return None


def _h264(described: Described, listed: list[int]) -> int | None:
    """Constrained baseline (42e0..) in packetization mode 1, which every browser has; plain baseline (42....) else."""
    fallback = None
    for pt in listed:
        if described.rtpmap.get(pt) != "h264/90000":
            continue
        parameters = described.fmtp.get(pt, "").lower().replace(" ", "").split(";")
        if "packetization-mode=1" not in parameters:
            continue
        profile = next((text[17:] for text in parameters if text.startswith("profile-level-id=")), "")
        if profile.startswith("42e0"):
            return pt
        if profile.startswith("42") and fallback is None:
            fallback = pt
    return fallback


def _extensions(kind: Literal["audio", "video"], described: Described, *, slot: bool, layered: bool) -> dict[str, int]:
    wanted = ["mid"]
    if layered:
        wanted += ["rid", "repaired_rid"]
    if kind == "audio":
        wanted.append("level")
    if slot:
        wanted.append("playout_delay")
    measured = slot or kind == "video"
    if measured and any(_TRANSPORT_CC in feedback for feedback in described.feedback.values()):
        wanted.append("transport_cc")
    found = {}
    for name in wanted:
        extension = described.extensions.get(EXTENSIONS[name])
        if extension is not None and extension.id <= MAX_EXTENSION_ID:
            found[name] = extension.id
    return found


def _extension_lines(described: Described, ext: Mapping[str, int]) -> Iterator[str]:
    for name, number in ext.items():
        direction = described.extensions[EXTENSIONS[name]].direction
        suffix = "" if direction is None else f"/{_REVERSED[direction]}"
        yield f"a=extmap:{number}{suffix} {EXTENSIONS[name]}"


def _codec_lines(described: Described, codec: Codec, payload_type: int) -> list[str]:
    match codec:
        case Codec.OPUS:
            silent = ";usedtx=1" if "usedtx=1" in described.fmtp.get(payload_type, "") else ""
            return [f"a=rtpmap:{payload_type} opus/48000/2", f"a=fmtp:{payload_type} {_OPUS_FMTP}{silent}"]
        case _:
            lines = [f"a=rtpmap:{payload_type} {codec.upper()}/90000"]
            if payload_type in described.fmtp:
                lines.append(f"a=fmtp:{payload_type} {described.fmtp[payload_type]}")
    offered = described.feedback.get(payload_type, frozenset())
    return lines + [f"a=rtcp-fb:{payload_type} {name}" for name in _FEEDBACK if name in offered]
