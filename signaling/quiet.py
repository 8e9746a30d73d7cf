"""A live side that is not there: everybody is offline, no room is open.

For running or testing people and archive alone.
"""

from aiohttp import web

from contract.errors import ErrorCode, Rejection, Unavailable
from contract.http import PeerAnswer, PeerOffer
from contract.ids import PersonId, RoomId
from contract.people import PresenceEntry, Role
from contract.rooms import RoomState, Still
from signaling.auth.principal import Principal


class Quiet:
    """Fills the house's `presence`, `rooms` and `sockets`."""

    def entries(self, _viewer: Role) -> list[PresenceEntry]:
        return []

    def state(self, _room: RoomId) -> RoomState | None:
        return None

    async def open_peer(self, _who: Principal, _room: RoomId, _offer: PeerOffer) -> PeerAnswer:
        raise Rejection(ErrorCode.NOT_FOUND)

    async def add_still(self, _who: Principal, _room: RoomId, _asked_by: PersonId | None, _jpeg: bytes) -> Still:
        raise Rejection(ErrorCode.NOT_FOUND)

    async def serve(self, _request: web.Request) -> web.StreamResponse:
        raise Unavailable(ErrorCode.UNAVAILABLE, "no live side", retry_after_s=1.0)

    async def end_sign_in(self, _sign_in: bytes) -> None:
        return
