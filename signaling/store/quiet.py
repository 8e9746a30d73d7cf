"""When people do not want to be rung, in the database; a change raises the number that a running server looks at."""

from sqlalchemy import select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.ids import PersonId
from contract.quiet import Quiet
from signaling.domain.quiet import in_words
from signaling.store import audit
from signaling.store.organisation import By
from signaling.store.tables.organisation import DirectoryRow
from signaling.store.tables.people import QuietRow


async def of_everybody(session: AsyncSession) -> dict[PersonId, Quiet]:
    """Of those who ever set it."""
    rows = await session.execute(select(QuietRow.person_id, QuietRow.body))
    return {PersonId(person): Quiet.model_validate_json(body) for person, body in rows}


async def of(session: AsyncSession, person: PersonId) -> Quiet:
    """As they set it; nothing before."""
    body = await session.scalar(select(QuietRow.body).where(QuietRow.person_id == person))
    return Quiet.model_validate_json(body) if body is not None else Quiet()


async def replace(session: AsyncSession, person: PersonId, new: Quiet, by: By) -> None:
    """From now on this counts."""
    if await of(session, person) == new:
        return
    statement = insert(QuietRow).values(person_id=person, body=new.model_dump_json())
    await session.execute(
        statement.on_conflict_do_update(index_elements=[QuietRow.person_id], set_={"body": statement.excluded.body})
    )
    await session.execute(update(DirectoryRow).values(ver=DirectoryRow.ver + 1))
    await audit.record(session, Action.QUIET_SET, by.person, object_id=person, address=by.address, detail=in_words(new))
