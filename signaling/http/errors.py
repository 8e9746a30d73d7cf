"""Every failure of a handler becomes an ErrorBody with the status of contract.errors; bugs say only `internal`.

At the doors of WHIP and WHEP it becomes problem details (RFC 9457) with the same code.
"""

import math
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import ClientPayloadError, web
from aiohttp.http_exceptions import HttpProcessingError
from sqlalchemy.exc import OperationalError

from contract.base import encode
from contract.errors import REPLIES, ErrorCode, PasslineError, ProtocolViolation, Rejection, Unavailable
from contract.http import ErrorBody, Problem
from runtime.logs import get_logger
from runtime.repeated import Repeated
from signaling.http.cors import is_open
from signaling.http.route import JSON, PROBLEM

log = get_logger(__name__)
repeated = Repeated()

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]

_FRAMEWORK: dict[int, ErrorCode] = {
    404: ErrorCode.NOT_FOUND,
    405: ErrorCode.METHOD,
    413: ErrorCode.TOO_LARGE,
}
"""aiohttp's own refusals; any other 4xx is a `bad_message`."""


def error_response(request: web.Request, error: PasslineError) -> web.Response:
    """`error` as the client gets it."""
    status = REPLIES[error.code].http_status
    headers = {} if error.retry_after_s is None else {"Retry-After": str(math.ceil(error.retry_after_s))}
    if is_open(request.path):
        if status == HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = "Bearer"
        problem = Problem(title=HTTPStatus(status).phrase, status=status, detail=error.detail, code=error.code)
        return web.Response(body=encode(problem), status=status, content_type=PROBLEM, headers=headers)
    body = ErrorBody(code=error.code, detail=error.detail, retry_after_s=error.retry_after_s)
    return web.Response(body=encode(body), status=status, content_type=JSON, headers=headers)


@web.middleware
async def answer_errors(request: web.Request, handler: Next) -> web.StreamResponse:
    """Outside every handler, inside the request's log context."""
    try:
        return await handler(request)
    except Rejection as error:
        repeated.say(error.code, log.info, "request refused", code=error.code, detail=error.detail)
        return error_response(request, error)
    except ProtocolViolation as error:
        repeated.say(error.code, log.warning, "request breaks the contract", code=error.code, detail=error.detail)
        return error_response(request, error)
    except Unavailable as error:
        log.warning("request cannot be served now", code=error.code, detail=error.detail)
        return error_response(request, error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        code = _FRAMEWORK.get(error.status, ErrorCode.BAD_MESSAGE if error.status < 500 else ErrorCode.INTERNAL)
        response = error_response(request, Rejection(code))
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except OperationalError as error:
        log.error("the database failed", cause=type(error.orig).__name__)
        return error_response(request, Unavailable(ErrorCode.UNAVAILABLE, "the database", retry_after_s=2.0))
    except (ConnectionError, web.RequestPayloadError, ClientPayloadError, HttpProcessingError):
        return error_response(request, ProtocolViolation(ErrorCode.BAD_MESSAGE, "the body ended early"))
    except Exception:
        log.exception("request failed")
        return error_response(request, PasslineError(ErrorCode.INTERNAL))
