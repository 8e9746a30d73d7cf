"""Every way Passline says no, in one table to HTTP status and WebSocket close code.

PasslineError
├── Rejection          a well-formed wish that we refuse; answered with its code, logged at info
├── ProtocolViolation  the other side broke the contract; answered, closed, logged at warning
└── Unavailable        the world failed (worker, disk, network); says whether and when to try again

A bug is none of these: it is an assertion or any other exception, logged with its traceback, and the client hears
only `internal`.
"""

from enum import StrEnum
from typing import NamedTuple


class ErrorCode(StrEnum):
    """What went wrong, as the client sees it; the words for people live in the web client's catalogues."""

    BAD_MESSAGE = "bad_message"
    BAD_SDP = "bad_sdp"
    BAD_PICTURE = "bad_picture"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    SIGN_IN = "sign_in"
    SIGN_IN_AGAIN = "sign_in_again"
    """Signed in, but not just now: what is asked for changes how one signs in."""
    WRONG_PASSWORD = "wrong_password"
    LOCKED = "locked"
    WEAK_PASSWORD = "weak_password"
    WRONG_PIN = "wrong_pin"
    WEAK_PIN = "weak_pin"
    PIN_CHANGE = "pin_change"
    """The PIN is right, and was given by somebody else: say one's own with it."""
    SETUP_WRONG = "setup_wrong"
    """No such set-up link; an earlier start may have written it."""
    SETUP_EXPIRED = "setup_expired"
    SETUP_DONE = "setup_done"
    """There is an administrator: no link works any more."""
    OIDC_REFUSED = "oidc_refused"
    """The identity provider said no, or nothing that proves who somebody is."""
    OIDC_UNKNOWN = "oidc_unknown"
    """The provider knows them, we do not."""
    OIDC_DISABLED = "oidc_disabled"
    OIDC_TAKEN = "oidc_taken"
    """Another account of the provider signs in as this person already."""
    OIDC_UNREACHABLE = "oidc_unreachable"
    PASSKEY_REFUSED = "passkey_refused"
    """No passkey of ours, or nothing that it signed for this sign-in."""
    FOREIGN_ORIGIN = "foreign_origin"
    FORBIDDEN = "forbidden"
    POLICY = "policy"
    """The role may do it; a rule that the chain set forbids it."""
    NOT_FOUND = "not_found"
    METHOD = "method"
    NOT_ACCEPTABLE = "not_acceptable"
    """An offer that is well formed, of media that cannot be carried."""
    PRECONDITION = "precondition"
    """`If-Match` names another ICE session than the present one, or another version than the one that is kept."""
    NO_PRECONDITION = "no_precondition"
    MEDIA_TYPE = "media_type"
    UNSUPPORTED = "unsupported"
    CONFLICT = "conflict"
    STALE = "stale"
    CONSENT = "consent"
    OVER = "over"
    DISK_FULL = "disk_full"
    BUSY = "busy"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


class Reply(NamedTuple):
    """How a code leaves the house: HTTP status, and WebSocket close code when it ends the connection."""

    http_status: int
    ws_close: int


REPLIES: dict[ErrorCode, Reply] = {
    ErrorCode.BAD_MESSAGE: Reply(400, 4400),
    ErrorCode.BAD_SDP: Reply(400, 4400),
    ErrorCode.BAD_PICTURE: Reply(400, 4400),
    ErrorCode.TOO_LARGE: Reply(413, 1009),
    ErrorCode.TOO_MANY: Reply(429, 4429),
    ErrorCode.SIGN_IN: Reply(401, 4401),
    ErrorCode.SIGN_IN_AGAIN: Reply(403, 4403),
    ErrorCode.WRONG_PASSWORD: Reply(401, 4401),
    ErrorCode.LOCKED: Reply(429, 4429),
    ErrorCode.WEAK_PASSWORD: Reply(422, 4400),
    ErrorCode.WRONG_PIN: Reply(422, 4400),
    ErrorCode.WEAK_PIN: Reply(422, 4400),
    ErrorCode.PIN_CHANGE: Reply(409, 4409),
    ErrorCode.SETUP_WRONG: Reply(404, 4404),
    ErrorCode.SETUP_EXPIRED: Reply(410, 4410),
    ErrorCode.SETUP_DONE: Reply(410, 4410),
    ErrorCode.OIDC_REFUSED: Reply(401, 4401),
    ErrorCode.OIDC_UNKNOWN: Reply(403, 4403),
    ErrorCode.OIDC_DISABLED: Reply(403, 4403),
    ErrorCode.OIDC_TAKEN: Reply(409, 4409),
    ErrorCode.OIDC_UNREACHABLE: Reply(503, 4503),
    ErrorCode.PASSKEY_REFUSED: Reply(401, 4401),
    ErrorCode.FOREIGN_ORIGIN: Reply(403, 4403),
    ErrorCode.FORBIDDEN: Reply(403, 4403),
    ErrorCode.POLICY: Reply(403, 4403),
    ErrorCode.NOT_FOUND: Reply(404, 4404),
    ErrorCode.METHOD: Reply(405, 4405),
    ErrorCode.NOT_ACCEPTABLE: Reply(406, 4406),
    ErrorCode.PRECONDITION: Reply(412, 4412),
    ErrorCode.NO_PRECONDITION: Reply(428, 4428),
    ErrorCode.MEDIA_TYPE: Reply(415, 4415),
    ErrorCode.UNSUPPORTED: Reply(422, 4422),
    ErrorCode.CONFLICT: Reply(409, 4409),
    ErrorCode.STALE: Reply(409, 4409),
    ErrorCode.CONSENT: Reply(409, 4409),
    ErrorCode.OVER: Reply(410, 4410),
    ErrorCode.DISK_FULL: Reply(507, 4503),
    ErrorCode.BUSY: Reply(503, 4503),
    ErrorCode.UNAVAILABLE: Reply(503, 4503),
    ErrorCode.INTERNAL: Reply(500, 4500),
}


class ByeCode(StrEnum):
    """Why the server ends a WebSocket; sent in `bye` before the close."""

    SIGNED_OUT = "signed_out"
    REVOKED = "revoked"
    REPLACED = "replaced"
    TOO_SLOW = "too_slow"
    SILENT = "silent"
    BAD_MESSAGE = "bad_message"
    SIGN_IN = "sign_in"
    RESTARTING = "restarting"
    ROLES_CHANGED = "roles_changed"
    """Somebody may do something else from now on: come again, and ask who one is."""


BYE_CLOSE: dict[ByeCode, int] = {
    ByeCode.SIGNED_OUT: 4401,
    ByeCode.REVOKED: 4403,
    ByeCode.REPLACED: 4409,
    ByeCode.TOO_SLOW: 4408,
    ByeCode.SILENT: 4408,
    ByeCode.BAD_MESSAGE: 4400,
    ByeCode.SIGN_IN: 4401,
    ByeCode.RESTARTING: 1012,
    ByeCode.ROLES_CHANGED: 4205,
}


class PasslineError(Exception):
    """Root of the tree; `detail` is for logs and developers, in English, without personal values."""

    def __init__(self, code: ErrorCode, detail: str = "", *, retry_after_s: float | None = None) -> None:
        super().__init__(f"{code}: {detail}" if detail else str(code))
        self.code = code
        self.detail = detail
        self.retry_after_s = retry_after_s


class Rejection(PasslineError):
    """A well-formed wish that we refuse."""


class ProtocolViolation(PasslineError):
    """The other side broke the contract."""


class Unavailable(PasslineError):
    """Something we need is not there now; `retry_after_s` says when trying again makes sense."""
