"""Well-formed bytes made malformed, by a seeded hand: the same seed always gives the same inputs."""

import zlib
from collections.abc import Iterator, Sequence
from random import Random

import google_crc32c

MOST_BYTES = 1400
"""Of a datagram; larger ones never reach a parser (media.peer.rates)."""
_EDGES = (0, 1, 2, 3, 4, 0x7F, 0x80, 0xFE, 0xFF)


def malformed(seeds: Sequence[bytes], count: int, seed: int) -> Iterator[bytes]:
    """`count` inputs from `seeds`: changed, cut, longer, spliced; now and then only noise."""
    random = Random(seed)
    for _ in range(count):
        if random.random() < 0.05:
            yield random.randbytes(random.randint(1, 80))
            continue
        data = bytearray(random.choice(seeds))
        for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
            _change(data, seeds, random)
        yield bytes(data[:MOST_BYTES]) or b"\0"


def _change(data: bytearray, seeds: Sequence[bytes], random: Random) -> None:
    at = random.randrange(len(data)) if data else 0
    match random.randrange(8):
        case 0 if data:
            data[at] ^= 1 << random.randrange(8)
        case 1 if data:
            data[at] = random.choice(_EDGES)
        case 2 if len(data) > at + 1:  # a length or count of two bytes
            data[at : at + 2] = random.choice((0, 1, 3, 255, 256, 0x7FFF, 0xFFFF)).to_bytes(2)
        case 3:
            del data[at:]
        case 4:
            data[at:at] = random.randbytes(random.choice((1, 2, 4, 16, 200)))
        case 5:
            del data[at : at + random.choice((1, 2, 4, 16))]
        case 6:
            data[at:at] = data[at : at + random.randint(1, 64)] * random.randint(1, 20)
        case _:
            other = random.choice(seeds)
            data[at:] = other[random.randrange(len(other) + 1) :]


def malformed_lines(text: str, count: int, seed: int) -> Iterator[str]:
    """`count` texts from one of many lines: lines lost, repeated, swapped, or malformed themselves."""
    random = Random(seed)
    lines = text.encode().split(b"\r\n")
    for _ in range(count):
        changed = list(lines)
        for _ in range(random.choice((1, 1, 2, 4))):
            at = random.randrange(len(changed))
            match random.randrange(4):
                case 0:
                    del changed[at]
                case 1:
                    changed[at:at] = [random.choice(lines)] * random.choice((1, 1, 40))
                case 2:
                    other = random.randrange(len(changed))
                    changed[at], changed[other] = changed[other], changed[at]
                case _:
                    changed[at] = next(malformed([line for line in lines if line], 1, random.getrandbits(32)))
            changed = changed or [b""]
        yield b"\r\n".join(changed).decode(errors="replace")


def with_sctp_checksum(packet: bytes) -> bytes:
    """The checksum of RFC 9260 §6.8 made right, so that more than the checksum's own check is reached."""
    if len(packet) < 12:
        return packet
    checksum: int = google_crc32c.value(packet[:8] + bytes(4) + packet[12:])
    return packet[:8] + checksum.to_bytes(4, "little") + packet[12:]


def with_stun_fingerprint(packet: bytes) -> bytes:
    """The length and the FINGERPRINT of RFC 8489 §14.7 made right, for the same reason."""
    if len(packet) < 28:
        return packet
    packet = packet[:2] + ((len(packet) - 20) & 0xFFFF).to_bytes(2) + packet[4:-8]
    return packet + bytes.fromhex("80280004") + (zlib.crc32(packet) ^ 0x5354554E).to_bytes(4)
