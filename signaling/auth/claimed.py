"""Who an account of the identity provider is here, and which roles its groups bring: at every sign-in anew."""

from collections.abc import Callable, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId, RegionId, StoreId
from contract.people import Grant, Role
from runtime import clock, ids
from runtime.logs import get_logger
from runtime.oidc_roles import RoleRule, read_rule
from runtime.repeated import Repeated
from runtime.settings import Settings
from signaling.auth.accounts import check_login
from signaling.domain.claims import Claims, as_main, login_in, name_in, rules_for
from signaling.domain.roles import GIVEN, check_place
from signaling.store import grants, identities, organisation
from signaling.store.engine import Database
from signaling.store.organisation import By, NewPerson
from signaling.store.tables.organisation import RegionRow, StoreRow
from signaling.store.tables.people import PersonRow

log = get_logger(__name__)

ADMINISTRATOR = Grant(role=Role.ADMIN)


class Claimed:
    """Finds, links or adds the person; their roles by the provider's groups replace those that came so before."""

    def __init__(self, settings: Settings, database: Database, wall_ms: Callable[[], int] = clock.wall_ms) -> None:
        self._settings = settings
        self._database = database
        self._wall_ms = wall_ms
        self._rules = [read_rule(line) for line in settings.oidc_roles]
        self._repeated = Repeated()

    async def person(self, issuer: str, claims: Claims, address: str) -> PersonId:
        """Who it is. Raises Rejection: `oidc_unknown`, `oidc_disabled`, `oidc_taken`."""

        async def work(session: AsyncSession) -> PersonId:
            rules = rules_for(claims, self._settings.oidc_groups_claim, self._rules)
            brought = await self._grants(session, rules)
            known = await identities.find(session, issuer, str(claims["sub"]))
            if known is None:
                person, created = await self._first_time(session, issuer, claims, brought, address)
            else:
                person, created = await session.get_one(PersonRow, known.person_id), known.main_by_claims
            if person.disabled_ms is not None:
                raise Rejection(ErrorCode.OIDC_DISABLED)
            by = By(PersonId(person.id), address)
            main = as_main(brought) if created else None
            await self._give(session, person, main, brought, by)
            return PersonId(person.id)

        return await self._database.write(work)

    async def _first_time(
        self, session: AsyncSession, issuer: str, claims: Claims, brought: Sequence[Grant], address: str
    ) -> tuple[PersonRow, bool]:
        """Whom this account is from now on, and whether they are new here."""
        login = login_in(claims, self._settings.oidc_login_claim)
        if login is None:
            raise Rejection(ErrorCode.OIDC_UNKNOWN, "no login that the provider vouches for")
        person = await organisation.person_by_login(session, login)
        created = person is None
        if person is None:
            person = await self._add(session, login, claims, brought, address)
        if Role(person.role) not in GIVEN:
            raise Rejection(ErrorCode.OIDC_UNKNOWN, "a tablet, or a visitor, is nobody's account")
        if person.disabled_ms is not None:
            raise Rejection(ErrorCode.OIDC_DISABLED)
        who = PersonId(person.id)
        if await identities.is_linked(session, issuer, who):
            raise Rejection(ErrorCode.OIDC_TAKEN)
        await identities.link(
            session,
            issuer,
            str(claims["sub"]),
            who,
            main_by_claims=created,
            now_ms=self._wall_ms(),
            by=By(who, address),
        )
        return person, created

    async def _add(
        self, session: AsyncSession, login: str, claims: Claims, brought: Sequence[Grant], address: str
    ) -> PersonRow:
        if not self._settings.oidc_create or not brought:
            raise Rejection(ErrorCode.OIDC_UNKNOWN, "nobody has this login")
        try:
            check_login(login)
        except Rejection as error:
            raise Rejection(ErrorCode.OIDC_UNKNOWN, "this cannot be a login here") from error
        main = as_main(brought)
        new = NewPerson(
            id=PersonId(ids.uuid7()),
            login=login,
            role=main.role,
            name=name_in(claims, login),
            password_hash="",
            region=main.region,
            store=main.store,
        )
        await organisation.add_person(session, new, By(new.id, address))
        return await session.get_one(PersonRow, new.id)

    async def _give(
        self, session: AsyncSession, person: PersonRow, main: Grant | None, brought: Sequence[Grant], by: By
    ) -> None:
        wanted = list(brought)
        if await organisation.is_last_administrator(session, person):
            by_hand, _ = await grants.by_origin(session, PersonId(person.id))
            if ADMINISTRATOR not in (main or grants.main_grant(person), *by_hand, *wanted):
                log.warning("no group makes them one, but they are the last administrator", person=person.id)
                wanted.append(ADMINISTRATOR)
        if await identities.grant(session, person, main, wanted, by):
            log.info("roles by the identity provider", person=person.id, grants=len(wanted))

    async def _grants(self, session: AsyncSession, rules: Sequence[RoleRule]) -> list[Grant]:
        """What the rules bring; one for a place that is not there brings nothing."""
        found = []
        for rule in rules:
            grant = await _grant(session, rule)
            if grant is None:
                self._repeated.say(rule, log.warning, "a rule brings nothing", role=rule.role, place=rule.place)
            else:
                found.append(grant)
        return list(dict.fromkeys(found))


async def _grant(session: AsyncSession, rule: RoleRule) -> Grant | None:
    grant = await _in_place(session, rule)
    try:
        if grant is not None:
            check_place(grant)
    except Rejection:
        return None
    return grant


async def _in_place(session: AsyncSession, rule: RoleRule) -> Grant | None:
    if rule.place is None:
        return Grant(role=rule.role)
    store = await session.scalar(select(StoreRow.id).where(StoreRow.number == rule.place))
    named = (RegionRow.name_zh == rule.place) | (RegionRow.name_en == rule.place)
    regions = (await session.scalars(select(RegionRow.id).where(named))).all()
    if store is not None:
        return Grant(role=rule.role, store=StoreId(store))
    return Grant(role=rule.role, region=RegionId(regions[0])) if len(regions) == 1 else None
