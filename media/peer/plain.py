"""Says what each section of a plain client's offer is for: one that knows WHIP or WHEP, and nothing of our layouts.

Its sections come in any order, with any codecs besides ours, perhaps without a mid. The first audio section that it
sends is the microphone, the first video section the camera; the n-th audio and the n-th video section that it receives
are stage pair n. What it neither sends nor receives is answered port 0. All else is refused whole, never in part
(RFC 9725 §4.4.3), with Rejection(`not_acceptable`).
"""

from collections.abc import Sequence

from contract.errors import ErrorCode, Rejection
from contract.media import MediaUse, Source
from media.peer.offer import Offer, OfferSection
from media.peer.parts import Part
from media.peer.shape import Outline

MOST_PAIRS = 9
"""As many as our own largest layout has."""
RTP = "UDP/TLS/RTP/SAVPF"

_SOURCES = {"audio": Source.MICROPHONE, "video": Source.CAMERA}
_WANTED = {
    MediaUse.PUBLISH: frozenset({"sendonly", "sendrecv", None}),
    MediaUse.WATCH: frozenset({"recvonly", "sendrecv", None}),
}
"""Directions of a section that count; without an attribute it is `sendrecv` (RFC 8866 §6.7)."""


def refused(detail: str) -> Rejection:
    """The one error of this module."""
    return Rejection(ErrorCode.NOT_ACCEPTABLE, detail)


def parts(offer: Offer, use: MediaUse) -> list[Part | None]:
    """What each section is for, in the order of the offer; None: nothing. Raises Rejection(`not_acceptable`)."""
    found: list[Part | None] = []
    seen = {"audio": 0, "video": 0}
    for index, outline in enumerate(offer.shape.outlines):
        if outline.kind not in seen or outline.direction not in _WANTED[use] or _declined(outline):
            found.append(None)
            continue
        _check(outline, index)
        number = seen[outline.kind]
        seen[outline.kind] += 1
        if use is MediaUse.WATCH:
            if number == MOST_PAIRS:
                raise refused(f"more than {MOST_PAIRS} {outline.kind} sections to receive")
            found.append(Part(stage=number))
        elif number:
            raise refused(f"more than one {outline.kind} section to send")
        else:
            found.append(Part(source=_SOURCES[outline.kind]))
    if not any(found):
        raise refused(f"no audio or video section to {use}")
    return found


def transport_of(offer: Offer, parts: Sequence[Part | None]) -> OfferSection:
    """The section whose ICE and DTLS serve all that are answered. Raises Rejection(`not_acceptable`).

    An offer that could do without BUNDLE has credentials in every section; those of the first one that is answered and
    not `bundle-only` count (RFC 9143 §7.3).
    """
    used = [section for section, part in zip(offer.sections, parts, strict=True) if part is not None]
    mids = [section.outline.mid for section in used]
    if len(used) > 1 and (not all(mids) or len(set(mids)) != len(mids) or not set(mids) <= set(offer.shape.bundle)):
        raise refused("not every section is in one BUNDLE group")
    return next((section for section in used if section.ufrag and section.pwd and section.fingerprint), used[0])


def _declined(outline: Outline) -> bool:
    return outline.port == 0 and not outline.bundle_only


def _check(outline: Outline, index: int) -> None:
    if outline.protocol != RTP:
        raise refused(f"section {index} has another transport protocol than {RTP}")
    if not outline.rtcp_mux:
        raise refused(f"section {index} has no rtcp-mux")
