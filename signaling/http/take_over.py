"""Taking a store's shared tablet over with a PIN, at the tablet; and PINs, for whoever manages the store."""

from aiohttp import web

from contract.errors import ErrorCode, Rejection
from contract.http import Me
from contract.ids import PersonId, StoreId
from contract.people import Store
from contract.takeover import PinGiven, Pins, TakeOverWish, Takers
from signaling.auth.access import access_pins
from signaling.domain.access import Act
from signaling.http.people import told
from signaling.http.route import Route, Visit


async def takers(visit: Visit) -> Takers:
    """Who has this tablet now, and who may take it over."""
    return Takers(operator=visit.who.person.operator, people=await visit.house.take_overs.takers(_store(visit)))


async def take_over(visit: Visit) -> Me:
    """Take this tablet over: what it does from now on is done by this person too. Not while it is in a call."""
    if visit.house.tablets.in_call(visit.who.id):  # asked again with the write; but here no PIN is looked at yet
        raise Rejection(ErrorCode.CONFLICT, "the tablet is in a call")
    await visit.house.take_overs.take(visit.who.person, visit.body(TakeOverWish), visit.address)
    return await _who_now(visit)


async def hand_back(visit: Visit) -> web.Response:
    """The tablet is nobody's again. Not while it is in a call: then the call goes on under who began it."""
    await visit.house.take_overs.hand_back(visit.who.id, visit.address)
    await visit.house.tablets.look()
    return web.Response(status=204)


async def touched(visit: Visit) -> web.Response:
    """Somebody touched the tablet: the time until it is handed back by itself begins anew."""
    await visit.house.tablets.touched(visit.who.id)
    return web.Response(status=204)


async def list_pins(visit: Visit) -> Pins:
    """Who may take the tablets of a store over, how their PINs stand, and what is locked."""
    return await visit.house.take_overs.listed(await _managed(visit), visit.who)


async def give_pin(visit: Visit) -> PinGiven:
    """A PIN of one use, told only now, with which somebody chooses their own at a tablet; the old one is void."""
    store, person = await _managed(visit), PersonId(visit.param("person"))
    pin, expires_ms = await visit.house.take_overs.give(store, person, visit.who, visit.address)
    await visit.house.tablets.look()
    return PinGiven(pin=pin, expires_at=expires_ms)


async def unlock(visit: Visit) -> None:
    """Somebody, or a tablet, may try again after too many wrong PINs."""
    store, subject = await _managed(visit), PersonId(visit.param("person"))
    await visit.house.take_overs.unlock(store, subject, visit.who, visit.address)


def _store(visit: Visit) -> Store:
    store = visit.who.person.store
    assert store is not None  # whose act this is, is a tablet
    return store


async def _who_now(visit: Visit) -> Me:
    await visit.house.tablets.look()
    who = await visit.house.sign_ins.recognise_hash(visit.who.sign_in)
    if who is None:
        raise Rejection(ErrorCode.SIGN_IN)
    return await told(visit, who)


async def _managed(visit: Visit) -> StoreId:
    async with visit.house.database.read() as session:
        return StoreId((await access_pins(session, visit.who, StoreId(visit.param("store")))).id)


_PINS = "/api/stores/{store}/pins"
ROUTES = [
    Route(method="GET", path="/api/take-over", handler=takers, act=Act.BE_TAKEN_OVER, answer=Takers),
    Route(
        method="POST",
        path="/api/take-over",
        handler=take_over,
        act=Act.BE_TAKEN_OVER,
        body=TakeOverWish,
        answer=Me,
        errors=(
            ErrorCode.NOT_FOUND,
            ErrorCode.WRONG_PIN,
            ErrorCode.WEAK_PIN,
            ErrorCode.PIN_CHANGE,
            ErrorCode.LOCKED,
            ErrorCode.CONFLICT,
            ErrorCode.BUSY,
        ),
    ),
    Route(
        method="DELETE",
        path="/api/take-over",
        handler=hand_back,
        act=Act.BE_TAKEN_OVER,
        status=204,
        errors=(ErrorCode.CONFLICT,),
    ),
    Route(method="PUT", path="/api/take-over/touched", handler=touched, act=Act.BE_TAKEN_OVER, status=204),
    Route(method="GET", path=_PINS, handler=list_pins, act=Act.GIVE_PIN, answer=Pins),
    Route(method="POST", path=f"{_PINS}/{{person}}", handler=give_pin, act=Act.GIVE_PIN, answer=PinGiven, status=201),
    Route(method="DELETE", path=f"{_PINS}/{{person}}/lock", handler=unlock, act=Act.GIVE_PIN, status=204),
]
