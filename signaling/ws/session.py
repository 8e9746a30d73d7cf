"""The rules of one WebSocket, without IO: hello first, so many messages a second, never silent for long.

Contract: pass every frame to `receive` and every passing of `deadline` (monotonic seconds) to `expire`; do what they
return, in order. After a `Close` nothing comes any more.
"""

import json
import re
from dataclasses import dataclass
from enum import Enum

from contract.base import decode
from contract.client import CLIENT_MESSAGE, PROTOCOL_VERSION, ClientMessage, Hello
from contract.errors import ByeCode, ErrorCode, ProtocolViolation
from contract.ids import ClientMessageId
from contract.server import Error, Reconnect
from runtime.bucket import Bucket

HELLO_S = 5.0
IDLE_S = 15.0
"""Clients ping every 5 s, or every second during a call."""
PER_S, BURST = 50.0, 100
MAX_STRIKES = 20
"""Frames that are JSON but no message we know, before the connection ends."""

_CID = re.compile(r"[0-9a-f-]{36}")


class Stage(Enum):
    GREETING = "greeting"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Greet:
    """The client said who it is; check the ticket and welcome it."""

    hello: Hello


@dataclass(frozen=True, slots=True)
class Deliver:
    """A message of a welcomed client."""

    message: ClientMessage


@dataclass(frozen=True, slots=True)
class Say:
    error: Error


@dataclass(frozen=True, slots=True)
class Close:
    """Say `bye` and close."""

    code: ByeCode
    reconnect: Reconnect
    detail: str = ""


Output = Greet | Deliver | Say | Close


class SessionRules:
    """One connection, from its handshake on."""

    def __init__(self, now: float) -> None:
        self.stage = Stage.GREETING
        self._deadline = now + HELLO_S
        self._bucket = Bucket(PER_S, burst=BURST)
        self._strikes = 0

    @property
    def deadline(self) -> float | None:
        return None if self.stage is Stage.CLOSED else self._deadline

    def receive(self, frame: str | bytes, now: float) -> list[Output]:
        """One frame; bytes are a binary frame, which nobody may send."""
        if self.stage is Stage.CLOSED:
            return []
        self._deadline = now + IDLE_S
        if not self._bucket.take(now):
            return [
                Say(Error(code=ErrorCode.TOO_MANY, cid=_cid_of(frame), retry_after_s=round(self._bucket.wait_s, 3)))
            ]
        if isinstance(frame, bytes):
            return self._close(ByeCode.BAD_MESSAGE, Reconnect.LATER, "a binary frame")
        try:
            message = decode(CLIENT_MESSAGE, frame)
        except ProtocolViolation as violation:
            return self._strike(frame, violation)
        if self.stage is Stage.OPEN:
            if isinstance(message, Hello):
                return self._close(ByeCode.BAD_MESSAGE, Reconnect.LATER, "a second hello")
            return [Deliver(message)]
        if not isinstance(message, Hello):
            return self._close(ByeCode.BAD_MESSAGE, Reconnect.LATER, "no hello")
        if message.proto != PROTOCOL_VERSION:
            return self._close(ByeCode.BAD_MESSAGE, Reconnect.NEVER, f"protocol {message.proto}")
        self.stage = Stage.OPEN
        return [Greet(message)]

    def answers_ping(self, now: float) -> bool:
        """A ping frame (RFC 6455 §5.5.2) came: whether it gets a pong. It is no word, so the deadline stays."""
        return self._bucket.take(now)

    def expire(self, now: float) -> list[Output]:
        """The deadline may have passed."""
        if self.stage is Stage.CLOSED or now < self._deadline:
            return []
        return self._close(ByeCode.SILENT, Reconnect.NOW, "")

    def _strike(self, frame: str, violation: ProtocolViolation) -> list[Output]:
        """Not a message: a newer client may say what we do not know, but neither garbage nor endlessly."""
        self._strikes += 1
        try:
            is_object = isinstance(json.loads(frame), dict)
        except (ValueError, RecursionError):
            is_object = False
        if self.stage is Stage.GREETING or not is_object or self._strikes > MAX_STRIKES:
            return self._close(ByeCode.BAD_MESSAGE, Reconnect.LATER, violation.detail)
        return [Say(Error(code=ErrorCode.BAD_MESSAGE, cid=_cid_of(frame), detail=violation.detail))]

    def _close(self, code: ByeCode, reconnect: Reconnect, detail: str) -> list[Output]:
        self.stage = Stage.CLOSED
        return [Close(code, reconnect, detail)]


def _cid_of(frame: str | bytes) -> ClientMessageId | None:
    """The cid of a frame that we do not obey, so that its sender learns which one it was."""
    try:
        found = json.loads(frame)
    except (ValueError, RecursionError):
        return None
    cid = found.get("cid") if isinstance(found, dict) else None
    return ClientMessageId(cid) if isinstance(cid, str) and _CID.fullmatch(cid) else None
