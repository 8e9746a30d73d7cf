"""OpenSSL's side of one DTLS association: datagrams in, datagrams and messages out.

pyOpenSSL owns the context and the memory. What is done for every datagram calls OpenSSL without it: it raises an
exception wherever nothing more is there, and makes a buffer for each look (decision 0030).
"""

from enum import Enum, auto

from OpenSSL import SSL
from OpenSSL._util import ffi, lib

READ_BYTES = 1500
_buffer = ffi.new("unsigned char[]", READ_BYTES)
"""Used within one call."""
_view = ffi.buffer(_buffer)
_SHA256 = lib.EVP_get_digestbyname(b"sha256")
_length = ffi.new("unsigned int *")


_accept = ffi.callback("int (*)(int, X509_STORE_CTX *)", lambda _ok, _store: 1)
"""Any certificate: it counts by its fingerprint, which is compared after the handshake."""


def accept_any(context: SSL.Context) -> None:
    """Ask the peer for a certificate, and take the one it has."""
    lib.SSL_CTX_set_verify(context._context, SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, _accept)


class Step(Enum):
    """What came of a call."""

    DONE = auto()
    WAITS = auto()
    """For a datagram of the peer."""
    CLOSED = auto()
    """The peer said close_notify."""
    FAILED = auto()
    """For good. What comes does not do that by itself: OpenSSL discards records that are not the peer's."""


class Association:
    """`put` a datagram, then `shake_hands` until that is DONE, then `read` until it WAITS; after each call, and after
    `write` and `close`, everything from `take` is for the peer."""

    def __init__(self, context: SSL.Context, *, client: bool) -> None:
        self._owner = SSL.Connection(context)
        self._ssl = self._owner._ssl
        self._in = self._owner._into_ssl
        self._out = self._owner._from_ssl
        (lib.SSL_set_connect_state if client else lib.SSL_set_accept_state)(self._ssl)

    def put(self, datagram: bytes) -> None:
        lib.BIO_write(self._in, datagram, len(datagram))

    def take(self) -> bytes:
        """The next datagram for the peer; empty if there is none."""
        size = lib.BIO_read(self._out, _buffer, READ_BYTES)
        return _told(size) if size > 0 else b""

    def shake_hands(self) -> Step:
        lib.ERR_clear_error()
        return self._step(lib.SSL_do_handshake(self._ssl))

    def read(self) -> bytes | Step:
        """One message, or why there is none."""
        lib.ERR_clear_error()
        size = lib.SSL_read(self._ssl, _buffer, READ_BYTES)
        return _told(size) if size > 0 else self._step(size)

    def write(self, message: bytes) -> None:
        """Raises ConnectionError."""
        lib.ERR_clear_error()
        if lib.SSL_write(self._ssl, message, len(message)) <= 0:
            raise ConnectionError("not connected")

    def close(self) -> None:
        """Say close_notify, if there was a handshake."""
        lib.ERR_clear_error()
        lib.SSL_shutdown(self._ssl)
        lib.ERR_clear_error()

    def certificate_sha256(self) -> bytes | None:
        """Of the peer's certificate, after the handshake."""
        certificate = lib.SSL_get_peer_certificate(self._ssl)
        if certificate == ffi.NULL:
            return None
        try:
            return _told(_length[0]) if lib.X509_digest(certificate, _SHA256, _buffer, _length) else None
        finally:
            lib.X509_free(certificate)

    def srtp_profile(self) -> bytes:
        """The name of what was agreed on; empty if nothing was."""
        return self._owner.get_selected_srtp_profile()

    def exported(self, label: bytes, size_bytes: int) -> bytes:
        """Keying material (RFC 5705)."""
        return self._owner.export_keying_material(label, size_bytes)

    def _step(self, result: int) -> Step:
        if result > 0:
            return Step.DONE
        error = lib.SSL_get_error(self._ssl, result)
        if error in (lib.SSL_ERROR_WANT_READ, lib.SSL_ERROR_WANT_WRITE):
            return Step.WAITS
        return Step.CLOSED if error == lib.SSL_ERROR_ZERO_RETURN else Step.FAILED


def _told(size: int) -> bytes:
    """What OpenSSL has written."""
    found: bytes = _view[:size]
    return found
