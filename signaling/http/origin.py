"""Only our own pages may write: the Origin check of every write and of the WebSocket handshake."""

from collections.abc import Collection

from aiohttp import web

from contract.errors import ErrorCode, Rejection


def check_origin(request: web.Request, allowed: Collection[str]) -> None:
    """Raises Rejection(`foreign_origin`) unless `Origin` is there and is this host, or one of `allowed`.

    An absent Origin is refused as well: every browser sends it with a write, so a request without it is either no
    browser, which can set it, or an attack. Under our own TLS the plain page of the same host is foreign too: whoever
    sits on the network can write it. Behind a proxy we only see http, and take both.
    """
    origin = request.headers.get("Origin")
    if origin is None:
        raise Rejection(ErrorCode.FOREIGN_ORIGIN, "Origin is missing")
    ours = [f"https://{request.host}"] if request.secure else [f"http://{request.host}", f"https://{request.host}"]
    if origin not in ours and origin not in allowed:
        raise Rejection(ErrorCode.FOREIGN_ORIGIN, "Origin is not ours")


def behind_tls(request: web.Request) -> bool:
    """Whether the browser came by https, by its own word: then the cookie may be `Secure`."""
    return request.headers.get("Origin", "").startswith("https://")
