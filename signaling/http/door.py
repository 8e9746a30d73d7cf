"""Turns the route table into an aiohttp application: who asks, may they, what do they say, then the handler."""

import re
from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web
from aiohttp.typedefs import Middleware
from prometheus_client import Counter, Histogram
from pydantic import BaseModel, TypeAdapter, ValidationError

from contract.base import encode
from contract.errors import ErrorCode, ProtocolViolation, Rejection
from runtime import clock, ids
from runtime.health import Health
from runtime.logs import bound_contextvars, get_logger
from signaling.auth.principal import Principal
from signaling.domain.access import CHAIN, may, somewhere
from signaling.house import House
from signaling.http.cookies import cookie_of
from signaling.http.cors import add_cors
from signaling.http.errors import answer_errors
from signaling.http.headers import add_headers, add_hsts
from signaling.http.origin import check_origin
from signaling.http.plain import only_by_https
from signaling.http.route import JSON, Route, Visit, read_message

log = get_logger(__name__)

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]
_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def application(house: House, routes: Iterable[Route]) -> web.Application:
    """The API. Static files and the WebSocket are added by signaling.app."""
    guards = [only_by_https(house.settings.tls_port)] if house.settings.https else []
    app = web.Application(middlewares=[_watch(house.health), answer_errors, *guards])
    app.on_response_prepare.append(add_headers)
    app.on_response_prepare.append(add_cors)
    if house.settings.tls_cert is not None:
        app.on_response_prepare.append(add_hsts)
    for route in routes:
        app.router.add_route(route.method, route.path, _handle(house, route))
    return app


def _handle(house: House, route: Route) -> Next:
    async def handle(request: web.Request) -> web.StreamResponse:
        if route.writes and not route.bearer:
            check_origin(request, house.settings.origins)
        who = None if route.bearer else await _who(house, request, route)
        for value in request.match_info.values():
            if not _ID.fullmatch(value):
                raise Rejection(ErrorCode.NOT_FOUND)
        if request.headers.get("Content-Encoding", "identity") != "identity":
            raise ProtocolViolation(ErrorCode.BAD_MESSAGE, "a body must not be compressed")
        with bound_contextvars(person=who.id if who else None):
            query = _query(request, route.query) if route.query is not None else None
            body = None
            if route.body is not None:
                body = await read_message(request, route.body, route.max_bytes, exact=route.exact)
            foreign = route.body is None and route.accepts != JSON and request.content_type != route.accepts
            if foreign and not route.bearer:
                raise ProtocolViolation(ErrorCode.BAD_MESSAGE, f"the content type must be {route.accepts}")
            answer = await route.handler(Visit(request, house, route, who=who, body=body, query=query))
        if isinstance(answer, web.StreamResponse):
            return answer
        if answer is None:
            return web.Response(status=route.status)
        return web.Response(body=encode(answer), status=route.status, content_type=JSON)

    return handle


async def _who(house: House, request: web.Request, route: Route) -> Principal | None:
    """Who holds the cookie. Raises Rejection(`sign_in` or `forbidden`) if the route is not for them."""
    secret = cookie_of(request)
    who = await house.sign_ins.recognise(secret, extend=route.extends) if secret is not None else None
    if route.act is not None:
        if who is None:
            raise Rejection(ErrorCode.SIGN_IN)
        allowed = may(route.act, who.grants, CHAIN) if route.whole else somewhere(route.act, who.grants)
        if not allowed:
            raise Rejection(ErrorCode.FORBIDDEN, f"not for the role {who.role}")
    return who


def _query(request: web.Request, kind: type[BaseModel]) -> BaseModel:
    """The query string as a model; unknown parameters are ignored, of repeated ones the first counts."""
    try:
        return TypeAdapter(kind).validate_strings(dict(request.query.items()), extra="ignore")
    except ValidationError as error:
        name = ".".join(str(part) for part in error.errors(include_url=False)[0]["loc"])
        raise ProtocolViolation(ErrorCode.BAD_MESSAGE, f"query parameter {name}") from error


def _watch(health: Health) -> Middleware:
    """Counts and times requests by route (never by URL), and binds the request's id to the logs."""
    requests = Counter(
        "passline_http_requests_total", "Requests answered.", ["method", "route", "status"], registry=health.registry
    )
    seconds = Histogram(
        "passline_http_request_seconds", "Time to answer, without the WebSocket.", ["route"], registry=health.registry
    )

    @web.middleware
    async def watch(request: web.Request, handler: Next) -> web.StreamResponse:
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else "unknown"
        started = clock.now()
        status = 500
        with bound_contextvars(request=ids.uuid7()):
            try:
                response = await handler(request)
                status = response.status
                return response
            except web.HTTPException as redirect:
                status = redirect.status
                raise
            finally:
                took_s = clock.now() - started
                method = request.method if request.method in _METHODS else "other"
                requests.labels(method, route, str(status)).inc()
                if route != "/ws":
                    seconds.labels(route).observe(took_s)
                log.debug("request", method=method, route=route, status=status, took_ms=round(took_s * 1000, 1))

    return watch


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
