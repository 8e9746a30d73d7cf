"""Every parser that we own or feed, as a function of bytes that raises nothing which is not documented."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any, cast

from aiortc.rtcsctptransport import parse_packet
from pydantic import TypeAdapter

from contract.base import decode
from contract.client import CLIENT_MESSAGE
from contract.data import CLIENT_DATA, ServerData
from contract.errors import PasslineError, ProtocolViolation
from contract.ids import LegId, PersonId, RoomId
from contract.media import TABLET, Codec, Grants, Source
from contract.nodes import FROM_RECORDER, FROM_WORKER, TO_RECORDER, TO_WORKER
from media.forward.room import MediaRoom
from media.peer import chunks, stun
from media.peer.frames import FrameReader
from media.peer.rates import MAX_DATAGRAM_BYTES
from media.peer.sdp import LocalTransport, answer
from media.plane.base import OnPacket, Plane
from media.plane.native import NativePlane
from media.plane.python import PythonPlane
from media.rtp import av1
from media.rtp.cache import MediaPacket
from media.rtp.depacketize import FrameAssembler
from media.rtp.describe import describe
from media.rtp.h264 import aggregated, starts_sequence, to_annex_b, unit_kinds
from media.rtp.packet import FIRST_VALUE_AT, extension, parse_header
from media.rtp.rtcp import pack_rtcp, parse_rtcp
from media.rtp.rtx import unwrap_rtx
from media.rtp.transport_cc import pack_feedback, parse_feedback
from media.rtp.vp8 import frame_size, parse_vp8
from media.rtp.vp9 import parse_vp9
from recorder.formats import picture_format
from recorder.intake import RecordReader
from recorder.manifest import parse as parse_manifest
from runtime.link import Link, LinkClosed
from signaling.domain.jpeg import size_px
from signaling.ws.session import SessionRules
from tests.fuzz.mangle import with_sctp_checksum, with_stun_fingerprint
from tests.media.forward.client import sections
from tests.support.wire import Socket, Wire

MAX_LINK = 4096
LINK_MESSAGES: tuple[TypeAdapter[Any], ...] = (TO_WORKER, FROM_WORKER, TO_RECORDER, FROM_RECORDER)


def rtp(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        header = parse_header(data)
        for number in range(16):
            extension(data, header, number)
        unwrap_rtx(data[header.payload_at : header.payload_end])


def rtcp(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        for packet in parse_rtcp(data):
            pack_rtcp(packet)


def transport_cc(data: bytes) -> None:
    """What can be read is written so that it reads the same."""
    with contextlib.suppress(ValueError):
        found = parse_feedback(1, 2, data)
        assert parse_feedback(1, 2, pack_feedback(found)) == found


def vp8(data: bytes) -> None:
    frame_size(data)
    with contextlib.suppress(ValueError):
        parse_vp8(data)


def vp9(data: bytes) -> None:
    picture_format(Codec.VP9, data)
    with contextlib.suppress(ValueError):
        assert parse_vp9(data).data_at <= len(data)


def av1_(data: bytes) -> None:
    """Packets, each after its length; then all of it as a stored picture."""
    picture_format(Codec.AV1, data)
    starts_sequence = av1.starts_sequence(data)
    with contextlib.suppress(ValueError):
        assert av1.elements(data) or not starts_sequence
    with contextlib.suppress(ValueError):
        unit = av1.unit_of([payload for payload, *_ in _packets(data)])
        picture_format(Codec.AV1, unit.data)


def h264(data: bytes) -> None:
    starts_sequence(data)
    unit_kinds(data)
    for first in (True, False):
        with contextlib.suppress(ValueError):
            to_annex_b(data, first=first)
    with contextlib.suppress(ValueError):
        aggregated(data)


def depacketize(data: bytes) -> None:
    """A codec, then packets: sequence, timestamp, marker, length, payload."""
    codec = (Codec.VP8, Codec.H264, Codec.OPUS, Codec.VP9, Codec.AV1)[data[0] % 5] if data else Codec.VP8
    assembler = FrameAssembler(codec)
    now = 0.0
    for payload, sequence, ticks, marker in _packets(data[1:]):
        try:
            descriptor = describe(codec, payload)
        except ValueError:
            continue
        assembler.push(MediaPacket(1000 + sequence, ticks * 3000, marker & 0x80, payload, descriptor), now)
        now += 0.1
        assembler.pop(now)


def _packets(data: bytes) -> Iterator[tuple[bytes, int, int, int]]:
    at = 0
    while at + 4 <= len(data):
        sequence, ticks, marker, size = data[at : at + 4]
        yield data[at + 4 : at + 4 + size], sequence, ticks, marker
        at += 4 + size


def stun_(data: bytes) -> None:
    for packet in (data, with_stun_fingerprint(data)):
        request, success = stun.parse(packet), stun.parse_success(packet)
        if request is not None:
            stun.authentic(request, "password")
        if success is not None:
            stun.authentic(success, "password")


def frames(data: bytes) -> None:
    """A stream in two gulps; no datagram is larger than one of UDP."""
    reader = FrameReader()
    with contextlib.suppress(ValueError):
        for gulp in (data[: len(data) // 3], data[len(data) // 3 :]):
            assert all(len(datagram) <= MAX_DATAGRAM_BYTES for datagram in reader.feed(gulp))


def sctp(data: bytes) -> None:
    """What passes our scale must come to an end in aiortc's parser, whatever it raises (media.peer.data)."""
    packet = with_sctp_checksum(data)
    try:
        chunks.weigh(packet)
    except ValueError:
        return
    with contextlib.suppress(Exception):
        parse_packet(packet)


def sdp(data: bytes) -> None:
    ssrc = count(1)
    local = LocalTransport("ufrag", "pwd", "AA:" * 31 + "AA", (("127.0.0.1", 7880),))
    with contextlib.suppress(ProtocolViolation):
        answer(data.decode(errors="replace"), TABLET, local, video_codecs=[Codec.VP8], new_ssrc=lambda: next(ssrc))


def data_channel(data: bytes) -> None:
    with contextlib.suppress(ProtocolViolation):
        decode(CLIENT_DATA, data)


def tap(data: bytes) -> None:
    """As a stream, in two gulps."""
    with contextlib.suppress(ProtocolViolation, ValueError):
        reader = RecordReader()
        reader.feed(data[: len(data) // 2])
        reader.feed(data[len(data) // 2 :])


def link(data: bytes) -> None:
    """The framing, then what is in a record."""

    async def read() -> None:
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        reading = Link(reader, None, max_record_bytes=MAX_LINK)  # type: ignore[arg-type]  # nothing is written
        with contextlib.suppress(LinkClosed):
            while True:
                record = await reading.receive()
                for adapter in LINK_MESSAGES:
                    with contextlib.suppress(PasslineError):
                        decode(adapter, record)

    _loop().run_until_complete(read())


def _loop() -> asyncio.AbstractEventLoop:
    if not _loops:
        _loops.append(asyncio.new_event_loop())
    return _loops[0]


_loops: list[asyncio.AbstractEventLoop] = []


def client(data: bytes) -> None:
    """Frames of a WebSocket, one a line, before and after its hello."""
    rules = SessionRules(0.0)
    for number, line in enumerate(data.split(b"\n")[:50]):
        text = line.decode(errors="replace")
        rules.receive(text, number / 10)
        with contextlib.suppress(ProtocolViolation):
            decode(CLIENT_MESSAGE, text)


def manifest(data: bytes) -> None:
    found = parse_manifest(data)
    assert found.crashed in (True, False)


def jpeg(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        size_px(data)


@dataclass
class _Port:
    """A leg that swallows what the room says."""

    id: LegId
    participant: PersonId
    heard_at: float = 100.0
    handle: int = 0
    sent: list[bytes] = field(default_factory=list)

    def send_rtp(self, packet: bytes) -> None:
        parse_header(packet)
        self.sent.append(packet)

    def send_rtcp(self, data: bytes) -> None:
        parse_rtcp(data)

    def send_data(self, message: ServerData) -> None: ...


class _Events:
    def publication_live(self, participant: PersonId, source: Source) -> None: ...
    def publication_ended(self, participant: PersonId, source: Source) -> None: ...


@dataclass
class _Clock:
    """Of a room and its plane: each datagram comes 20 ms after the one before."""

    now: float = 100.0

    @property
    def wall_ns(self) -> int:
        return 1_790_000_000_000_000_000 + int(self.now * 1e9)


def _room(data: bytes, plane: Plane, ports: list[_Port], clock: _Clock, wire: Wire | None = None) -> None:
    """A whole room of two: datagrams with a byte that says whose they are and what, and two of length.

    With a `wire` they come in by the plane, as the mux and media.peer.leg would have it: what is ordinary goes past the
    room, and what receivers report waits for the next tick, or for what they say besides.
    """
    made = MediaRoom(RoomId("fuzz"), events=_Events(), seed=1, plane=plane)

    def on_rtcp(leg: LegId, data: bytes, now: float, wall_ns: int) -> None:
        plane.report()
        made.on_rtcp(leg, data, now, wall_ns)

    def arrive(fd: int, take: OnPacket) -> None:
        if wire is None:
            take(datagram, clock.now, clock.wall_ns)
            return
        wire.arrive(fd, datagram)
        plane.receive(
            cast(socket.socket, Socket(fd)),
            1,
            clock.now,
            lambda _data, _address, now: take(datagram, now, clock.wall_ns),
            lambda on_packet, data, now, wall_ns: on_packet(data, now, wall_ns),
        )

    for number, leg in enumerate(ports):
        grants = Grants(publish=True, subscribe=True, record=True)
        made.add_leg(
            leg,
            sections(first_ssrc=1000 * (number + 1), numbered=True, vp9=True, av1=True),
            grants,
            host=not number,
            now=clock.now,
        )
        made.leg_ready(leg.id, clock.now, clock.wall_ns)
        plane.hear(leg.handle, partial(made.on_report, leg.id), partial(on_rtcp, leg.id))
    at = 0
    while at + 3 <= len(data):
        kind, size = struct.unpack_from("!BH", data, at)
        datagram = data[at + 3 : at + 3 + size]
        leg = ports[kind & 1]
        clock.now += 0.02
        arrive(kind & 1, partial(on_rtcp if kind & 2 else made.on_rtp, leg.id))
        if kind & 4:
            plane.report()
            made.tick(clock.now, clock.wall_ns)
        if kind & 8:
            plane.flush()
        at += 3 + size
    plane.flush()
    plane.report()
    made.tick(clock.now + 5, clock.wall_ns)
    made.remove_leg(ports[0].id, clock.wall_ns)


def room(data: bytes) -> None:
    """Of the Python plane."""
    ports, clock = [_Port(LegId(name), PersonId(name)) for name in ("anna", "ben")], _Clock()
    _room(data, PythonPlane(now=lambda: clock.now), ports, clock)


def planes(data: bytes) -> None:
    """The same room on both planes: to the same legs go the same packets, whatever comes."""
    told = []
    for native in (False, True):
        ports, clock = [_Port(LegId(name), PersonId(name)) for name in ("anna", "ben")], _Clock()
        wire = Wire(lambda fd, packet, ports=ports: ports[fd].send_rtp(packet))  # type: ignore[misc]
        plane: Plane = _native(wire, clock) if native else PythonPlane(now=lambda clock=clock: clock.now)  # type: ignore[misc]
        for number, port in enumerate(ports):
            port.handle = plane.open(number + 1, number + 1)
            plane.aim(port.handle, number, ("127.0.0.1", 9))
            plane.allow(port.handle, 1000, 1_000_000)
        _room(data, plane, ports, clock, wire if native else None)
        assert not plane.dropped, plane.dropped
        # By stream and but for the transport-wide number: a repeat may overtake what waits for the flush.
        told.append([sorted(map(_unnumbered, port.sent), key=lambda packet: packet[8:12]) for port in ports])
    assert all(one == told[0] for one in told)


def _native(wire: Wire, clock: _Clock) -> NativePlane:
    return NativePlane(
        wire.protect,
        wire.unprotect,
        unprotect_rtcp=wire.unprotect,
        send=wire.send,
        read=wire.read,
        now=lambda: clock.now,
        wall_ns=lambda: clock.wall_ns,
    )


def _unnumbered(packet: bytes) -> bytes:
    at = 12 + FIRST_VALUE_AT
    return packet[:at] + packet[at + 2 :]


TARGETS: dict[str, Callable[[bytes], None]] = {
    "rtp": rtp,
    "rtcp": rtcp,
    "transport_cc": transport_cc,
    "vp8": vp8,
    "vp9": vp9,
    "av1": av1_,
    "h264": h264,
    "depacketize": depacketize,
    "room": room,
    "planes": planes,
    "stun": stun_,
    "frames": frames,
    "sctp": sctp,
    "sdp": sdp,
    "data": data_channel,
    "tap": tap,
    "link": link,
    "client": client,
    "manifest": manifest,
    "jpeg": jpeg,
}
"""By the name of their folder in corpus/ and found/."""
