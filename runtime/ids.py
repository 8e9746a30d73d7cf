"""New identifiers: time-ordered UUIDs and secrets."""

import os
import secrets
import uuid

from runtime import clock


def uuid7() -> str:
    """A UUIDv7 as lower-case text (RFC 9562 §5.7): sorts by the millisecond it was made."""
    value = clock.wall_ms() << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def secret() -> str:
    """256 random bits as URL-safe text, for tickets, cookies and resume tokens."""
    return secrets.token_urlsafe(32)
