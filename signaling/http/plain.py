"""The plain door beside HTTPS: installs our authority on tablets, tells probes how we are, sends all else to HTTPS."""

import re
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

from contract.errors import ErrorCode, Rejection
from runtime.address import https_url
from signaling.http.headers import is_host

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]

OPEN = re.compile(r"/install|/api/install(/.*)?|/(assets|icons)/.*|/healthz|/readyz")
"""What a tablet needs before it trusts us, and what holds no secret."""


def only_by_https(tls_port: int) -> Middleware:
    """Serves nothing but `OPEN` without TLS. A write is refused rather than redirected: its secret was already sent."""

    @web.middleware
    async def guard(request: web.Request, handler: Next) -> web.StreamResponse:
        if request.secure or (request.method in ("GET", "HEAD") and OPEN.fullmatch(request.path)):
            return await handler(request)
        if request.method not in ("GET", "HEAD") or request.path == "/ws" or not is_host(request.host):
            raise Rejection(ErrorCode.FORBIDDEN, "only by https")
        return web.Response(status=308, headers={"Location": https_url(host_of(request), tls_port) + request.path_qs})

    return guard


def host_of(request: web.Request) -> str:
    """The name or address that the visitor used, without its port."""
    host: str = re.sub(r":\d+$", "", request.host)
    return host
