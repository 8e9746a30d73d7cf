"""The base of every message: frozen, strict when built, tolerant when received."""

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from contract.errors import ErrorCode, ProtocolViolation

MAX_FRAME_BYTES = 64 * 1024
"""Largest WebSocket text frame or control-link message either side may send, but for SDP (see contract.nodes)."""

WallMs = Annotated[int, Field(ge=0, lt=2**53)]
"""UTC milliseconds since 1970."""
Text = Annotated[str, Field(min_length=1, max_length=2000)]
"""What a person wrote in chat."""
ShortText = Annotated[str, Field(min_length=1, max_length=200)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
"""A coordinate on the picture: 0 is left or top of the whole frame, 1 right or bottom, whatever its pixel size."""
Tag = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
"""Which version of a document this is, for `If-Match` (signaling.domain.tags)."""
Sdp = Annotated[str, Field(min_length=1, max_length=48 * 1024)]
"""A session description, RFC 8866; at most 48 KiB."""

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


class Message(BaseModel):
    """One thing said between two processes. An undeclared field is a bug when building, ignored when receiving."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def encode(message: BaseModel) -> bytes:
    """UTF-8 JSON of `message`, ready for a frame."""
    return message.model_dump_json().encode()


def decode(adapter: TypeAdapter[T], data: bytes | str) -> T:
    """Read one message; fields we do not know are ignored (a newer peer may say more), no value becomes another type.

    Raises ProtocolViolation(`bad_message`) naming the first wrong field, never its value.
    """
    try:
        return adapter.validate_json(data, strict=True, extra="ignore")
    except ValidationError as error:
        raise _violation(error) from error


def decode_exact(kind: type[M], data: bytes | str) -> M:
    """Read what replaces something that is kept. What it leaves out goes back to its default, so nothing is guessed at:
    it must say something, and nothing that we do not know.

    Raises ProtocolViolation(`bad_message`) naming the first wrong field and what to do, never its value.
    """
    try:
        message = kind.model_validate_json(data, strict=True, extra="forbid")
    except ValidationError as error:
        raise _violation(error) from error
    if not message.model_fields_set:
        raise ProtocolViolation(ErrorCode.BAD_MESSAGE, f"nothing is set: send {', '.join(kind.model_fields)}")
    return message


def _violation(error: ValidationError) -> ProtocolViolation:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "message"
    why = "not known here, leave it out" if first["type"] == "extra_forbidden" else first["msg"]
    return ProtocolViolation(ErrorCode.BAD_MESSAGE, f"{where}: {why}")
