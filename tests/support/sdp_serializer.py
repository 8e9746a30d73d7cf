"""Teaches schemathesis, which loads this by SCHEMATHESIS_HOOKS, to send session descriptions: as they are."""

import schemathesis
from schemathesis import SerializationContext


@schemathesis.serializer("application/sdp", "application/trickle-ice-sdpfrag")
def as_it_is(_context: SerializationContext, value: object) -> bytes:
    """The generated text or bytes."""
    return value if isinstance(value, bytes) else str(value).encode()
