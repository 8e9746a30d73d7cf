"""Tablets become devices of a store by a code, and are taken back; anybody may knock, only a code opens."""

import segno
from aiohttp import web

from contract.errors import ErrorCode
from contract.http import Me
from contract.ids import PersonId, StoreId
from contract.organisation import EnrolDevice, Enrolment, EnrolmentWish
from runtime.address import own_address
from signaling.auth.access import access_device, access_store
from signaling.domain.access import Act
from signaling.http.people import enter
from signaling.http.route import Route, Visit


async def offer_enrolment(visit: Visit) -> Enrolment:
    """A code of one use, good for a day, that makes a tablet a device of this store; told only now."""
    house, store = visit.house, StoreId(visit.param("store"))
    async with house.database.read() as session:
        await access_store(session, visit.who, store)
    code, expires_ms = await house.devices.offer(store, visit.body(EnrolmentWish).name, visit.by)
    address = f"{own_address(house.settings)}/enrol#{code}"
    squares = segno.make(address, micro=False, error="m").matrix
    picture = ["".join("1" if one else "0" for one in row) for row in squares]
    return Enrolment(code=code, address=address, picture=picture, expires_at=expires_ms)


async def enrol_device(visit: Visit) -> web.Response:
    """This browser is a device of the code's store from now on; the code is used up."""
    with visit.house.enrolment_limit.guess(visit.address):
        device = await visit.house.devices.enrol(visit.body(EnrolDevice).code, visit.address)
    return await enter(visit, device)


async def revoke_device(visit: Visit) -> None:
    """Take a device back: it is signed out at once, in the middle of a call too."""
    device = PersonId(visit.param("device"))
    async with visit.house.database.read() as session:
        await access_device(session, visit.who, device)
    await visit.house.devices.revoke(device, visit.by)


ROUTES = [
    Route(
        method="POST",
        path="/api/stores/{store}/devices",
        handler=offer_enrolment,
        act=Act.CHANGE_STORES,
        body=EnrolmentWish,
        answer=Enrolment,
        status=201,
        errors=(ErrorCode.CONFLICT,),
    ),
    Route(
        method="POST",
        path="/api/enrol",
        handler=enrol_device,
        act=None,
        body=EnrolDevice,
        answer=Me,
        errors=(ErrorCode.NOT_FOUND, ErrorCode.LOCKED, ErrorCode.SIGN_IN),
    ),
    Route(method="DELETE", path="/api/devices/{device}", handler=revoke_device, act=Act.CHANGE_STORES, status=204),
]
