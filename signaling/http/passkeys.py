"""The doors of passkeys: one's own, the sign-in by one, and what an administrator does when a device is lost."""

from functools import partial

from aiohttp import web

from contract.audit import Action
from contract.errors import ErrorCode, Rejection
from contract.http import Me
from contract.ids import PersonId
from contract.passkeys import Passkey, PasskeyOptions, PasskeyProof, Passkeys, PasskeyWish
from signaling.auth.access import access_person
from signaling.auth.passkeys import HOW
from signaling.domain.access import Act
from signaling.http.begun import Begun, begun_of, set_begun
from signaling.http.people import entered
from signaling.http.route import Route, Visit
from signaling.store import audit
from signaling.store import passkeys as rows


async def list_passkeys(visit: Visit) -> Passkeys:
    """One's own passkeys, and where they work."""
    async with visit.house.database.read() as session:
        found = await rows.of(session, visit.who.id)
        allowed = await rows.has_password(session, visit.who.id)
    kept = [Passkey(id=one.id, name=one.name, added_at=one.added_ms, used_at=one.used_ms) for one in found]
    return Passkeys(passkeys=kept, host=visit.house.passkeys.host, allowed=allowed)


async def begin_passkey(visit: Visit) -> web.Response:
    """What the browser needs to make a passkey; only this browser, which signed in just now, can send it in."""
    _, browser = begun_of(visit.raw, Begun.PASSKEY)
    return _asked(visit, await visit.house.passkeys.ask_new(visit.who, visit.address, browser), browser)


async def add_passkey(visit: Visit) -> Passkey:
    """Keep a new passkey, which signs its owner in from now on."""
    asked = visit.body(PasskeyWish)
    (secret, _), origin = begun_of(visit.raw, Begun.PASSKEY), visit.raw.headers["Origin"]
    return await visit.house.passkeys.add(secret, visit.who, asked.credential, asked.name, visit.by, origin)


async def remove_passkey(visit: Visit) -> None:
    """Forget one's own passkey: it signs nobody in any more, and what it signed in elsewhere is signed out."""
    await visit.house.passkeys.remove(visit.who, visit.param("passkey"), visit.by)


async def take_passkeys(visit: Visit) -> None:
    """Forget all passkeys of somebody whose device is lost, and sign them out everywhere."""
    person = PersonId(visit.param("person"))
    async with visit.house.database.read() as session:
        await access_person(session, visit.who, person)
    await visit.house.database.write(partial(rows.take_away, person=person, by=visit.by))


async def begin_sign_in(visit: Visit) -> web.Response:
    """What the browser asks its passkeys; the same for everybody, so it tells nothing of anybody."""
    _, browser = begun_of(visit.raw, Begun.PASSKEY)
    visit.house.passkey_limit.check(browser)  # before it takes one of those that its whole office may begin
    return _asked(visit, visit.house.passkeys.ask(visit.address, browser), browser)


async def sign_in_by_passkey(visit: Visit) -> web.Response:
    """Sign in with what a passkey signed; sets the cookie."""
    house, proof, headers = visit.house, visit.body(PasskeyProof), visit.raw.headers
    asked = house.passkeys.take(begun_of(visit.raw, Begun.PASSKEY)[0])
    with house.passkey_limit.guess(asked.browser):
        try:
            done = await house.passkeys.sign_in(
                asked, proof.credential, headers["Origin"], visit.address, headers.get("User-Agent", "")
            )
        except Rejection as error:
            detail = f"{HOW} {error.code}"
            failed = partial(
                audit.record, action=Action.SIGN_IN_FAILED, person=None, address=visit.address, detail=detail
            )
            await house.database.write(failed)
            raise
    return await entered(visit, done.person, done.secret)


def _asked(visit: Visit, asked: tuple[str, str], browser: str) -> web.Response:
    secret, options = asked
    response = visit.reply(PasskeyOptions(options=options))
    set_begun(visit.raw, response, Begun.PASSKEY, secret, browser)
    return response


ROUTES = [
    Route(method="GET", path="/api/passkeys", handler=list_passkeys, act=Act.KEEP_PASSKEYS, answer=Passkeys),
    Route(
        method="POST",
        path="/api/passkey/new",
        handler=begin_passkey,
        act=Act.KEEP_PASSKEYS,
        answer=PasskeyOptions,
        errors=(ErrorCode.SIGN_IN_AGAIN, ErrorCode.TOO_MANY),
    ),
    Route(
        method="POST",
        path="/api/passkeys",
        handler=add_passkey,
        act=Act.KEEP_PASSKEYS,
        body=PasskeyWish,
        answer=Passkey,
        status=201,
        errors=(ErrorCode.OVER, ErrorCode.PASSKEY_REFUSED, ErrorCode.TOO_MANY, ErrorCode.CONFLICT),
    ),
    Route(
        method="DELETE",
        path="/api/passkeys/{passkey}",
        handler=remove_passkey,
        act=Act.KEEP_PASSKEYS,
        status=204,
        errors=(ErrorCode.SIGN_IN_AGAIN,),
    ),
    Route(
        method="DELETE",
        path="/api/people/{person}/passkeys",
        handler=take_passkeys,
        act=Act.CHANGE_PEOPLE,
        status=204,
    ),
    Route(
        method="POST",
        path="/api/passkey",
        handler=sign_in_by_passkey,
        act=None,
        body=PasskeyProof,
        answer=Me,
        errors=(ErrorCode.OVER, ErrorCode.PASSKEY_REFUSED, ErrorCode.LOCKED),
    ),
    Route(
        method="POST",
        path="/api/passkey/begin",
        handler=begin_sign_in,
        act=None,
        answer=PasskeyOptions,
        errors=(ErrorCode.LOCKED, ErrorCode.TOO_MANY),
    ),
]
