"""Which doors a page of another origin may use: those of WHIP and WHEP, where a token counts and no cookie."""

from aiohttp import web

OPEN = ("/whip/", "/whep/")
METHODS = "POST, PATCH, DELETE, OPTIONS"
"""Also what such a client looks at to see whether it may send candidates later."""
_ASKS = "Authorization, Content-Type, If-Match, ETag"
"""What a page may send; `ETag` is how older clients say `If-Match`."""
_SEES = "Location, ETag, Link, Retry-After, WWW-Authenticate"
_KEPT_S = "86400"


def is_open(path: str) -> bool:
    """Whether the door behind `path` takes media tokens."""
    return path.startswith(OPEN)


async def add_cors(request: web.Request, response: web.StreamResponse) -> None:
    """A signal handler of aiohttp, run before any response starts; refusals too must be readable."""
    if not is_open(request.path):
        return
    headers = response.headers
    headers["Access-Control-Allow-Origin"] = "*"
    headers["Access-Control-Expose-Headers"] = _SEES
    headers["Cache-Control"] = "no-store"
    if request.method == "OPTIONS":
        headers["Access-Control-Allow-Methods"] = METHODS
        headers["Access-Control-Allow-Headers"] = _ASKS
        headers["Access-Control-Max-Age"] = _KEPT_S
