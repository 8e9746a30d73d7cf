"""The cookies with which a browser finishes what it began (signaling.auth.pending), one for each way to sign in."""

import re
from enum import StrEnum

from aiohttp import web

from runtime import ids
from signaling.http.origin import behind_tls

LIFE_S = 600
_BROWSER = re.compile(r"[A-Za-z0-9_-]{16,64}")


class Begun(StrEnum):
    """What was begun, by the name of its cookie: two ways in two tabs do not end each other."""

    PROVIDER = "passline-begun"
    PASSKEY = "passline-asked"

    @property
    def over_tls(self) -> str:
        """The name that browsers take from our own https page only (see signaling.http.cookies)."""
        return f"__Host-{self}"


def begun_of(request: web.Request, what: Begun) -> tuple[str | None, str]:
    """The secret of what this browser began, and which browser it is: one that throws its cookie away is another one,
    and has no more guesses than it begins anew."""
    said = request.cookies.get(what.over_tls)
    if not said and not request.secure:
        said = request.cookies.get(what)
    secret, _, browser = (said or "").partition(".")
    return secret or None, browser if _BROWSER.fullmatch(browser) else ids.secret()


def set_begun(request: web.Request, response: web.Response, what: Begun, secret: str, browser: str) -> None:
    """Let this browser, and no other, finish what it begins."""
    secure = request.secure or behind_tls(request)
    name = what.over_tls if secure else what.value
    value = f"{secret}.{browser}"
    response.set_cookie(name, value, max_age=LIFE_S, path="/", secure=secure, httponly=True, samesite="Lax")
