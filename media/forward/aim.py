"""What the plane must know to send the packets of a publication into one slot."""

from media.forward.ports import LegPort
from media.forward.publication import Publication
from media.forward.sections import Section
from media.plane.base import EXTENDED, PLAIN, Target
from media.rtp.numbering import Numbering
from media.rtp.pacer import Pacer
from media.rtp.packet import FIRST_VALUE_AT, PLAYOUT_AT_ONCE, PLAYOUT_FREE, build_extensions
from media.rtp.rewrite import Offsets


class Aim:
    """Of one slot; `target` anew whenever its publication, payload type, offsets or pacer change."""

    def __init__(self, section: Section, leg: LegPort, numbering: Numbering | None) -> None:
        """`numbering` is the leg's."""
        self.section = section
        self.send = leg.send_rtp
        self.repeats_apart = bool(section.rtx_ssrc and section.rtx_of)
        """Repeats have a stream of their own (RFC 4588). Where they have not, a packet must be the same each time, to
        the last bit: AES-GCM breaks when one SRTP index protects two different packets (RFC 7714 §10.1)."""
        self.pacer: Pacer | None = None
        """Through which the picture goes, and which numbers it; None: at once."""
        numbered = "transport_cc" in section.ext and (self.repeats_apart or section.kind == "audio")
        self.numbering = numbering if numbered else None
        self._handle = leg.handle
        self._hurried = False

    def saw(self, publication: Publication) -> None:
        """It is shown in this slot from now on."""
        self._hurried |= publication.low_delay

    def target(self, publication: Publication, payload_type: int, offsets: Offsets) -> Target:
        """For packets that come."""
        pacer = self.pacer
        extensions = self._extensions(publication)
        return Target(
            self.send if pacer is None else pacer.put,
            EXTENDED if extensions else PLAIN,
            payload_type,
            self.section.ssrc,
            extensions,
            offsets.first,
            offsets.sequence,
            offsets.timestamp_ticks,
            offsets if offsets.picture_id or offsets.tl0 else None,
            self._handle if pacer is None else 0,
            self.numbering if pacer is None else None,
            FIRST_VALUE_AT if self.numbering is not None else 0,
        )

    def _extensions(self, publication: Publication) -> bytes:
        """Room for the number of a packet, and the mid, in every one; how long a picture may wait only in a slot that
        ever showed a hurried one."""
        values = {}
        if self.numbering is not None:
            values[self.section.ext["transport_cc"]] = bytes(2)
        mid, delay = self.section.ext.get("mid"), self.section.ext.get("playout_delay")
        if mid:
            values[mid] = self.section.mid.encode()
        if delay and self.section.kind == "video" and self._hurried and self.repeats_apart:
            values[delay] = PLAYOUT_AT_ONCE if publication.low_delay else PLAYOUT_FREE
        return build_extensions(values)
