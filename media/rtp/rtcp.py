"""RTCP as far as a forwarder terminates it: reports, NACK, PLI, FIR, REMB, transport-wide feedback, BYE.

RFC 3550 §6, RFC 4585 §6, RFC 5104 §4.3.1, draft-alvestrand-rmcat-remb; transport-wide feedback is in transport_cc.py.
A datagram may hold one packet or many (RFC 5506); packets of other types are skipped.
"""

import struct
from collections.abc import Iterable
from typing import NamedTuple

from media.rtp.transport_cc import TransportFeedback, pack_feedback, parse_feedback

_SR, _RR, _BYE, _RTPFB, _PSFB = 200, 201, 203, 205, 206
_NACK, _TRANSPORT_CC = 1, 15
_PLI, _FIR, _AFB = 1, 4, 15
_HEAD = struct.Struct("!BBH")
_INFO = struct.Struct("!QIII")
_BLOCK = struct.Struct("!IIIIII")
_PAIR = struct.Struct("!HH")
_U32 = struct.Struct("!I")
_TWO = struct.Struct("!II")


class ReportBlock(NamedTuple):
    """What one receiver tells about one SSRC, RFC 3550 §6.4.1."""

    ssrc: int
    fraction_lost: int
    """Of 256."""
    lost: int
    """Signed 24 bits."""
    highest_sequence: int
    jitter_ticks: int
    last_sr: int
    """Middle 32 bits of the NTP time of the last sender report, 0 if none came."""
    delay_since_sr: int
    """In 1/65536 s."""


class SenderReport(NamedTuple):
    ssrc: int
    ntp: int
    """64 bits, 32 of them the fraction."""
    rtp_ticks: int
    packets: int
    octets: int
    blocks: tuple[ReportBlock, ...] = ()


class ReceiverReport(NamedTuple):
    ssrc: int
    blocks: tuple[ReportBlock, ...]


class Bye(NamedTuple):
    ssrcs: tuple[int, ...]


class Nack(NamedTuple):
    sender: int
    ssrc: int
    lost: tuple[int, ...]
    """Sequence numbers on the wire."""


class Pli(NamedTuple):
    sender: int
    ssrc: int


class Fir(NamedTuple):
    sender: int
    requests: tuple[tuple[int, int], ...]
    """SSRC and command number."""


class Remb(NamedTuple):
    sender: int
    bps: int
    ssrcs: tuple[int, ...]


Rtcp = SenderReport | ReceiverReport | Bye | Nack | Pli | Fir | Remb | TransportFeedback


def parse_rtcp(data: bytes) -> list[Rtcp]:
    """Every packet we know in a datagram. Raises ValueError naming the field and the length."""
    found: list[Rtcp] = []
    at = 0
    if not data:
        raise ValueError("RTCP: 0 bytes, need 4")
    while at < len(data):
        if len(data) - at < 4:
            raise ValueError(f"RTCP header: {len(data) - at} bytes, need 4")
        first, kind, words = _HEAD.unpack_from(data, at)
        if first >> 6 != 2:
            raise ValueError(f"RTCP version: {first >> 6}, need 2")
        end = at + 4 + 4 * words
        if end > len(data):
            raise ValueError(f"RTCP packet {kind}: {len(data) - at} bytes, need {end - at}")
        body = data[at + 4 : end]
        if first & 0x20:
            padding = body[-1] if body else 0
            if not 0 < padding <= len(body):
                raise ValueError(f"RTCP padding: {padding} bytes of {len(body)}")
            body = body[:-padding]
        packet = _parse_one(kind, first & 0x1F, body)
        if packet is not None:
            found.append(packet)
        at = end
    return found


def _need(body: bytes, size: int, what: str) -> None:
    if len(body) < size:
        raise ValueError(f"RTCP {what}: {len(body)} bytes, need {size}")


def _parse_one(kind: int, count: int, body: bytes) -> Rtcp | None:
    if kind == _SR:
        _need(body, 24 + 24 * count, "sender report")
        ntp, ticks, packets, octets = _INFO.unpack_from(body, 4)
        return SenderReport(int.from_bytes(body[:4]), ntp, ticks, packets, octets, _blocks(body, 24, count))
    if kind == _RR:
        _need(body, 4 + 24 * count, "receiver report")
        return ReceiverReport(int.from_bytes(body[:4]), _blocks(body, 4, count))
    if kind == _BYE:
        _need(body, 4 * count, "BYE")
        return Bye(tuple(_U32.unpack_from(body, 4 * index)[0] for index in range(count)))
    if kind == _RTPFB and count == _NACK:
        _need(body, 8, "NACK")
        sender, ssrc = _TWO.unpack_from(body)
        return Nack(sender, ssrc, tuple(_lost(body[8:])))
    if kind == _RTPFB and count == _TRANSPORT_CC:
        _need(body, 8, "transport feedback")
        sender, ssrc = _TWO.unpack_from(body)
        return parse_feedback(sender, ssrc, body[8:])
    if kind == _PSFB:
        _need(body, 8, "payload feedback")
        sender, ssrc = _TWO.unpack_from(body)
        if count == _PLI:
            return Pli(sender, ssrc)
        if count == _FIR:
            entries = range(8, len(body) - 7, 8)
            return Fir(sender, tuple((_U32.unpack_from(body, at)[0], body[at + 4]) for at in entries))
        if count == _AFB and body[8:12] == b"REMB":
            return _remb(sender, body)
    return None


def _blocks(body: bytes, at: int, count: int) -> tuple[ReportBlock, ...]:
    blocks = []
    for index in range(count):
        ssrc, loss, highest, jitter, last_sr, delay = _BLOCK.unpack_from(body, at + 24 * index)
        lost = loss & 0xFFFFFF
        lost -= (lost & 0x800000) << 1
        blocks.append(ReportBlock(ssrc, loss >> 24, lost, highest, jitter, last_sr, delay))
    return tuple(blocks)


def _lost(fci: bytes) -> Iterable[int]:
    for at in range(0, len(fci) - 3, 4):
        first, mask = _PAIR.unpack_from(fci, at)
        yield first
        for bit in range(16):
            if mask >> bit & 1:
                yield (first + bit + 1) & 0xFFFF


def _remb(sender: int, body: bytes) -> Remb:
    _need(body, 16, "REMB")
    count = body[12]
    _need(body, 16 + 4 * count, "REMB SSRC list")
    mantissa = (body[13] & 0x03) << 16 | body[14] << 8 | body[15]
    ssrcs = tuple(_U32.unpack_from(body, 16 + 4 * index)[0] for index in range(count))
    return Remb(sender, mantissa << (body[13] >> 2), ssrcs)


def _packet(kind: int, count: int, body: bytes) -> bytes:
    assert len(body) % 4 == 0
    return _HEAD.pack(0x80 | count, kind, len(body) // 4) + body


def _pack_blocks(blocks: Iterable[ReportBlock]) -> bytes:
    return b"".join(
        _BLOCK.pack(
            block.ssrc,
            block.fraction_lost << 24 | block.lost & 0xFFFFFF,
            block.highest_sequence & 0xFFFFFFFF,
            block.jitter_ticks & 0xFFFFFFFF,
            block.last_sr,
            block.delay_since_sr & 0xFFFFFFFF,
        )
        for block in blocks
    )


def pack_rtcp(packet: Rtcp) -> bytes:
    """One packet's bytes. At most 31 report blocks, SSRCs or requests."""
    match packet:
        case SenderReport(ssrc, ntp, rtp_ticks, packets, octets, blocks):
            info = _INFO.pack(ntp, rtp_ticks, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF)
            return _packet(_SR, len(blocks), _U32.pack(ssrc) + info + _pack_blocks(blocks))
        case ReceiverReport(ssrc, blocks):
            return _packet(_RR, len(blocks), _U32.pack(ssrc) + _pack_blocks(blocks))
        case Bye(ssrcs):
            return _packet(_BYE, len(ssrcs), b"".join(map(_U32.pack, ssrcs)))
        case Nack(sender, ssrc, lost):
            return _packet(_RTPFB, _NACK, _TWO.pack(sender, ssrc) + _pack_lost(lost))
        case Pli(sender, ssrc):
            return _packet(_PSFB, _PLI, _TWO.pack(sender, ssrc))
        case Fir(sender, requests):
            fci = b"".join(_TWO.pack(ssrc, number << 24) for ssrc, number in requests)
            return _packet(_PSFB, _FIR, _TWO.pack(sender, 0) + fci)
        case Remb(sender, bps, ssrcs):
            exponent = max(0, bps.bit_length() - 18)
            rate = exponent << 18 | bps >> exponent
            body = _TWO.pack(sender, 0) + b"REMB" + _U32.pack(len(ssrcs) << 24 | rate)
            return _packet(_PSFB, _AFB, body + b"".join(map(_U32.pack, ssrcs)))
        case TransportFeedback(sender, ssrc):
            return _packet(_RTPFB, _TRANSPORT_CC, _TWO.pack(sender, ssrc) + pack_feedback(packet))


def _pack_lost(lost: Iterable[int]) -> bytes:
    fields: list[tuple[int, int]] = []
    for number in lost:
        if fields and 0 < ((number - fields[-1][0]) & 0xFFFF) <= 16:
            first, mask = fields[-1]
            fields[-1] = (first, mask | 1 << (((number - first) & 0xFFFF) - 1))
        elif not fields or fields[-1][0] != number:
            fields.append((number, 0))
    return b"".join(_PAIR.pack(*field) for field in fields)
