"""What the SDP answerer settled for one PeerConnection, as plain data: its send sections and its slots."""

from dataclasses import dataclass, field
from typing import Literal

from contract.media import Codec, Layer, Source
from media.forward.codec import VIDEO

EXTENSIONS: dict[str, str] = {
    "mid": "urn:ietf:params:rtp-hdrext:sdes:mid",
    "level": "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "rid": "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    "repaired_rid": "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
    "playout_delay": "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
    "transport_cc": "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
}
"""Short names of the header extensions that we use; the answerer answers no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One media section of an answered offer."""

    mid: str
    kind: Literal["audio", "video"]
    direction: Literal["recvonly", "sendonly"]
    """As our answer says it: `recvonly` is a section the client sends, `sendonly` is a slot."""
    source: Source | None = None
    """What a `recvonly` section carries."""
    layers: tuple[Layer, ...] = ()
    """Of a `recvonly` section with simulcast, lowest first; their SSRCs are not known before their packets come."""
    stage: int | None = None
    """Number of the stage pair a slot belongs to, from 0."""
    floor: int | None = None
    """Number of the floor audio a slot is, from 0."""
    ssrc: int = 0
    """Of a slot: ours, announced in the answer. Of a `recvonly` section: the client's, 0 if its offer named none."""
    rtx_ssrc: int = 0
    """Likewise for retransmission (RFC 4588); 0 if there is none."""
    pt_of: dict[Codec, int] = field(default_factory=dict)
    """Payload type of every codec answered in this section, in the client's own numbering."""
    rtx_of: dict[int, int] = field(default_factory=dict)
    """Payload type → payload type of its retransmissions."""
    red: int = 0
    """Of a slot: payload type of Opus with redundancy (RFC 2198); 0 if the client does not take it."""
    sound_again: bool = False
    """Of sound that a client sends: what is lost may be asked for again by NACK."""
    ext: dict[str, int] = field(default_factory=dict)
    """Answered header extensions: short name (see EXTENSIONS) → id."""


@dataclass(frozen=True)
class Sections:
    """All media sections of one PeerConnection, in the order of the offer."""

    all: tuple[Section, ...]
    sources: tuple[Section, ...] = field(init=False, compare=False)
    """Sections the client sends."""
    slots: tuple[Section, ...] = field(init=False, compare=False)
    """Sections we fill."""
    numbered: bool = field(init=False, compare=False)
    """Whether packets to this client carry transport-wide numbers."""
    video_codecs: frozenset[Codec] = field(init=False, compare=False)
    """Video codecs this client can receive; every one if it has no video slot."""

    def __post_init__(self) -> None:
        slots = tuple(section for section in self.all if section.direction == "sendonly")
        video = [section.pt_of.keys() for section in slots if section.kind == "video"]
        known = vars(self)  # a frozen dataclass has no other way
        known["sources"] = tuple(section for section in self.all if section.direction == "recvonly")
        known["slots"] = slots
        known["numbered"] = any("transport_cc" in section.ext for section in slots)
        known["video_codecs"] = frozenset(video[0]).intersection(*video[1:]) if video else VIDEO
