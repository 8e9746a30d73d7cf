"""Datagrams that a stranger may throw at a media port; each of them once ended somebody's call somewhere."""

import contextlib

from OpenSSL import SSL


def _client_hello(ciphers: bytes) -> bytes:
    """What wins the race against the real client where nobody looks at the source address."""
    context = SSL.Context(SSL.DTLS_METHOD)
    context.set_cipher_list(ciphers)
    connection = SSL.Connection(context)
    connection.set_connect_state()
    with contextlib.suppress(SSL.WantReadError):
        connection.do_handshake()
    return connection.bio_read(1500)


STRANGE: dict[str, bytes] = {
    "empty": b"",
    "one byte": b"\x80",
    "hello": _client_hello(b"DEFAULT"),
    "hello without encryption": _client_hello(b"eNULL:@SECLEVEL=0"),
    "fatal alert": bytes.fromhex("15fefd000000000000000000020228"),
    "close notify": bytes.fromhex("15fefd000000000000000000020100"),
    "oversize": b"\x80" + bytes(3000),
    "largest": b"\x80\x6f" + bytes(1498),
    "srtp": b"\x80\x6f" + bytes(100),
    "srtcp": b"\x80\xc8" + bytes(100),
    "stun scrap": b"\x00\x01\x00\x08\x21\x12\xa4\x42" + bytes(20),
    "stun with a short attribute": b"\x00\x01\x00\x04\x21\x12\xa4\x42" + bytes(12) + b"\x00\x06\x00\x40",
    "noise": bytes(range(64, 128)),
}
