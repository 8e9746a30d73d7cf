"""The pieces of a running signaling process, as the doors (HTTP, WebSocket) reach them.

Made once by signaling.app; handlers get it with each visit. What the doors need of the live side is written here as
Protocols, so that people and archive can be tested without it.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from contract.http import PeerAnswer, PeerOffer, ProbeAnswer, ProbeOffer
from contract.ids import BotId, PersonId, RoomId, SessionId, StoreId
from contract.people import PresenceEntry, Store
from contract.rooms import RoomState, Still
from runtime.health import Health
from runtime.settings import Settings
from signaling.auth.break_glass import BreakGlass
from signaling.auth.claimed import Claimed
from signaling.auth.devices import Devices
from signaling.auth.invitations import Invitations
from signaling.auth.limits import AddressLimit, SignInLimit
from signaling.auth.media_tokens import MediaTokens
from signaling.auth.oidc import Oidc
from signaling.auth.passkeys import Passkeys
from signaling.auth.passwords import Passwords
from signaling.auth.principal import Principal
from signaling.auth.push_limit import PushLimit
from signaling.auth.seen import Seen
from signaling.auth.setup import FirstAdministrator
from signaling.auth.sign_ins import SignIns
from signaling.auth.take_overs import TakeOvers
from signaling.auth.tickets import Tickets
from signaling.auth.turn import TurnLimit
from signaling.auth.visits import Visits
from signaling.domain.routing import Expert
from signaling.live.guests import Entered, Restarted
from signaling.live.pace import Pace
from signaling.live.policies import LivePolicies
from signaling.live.push import LivePush
from signaling.live.take_overs import LiveTakeOvers
from signaling.printing.press import Press
from signaling.store.engine import Database
from signaling.store.media_tokens import Pass
from signaling.tls.authority import Issued


class PresenceBoard(Protocol):
    """Who can take a call now."""

    def entries(self) -> list[PresenceEntry]:
        """One for every expert and every store's tablet of the chain."""
        ...


class LiveRooms(Protocol):
    """Rooms that are open, and the media behind them."""

    def state(self, room: RoomId) -> RoomState | None:
        """The newest state of a room that is open, or was closed a moment ago."""
        ...

    async def open_peer(self, who: Principal, room: RoomId, offer: PeerOffer) -> PeerAnswer:
        """Answer the one offer of a new PeerConnection. Raises Rejection, ProtocolViolation or Unavailable."""
        ...

    async def add_still(self, who: Principal, room: RoomId, asked_by: PersonId | None, jpeg: bytes) -> Still:
        """Keep a photo and tell the room. Raises Rejection(`bad_picture`) for anything but a JPEG picture."""
        ...


class LiveGuests(Protocol):
    """Devices of WHIP and WHEP in open rooms."""

    async def enter(self, who: Pass, sdp: str) -> Entered:
        """Answer an offer and give the guest its seat. Raises Rejection, ProtocolViolation or Unavailable."""
        ...

    async def patch(self, who: Pass, session: SessionId, fragment: str, *, if_match: str | None) -> Restarted | None:
        """Take more candidates, or begin ICE anew (`*`). Raises Rejection, ProtocolViolation or Unavailable."""
        ...

    async def put_out(self, room: RoomId, guest: PersonId) -> None:
        """The guest goes, whether it wants or not. Raises Rejection(`not_found`) if it is not there."""
        ...

    async def look(self, wall_ms: int) -> None:
        """End the stay of those whose token is good no more."""
        ...

    async def leave(self, who: Pass, session: SessionId) -> None:
        """The guest goes. Raises Rejection(`not_found`) if this session is not, or no longer, its own."""
        ...


class LiveCallbacks(Protocol):
    """Stores that are to be called back."""

    def wake(self) -> None:
        """Something may have changed: tell it."""
        ...


class GroupBots(Protocol):
    """Bots of group chats."""

    def wake(self) -> None:
        """They were changed."""
        ...

    async def try_out(self, bot: BotId) -> str | None:
        """Post a message. Why it did not arrive, or None. Raises Rejection(`not_found`)."""
        ...


class MediaProbes(Protocol):
    """Whether media gets through to a browser."""

    async def open(self, who: Principal, offer: ProbeOffer) -> ProbeAnswer:
        """Answer the offer of a probe. Raises Rejection, ProtocolViolation or Unavailable."""
        ...


class LiveSelfTests(Protocol):
    """Tablets that test themselves, and who hears of it."""

    def free(self) -> set[PersonId]:
        """Those who are connected and in no call, as everybody was told last."""
        ...

    def is_free(self, tablet: PersonId, store: StoreId) -> bool:
        """Whether a tablet of this store is connected and in no call, this moment."""
        ...

    def admit_order(self, tablet: PersonId, store: StoreId) -> None:
        """Count one. Raises Rejection(`too_many`), or (`conflict`) for a tablet that is not here, or is in a call."""
        ...

    def order(self, tablet: PersonId) -> None:
        """Have a tablet test itself now; one that is in a call by now says so."""
        ...

    def reported(self, tablet: PersonId, store: Store, *, abandoned: bool) -> None:
        """Tell everybody who answers for the store."""
        ...

    def admit_report(self, tablet: PersonId) -> None:
        """Count one. Raises Rejection(`too_many`)."""
        ...

    def uploading(self, person: PersonId) -> AbstractContextManager[None]:
        """While a measured upload is under way. Raises Rejection(`too_many`) or Unavailable(`busy`)."""
        ...


class Sockets(Protocol):
    """The WebSockets of all clients."""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Handle one WebSocket from handshake to close; the Origin is already checked."""
        ...

    async def end_sign_in(self, sign_in: bytes) -> None:
        """Say `bye signed_out` to every socket that this signed-in browser opened."""
        ...


@dataclass
class House:
    settings: Settings
    health: Health
    database: Database
    passwords: Passwords
    sign_ins: SignIns
    sign_in_limit: SignInLimit
    turn_limit: TurnLimit
    tickets: Tickets
    media_tokens: MediaTokens
    media_token_limit: AddressLimit
    visits: Visits
    visit_limit: AddressLimit
    devices: Devices
    enrolment_limit: AddressLimit
    first_administrator: FirstAdministrator
    invitations: Invitations
    oidc: Oidc
    claimed: Claimed
    break_glass: BreakGlass
    provider_limit: AddressLimit
    """Of answers that the identity provider did not give, by the browser that brings them."""
    break_glass_limit: AddressLimit
    passkeys: Passkeys
    passkey_limit: AddressLimit
    """Of what no passkey of ours signed, by the browser that brings it."""
    presence: PresenceBoard
    rooms: LiveRooms
    guests: LiveGuests
    experts: Callable[[], list[Expert]]
    """As they are this moment, for who would ring."""
    callbacks: LiveCallbacks
    policies: LivePolicies
    bots: GroupBots
    push: LivePush
    push_limit: PushLimit
    quiet_pace: Pace[PersonId]
    """Of saying when one does not want to be rung."""
    copy_pace: Pace[PersonId]
    """Of taking a copy of all that is kept about somebody."""
    copy_turn: asyncio.Lock
    take_overs: TakeOvers
    tablets: LiveTakeOvers
    """Who has which tablet now."""
    probes: MediaProbes
    press: Press
    self_tests: LiveSelfTests
    sockets: Sockets
    seen: Seen
    openapi: Callable[[], bytes]
    """The API's description, JSON; made when somebody first asks for it."""
    authority: Issued | None = None
    """Whose certificates we serve, if they are our own."""
