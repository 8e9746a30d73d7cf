"""H.264 payloads: single units, STAP-A and FU-A (RFC 6184 §5.6–5.8)."""

IDR = 5
SPS = 7
_STAP_A = 24
_FU_A = 28
START_CODE = b"\x00\x00\x00\x01"


def aggregated(payload: bytes) -> list[bytes]:
    """The units inside a STAP-A payload. Raises ValueError naming the unit that is cut."""
    units = []
    at = 1
    while at < len(payload):
        if at + 2 > len(payload):
            raise ValueError(f"STAP-A unit size: {len(payload) - at} bytes, need 2")
        size = payload[at] << 8 | payload[at + 1]
        at += 2
        if not size or at + size > len(payload):
            raise ValueError(f"STAP-A unit: {len(payload) - at} bytes, need {size}")
        units.append(payload[at : at + size])
        at += size
    return units


def starts_sequence(payload: bytes) -> bool:
    """Whether decoding can begin here: the payload carries a sequence parameter set, alone, aggregated or as the
    first fragment. A picture without one cannot be decoded by somebody who comes new."""
    if not payload:
        return False
    kind = payload[0] & 0x1F
    if kind == _STAP_A:
        try:
            return any(unit[0] & 0x1F == SPS for unit in aggregated(payload))
        except ValueError:
            return False
    if kind == _FU_A:
        return len(payload) > 1 and bool(payload[1] & 0x80) and payload[1] & 0x1F == SPS
    return kind == SPS


def to_annex_b(payload: bytes, *, first: bool) -> bytes:
    """One payload as Annex B bytes; `first` says that no fragment precedes it.

    Raises ValueError on a damaged payload, and on a fragment whose beginning is missing.
    """
    if not payload:
        raise ValueError("H.264 payload: 0 bytes, need 1")
    kind = payload[0] & 0x1F
    if kind == _STAP_A:
        return b"".join(START_CODE + unit for unit in aggregated(payload))
    if kind == _FU_A:
        if len(payload) < 3:
            raise ValueError(f"FU-A payload: {len(payload)} bytes, need 3")
        if payload[1] & 0x80:
            return START_CODE + bytes([payload[0] & 0xE0 | payload[1] & 0x1F]) + payload[2:]
        if first:
            raise ValueError("FU-A fragment: its first one is missing")
        return payload[2:]
    if not 1 <= kind <= 23:
        raise ValueError(f"H.264 payload structure: {kind} is not known")
    return START_CODE + payload


def unit_kinds(annex_b: bytes) -> set[int]:
    """The types of the units in an Annex B frame."""
    return {unit[0] & 0x1F for unit in annex_b.split(START_CODE) if unit}
