"""The doors of a sign-in by the chain's identity provider: begin it, finish it.

The provider sends the browser back to a page of ours, which posts what it was given: so nothing changes by GET, and
our `Origin` check holds here as everywhere.
"""

from functools import partial

from aiohttp import web

from contract.audit import Action
from contract.errors import ErrorCode, Rejection
from contract.oidc import ProviderAddress, ProviderAnswer, ProviderWish, SignedIn, SignInWays
from signaling.http.begun import Begun, begun_of, set_begun
from signaling.http.people import enter
from signaling.http.route import Route, Visit
from signaling.store import audit
from signaling.store import passkeys as rows

HOW = "oidc"
"""In the audit."""


async def sign_in_ways(visit: Visit) -> SignInWays:
    """How one can sign in here."""
    async with visit.house.database.read() as session:
        passkeys = await rows.any_there(session)
    return SignInWays(provider=visit.house.oidc.name, passkeys=visit.house.passkeys.host if passkeys else None)


async def begin_by_provider(visit: Visit) -> web.Response:
    """Begin a sign-in by the identity provider; the cookie lets this browser finish it."""
    house, asked, (_, browser) = visit.house, visit.body(ProviderWish), begun_of(visit.raw, Begun.PROVIDER)
    house.provider_limit.check(browser)  # before it takes one of those that its whole office may begin
    secret, url = await house.oidc.begin(visit.raw.headers["Origin"], asked.path, visit.address, browser)
    response = visit.reply(ProviderAddress(url=url))
    set_begun(visit.raw, response, Begun.PROVIDER, secret, browser)
    return response


async def finish_by_provider(visit: Visit) -> web.Response:
    """Finish it with what the provider's redirect carried, once; sets the cookie."""
    house, answer = visit.house, visit.body(ProviderAnswer)
    begun = house.oidc.take(begun_of(visit.raw, Begun.PROVIDER)[0], answer)
    try:
        # What the provider did not say is a guess; whoever it knows and we do not has guessed nothing.
        with house.provider_limit.guess(begun.browser):
            claims = await house.oidc.finish(begun, answer)
        person = await house.claimed.person(str(claims["iss"]), claims, visit.address)
    except Rejection as error:  # that nobody can be asked now is in the log
        if error.code is not ErrorCode.LOCKED:
            failed = partial(
                audit.record,
                action=Action.SIGN_IN_FAILED,
                person=None,
                address=visit.address,
                detail=f"{HOW} {error.code}",
            )
            await house.database.write(failed)
        raise
    return await enter(visit, person, how=HOW, answer=lambda me: SignedIn(me=me, path=begun.path))


ROUTES = [
    Route(method="GET", path="/api/signin", handler=sign_in_ways, act=None, answer=SignInWays),
    Route(
        method="POST",
        path="/api/oidc/begin",
        handler=begin_by_provider,
        act=None,
        body=ProviderWish,
        answer=ProviderAddress,
        errors=(ErrorCode.NOT_FOUND, ErrorCode.LOCKED, ErrorCode.TOO_MANY, ErrorCode.OIDC_UNREACHABLE),
    ),
    Route(
        method="POST",
        path="/api/oidc/finish",
        handler=finish_by_provider,
        act=None,
        body=ProviderAnswer,
        answer=SignedIn,
        errors=(
            ErrorCode.NOT_FOUND,
            ErrorCode.OVER,
            ErrorCode.SIGN_IN,
            ErrorCode.LOCKED,
            ErrorCode.OIDC_REFUSED,
            ErrorCode.OIDC_UNKNOWN,
            ErrorCode.OIDC_DISABLED,
            ErrorCode.OIDC_TAKEN,
            ErrorCode.OIDC_UNREACHABLE,
        ),
    ),
]
