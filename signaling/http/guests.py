"""WHIP (RFC 9725) and WHEP: the doors for devices and pages that are not ours, and the tokens that open them."""

from functools import partial

from aiohttp import web

from contract.audit import Action
from contract.errors import ErrorCode, ProtocolViolation, Rejection
from contract.http import KeptToken, KeptTokens, MediaToken, MediaTokenWish
from contract.ids import PersonId, RoomId, SessionId
from contract.media import MediaUse
from contract.rooms import RoomState
from runtime import clock
from signaling.auth.media_tokens import DOORS
from signaling.domain.access import CHAIN, Act, may, may_in_room
from signaling.domain.draft import concerns, hosting
from signaling.domain.guests import seated_guests
from signaling.domain.policies import check_guests
from signaling.http.ice import links
from signaling.http.route import Handler, Route, Visit
from signaling.store import audit
from signaling.store.media_tokens import Pass

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
MAX_SDP_BYTES = 48 * 1024


async def issue_token(visit: Visit) -> MediaToken:
    """Let a device of WHIP or WHEP into this room, as a guest; by its host, or an administrator."""
    if not may(Act.LET_IN_ANYWHERE, visit.who.grants, CHAIN):
        _led(visit)
    room = RoomId(visit.param("room"))
    return await visit.house.media_tokens.issue(visit.body(MediaTokenWish), room, visit.by)


async def list_tokens(visit: Visit) -> KeptTokens:
    """Which media tokens let guests into this room, without their secrets; for its host, or an administrator."""
    state = _led(visit)
    here = {guest.person.id for guest in seated_guests(state)}
    return KeptTokens(
        tokens=[kept(one, here=one.guest.id in here) for one in await visit.house.media_tokens.listed(state.id)]
    )


def kept(one: Pass, *, here: bool) -> KeptToken:
    """What is told of a token."""
    return KeptToken(
        guest=one.guest.id, room=one.room, use=one.use, name=one.guest.name, expires_at=one.expires_ms, here=here
    )


async def revoke_token(visit: Visit) -> None:
    """Take a media token back; whoever is in by it goes at once. By the host, or an administrator."""
    room = _led(visit).id
    await visit.house.media_tokens.revoke(PersonId(visit.param("guest")), visit.by, room)
    await visit.house.guests.look(clock.wall_ms())


async def put_out(visit: Visit) -> None:
    """Put a guest out of this room; with its token it may come back. By the host, or an administrator."""
    room, guest = _led(visit).id, PersonId(visit.param("guest"))
    await visit.house.guests.put_out(room, guest)
    await visit.house.database.write(
        partial(
            audit.record,
            action=Action.GUEST_REMOVED,
            person=visit.who.id,
            object_id=room,
            address=visit.address,
            detail=f"guest={guest}",
        )
    )


def _led(visit: Visit) -> RoomState:
    """The room, for its host or an administrator. Raises Rejection `not_found`, or `forbidden` for its others."""
    state = visit.house.rooms.state(RoomId(visit.param("room")))
    if state is None:
        raise Rejection(ErrorCode.NOT_FOUND)
    anywhere = may_in_room(Act.LET_IN_ANYWHERE, visit.who.grants, state)
    if not (anywhere or concerns(state, visit.who.id)):
        raise Rejection(ErrorCode.NOT_FOUND)
    if not anywhere:
        hosting(state, visit.who.id)
    return state


async def offer_to_publish(visit: Visit) -> web.Response:
    """WHIP: answer the offer of a device that publishes."""
    return await _offered(visit, MediaUse.PUBLISH)


async def offer_to_watch(visit: Visit) -> web.Response:
    """WHEP: answer the offer of a device that watches."""
    return await _offered(visit, MediaUse.WATCH)


async def patch_publisher(visit: Visit) -> web.Response:
    """WHIP: more ICE candidates of the device, or with `If-Match: *` a restart of ICE."""
    return await _patched(visit, MediaUse.PUBLISH)


async def patch_watcher(visit: Visit) -> web.Response:
    """WHEP: more ICE candidates of the device, or with `If-Match: *` a restart of ICE."""
    return await _patched(visit, MediaUse.WATCH)


async def end_publisher(visit: Visit) -> None:
    """WHIP: the device goes."""
    await _left(visit, MediaUse.PUBLISH)


async def end_watcher(visit: Visit) -> None:
    """WHEP: the device goes."""
    await _left(visit, MediaUse.WATCH)


async def ask_publisher(visit: Visit) -> web.Response:
    """WHIP: what may be asked here; also for a page's preflight."""
    return _options(visit)


async def ask_watcher(visit: Visit) -> web.Response:
    """WHEP: what may be asked here; also for a page's preflight."""
    return _options(visit)


async def ask_publishing(visit: Visit) -> web.Response:
    """WHIP: what may be asked of a session; also for a page's preflight."""
    return _options(visit)


async def ask_watching(visit: Visit) -> web.Response:
    """WHEP: what may be asked of a session; also for a page's preflight."""
    return _options(visit)


async def _offered(visit: Visit, use: MediaUse) -> web.Response:
    who = await _pass(visit, use)
    check_guests(visit.house.policies.current)
    sdp = await _text(visit, SDP)
    entered = await visit.house.guests.enter(who, sdp)
    response = _said(201, entered.sdp, SDP, entered.etag)
    response.headers["Location"] = f"/{DOORS[use]}/{who.room}/{entered.session}"
    response.headers["Accept-Patch"] = FRAGMENT
    for link in links(visit.house.settings, who.guest.id):
        response.headers.add("Link", link)
    return response


async def _patched(visit: Visit, use: MediaUse) -> web.Response:
    who = await _pass(visit, use)
    fragment = await _text(visit, FRAGMENT)
    condition = visit.raw.headers.get("If-Match") or visit.raw.headers.get("ETag")
    session = SessionId(visit.param("session"))
    restarted = await visit.house.guests.patch(who, session, fragment, if_match=condition)
    if restarted is None:
        return web.Response(status=204)
    return _said(200, restarted.fragment, FRAGMENT, restarted.etag)


async def _left(visit: Visit, use: MediaUse) -> None:
    who = await _pass(visit, use)
    await visit.house.guests.leave(who, SessionId(visit.param("session")))


def _said(status: int, text: str, kind: str, etag: str) -> web.Response:
    """SDP, whole or a fragment: without a charset, which has no meaning for it, and some clients compare the type."""
    return web.Response(status=status, body=text.encode(), headers={"Content-Type": kind, "ETag": etag})


def _options(visit: Visit) -> web.Response:
    """The rest of the headers is signaling.http.cors'."""
    accepts = {"Accept-Patch": FRAGMENT} if "session" in visit.raw.match_info else {"Accept-Post": SDP}
    return web.Response(status=204, headers=accepts)


async def _pass(visit: Visit, use: MediaUse) -> Pass:
    """What the token in `Authorization` says. Raises Rejection(`sign_in`, `forbidden` or `locked`)."""
    scheme, _, token = visit.raw.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Rejection(ErrorCode.SIGN_IN, "no bearer token")
    with visit.house.media_token_limit.guess(visit.address):
        found = await visit.house.media_tokens.recognise(token.strip())
        if found is None:
            raise Rejection(ErrorCode.SIGN_IN, "no such token")
    if (found.room, found.use) != (visit.param("room"), use):
        raise Rejection(ErrorCode.FORBIDDEN, "a token for another room, or another use")
    return found


async def _text(visit: Visit, kind: str) -> str:
    if visit.raw.content_type != kind:
        raise Rejection(ErrorCode.MEDIA_TYPE, f"the content type must be {kind}")
    try:
        return (await visit.read()).decode()
    except UnicodeDecodeError as error:
        raise ProtocolViolation(ErrorCode.BAD_SDP, "not UTF-8") from error


_OFFER_ERRORS = (
    ErrorCode.POLICY,
    ErrorCode.BAD_SDP,
    ErrorCode.NOT_ACCEPTABLE,
    ErrorCode.MEDIA_TYPE,
    ErrorCode.CONFLICT,
    ErrorCode.OVER,
    ErrorCode.TOO_MANY,
    ErrorCode.BUSY,
    ErrorCode.UNAVAILABLE,
)
_PATCH_ERRORS = (
    ErrorCode.BAD_SDP,
    ErrorCode.MEDIA_TYPE,
    ErrorCode.PRECONDITION,
    ErrorCode.NO_PRECONDITION,
    ErrorCode.UNSUPPORTED,
    ErrorCode.TOO_MANY,
    ErrorCode.UNAVAILABLE,
)


def _door(
    path: str, offered: Handler, patched: Handler, ended: Handler, asked: Handler, asked_of: Handler
) -> list[Route]:
    one = f"{path}/{{session}}"
    return [
        Route(
            method="POST",
            path=path,
            handler=offered,
            act=None,
            bearer=True,
            accepts=SDP,
            max_bytes=MAX_SDP_BYTES,
            gives=SDP,
            status=201,
            errors=_OFFER_ERRORS,
        ),
        Route(
            method="PATCH",
            path=one,
            handler=patched,
            act=None,
            bearer=True,
            accepts=FRAGMENT,
            max_bytes=MAX_SDP_BYTES,
            status=204,
            second=(200, FRAGMENT),
            errors=_PATCH_ERRORS,
        ),
        Route(method="DELETE", path=one, handler=ended, act=None, bearer=True, status=204),
        Route(method="OPTIONS", path=path, handler=asked, act=None, bearer=True, status=204),
        Route(method="OPTIONS", path=one, handler=asked_of, act=None, bearer=True, status=204),
    ]


ROUTES = [
    Route(
        method="POST",
        path="/api/rooms/{room}/tokens",
        handler=issue_token,
        act=Act.LET_IN,
        body=MediaTokenWish,
        answer=MediaToken,
        status=201,
        errors=(ErrorCode.CONSENT, ErrorCode.CONFLICT, ErrorCode.OVER, ErrorCode.TOO_MANY),
    ),
    Route(method="GET", path="/api/rooms/{room}/tokens", handler=list_tokens, act=Act.LET_IN, answer=KeptTokens),
    Route(method="DELETE", path="/api/rooms/{room}/tokens/{guest}", handler=revoke_token, act=Act.LET_IN, status=204),
    Route(method="DELETE", path="/api/rooms/{room}/guests/{guest}", handler=put_out, act=Act.LET_IN, status=204),
    *_door("/whip/{room}", offer_to_publish, patch_publisher, end_publisher, ask_publisher, ask_publishing),
    *_door("/whep/{room}", offer_to_watch, patch_watcher, end_watcher, ask_watcher, ask_watching),
]
