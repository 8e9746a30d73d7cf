"""The cookie of a signed-in browser."""

from aiohttp import web

from signaling.http.origin import behind_tls

NAME = "passline"
TLS_NAME = "__Host-passline"
"""The prefix makes browsers refuse it from plain http or another host (RFC 6265bis §4.1.3.2)."""

KEPT_S = 400 * 24 * 3600
"""The longest browsers keep a cookie (RFC 6265bis §5.5); how long it counts is decided by the database."""


def cookie_of(request: web.Request) -> str | None:
    """The secret the browser sends, if any. Under our own TLS only the name that no plain page can set counts."""
    secret = request.cookies.get(TLS_NAME)
    return secret if secret or request.secure else request.cookies.get(NAME)


def set_cookie(request: web.Request, response: web.Response, secret: str) -> None:
    """Sign the browser in."""
    secure = request.secure or behind_tls(request)
    response.set_cookie(
        TLS_NAME if secure else NAME,
        secret,
        max_age=KEPT_S,
        path="/",
        secure=secure,
        httponly=True,
        samesite="Lax",
    )


def drop_cookie(response: web.Response) -> None:
    """Sign the browser out."""
    response.del_cookie(NAME, path="/", httponly=True, samesite="Lax")
    response.del_cookie(TLS_NAME, path="/", secure=True, httponly=True, samesite="Lax")
