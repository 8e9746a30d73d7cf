"""One line of the route table, and what its handler gets to see.

The table is the only list of endpoints: the aiohttp application (signaling.http.door), the OpenAPI document
(signaling.http.openapi) and the act × endpoint test all read it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from aiohttp import web
from pydantic import BaseModel, TypeAdapter

from contract.base import MAX_FRAME_BYTES, Message, Tag, decode, decode_exact, encode
from contract.errors import ErrorCode, ProtocolViolation, Rejection
from signaling.auth.principal import Principal
from signaling.domain.access import Act
from signaling.house import House
from signaling.http.address import client_address
from signaling.store.organisation import By

JSON = "application/json"
PROBLEM = "application/problem+json"
MEDIA = "*/*"
"""WebM or MP4, with or without a picture: the file's own type."""
MAX_BODY_BYTES = MAX_FRAME_BYTES
BODY_S = 10.0
SLOWEST_BYTES_PER_S = 100_000
"""The largest photo has two minutes and a quarter, which the poorest Wi-Fi of a store manages."""

M = TypeVar("M", bound=BaseModel)
Answer = BaseModel | web.StreamResponse | None
Handler = Callable[["Visit"], Awaitable[Answer]]


@dataclass(frozen=True, kw_only=True)
class Route:
    """An endpoint. The first line of the handler's docstring is its summary in the OpenAPI document."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    path: str
    """As aiohttp writes it, e.g. `/api/rooms/{room}/peers`; parameters are ids, 1–128 of [A-Za-z0-9._:-]."""
    handler: Handler
    act: Act | None
    """What is asked for: who may not do it anywhere gets 403, the anonymous 401. None: anybody may ask."""
    whole: bool = False
    """What is asked for lies in no store and no region: 403 too for who may do it only there."""
    bearer: bool = False
    """For devices and foreign pages: neither cookie nor `Origin` count, a media token in `Authorization` does; CORS is
    open and errors are problem details. The handler checks token and content type."""
    extends: bool = True
    """Asking it is use of the sign-in, which lasts from now on again; not so where a browser asks by itself."""
    body: type[BaseModel] | None = None
    """JSON body; None with `accepts` other than JSON means that the handler reads the bytes itself."""
    exact: bool = False
    """The body replaces what was there: one that says nothing, or something we do not know, is refused."""
    tagged: bool = False
    """`If-Match` may say which version the body replaces (signaling.domain.tags); the handler calls `check_tag`."""
    query: type[BaseModel] | None = None
    accepts: str = JSON
    max_bytes: int = MAX_BODY_BYTES
    answer: type[BaseModel] | None = None
    gives: str = JSON
    """Content type of an answer that is no model."""
    status: int = 200
    second: tuple[int, str] | None = None
    """Status and content type of the other good answer, of a handler that makes its answers itself."""
    errors: tuple[ErrorCode, ...] = ()
    """Besides those that follow from the rest of the line."""

    @property
    def writes(self) -> bool:
        return self.method not in ("GET", "OPTIONS")

    def all_errors(self) -> tuple[ErrorCode, ...]:
        """Every code this endpoint may answer with."""
        codes = list(self.errors)
        if self.act is not None:
            codes.append(ErrorCode.SIGN_IN)
            if self.act is not Act.CONNECT:
                codes.append(ErrorCode.FORBIDDEN)
        if self.writes and self.bearer:
            codes += [ErrorCode.SIGN_IN, ErrorCode.FORBIDDEN, ErrorCode.LOCKED]
        elif self.writes:
            codes.append(ErrorCode.FOREIGN_ORIGIN)
        if self.body is not None or self.query is not None:
            codes.append(ErrorCode.BAD_MESSAGE)
        if self.writes and (self.body is not None or self.accepts != JSON):
            codes.append(ErrorCode.TOO_LARGE)
        if self.tagged:
            codes.append(ErrorCode.PRECONDITION)
        if "{" in self.path:
            codes.append(ErrorCode.NOT_FOUND)
        return tuple(dict.fromkeys(codes))


class Visit:
    """One request on its way through a handler; body and query are decoded, the act is checked."""

    def __init__(
        self,
        raw: web.Request,
        house: House,
        route: Route,
        *,
        who: Principal | None,
        body: BaseModel | None,
        query: BaseModel | None,
    ) -> None:
        self.raw = raw
        self.house = house
        self._route = route
        self._who = who
        self._body = body
        self._query = query

    @property
    def who(self) -> Principal:
        """Who asks. Raises Rejection(`sign_in`) for the anonymous."""
        if self._who is None:
            raise Rejection(ErrorCode.SIGN_IN)
        return self._who

    @property
    def anonymous(self) -> bool:
        return self._who is None

    @property
    def address(self) -> str:
        """Where the request comes from, for limits and the audit."""
        return client_address(self.raw, self.house.settings.proxies)

    @property
    def by(self) -> By:
        """Who asks, as the audit says it."""
        return By(self.who.id, self.address)

    def param(self, name: str) -> str:
        """A parameter of the path; an id, already checked for its characters."""
        return self.raw.match_info[name]

    def body(self, kind: type[M]) -> M:
        """The decoded body; `kind` is the route's."""
        assert isinstance(self._body, kind)
        return self._body

    def query(self, kind: type[M]) -> M:
        """The decoded query; `kind` is the route's."""
        assert isinstance(self._query, kind)
        return self._query

    def check_tag(self, current: Tag) -> None:
        """In the work that replaces what is kept. Raises Rejection(`precondition`) for who replaces something else.

        Who says nothing of it, a script that brings all of it, replaces whatever is there.
        """
        said = ",".join(self.raw.headers.getall("If-Match", ["*"])).split(",")
        if not {"*", f'"{current}"'} & {one.strip() for one in said}:
            raise Rejection(ErrorCode.PRECONDITION, "somebody has changed it since: read it again")

    def replaced(self, now: Tag) -> web.Response:
        """What was sent is kept, as this version: whoever goes on from it need not read it again."""
        return web.Response(status=self._route.status, headers={"ETag": f'"{now}"'})

    async def read(self) -> bytes:
        """The raw body. Raises Rejection(`too_large`) beyond the route's limit."""
        return await read_body(self.raw, self._route.max_bytes)

    def reply(self, message: Message) -> web.Response:
        """The route's answer as a response, for handlers that add cookies or headers."""
        return web.Response(body=encode(message), status=self._route.status, content_type=JSON)


async def read_body(request: web.Request, limit_bytes: int) -> bytes:
    """The whole body.

    Raises Rejection(`too_large`) as soon as it is known to exceed the limit, ProtocolViolation if it comes too slowly.
    """
    if (request.content_length or 0) > limit_bytes:
        raise Rejection(ErrorCode.TOO_LARGE, f"at most {limit_bytes} bytes")
    data = bytearray()
    try:
        async with asyncio.timeout(BODY_S + limit_bytes / SLOWEST_BYTES_PER_S):
            async for chunk in request.content.iter_chunked(64 * 1024):
                data += chunk
                if len(data) > limit_bytes:
                    raise Rejection(ErrorCode.TOO_LARGE, f"at most {limit_bytes} bytes")
    except TimeoutError:
        raise ProtocolViolation(ErrorCode.BAD_MESSAGE, "the body came too slowly") from None
    return bytes(data)


async def read_message(request: web.Request, kind: type[M], limit_bytes: int, *, exact: bool = False) -> M:
    """The body as a contract model. Raises ProtocolViolation(`bad_message`) or Rejection(`too_large`)."""
    if request.content_type != JSON:
        raise ProtocolViolation(ErrorCode.BAD_MESSAGE, f"the content type must be {JSON}")
    data = await read_body(request, limit_bytes)
    return decode_exact(kind, data) if exact else decode(TypeAdapter(kind), data)
