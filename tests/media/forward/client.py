"""A simulated client of a room: it publishes VP8 and sound, and remembers what it gets.

Every packet says who made it, which frame and which part it is, so that a subscriber can tell a foreign or damaged
picture at once.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from contract.data import Pointed, ServerData, Slots, UseCodec
from contract.ids import LegId, PersonId
from contract.media import Codec, Grants, Layer, Source
from media.forward.sections import Section, Sections
from media.rtp.arrivals import Arrivals
from media.rtp.clock import ntp_from_wall
from media.rtp.packet import build_extensions, extension, parse_header
from media.rtp.rtcp import Nack, Pli, ReceiverReport, Remb, ReportBlock, SenderReport, pack_rtcp, parse_rtcp
from media.rtp.rtx import unwrap_rtx, wrap_rtx
from media.rtp.sequence import Unwrapper
from media.rtp.transport_cc import TransportFeedback
from media.rtp.vp8 import parse_vp8
from media.rtp.vp9 import parse_vp9

if TYPE_CHECKING:
    from tests.media.forward.world import World

ALL = Grants(publish=True, subscribe=True, record=True)
NONE = Grants(publish=False, subscribe=False, record=False)
OPUS, VP8, VP8_RTX, H264, H264_RTX, VP9, VP9_RTX = 111, 96, 97, 102, 103, 98, 99
AV1, AV1_RTX = 45, 46
RTX = {VP8: VP8_RTX, H264: H264_RTX, VP9: VP9_RTX, AV1: AV1_RTX}
NUMBER_ID, MID_ID, DELAY_ID, LEVEL_ID, RID_ID, REPAIRED_RID_ID = 3, 4, 5, 10, 11, 12
TAG = struct.Struct("!8sIH")
"""In every packet, behind the head of its codec: whose it is, which frame, which part."""


@dataclass
class Link:
    """One direction: delay, jitter (which reorders) and loss."""

    random: Random
    loss: float = 0.0
    delay_s: float = 0.020
    jitter_s: float = 0.0
    lossless: Callable[[bytes], bool] = lambda _packet: False

    def arrival(self, packet: bytes, now: float) -> float | None:
        if self.random.random() < self.loss and not self.lossless(packet):
            return None
        return now + self.delay_s + self.random.random() * self.jitter_s


def sections(
    *,
    stage: int = 1,
    floor: int = 1,
    first_ssrc: int = 1000,
    announce: bool = True,
    h264: bool = False,
    vp9: bool = False,
    av1: bool = False,
    delay: bool = True,
    numbered: bool = False,
    layers: tuple[Layer, ...] = (),
) -> Sections:
    """An answered offer: microphone, camera (in `layers`), screen, `stage` pairs and `floor` sounds.

    With `numbered` it has transport-wide congestion control.
    """
    common = {"mid": MID_ID, "transport_cc": NUMBER_ID} if numbered else {"mid": MID_ID}
    ssrc = count(first_ssrc)
    mid = (str(number) for number in count())
    video = {Codec.VP8: VP8} | ({Codec.H264: H264} if h264 else {}) | ({Codec.VP9: VP9} if vp9 else {})
    video |= {Codec.AV1: AV1} if av1 else {}
    rtx = {pt: RTX[pt] for pt in video.values()}

    def audio(**where: object) -> Section:
        slot = where.get("source") is None
        return Section(
            mid=next(mid),
            kind="audio",
            direction="sendonly" if slot else "recvonly",
            ssrc=next(ssrc) if slot or announce else 0,
            pt_of={Codec.OPUS: OPUS},
            ext={**common, "level": LEVEL_ID},
            **where,  # type: ignore[arg-type]  # keywords of this file
        )

    def picture(**where: object) -> Section:
        slot = where.get("source") is None
        layered = layers if where.get("source") is Source.CAMERA else ()
        named = slot or (announce and not layered)
        ext = {**common, "playout_delay": DELAY_ID} if slot and delay else dict(common)
        if layered:
            ext |= {"rid": RID_ID, "repaired_rid": REPAIRED_RID_ID}
        return Section(
            mid=next(mid),
            kind="video",
            direction="sendonly" if slot else "recvonly",
            layers=layered,
            ssrc=next(ssrc) if named else 0,
            rtx_ssrc=next(ssrc) if named else 0,
            pt_of=video,
            rtx_of=rtx,
            ext=ext,
            **where,  # type: ignore[arg-type]
        )

    parts = [audio(source=Source.MICROPHONE), picture(source=Source.CAMERA), picture(source=Source.SCREEN)]
    for number in range(stage):
        parts += [audio(stage=number), picture(stage=number)]
    parts += [audio(floor=number) for number in range(floor)]
    return Sections(tuple(parts))


@dataclass
class Sent:
    """One track of a client, sending."""

    section: Section
    ssrc: int
    sequence: int
    ticks: int
    picture_id: int
    on: bool = True
    frame: int = 0
    key_wanted: bool = True
    history: dict[int, bytes] = field(default_factory=dict)
    rtx_sequence: int = 65_530
    plis: list[float] = field(default_factory=list)
    nacks: int = 0
    rid: str = ""
    """Of a layer."""
    temporal: tuple[int, ...] = ()
    """Temporal layers of frame after frame from a keyframe on, over and over; none if it has none."""
    since_key: int = 0
    tl0: int = 200
    picture_id_bits: int = 15
    h264: bool = False
    vp9: bool = False
    av1: bool = False


@dataclass
class Heard:
    """One slot of a client, receiving."""

    section: Section
    sequence: Unwrapper = field(default_factory=lambda: Unwrapper(16))
    packets: dict[int, bytes] = field(default_factory=dict)
    arrived: dict[int, float] = field(default_factory=dict)
    asked: dict[int, float] = field(default_factory=dict)
    first: int = -1
    repaired: int = 0
    twice: int = 0
    last_at: float = -1.0
    reports: list[SenderReport] = field(default_factory=list)

    def media(self) -> list[tuple[int, int, bool, int, str, int, int]]:
        """In order: sequence, timestamp, marker, picture id, who, frame, part."""
        rows = []
        for number, packet in sorted(self.packets.items()):
            header = parse_header(packet)
            payload = packet[header.payload_at : header.payload_end]
            if not payload:
                continue
            picture_id, at = -1, 0
            if header.payload_type == H264:
                at = 1
            elif header.payload_type == AV1:
                at = 2
            elif header.payload_type == VP9:
                told = parse_vp9(payload)
                picture_id, at = told.picture_id, told.data_at + 1
            elif self.section.kind == "video":
                descriptor = parse_vp8(payload)
                picture_id, at = descriptor.picture_id, descriptor.data_at + 3
            who, frame, part = TAG.unpack_from(payload, at)
            name = who.rstrip(b"\0").decode()
            rows.append((number, header.timestamp_ticks, header.marker, picture_id, name, frame, part))
        return rows

    def missing(self) -> list[int]:
        return [number for number in range(self.first, self.sequence.highest + 1) if number not in self.packets]


def _names(track: Sent, *, key: bool) -> bytes:
    """What the descriptor of the next frame says after its first byte."""
    short = track.picture_id_bits == 7
    picture = bytes([track.picture_id & 0x7F]) if short else (0x8000 | track.picture_id).to_bytes(2)
    if not track.temporal:
        return b"\xc0" + picture + bytes([track.frame & 0xFF])
    track.since_key = 0 if key else track.since_key + 1
    lap, place = divmod(track.since_key, len(track.temporal))
    temporal = track.temporal[place]
    track.tl0 += not temporal
    synced = bool(temporal) and lap % 2 == 0
    return b"\xe0" + picture + bytes([track.tl0 & 0xFF, temporal << 6 | synced << 5])


class Client:
    """A browser, more or less. Implements LegPort for the room; what the room sends goes over `down`."""

    def __init__(self, world: "World", name: str, leg: LegId, parts: Sections, *, loss: float, jitter_s: float) -> None:
        self.world = world
        self.id = leg
        self.participant = PersonId(name)
        self.sections = parts
        self.up = Link(Random(f"{name} up"), loss, jitter_s=jitter_s)
        self.down = Link(Random(f"{name} down"), loss, jitter_s=jitter_s)
        random = Random(name)
        self.sent = {
            section.source: Sent(
                section,
                section.ssrc or random.getrandbits(32),
                random.choice([65_500, random.getrandbits(16)]),
                random.choice([2**32 - 5_000, random.getrandbits(32)]),
                random.choice([32_760, random.getrandbits(15)]),
                on=section.source is not Source.SCREEN,
            )
            for section in parts.sources
        }
        self.heard = {section.ssrc: Heard(section) for section in parts.slots}
        self.rtx = {section.rtx_ssrc: section.ssrc for section in parts.slots if section.rtx_ssrc}
        self.told: list[ServerData] = []
        self.numbers = 65_500
        """Of transport-wide congestion control."""
        self.feedback: list[TransportFeedback] = []
        """What the room said of its packets."""
        self.arrivals = Arrivals()
        """Of what the room sends, if that is numbered."""
        self.may_send_bps: list[int] = []
        self.blocks: list[ReportBlock] = []
        self.filler_bytes = self.key_filler_bytes = 0
        """In each packet of a picture, and of a keyframe, beside what tells it from others."""
        self.padding = 0
        """Packets that carried nothing."""
        self.publishes = True
        self.heard_at = 0.0
        self.nacks = True
        self.reports = True
        self.handle = world.open_handle(self)
        self.level = 80
        """Of the microphone, -dBov: 80 is silence, 20 is speech."""

    # --- LegPort

    def send_rtp(self, packet: bytes) -> None:
        self.world.post(self.down.arrival(packet, self.world.now), lambda: self._rtp(packet))

    def send_rtcp(self, data: bytes) -> None:
        self.world.post(self.down.arrival(data, self.world.now), lambda: self._rtcp(data))

    def send_data(self, message: ServerData) -> None:
        self.told.append(message)

    # --- what it receives

    def slot(self, kind: str = "video", *, stage: int | None = 0, floor: int | None = None) -> Heard:
        for heard in self.heard.values():
            section = heard.section
            if section.kind == kind and section.stage == stage and section.floor == floor:
                return heard
        raise KeyError(kind)

    def filled(self, mid: str) -> tuple[str | None, Source | None]:
        """Whom the newest `slots` message names in a section."""
        last = [message for message in self.told if isinstance(message, Slots)][-1]
        fill = next(fill for fill in last.slots if fill.mid == mid)
        return fill.participant, fill.source

    @property
    def pointed(self) -> list[Pointed]:
        return [message for message in self.told if isinstance(message, Pointed)]

    @property
    def codecs(self) -> list[Codec]:
        return [message.video for message in self.told if isinstance(message, UseCodec)]

    def _rtp(self, packet: bytes) -> None:
        header = parse_header(packet)
        wide = extension(packet, header, NUMBER_ID)
        if wide is None:
            assert not self.sections.numbered or not self.rtx, "only what has no stream for repeats goes without"
        else:
            assert self.sections.numbered
            self.arrivals.on_packet(int.from_bytes(wide), header.ssrc, self.world.now)
        if header.payload_at == header.payload_end and header.ssrc in self.rtx:
            self.padding += 1
            return
        ssrc = self.rtx.get(header.ssrc)
        if ssrc is None:
            heard, wire = self.heard[header.ssrc], header.sequence
            assert header.payload_type in heard.section.pt_of.values()
        else:
            heard = self.heard[ssrc]
            assert header.payload_type in heard.section.rtx_of.values()
            wire, payload = unwrap_rtx(packet[header.payload_at :])
            head = bytearray(packet[: header.payload_at])
            head[1] = head[1] & 0x80 | next(pt for pt, rtx in RTX.items() if rtx == header.payload_type)
            head[2:4] = wire.to_bytes(2)
            packet = bytes(head) + payload
        number = heard.sequence.unwrap(wire)
        if heard.first < 0:
            heard.first = number
        if number < heard.first:
            return
        if number in heard.packets:
            # The room may repeat what was only late; it must be the same packet.
            old = parse_header(heard.packets[number])
            assert old.timestamp_ticks == header.timestamp_ticks
            heard.twice += 1
            return
        heard.repaired += number in heard.asked
        heard.asked.pop(number, None)
        heard.packets[number] = packet
        heard.arrived[number] = self.world.now
        heard.last_at = self.world.now
        previous = number - 1
        while previous > heard.first and previous not in heard.packets and previous not in heard.asked:
            heard.asked[previous] = self.world.now + 0.01
            previous -= 1

    def _rtcp(self, data: bytes) -> None:
        for packet in parse_rtcp(data):
            match packet:
                case Pli(_, ssrc):
                    for track in self.tracks():
                        if track.ssrc == ssrc:
                            track.key_wanted = True
                            track.plis.append(self.world.now)
                case Nack(_, ssrc, lost):
                    for track in self.tracks():
                        if track.ssrc == ssrc:
                            track.nacks += 1
                            for wire in lost:
                                self._again(track, wire)
                case SenderReport(ssrc):
                    self.heard[ssrc].reports.append(packet)
                case TransportFeedback():
                    self.feedback.append(packet)
                case Remb(_, bps):
                    self.may_send_bps.append(bps)
                case ReceiverReport(_, blocks):
                    self.blocks.extend(blocks)
                case _:
                    pass

    # --- what it sends

    def tracks(self) -> list[Sent]:
        """Everything that has an SSRC of its own."""
        return list(self.sent.values())

    def _up(self, packet: bytes) -> None:
        world = self.world

        def arrived() -> None:
            self.heard_at = world.now
            world.deliver(self, packet)

        world.post(self.up.arrival(packet, world.now), arrived)

    def rtcp(self, data: bytes) -> None:
        world = self.world

        def arrived() -> None:
            self.heard_at = world.now
            world.deliver_rtcp(self, data)

        world.post(self.up.arrival(data, world.now), arrived)

    def _again(self, track: Sent, wire: int) -> None:
        packet = track.history.get(wire)
        if packet is None:
            return
        if track.section.kind == "audio":
            self._up(packet)
            return
        header = parse_header(packet)
        track.rtx_sequence = (track.rtx_sequence + 1) & 0xFFFF
        self._up(
            self._packet(
                RTX[header.payload_type],
                track.rtx_sequence,
                header.timestamp_ticks,
                track.section.rtx_ssrc or track.ssrc ^ 1,
                wrap_rtx(wire, packet[header.payload_at :]),
                marker=header.marker,
                mid=track.section.mid,
                more={REPAIRED_RID_ID: track.rid.encode()} if track.rid else {},
            )
        )

    def _packet(
        self,
        payload_type: int,
        sequence: int,
        ticks: int,
        ssrc: int,
        payload: bytes,
        *,
        marker: bool,
        mid: str,
        level: int | None = None,
        more: dict[int, bytes] | None = None,
    ) -> bytes:
        values = {MID_ID: mid.encode()} | (more or {})
        if "transport_cc" in self.sections.all[0].ext:
            self.numbers = (self.numbers + 1) & 0xFFFF
            values[NUMBER_ID] = self.numbers.to_bytes(2)
        if level is not None:
            values[LEVEL_ID] = bytes([level])
        head = struct.pack("!BBHII", 0x90, payload_type | marker << 7, sequence, ticks & 0xFFFFFFFF, ssrc)
        return head + build_extensions(values) + payload

    def picture(self, source: Source = Source.CAMERA, *, parts: int = 4) -> None:
        """Send one frame of video."""
        self.frame(self.sent[source], self.participant, parts=parts)

    def frame(self, track: Sent, who: str, *, parts: int, padding_bytes: int = 0) -> None:
        """Send one frame of a track, tagged as `who`'s."""
        key, track.key_wanted = track.key_wanted, False
        track.frame += 1
        track.ticks += 3000
        track.picture_id = (track.picture_id + 1) & 0x7FFF
        named = _names(track, key=key)
        for part in range(parts * (3 if key else 1)):
            if track.h264:  # a parameter set, then slices of a keyframe or of another
                descriptor, data = b"", bytes([(0x67 if part == 0 else 0x65) if key else 0x41])
            elif track.av1:  # one OBU in each packet: a sequence header, then what may be anything
                begins = key and part == 0
                descriptor, data = b"", b"\x18\x08" if begins else b"\x10\x30"
            elif track.vp9:  # not flexible: a picture id, a layer byte, TL0PICIDX
                flags = 0xA0 | (not key) << 6 | (part == 0) << 3
                descriptor = bytes([flags]) + named[1:3] + bytes([0]) + named[3:]
                data = b"\x82" if key else b"\x86"
            else:
                descriptor = bytes([0x90 if part == 0 else 0x80]) + named
                data = bytes([0x00 if key else 0x01, 0, 0])
            data += TAG.pack(who.encode(), track.frame, part)
            track.sequence = (track.sequence + 1) & 0xFFFF
            packet = self._packet(
                H264 if track.h264 else VP9 if track.vp9 else AV1 if track.av1 else VP8,
                track.sequence,
                track.ticks,
                track.ssrc,
                descriptor + data + bytes(padding_bytes or (self.key_filler_bytes if key else self.filler_bytes)),
                marker=part == parts * (3 if key else 1) - 1,
                mid=track.section.mid,
                more={RID_ID: track.rid.encode()} if track.rid else {},
            )
            track.history[track.sequence] = packet
            self._up(packet)

    def sound(self) -> None:
        """Send 20 ms of audio."""
        track = self.sent[Source.MICROPHONE]
        track.frame += 1
        track.ticks += 960
        track.sequence = (track.sequence + 1) & 0xFFFF
        packet = track.history[track.sequence] = self._packet(
            OPUS,
            track.sequence,
            track.ticks,
            track.ssrc,
            TAG.pack(self.participant.encode(), track.frame, 0),
            marker=False,
            mid=track.section.mid,
            level=self.level,
        )
        self._up(packet)

    def report(self, source: Source) -> None:
        track = self.sent[source]
        world = self.world
        self.rtcp(pack_rtcp(SenderReport(track.ssrc, ntp_from_wall(world.wall_ns), track.ticks & 0xFFFFFFFF, 0, 0)))

    def tell_arrivals(self) -> None:
        """Transport-wide feedback, as a browser gives it."""
        for feedback in self.arrivals.feedback(7, self.world.now):
            self.rtcp(pack_rtcp(feedback))

    def ask_again(self) -> None:
        """NACK what is missing, as a browser does: every 50 ms until it came."""
        for ssrc, heard in self.heard.items():
            due = [number for number, at in heard.asked.items() if at <= self.world.now]
            for number in due:
                heard.asked[number] = self.world.now + 0.05
            if due and self.nacks and heard.section.kind == "video":
                self.rtcp(pack_rtcp(Nack(7, ssrc, tuple(number & 0xFFFF for number in due))))
