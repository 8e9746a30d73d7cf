"""Accounts of the identity provider, whom they sign in as, and the roles that their groups bring."""

import hashlib
import json
from collections.abc import Sequence

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId
from contract.people import Grant
from signaling.domain.claims import as_main
from signaling.store import audit, grants, organisation
from signaling.store.organisation import By
from signaling.store.tables.accounts import IdentityRow
from signaling.store.tables.people import PersonRow


async def find(session: AsyncSession, issuer: str, subject: str) -> IdentityRow | None:
    """Whom this account signs in as, or did when they were deleted."""
    found = await session.get(IdentityRow, (issuer, subject))
    return found or await session.get(IdentityRow, (issuer, _hashed(issuer, subject)))


async def forget(session: AsyncSession, person: PersonId) -> None:
    """Whose account it was is told no more, but it is known again: it must not become somebody new by itself."""
    for issuer, subject in await session.execute(_SUBJECTS.where(IdentityRow.person_id == person)):
        which = update(IdentityRow).where(IdentityRow.issuer == issuer, IdentityRow.subject == subject)
        await session.execute(which.values(subject=_hashed(issuer, subject)))


_SUBJECTS = select(IdentityRow.issuer, IdentityRow.subject)


def _hashed(issuer: str, subject: str) -> str:
    return f"sha256:{hashlib.sha256(json.dumps([issuer, subject]).encode()).hexdigest()}"


async def is_linked(session: AsyncSession, issuer: str, person: PersonId) -> bool:
    """Whether an account of this provider signs in as `person`."""
    query = select(IdentityRow.subject).where(IdentityRow.issuer == issuer, IdentityRow.person_id == person)
    return await session.scalar(query) is not None


async def link(
    session: AsyncSession,
    issuer: str,
    subject: str,
    person: PersonId,
    *,
    main_by_claims: bool,
    now_ms: int,
    by: By,
) -> None:
    """From now on this account signs in as `person`, whatever it is called."""
    values = {"issuer": issuer, "subject": subject, "person_id": person, "linked_ms": now_ms}
    await session.execute(insert(IdentityRow).values(**values, main_by_claims=main_by_claims))
    await audit.record(session, Action.IDENTITY_LINKED, by.person, object_id=person, address=by.address)


async def unlink(session: AsyncSession, person: PersonId, by: By) -> bool:
    """No account signs in as `person` any more, until one is linked anew; whether there was one.

    What its groups brought is gone too: a main role of theirs too, which leaves a learner until somebody gives another.
    Raises Rejection(`conflict`) if nobody could administer any more.
    """
    query = delete(IdentityRow).where(IdentityRow.person_id == person).returning(IdentityRow.main_by_claims)
    gone = (await session.scalars(query)).all()
    if not gone:
        return False
    await audit.record(session, Action.IDENTITY_UNLINKED, by.person, object_id=person, address=by.address)
    row = await session.get_one(PersonRow, person)
    administered = await organisation.is_last_administrator(session, row)
    await grant(session, row, as_main(()) if any(gone) else None, (), by)
    if administered and not await organisation.has_administrator(session):
        raise Rejection(ErrorCode.CONFLICT, "the last administrator; add another one first")
    return True


async def grant(session: AsyncSession, person: PersonRow, main: Grant | None, claimed: Sequence[Grant], by: By) -> bool:
    """Exactly `claimed` is what the provider's groups bring, besides what was given by hand; whether that is news.

    `main`: the main role too; None leaves it.
    """
    kept, by_hand, before = grants.main_grant(person), *await grants.by_origin(session, PersonId(person.id))
    main = main or kept
    after = [one for one in dict.fromkeys(claimed) if one != main and one not in by_hand]
    if (main, after) == (kept, before):
        return False
    await organisation.take_claims(session, person, main, by_hand, after, by)
    return True
