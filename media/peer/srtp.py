"""SRTP as four plain functions, for the path that runs once per packet.

pylibsrtp makes the sessions; its `protect` allocates for every packet, so these call the same C functions with
a buffer that is kept. It belongs to the functions of one leg, which are called in one thread.
"""

from collections.abc import Callable
from functools import cache

import pylibsrtp
from pylibsrtp import ffi, lib  # type: ignore[attr-defined]  # its cffi binding, re-exported without saying so

from media.peer.rates import MAX_DATAGRAM_BYTES

SrtpError = pylibsrtp.Error
PROTECT = int(ffi.cast("uintptr_t", ffi.addressof(lib, "srtp_protect")))
UNPROTECT = int(ffi.cast("uintptr_t", ffi.addressof(lib, "srtp_unprotect")))
UNPROTECT_RTCP = int(ffi.cast("uintptr_t", ffi.addressof(lib, "srtp_unprotect_rtcp")))
"""The C functions themselves, for a plane in C."""

WINDOW_PACKETS = 1024
"""So late a packet may come and still be told from one that was replayed; libsrtp's 128 are a moment of video."""
_TRAILER_BYTES = 148
"""Most that libsrtp adds: SRTP_MAX_TRAILER_LEN and the SRTCP index."""

Transform = Callable[[bytes], bytes]


class Keys:
    """`protect` and `protect_rtcp` for what we send, `unprotect` and `unprotect_rtcp` for what came.

    Each takes and returns whole packets and raises SrtpError: wrong tag, replayed, too long, too short.
    """

    @classmethod
    def of(cls, profile: int, tx: bytes, rx: bytes) -> "Keys":
        """Of keys with their salts (RFC 5764 §4.2), for one of libsrtp's profiles."""
        return cls(
            _session(profile, tx, pylibsrtp.Policy.SSRC_ANY_OUTBOUND),
            _session(profile, rx, pylibsrtp.Policy.SSRC_ANY_INBOUND),
        )

    def __init__(self, tx: pylibsrtp.Session, rx: pylibsrtp.Session) -> None:
        self.session = int(ffi.cast("uintptr_t", tx._srtp[0]))
        self.reading = int(ffi.cast("uintptr_t", rx._srtp[0]))
        """The C sessions of `protect` and `unprotect`, for a plane in C; they live as long as these keys' functions."""
        room = _Room()
        self.protect = _transform(lib.srtp_protect, tx, room)
        self.protect_rtcp = _transform(lib.srtp_protect_rtcp, tx, room)
        self.unprotect = _transform(lib.srtp_unprotect, rx, room)
        self.unprotect_rtcp = _transform(lib.srtp_unprotect_rtcp, rx, room)


class _Room:
    """For one packet, where the C functions change it."""

    def __init__(self) -> None:
        self.buffer = ffi.new("char[]", MAX_DATAGRAM_BYTES + _TRAILER_BYTES)
        self.view = ffi.buffer(self.buffer)
        self.length = ffi.new("int *")


@cache
def _policy(profile: int, streams: int) -> pylibsrtp.Policy:
    """What all sessions of a kind have in common; to make one costs as much as the session."""
    policy = pylibsrtp.Policy(ssrc_type=streams, srtp_profile=profile)
    policy.allow_repeat_tx = True
    policy.window_size = WINDOW_PACKETS
    return policy


def _session(profile: int, key: bytes, streams: int) -> pylibsrtp.Session:
    policy = _policy(profile, streams)
    policy.key = key
    try:
        return pylibsrtp.Session(policy)  # which has a copy of the key
    finally:
        policy.key = None


def _transform(function: Callable[..., int], session: pylibsrtp.Session, room: _Room) -> Transform:
    buffer, view, length = room.buffer, room.view, room.length
    handle = session._srtp[0]

    def transform(packet: bytes, _session: pylibsrtp.Session = session) -> bytes:
        # `_session` keeps the C session alive as long as this function.
        size = len(packet)
        if size > MAX_DATAGRAM_BYTES:
            raise SrtpError("packet is too long")
        view[0:size] = packet
        length[0] = size
        status = function(handle, buffer, length)
        if status:
            raise SrtpError(status)
        protected: bytes = view[0 : length[0]]
        return protected

    return transform
