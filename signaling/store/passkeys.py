"""Passkeys in the database: public keys, whose they are, and how often they signed."""

from typing import NamedTuple

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId
from contract.passkeys import Passkey
from contract.people import Role
from signaling.auth.principal import Principal
from signaling.store import audit
from signaling.store.organisation import By
from signaling.store.tables.accounts import PasskeyRow, SignInRow
from signaling.store.tables.organisation import DirectoryRow
from signaling.store.tables.people import PersonRow

MOST = 20
"""Of one person."""


class Credential(NamedTuple):
    """What a passkey gives of itself."""

    id: bytes
    public_key: bytes
    """COSE."""
    sign_count: int


async def of(session: AsyncSession, person: PersonId) -> list[PasskeyRow]:
    """The newest first."""
    query = select(PasskeyRow).where(PasskeyRow.person_id == person).order_by(PasskeyRow.id.desc())
    return list(await session.scalars(query))


async def any_there(session: AsyncSession) -> bool:
    """Whether anybody has one."""
    return await session.scalar(select(PasskeyRow.id).limit(1)) is not None


async def has_password(session: AsyncSession, person: PersonId) -> bool:
    """Whether there is something for a passkey to stand for."""
    return bool(await session.scalar(select(PersonRow.password_hash).where(PersonRow.id == person)))


async def find(session: AsyncSession, credential_id: bytes) -> PasskeyRow | None:
    """Of somebody who may sign in."""
    query = (
        select(PasskeyRow)
        .join(PersonRow, PersonRow.id == PasskeyRow.person_id)
        .where(PasskeyRow.credential_id == credential_id, PersonRow.disabled_ms.is_(None))
    )
    return (await session.scalars(query)).one_or_none()


async def role_of(session: AsyncSession, person: PersonId) -> Role:
    """By which it is known how long a sign-in lasts."""
    return Role((await session.get_one(PersonRow, person)).role)


async def check_fresh(session: AsyncSession, sign_in: bytes, since_ms: int) -> None:
    """Raises Rejection(`sign_in_again`) unless this browser signed in after `since_ms`."""
    row = await session.get(SignInRow, sign_in)
    if row is None or row.created_ms < since_ms:
        raise Rejection(ErrorCode.SIGN_IN_AGAIN)


async def check_owner(session: AsyncSession, person: PersonId) -> str:
    """The login of somebody who may have one more. Raises Rejection: `forbidden` without a password, `too_many`."""
    if not await has_password(session, person):
        raise Rejection(ErrorCode.FORBIDDEN, "who signs in by the identity provider has passkeys there")
    if len(await of(session, person)) >= MOST:
        raise Rejection(ErrorCode.TOO_MANY, f"at most {MOST} passkeys")
    return (await session.get_one(PersonRow, person)).login


async def add(session: AsyncSession, one: Passkey, who: Principal, credential: Credential, by: By) -> None:
    """Raises Rejection: `sign_in` if this browser was signed out meanwhile, as it is when passkeys are taken back; as
    `check_owner`; and `conflict` for one that is known, whosever it is."""
    if await session.get(SignInRow, who.sign_in) is None:
        raise Rejection(ErrorCode.SIGN_IN)
    await check_owner(session, who.id)
    if await session.scalar(select(PasskeyRow.id).where(PasskeyRow.credential_id == credential.id)) is not None:
        raise Rejection(ErrorCode.CONFLICT, "this passkey is known")
    await session.execute(
        insert(PasskeyRow).values(
            id=one.id,
            person_id=who.id,
            name=one.name,
            added_ms=one.added_at,
            credential_id=credential.id,
            public_key=credential.public_key,
            sign_count=credential.sign_count,
        )
    )
    await _write_down(session, Action.PASSKEY_ADDED, one.id, who.id, by)


async def remove(session: AsyncSession, who: Principal, since_ms: int, passkey: str, by: By) -> None:
    """One's own is gone, and so is whom it let in in other browsers than this one.

    Raises Rejection: `sign_in_again`; `not_found`, also for one of somebody else.
    """
    await check_fresh(session, who.sign_in, since_ms)
    mine = (PasskeyRow.id == passkey, PasskeyRow.person_id == who.id)
    if not (await session.scalars(delete(PasskeyRow).where(*mine).returning(PasskeyRow.id))).all():
        raise Rejection(ErrorCode.NOT_FOUND)
    await session.execute(delete(SignInRow).where(SignInRow.passkey_id == passkey, SignInRow.token_hash != who.sign_in))
    await _look_again(session)
    await _write_down(session, Action.PASSKEY_REMOVED, passkey, who.id, by)


async def take_away(session: AsyncSession, person: PersonId, by: By) -> None:
    """All of somebody whose device is lost, who is signed out everywhere: nobody knows what else is open on it."""
    gone = await session.scalars(delete(PasskeyRow).where(PasskeyRow.person_id == person).returning(PasskeyRow.id))
    taken = gone.all()
    if not taken:
        return  # also of a tablet, which goes on
    for passkey in taken:
        await _write_down(session, Action.PASSKEY_REMOVED, passkey, person, by)
    await session.execute(delete(SignInRow).where(SignInRow.person_id == person))
    await _look_again(session)


async def copied(session: AsyncSession, passkey: str, person: PersonId, address: str) -> None:
    """Say to who reads the audit that there are two of it."""
    await _write_down(session, Action.PASSKEY_COPIED, passkey, person, By(person, address))


async def _write_down(session: AsyncSession, action: Action, passkey: str, owner: PersonId, by: By) -> None:
    detail = f"passkey@{passkey}"
    await audit.record(session, action, by.person, object_id=owner, address=by.address, detail=detail)


async def _look_again(session: AsyncSession) -> None:
    """A running server looks at once who is still signed in."""
    await session.execute(update(DirectoryRow).values(ver=DirectoryRow.ver + 1))


async def used(session: AsyncSession, passkey: str, sign_count: int, now_ms: int) -> bool:
    """It signed once more. False, and nothing is kept, if it counted backwards (§7.2 step 22)."""
    forward = (PasskeyRow.sign_count < sign_count) | ((PasskeyRow.sign_count == 0) & (sign_count == 0))
    done = await session.scalars(
        update(PasskeyRow)
        .where(PasskeyRow.id == passkey, forward)
        .values(sign_count=sign_count, used_ms=now_ms)
        .returning(PasskeyRow.id)
    )
    return bool(done.all())
