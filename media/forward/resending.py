"""A slot's second stream: packets again that its receiver missed, and padding between them (RFC 4588)."""

from random import Random

from media.forward.aim import Aim
from media.forward.publication import Publication
from media.forward.repeat import RepeatBudget
from media.plane.base import EXTENDED
from media.plane.python import packet_bytes
from media.rtp.cache import MediaPacket
from media.rtp.packet import FIXED_BYTES, build_extensions
from media.rtp.rewrite import Offsets
from media.rtp.rtx import wrap_rtx

MOST_PADDING_BYTES = 240
"""Its length is told by one byte."""
PADDING_HEAD_BYTES = 24
"""RTP header and extensions of a padding packet."""
PADDED = 0x20
"""In the first byte of a packet."""


class Resending:
    """Of one slot. Where the receiver takes no second stream, packets go out again in the first, and there is no
    padding."""

    def __init__(self, aim: Aim, random: Random) -> None:
        self.repeats = 0
        """Packets sent again so far."""
        self._aim = aim
        self._section = aim.section
        self._sequence = random.getrandbits(15)
        self._budget = RepeatBudget()

    def again(
        self,
        publication: Publication,
        packet: MediaPacket,
        offsets: Offsets,
        rtt_s: float,
        now: float,
        *,
        sent_bytes: int,
        most_bps: int | None,
    ) -> bool:
        """Send a packet again that went out with `offsets`; False if the receiver could not tell it from another, or
        its budget is spent (media.forward.repeat: `sent_bytes`, `most_bps`)."""
        payload_type = self._section.pt_of.get(publication.codec) if publication.codec is not None else None
        if payload_type is None:
            return False
        rtx_type = self._section.rtx_of.get(payload_type) if self._section.rtx_ssrc else None
        if rtx_type is None and (self._aim.numbering is not None or self._section.red):
            return False  # it would have another number, or carry what it did not carry at first
        sequence = (packet.sequence + offsets.sequence) & 0xFFFF
        if not self._budget.allows(sequence, len(packet.payload), rtt_s, now, sent_bytes=sent_bytes, most_bps=most_bps):
            return False
        target = self._aim.target(publication, payload_type, offsets)
        copy = packet_bytes(target._replace(numbering=self._aim.numbering), packet)
        if rtx_type is not None:
            copy = self._as_rtx(copy, FIXED_BYTES + len(target.extensions), sequence, rtx_type)
        self._aim.send(copy)
        self.repeats += 1
        return True

    @property
    def can_pad(self) -> bool:
        """Whether padding can be sent here: in the stream of repeats, where a receiver makes nothing of it."""
        return self._aim.numbering is not None and self._aim.repeats_apart

    def pad(self, padding_bytes: int) -> int:
        """Send a packet of nothing but padding, up to MOST_PADDING_BYTES. Returns its transport-wide number."""
        numbering, section = self._aim.numbering, self._section
        assert numbering is not None
        number = numbering.take(padding_bytes + PADDING_HEAD_BYTES)
        values = {section.ext["transport_cc"]: number.to_bytes(2)}
        if "mid" in section.ext:
            values[section.ext["mid"]] = section.mid.encode()
        self._aim.send(
            b"".join(
                (
                    bytes([EXTENDED | PADDED, next(iter(section.rtx_of.values()))]),
                    self._next(),
                    bytes(4),
                    section.rtx_ssrc.to_bytes(4),
                    build_extensions(values),
                    bytes(padding_bytes - 1),
                    bytes([padding_bytes]),
                )
            )
        )
        return number

    def _as_rtx(self, packet: bytes, head: int, sequence: int, payload_type: int) -> bytes:
        return b"".join(
            (
                packet[:1],
                bytes([packet[1] & 0x80 | payload_type]),
                self._next(),
                packet[4:8],
                self._section.rtx_ssrc.to_bytes(4),
                packet[FIXED_BYTES:head],
                wrap_rtx(sequence, packet[head:]),
            )
        )

    def _next(self) -> bytes:
        """The sequence number of the next packet here."""
        self._sequence = (self._sequence + 1) & 0xFFFF
        return self._sequence.to_bytes(2)
