"""Answers an offer: text in, text and plain values out.

Our own client's is exactly contract.media: four send sections, `stage` pairs, `floor` audios, one data channel, all
bundled. A plain client's (media.peer.plain) says by itself what its sections are for.

What the answer must say was learnt in trials with Chromium and Firefox:
- every slot's SSRC and its retransmission SSRC (`FID`) are announced, and the mid extension is answered;
- all video codecs that we know are answered in every video section, in the client's own payload types, the preferred
  one first;
- a fingerprint stands in every section (Firefox crashed without), extension ids are echoed unchanged;
- directions are the exact reverse of the offered ones; Firefox's port 0 with `bundle-only` is no rejection;
- Opus with redundancy is answered in slots alone: it costs a publisher twice its rate where nothing is lost, and its
  sound can be asked for again, if it says so;
- whoever would send little while it is silent (`usedtx`) may; our own client does not offer it;
- simulcast is answered for the camera, its layers paused as they were offered paused: a browser switches them so;
- `video-orientation` is not answered; transport-wide congestion control is, with REMB beside it, but not for the sound
  that a client sends: Chromium would take 110 kbit/s for it, twice of what it needs, from what pictures may have.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from contract.errors import PasslineError
from contract.media import SEND_SECTIONS, Codec, Layer, Layout, MediaUse, Source
from media.forward.sections import EXTENSIONS, Section, Sections
from media.peer import plain
from media.peer.candidates import candidate_lines
from media.peer.offer import Offer, OfferSection, parse
from media.peer.parts import Part, own_parts
from media.peer.shape import REMEMBERED_SHAPES, Outline, Shape, bad
from media.peer.terms import MAX_EXTENSION_ID, Terms, terms

MAX_MESSAGE_BYTES = 1024
"""Announced for the data channel; a browser refuses to send more (contract.data.MAX_UP_BYTES)."""
SCTP_PORT = 5000
"""RFC 8841 §5: both sides use it by convention; it is not a UDP port."""
_SCTP = "UDP/DTLS/SCTP"
_SETUP = {"passive": "active"}
"""Our own client and most others can be the DTLS client; ffmpeg's muxer is the server unless told otherwise."""


@dataclass(frozen=True, slots=True)
class LocalTransport:
    """Our side of the bundle: ICE-lite credentials, SHA-256 fingerprint, addresses and ports to offer."""

    ufrag: str
    pwd: str
    fingerprint: str
    addresses: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer and what was settled."""

    text: str
    sections: Sections
    remote_ufrag: str
    remote_pwd: str
    remote_fingerprint: str
    """SHA-256 of the client's certificate, upper case hex with colons."""
    remote_sctp_port: int | None
    """None: there is no data channel."""
    dtls_client: bool
    """Whether the handshake is ours to begin."""


def answer(
    offer_text: str,
    layout: Layout | MediaUse,
    local: LocalTransport,
    *,
    video_codecs: Sequence[Codec],
    new_ssrc: Callable[[], int],
) -> Answer:
    """Answer an offer. Raises ProtocolViolation(`bad_sdp`) saying what is wrong, or Rejection as media.peer.plain."""
    offer = parse(offer_text)
    parts: tuple[Part | None, ...]
    if isinstance(layout, MediaUse):
        parts = tuple(plain.parts(offer, layout))
        transport = plain.transport_of(offer, parts)
        refuse: Callable[[str], PasslineError] = plain.refused
    else:
        _check_order(offer.shape, layout)
        _check_credentials(offer)
        parts = own_parts(layout)
        transport = offer.sections[0]
        refuse = bad
    if transport.ufrag is None or transport.pwd is None or transport.fingerprint is None:
        raise bad("no ice-ufrag, no ice-pwd or no sha-256 fingerprint")
    data = None if isinstance(layout, MediaUse) else offer.sections[-1]
    bundle = [
        mid
        for section, part in zip(offer.sections, parts, strict=True)
        if (mid := section.outline.mid) and (part or section is data)
    ]
    lines = ["v=0", f"o=- {new_ssrc()} 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=ice-lite"]
    if bundle:
        lines.append("a=group:BUNDLE " + " ".join(bundle))
    lines += ["a=extmap-allow-mixed", "a=msid-semantic: WMS *"]
    settled: list[Section] = []
    setup = _SETUP.get(transport.outline.setup or "", "passive")
    transport_lines = _transport_lines(local, setup)
    drafts = _drafts(offer.shape, parts, tuple(video_codecs))
    for index, (offered, draft) in enumerate(zip(offer.sections, drafts, strict=True)):
        if draft is not None:
            if not draft.agreed.pt_of:
                kind = offered.outline.kind
                raise refuse(f"section {index} has {'no opus' if kind == 'audio' else 'no video codec that we know'}")
            section = _settle(offered, draft, new_ssrc)
            lines.append(draft.text)
            if section.direction == "sendonly":
                lines += _slot_lines(section)
            lines += transport_lines
            if not settled:
                lines += [*candidate_lines(local.addresses), "a=end-of-candidates"]
            settled.append(section)
        elif offered is data:
            lines += [f"m=application 9 {_SCTP} webrtc-datachannel", "c=IN IP4 0.0.0.0", f"a=mid:{offered.outline.mid}"]
            lines += [f"a=sctp-port:{SCTP_PORT}", f"a=max-message-size:{MAX_MESSAGE_BYTES}"]
            lines += transport_lines
        else:
            lines += _declined_lines(offered.outline)
    return Answer(
        "\r\n".join(lines) + "\r\n",
        Sections(tuple(settled)),
        transport.ufrag,
        transport.pwd,
        transport.fingerprint,
        None if data is None else SCTP_PORT if data.outline.sctp_port is None else data.outline.sctp_port,
        setup == "active",
    )


def _expected(layout: Layout) -> list[tuple[str, str | None]]:
    sends = [(kind, "sendonly") for kind, _source in SEND_SECTIONS]
    stage = [("audio", "recvonly"), ("video", "recvonly")] * layout.stage
    floor = [("audio", "recvonly")] * layout.floor
    return [*sends, *stage, *floor, ("application", None)]


@lru_cache(maxsize=REMEMBERED_SHAPES)
def _check_order(shape: Shape, layout: Layout) -> None:
    """The m-lines are those of contract.media and of the layout, in that order, and all in one bundle."""
    expected = _expected(layout)
    outlines = shape.outlines
    if len(outlines) != len(expected):
        raise bad(f"{len(outlines)} media sections, the layout has {len(expected)}")
    for index, (outline, (kind, direction)) in enumerate(zip(outlines, expected, strict=True)):
        if outline.kind != kind:
            raise bad(f"section {index} is {outline.kind}, not {kind}")
        if direction is not None and outline.direction != direction:
            raise bad(f"section {index} is {outline.direction}, not {direction}")
        if outline.protocol != (plain.RTP if direction is not None else _SCTP):
            raise bad(f"section {index} has another transport protocol")
        if outline.port == 0 and not outline.bundle_only:
            raise bad(f"section {index} is rejected by its own offer")
        if kind != "application" and not outline.rtcp_mux:
            raise bad(f"section {index} has no rtcp-mux")
        if outline.setup not in ("actpass", "active"):
            raise bad(f"section {index}: setup is not actpass")
    if outlines[-1].formats != ("webrtc-datachannel",):
        raise bad("the last section is not a data channel")
    mids = [outline.mid for outline in outlines]
    if not all(mids) or len(set(mids)) != len(mids):
        raise bad("mid is missing or not unique")
    if shape.bundle != mids:
        raise bad("not every section is in the BUNDLE group, in order")


def _check_credentials(offer: Offer) -> None:
    """The whole bundle has one set."""
    first = offer.sections[0]
    for index, section in enumerate(offer.sections):
        if section.outline.bundle_only and section.ufrag is None:
            continue
        if section.ufrag != first.ufrag or section.fingerprint != first.fingerprint:
            raise bad(f"section {index} has credentials of its own")


@dataclass(frozen=True, slots=True)
class _Draft:
    """What is settled of a section for every client whose offer has this shape: all but SSRCs and credentials."""

    part: Part
    agreed: Terms
    layers: tuple[Layer, ...]
    text: str
    """Of the answer, up to the lines of SSRCs."""


@lru_cache(maxsize=REMEMBERED_SHAPES)
def _drafts(shape: Shape, parts: tuple[Part | None, ...], codecs: tuple[Codec, ...]) -> tuple[_Draft | None, ...]:
    return tuple(
        None if part is None else _draft(outline, part, codecs)
        for outline, part in zip(shape.outlines, parts, strict=True)
    )


def _draft(outline: Outline, part: Part, codecs: tuple[Codec, ...]) -> _Draft:
    """Decide codecs and extensions of one media section; and say so in the lines of the answer."""
    layers = _layers(outline) if part.source is Source.CAMERA else ()
    slot = part.source is None
    kind = _kind(outline)
    agreed = terms(kind, outline.formats, outline.described, codecs, slot=slot, layered=bool(layers))
    lines = [
        f"m={kind} 9 {plain.RTP} " + " ".join(map(str, agreed.formats)),
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        *([f"a=mid:{outline.mid}"] if outline.mid else []),
        "a=sendonly" if slot else "a=recvonly",
        *agreed.lines,
        *(f"a=rid:{layer} recv" for layer in layers),
    ]
    if layers:
        lines.append("a=simulcast:recv " + ";".join("~" * paused + name for name, paused in outline.simulcast))
    return _Draft(part, agreed, layers, "\r\n".join(lines))


def _settle(offered: OfferSection, draft: _Draft, new_ssrc: Callable[[], int]) -> Section:
    """Decide the SSRCs of one media section."""
    part, agreed = draft.part, draft.agreed
    if part.source is None:
        ssrc, rtx_ssrc = new_ssrc(), new_ssrc() if agreed.rtx_of else 0
    elif draft.layers:
        ssrc, rtx_ssrc = 0, 0
    else:
        ssrc, rtx_ssrc = offered.fid or (offered.ssrcs[0] if offered.ssrcs else 0, 0)
    return Section(
        mid=offered.outline.mid,
        kind=_kind(offered.outline),
        direction="sendonly" if part.source is None else "recvonly",
        source=part.source,
        layers=draft.layers,
        stage=part.stage,
        floor=part.floor,
        ssrc=ssrc,
        rtx_ssrc=rtx_ssrc,
        pt_of=agreed.pt_of,
        rtx_of=agreed.rtx_of,
        red=agreed.red,
        sound_again=agreed.sound_again,
        ext=agreed.ext,
    )


def _kind(outline: Outline) -> Literal["audio", "video"]:
    return "audio" if outline.kind == "audio" else "video"


def _layers(outline: Outline) -> tuple[Layer, ...]:
    """The layers of an offered simulcast, if we know them all and can tell their packets apart."""
    names = [name for name, _paused in outline.simulcast]
    known = [layer for layer in Layer if layer in names and layer in outline.rids]
    tags = [outline.described.extensions.get(EXTENSIONS[name]) for name in ("rid", "repaired_rid")]
    told_apart = all(tag is not None and tag.id <= MAX_EXTENSION_ID for tag in tags)
    return tuple(known) if told_apart and len(known) == len(names) else ()


def _slot_lines(section: Section) -> list[str]:
    """A slot's stream: one per stage pair, so that its audio and video stay in step."""
    stream = f"floor{section.floor}" if section.stage is None else f"stage{section.stage}"
    lines = [f"a=msid:{stream} {section.kind}-{section.mid}"]
    if section.rtx_ssrc:
        lines.append(f"a=ssrc-group:FID {section.ssrc} {section.rtx_ssrc}")
    for ssrc in filter(None, (section.ssrc, section.rtx_ssrc)):
        lines.append(f"a=ssrc:{ssrc} cname:{stream}")
    return lines


def _declined_lines(outline: Outline) -> list[str]:
    """A section that is not used (RFC 3264 §6); its formats stand as they were offered."""
    lines = [f"m={outline.kind} 0 {outline.protocol} {' '.join(outline.formats)}", "c=IN IP4 0.0.0.0"]
    return [*lines, *([f"a=mid:{outline.mid}"] if outline.mid else []), "a=inactive"]


def _transport_lines(local: LocalTransport, setup: str) -> list[str]:
    return [
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.pwd}",
        f"a=fingerprint:sha-256 {local.fingerprint}",
        f"a=setup:{setup}",
    ]
