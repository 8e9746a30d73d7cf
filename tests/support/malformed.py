"""Malformed input for the web doors, by seed: bytes that are nearly HTTP, nearly WebSocket frames, nearly messages."""

import json
import random
import struct
from collections.abc import Iterator
from typing import Any, get_args

from contract.client import ClientMessage
from signaling.http.route import Route
from signaling.http.table import ROUTES

PATHS = (
    "/api/archive/../../etc/passwd",
    "/../../../../etc/passwd",
    "/assets/../../passline.db",
    "/%2e%2e/%2e%2e/passline.db",
    "/..%2f..%2fpassline.db",
    "/..\\..\\passline.db",
    "/%5c..%5cpassline.db",
    "/assets/%00",
    "/index.html%00.js",
    "/%c0%ae%c0%ae/passline.db",
    "/.git/config",
    "//evil.example/",
    "/api//me",
    "/api/archive/%",
    "/api/archive/%zz",
    "/api/archive/\u202e\uffff",
    "/?" + "a=" * 2_000,
    "/" + "a/" * 3_000,
    "/api/archive?before=1~../../x",
    "/api/archive?before=999999999999999~z&before=\x00",
    "*",
    "http://elsewhere.example/api/me",
    "",
)
RANGES = (
    "bytes=",
    "bytes=-",
    "bytes=5-1",
    "bytes=-0",
    "bytes=99999999999999999999-",
    "bytes=0-0,1-1",
    "lines=1-2",
    "\x7f",
)
ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    2**63,
    2**70,
    1e308,
    "",
    "\x00",
    "\ud800",
    "\u202e𝕏" * 50,
    "x" * 70_000,
    [],
    [[[[[]]]]],
    {},
    {"zh": 1},
    "../../etc/passwd",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "00000000-0000-7000-8000-000000000000",
)


def http_requests(seed: int, count: int, host: str, cookie: str) -> Iterator[bytes]:
    """Whole raw requests; about half carry the cookie and our Origin, so that they get past the first check."""
    rng = random.Random(seed)
    makers = (_junk, _bad_line, _bad_headers, _bad_framing, _bad_path, _bad_range, _bad_body, _mutated)
    for _ in range(count):
        signed = f"Host: {host}\r\nOrigin: http://{host}\r\nCookie: passline={cookie}\r\n"
        yield rng.choice(makers)(rng, signed if rng.random() < 0.6 else f"Host: {host}\r\n")


def _junk(rng: random.Random, _: str) -> bytes:
    return rng.randbytes(rng.randrange(1, 400)) + b"\r\n\r\n" * rng.randrange(2)


def _bad_line(rng: random.Random, head: str) -> bytes:
    line = rng.choice(
        (
            "GET",
            "GET / HTTP/9.9",
            "GET / HTTP/1.1 extra",
            "G\x00T / HTTP/1.1",
            "PRI * HTTP/2.0",
            "CONNECT evil.example:443 HTTP/1.1",
            "TRACE /api/me HTTP/1.1",
            "OPTIONS * HTTP/1.1",
            "PATCH /api/me HTTP/1.1",
            "x" * 10_000 + " / HTTP/1.1",
            "GET /" + "y" * 20_000 + " HTTP/1.1",
            "GET / HTTP/1.0",
            "\r\n\r\nGET / HTTP/1.1",
        )
    )
    return f"{line}\r\n{head}\r\n".encode("latin-1")


def _bad_headers(rng: random.Random, head: str) -> bytes:
    more = rng.choice(
        (
            "No colon here\r\n",
            ": no name\r\n",
            "X: " + "z" * 70_000 + "\r\n",
            "".join(f"X-{n}: 1\r\n" for n in range(500)),
            "X: a\r\n folded\r\n",
            "X: \x00\r\n",
            "X : space\r\n",
            "Host: other\r\n",
            "Cookie: passline=" + "\xff" * 300 + "; passline=; ===; passline\r\n",
            "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
            "Upgrade: websocket\r\nConnection: Upgrade\r\n",
            "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\n",
            "Expect: 200-ok\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            'If-Modified-Since: \xe5\r\nIf-None-Match: W/"\r\n',
            "X-Forwarded-For: " + "1.1.1.1, " * 500 + "\r\n",
        )
    )
    return f"GET {rng.choice(('/', '/ws', '/api/me', '/openapi.json'))} HTTP/1.1\r\n{head}{more}\r\n".encode("latin-1")


def _bad_framing(rng: random.Random, head: str) -> bytes:
    more = rng.choice(
        (
            b"Content-Length: -1\r\n\r\n",
            b"Content-Length: 99999999999999999999\r\n\r\n{}",
            b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
            b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
            b"Content-Length: 500\r\n\r\n{",
            b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
            b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}",
            b"Transfer-Encoding: chunked\r\n\r\n2;" + b"e" * 9_000 + b"\r\n{}\r\n0\r\n\r\n",
            b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}}\r\n0\r\n\r\n",
            b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"t" * 70_000 + b"\r\n\r\n",
        )
    )
    start = f"POST /api/signin HTTP/1.1\r\n{head}Content-Type: application/json\r\n"
    return start.encode() + more


def _bad_path(rng: random.Random, head: str) -> bytes:
    return f"{rng.choice(('GET', 'PUT'))} {rng.choice(PATHS)} HTTP/1.1\r\n{head}\r\n".encode()


def _bad_range(rng: random.Random, head: str) -> bytes:
    path = rng.choice(("/index.html", "/", "/api/archive/x/files/y.webm", "/api/rooms/x/stills/y"))
    return f"GET {path} HTTP/1.1\r\n{head}Range: {rng.choice(RANGES)}\r\n\r\n".encode("latin-1")


def _bad_body(rng: random.Random, head: str) -> bytes:
    route: Route = rng.choice([route for route in ROUTES if route.writes and route.path != "/api/signout"])
    path = route.path.replace("{room}", rng.choice(("x", "01900000-0000-7000-8000-000000000001", "%2e%2e")))
    fields = list(route.body.model_fields) if route.body is not None else ["x"]
    body = json.dumps({name: rng.choice(ODD) for name in fields if rng.random() < 0.9}).encode()
    if rng.random() < 0.3:
        body = _flip(rng, body)
    kind = rng.choice((route.accepts, route.accepts, "text/plain", "application/json; charset=utf-16", "a/b/c;;"))
    length = rng.choice((len(body), len(body), max(0, len(body) - 1)))
    start = f"{route.method} {path} HTTP/1.1\r\n{head}Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
    return start.encode() + body


def _mutated(rng: random.Random, head: str) -> bytes:
    whole = f"GET {rng.choice(('/api/me', '/api/directory', '/api/archive', '/metrics'))} HTTP/1.1\r\n{head}\r\n"
    return _flip(rng, whole.encode())


def _flip(rng: random.Random, data: bytes) -> bytes:
    made = bytearray(data)
    for _ in range(rng.randrange(1, 6)):
        made[rng.randrange(len(made))] = rng.randrange(256)
    return bytes(made[: rng.randrange(1, len(made) + 1)] if rng.random() < 0.2 else made)


# --- WebSocket ----------------------------------------------------------------------------------------------------


def frame(
    payload: bytes, *, opcode: int = 1, fin: bool = True, rsv: int = 0, masked: bool = True, length: int = -1
) -> bytes:
    """One frame (RFC 6455 §5.2); `length` lies about the payload's."""
    said = len(payload) if length < 0 else length
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    mask = 0x80 if masked else 0
    if said < 126:
        head = struct.pack("!BB", first, mask | said)
    elif said < 2**16:
        head = struct.pack("!BBH", first, mask | 126, said)
    else:
        head = struct.pack("!BBQ", first, mask | 127, said)
    return head + (bytes(4) if masked else b"") + payload


def broken_frames(seed: int, count: int) -> Iterator[bytes]:
    """Frames that no client may send; after most of them the server must close."""
    rng = random.Random(seed)
    for _ in range(count):
        text = rng.randbytes(rng.randrange(0, 120))
        yield rng.choice(
            (
                rng.randbytes(rng.randrange(1, 200)),
                frame(text),
                frame(text, opcode=2),
                frame(text, opcode=rng.choice((3, 4, 7, 11, 15))),
                frame(text, rsv=rng.randrange(1, 8)),
                frame(b"{}", masked=False),
                frame(b"{}", length=2 ** rng.choice((16, 31, 62, 63)) - rng.randrange(2)),
                frame(b"x" * 70_000),
                frame(b"", opcode=0),
                frame(b"{", fin=False) + frame(b"{}"),
                frame(b"{", fin=False) * 300,
                frame(b"p" * 130, opcode=9),
                frame(b"p", opcode=9, fin=False),
                frame(struct.pack("!H", rng.choice((0, 999, 1005, 1006, 5000))) + b"\xff", opcode=8),
                frame(b"\x00", opcode=8),
                frame(b"[" * 60_000),
                frame(b'{"type": "hello", "ticket": "' + b"t" * 300 + b'"}'),
            )
        )


def odd_messages(seed: int, count: int) -> Iterator[str]:
    """JSON objects that look like messages of a client, with fields missing or of the wrong kind."""
    rng = random.Random(seed)
    kinds = get_args(get_args(ClientMessage)[0])
    for _ in range(count):
        kind = rng.choice(kinds)
        said: dict[str, Any] = {"type": kind.model_fields["type"].default}
        for name in kind.model_fields:
            if name != "type" and rng.random() < 0.9:
                said[name] = rng.choice(ODD)
        if rng.random() < 0.2:
            said[rng.choice(("type", "__proto__", "cid", ""))] = rng.choice(ODD)
        yield json.dumps(said)
