"""PINs at work: take a store's tablet over with one, hand it back, give one to somebody, unlock.

A PIN is short. Each guess is counted as wrong, for the person and for the tablet, before it is looked at; a right one
takes its own count back, and forgives the person's others, never the tablet's: who knows one PIN could else try
everybody's.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.errors import ErrorCode, Rejection, Unavailable
from contract.ids import PersonId, StoreId
from contract.people import Grant, Name, Person, Store
from contract.takeover import LockedTablet, PinLine, Pins, PinState, TakeOverWish, Taker
from runtime import clock
from signaling.auth.passwords import Passwords
from signaling.auth.principal import Principal
from signaling.domain.pins import ONCE_LIFE_MS, Tries, check_pin, made_up
from signaling.domain.take_over import may_give, places_to_take_over, role_to_take_over
from signaling.store import audit, organisation, pins, rooms, take_overs
from signaling.store.engine import Database
from signaling.store.people import as_store
from signaling.store.tables.devices import PinRow, TakeOverRow
from signaling.store.tables.organisation import StoreRow


@dataclass(frozen=True, slots=True)
class _Looked:
    """What a guess is compared with."""

    hash: str | None
    """None: nothing opens."""
    once: bool


class TakeOvers:
    """Every act is in the audit; what is live of it is signaling.live.take_overs'."""

    def __init__(self, database: Database, passwords: Passwords, wall_ms: Callable[[], int] = clock.wall_ms) -> None:
        self._database = database
        self._passwords = passwords
        self._wall_ms = wall_ms

    async def takers(self, store: Store) -> list[Taker]:
        """Who may take the tablets of a store over, by name."""
        now_ms = self._wall_ms()

        async def look(session: AsyncSession) -> list[Taker]:
            row = await session.get_one(StoreRow, store.id)
            found = await take_overs.candidates(session, row)
            states = await pins.states(session, [PersonId(person.id) for person, _ in found], now_ms)
            return [
                Taker(
                    id=PersonId(person.id),
                    name=Name(zh=person.name_zh, en=person.name_en),
                    role=role,
                    has_pin=states.get(PersonId(person.id)) in (PinState.OWN, PinState.ONCE),
                )
                for person, held in found
                if (role := role_to_take_over(held, as_store(row))) is not None
            ]

        return await self._database.fetch(look)

    async def take(self, tablet: Person, wish: TakeOverWish, address: str) -> None:
        """`wish.person` has this tablet from now on; with a new PIN, no other any more.

        Raises Rejection: `not_found` (not one of the list), `weak_pin` (the new one), `locked`, `wrong_pin`,
        `pin_change` for a right one of one use without a new one, or `conflict` (a call began while the PIN was looked
        at); Unavailable(`busy`).
        """
        assert tablet.store is not None
        if wish.new is not None:
            check_pin(wish.new, tablet.store.number)
            if wish.new == wish.pin:
                raise Rejection(ErrorCode.WEAK_PIN, "the same as before")
        store, subjects = tablet.store.id, (wish.person, tablet.id)
        looked = await self._database.write(partial(self._guess, store=store, subjects=subjects))
        try:
            right = await self._passwords.matches(wish.pin, looked.hash)
        except Unavailable:
            await self._database.write(partial(_uncount, subjects=subjects))
            raise
        if not right:
            await self._wrong(tablet.id, wish.person, address)
        if looked.once and wish.new is None:
            await self._database.write(partial(_forgive, subjects=subjects))
            raise Rejection(ErrorCode.PIN_CHANGE, "choose a PIN of your own")
        new = await self._passwords.hash(wish.new) if wish.new is not None else None

        async def work(session: AsyncSession) -> bool:
            """Whether the tablet could change hands."""
            await self._may(session, store, wish.person)
            kept = await pins.find(session, wish.person)
            if kept is None or kept.hash != looked.hash:
                raise Rejection(ErrorCode.WRONG_PIN, "another PIN was given meanwhile")
            await _forgive(session, subjects)
            if await rooms.seated(session, tablet.id):
                return False
            await take_overs.take(session, tablet.id, wish.person, self._wall_ms(), address)
            if new is not None:
                await pins.keep(session, wish.person, new, once_until_ms=None)
                await audit.record(session, Action.PIN_SET, tablet.id, object_id=wish.person, address=address)
                others = (TakeOverRow.person_id == wish.person, TakeOverRow.device_id != tablet.id)
                await take_overs.end(session, *others, why="pin_set", address=address)
            return True

        if not await self._database.write(work):
            raise Rejection(ErrorCode.CONFLICT, "the tablet is in a call")

    async def _guess(self, session: AsyncSession, *, store: StoreId, subjects: tuple[PersonId, PersonId]) -> _Looked:
        """Count one wrong PIN, and tell what it is to be compared with. Raises Rejection `not_found` or `locked`."""
        now_ms, person = self._wall_ms(), subjects[0]
        await self._may(session, store, person)
        known = await pins.tries(session, subjects)
        counted = {subject: known.get(subject, Tries()).guessed(now_ms) for subject in subjects}
        for subject, tries in counted.items():
            await pins.count(session, subject, tries)
        return _looked(await pins.find(session, person), now_ms)

    async def _may(self, session: AsyncSession, store: StoreId, person: PersonId) -> None:
        held = await take_overs.grants_of(session, person)
        if role_to_take_over(held, as_store(await session.get_one(StoreRow, store))) is None:
            raise Rejection(ErrorCode.NOT_FOUND, "nobody of this store")

    async def _wrong(self, device: PersonId, person: PersonId, address: str) -> None:
        """Raises Rejection: `locked` if that was one too many, else `wrong_pin`."""
        now_ms = self._wall_ms()

        async def work(session: AsyncSession) -> int:
            known = await pins.tries(session, (person, device))
            await audit.record(session, Action.PIN_WRONG, device, object_id=person, address=address)
            for subject, tries in known.items():
                if tries.locked_ms(now_ms):
                    await audit.record(session, Action.PIN_LOCKED, device, object_id=subject, address=address)
            return max((tries.locked_ms(now_ms) for tries in known.values()), default=0)

        if left_ms := await self._database.write(work):
            raise Rejection(ErrorCode.LOCKED, "too many wrong PINs", retry_after_s=left_ms / 1000)
        raise Rejection(ErrorCode.WRONG_PIN, "not the PIN of this person")

    async def hand_back(self, device: PersonId, address: str) -> None:
        """The tablet is nobody's; nothing happens if it is so already. Raises Rejection(`conflict`) in a call."""

        async def work(session: AsyncSession) -> None:
            if await rooms.seated(session, device):
                raise Rejection(ErrorCode.CONFLICT, "the tablet is in a call")
            await take_overs.end(session, TakeOverRow.device_id == device, why="button", address=address)

        await self._database.write(work)

    async def signed_out(self, device: PersonId, address: str) -> None:
        """The same, also in a call: it ends with the sign-in."""
        await self._database.write(
            lambda session: take_overs.end(session, TakeOverRow.device_id == device, why="signed_out", address=address)
        )

    # --- for whoever manages the store ----------------------------------------------------------------------------

    async def listed(self, store: StoreId, reader: Principal) -> Pins:
        """How the PINs of those of a store stand, and which of its tablets are locked."""
        now_ms = self._wall_ms()

        async def look(session: AsyncSession) -> Pins:
            row = await session.get_one(StoreRow, store)
            found = await take_overs.candidates(session, row)
            tablets = await organisation.tablets(session, store)
            ids = [PersonId(person.id) for person, _ in found]
            states = await pins.states(session, ids, now_ms)
            tries = await pins.tries(session, [*ids, *(PersonId(one.id) for one in tablets)])
            return Pins(
                people=[
                    PinLine(
                        id=PersonId(person.id),
                        name=Name(zh=person.name_zh, en=person.name_en),
                        role=role,
                        state=states.get(PersonId(person.id), PinState.NONE),
                        locked_until=_locked_until(tries.get(PersonId(person.id)), now_ms),
                        may_give=await _may_give(session, reader, held),
                    )
                    for person, held in found
                    if (role := role_to_take_over(held, as_store(row))) is not None
                ],
                locked=[
                    LockedTablet(id=PersonId(one.id), name=Name(zh=one.name_zh, en=one.name_en), locked_until=until)
                    for one in tablets
                    if (until := _locked_until(tries.get(PersonId(one.id)), now_ms)) is not None
                ],
            )

        return await self._database.fetch(look)

    async def give(self, store: StoreId, person: PersonId, by: Principal, address: str) -> tuple[str, int]:
        """A PIN of one use instead of what they had, and until when it is good, UTC ms; it is told only now.

        Somebody else may know the old one: what was taken over with it is handed back, also in a call.
        Raises Rejection: `not_found` for who is not of this store, `forbidden` for who has a wider place than `by`.
        """
        check = partial(self._check_give, store=store, person=person, by=by)
        await self._database.fetch(check)
        pin, until_ms = made_up(secrets.choice), self._wall_ms() + ONCE_LIFE_MS
        kept = await self._passwords.hash(pin)

        async def work(session: AsyncSession) -> None:
            await check(session)
            await pins.keep(session, person, kept, once_until_ms=until_ms)
            await pins.count(session, person, Tries())
            await audit.record(session, Action.PIN_GIVEN, by.id, object_id=person, address=address)
            await take_overs.end(session, TakeOverRow.person_id == person, why="pin_given", address=address)

        await self._database.write(work)
        return pin, until_ms

    async def _check_give(self, session: AsyncSession, *, store: StoreId, person: PersonId, by: Principal) -> None:
        await self._may(session, store, person)
        if not await _may_give(session, by, await take_overs.grants_of(session, person)):
            raise Rejection(ErrorCode.FORBIDDEN, "whoever manages all of their places gives them a PIN")

    async def unlock(self, store: StoreId, subject: PersonId, by: Principal, address: str) -> None:
        """Somebody of the store, or one of its tablets, may try again; nothing happens to who is not locked.

        Whoever unlocks may give that person a PIN: else they could go on guessing at somebody of a wider place. A
        tablet unlocked again and again lets nobody guess on, as it leaves alone what is counted of each person.
        Raises Rejection as `give`.
        """

        async def work(session: AsyncSession) -> None:
            if all(one.id != subject for one in await organisation.tablets(session, store)):
                await self._check_give(session, store=store, person=subject, by=by)
            tries = (await pins.tries(session, [subject])).get(subject)
            if _locked_until(tries, self._wall_ms()) is None:
                return
            await pins.count(session, subject, Tries())
            await audit.record(session, Action.PIN_UNLOCKED, by.id, object_id=subject, address=address)

        await self._database.write(work)


async def _uncount(session: AsyncSession, subjects: tuple[PersonId, ...]) -> None:
    """The last guess of each was none."""
    for subject, tries in (await pins.tries(session, subjects)).items():
        await pins.count(session, subject, tries.unguessed())


async def _forgive(session: AsyncSession, subjects: tuple[PersonId, PersonId]) -> None:
    """The guess was right: the person's wrong ones are forgotten, the tablet's stay."""
    person, device = subjects
    await _uncount(session, (device,))
    await pins.count(session, person, Tries())


def _looked(kept: PinRow | None, now_ms: int) -> _Looked:
    if kept is None or pins.state_of(kept, now_ms) is PinState.EXPIRED:
        return _Looked(None, once=False)
    return _Looked(kept.hash, once=kept.once_until_ms is not None)


def _locked_until(tries: Tries | None, now_ms: int) -> int | None:
    return tries.locked_until_ms if tries is not None and tries.locked_ms(now_ms) else None


async def _may_give(session: AsyncSession, giver: Principal, held: list[Grant]) -> bool:
    return may_give(giver.grants, await take_overs.places(session, places_to_take_over(held)))
