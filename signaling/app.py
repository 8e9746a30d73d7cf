"""The composition root of signaling: every piece is made here, once, and started and ended in order."""

import asyncio
import json
from collections.abc import AsyncIterator
from functools import cache

from aiohttp import web
from argon2 import PasswordHasher

from runtime.address import own_address
from runtime.health import Health, serve
from runtime.settings import Settings
from signaling.auth.break_glass import BreakGlass
from signaling.auth.claimed import Claimed
from signaling.auth.devices import Devices
from signaling.auth.invitations import Invitations
from signaling.auth.limits import WRONG_PER_BROWSER, AddressLimit, SignInLimit
from signaling.auth.media_tokens import MediaTokens
from signaling.auth.oidc import Oidc
from signaling.auth.passkeys import Passkeys
from signaling.auth.passwords import Passwords
from signaling.auth.push_limit import PushLimit
from signaling.auth.seen import Seen
from signaling.auth.setup import FirstAdministrator
from signaling.auth.sign_ins import SignIns
from signaling.auth.take_overs import TakeOvers
from signaling.auth.tickets import Tickets
from signaling.auth.turn import TurnLimit
from signaling.auth.visits import Visits
from signaling.house import House
from signaling.http.door import application
from signaling.http.openapi import document
from signaling.http.origin import check_origin
from signaling.http.quiet import BURST, PER_S
from signaling.http.rights import COPY_BURST, COPY_PER_S
from signaling.http.static import add_static
from signaling.http.table import ROUTES
from signaling.live.pace import Pace
from signaling.printing.press import Press
from signaling.service import Service
from signaling.store.engine import Database
from signaling.store.migrate import migrate
from signaling.store.schema import DATABASE
from signaling.tls.authority import Issued
from signaling.ws.gateway import Gateway

HOUSE = web.AppKey("house", House)
SERVICE = web.AppKey("service", Service)


def build(
    settings: Settings, *, hasher: PasswordHasher | None = None, authority: Issued | None = None
) -> web.Application:
    """The application; nothing is opened before it starts.

    `authority` is what `/install` offers. `hasher` sets another cost of passwords, for tests.
    """
    health = Health("signaling")
    database = Database(settings.data / DATABASE)
    sign_ins = SignIns(database)
    tickets = Tickets(database, sign_ins)
    passwords = Passwords(hasher)
    service = Service(settings, database, health, sign_ins)
    gateway = Gateway(service, tickets)
    house = House(
        settings=settings,
        health=health,
        database=database,
        passwords=passwords,
        sign_ins=sign_ins,
        sign_in_limit=SignInLimit(),
        turn_limit=TurnLimit(),
        tickets=tickets,
        media_tokens=MediaTokens(database),
        media_token_limit=AddressLimit(),
        visits=Visits(database),
        visit_limit=AddressLimit(),
        devices=Devices(database),
        enrolment_limit=AddressLimit(),
        first_administrator=FirstAdministrator(database, passwords),
        invitations=Invitations(database, passwords),
        oidc=Oidc(settings),
        claimed=Claimed(settings, database),
        break_glass=BreakGlass(database),
        provider_limit=AddressLimit(WRONG_PER_BROWSER),
        break_glass_limit=AddressLimit(),
        passkeys=Passkeys(settings, database),
        passkey_limit=AddressLimit(WRONG_PER_BROWSER),
        presence=service.presence,
        rooms=service,
        guests=service.guests,
        experts=lambda: service.rooms.experts(None),
        callbacks=service.callbacks,
        policies=service.policies,
        bots=service.bots,
        push=service.push,
        push_limit=PushLimit(),
        quiet_pace=Pace("quiet", per_s=PER_S, burst=BURST),
        copy_pace=Pace("copies", per_s=COPY_PER_S, burst=COPY_BURST),
        copy_turn=asyncio.Lock(),
        take_overs=TakeOvers(database, passwords),
        tablets=service.take_overs,
        probes=service.probes,
        press=Press(),
        self_tests=service.self_tests,
        sockets=gateway,
        seen=Seen(),
        openapi=cache(lambda: json.dumps(document(ROUTES), ensure_ascii=False).encode()),
        authority=authority,
    )
    health.wait_for("database")
    app = application(house, ROUTES)
    app[HOUSE] = house
    app[SERVICE] = service

    async def stop(_app: web.Application) -> None:
        await gateway.stop()

    app.on_shutdown.append(stop)

    async def web_socket(request: web.Request) -> web.StreamResponse:
        check_origin(request, settings.origins)
        return await house.sockets.serve(request)

    app.router.add_get("/ws", web_socket)
    add_static(app)
    app.cleanup_ctx.append(_run)
    return app


async def _run(app: web.Application) -> AsyncIterator[None]:
    """Starts bottom up: database, then what uses it; ends in reverse."""
    house = app[HOUSE]
    async with house.database:
        await migrate(house.database)
        await house.first_administrator.offer(own_address(house.settings))
        house.health.reached("database")
        server = await serve(house.health, house.settings.data / "run")
        try:
            async with app[SERVICE].run():
                yield
        finally:
            server.close()
