"""The rules that a chain set, in the database; a change raises the number that a running server looks at."""

from sqlalchemy import select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.policies import Policies
from signaling.domain.policies import changes
from signaling.store import audit
from signaling.store.organisation import By
from signaling.store.tables.organisation import DirectoryRow, PoliciesRow


async def current(session: AsyncSession) -> Policies:
    """As an administrator set them; the usual ones before."""
    body = await session.scalar(select(PoliciesRow.body))
    return Policies.model_validate_json(body) if body is not None else Policies()


async def replace(session: AsyncSession, new: Policies, by: By) -> None:
    """From now on these count. Each one that is another one now has its line in the audit."""
    changed = changes(await current(session), new)
    if not changed:
        return
    statement = insert(PoliciesRow).values(id=1, body=new.model_dump_json())
    await session.execute(
        statement.on_conflict_do_update(index_elements=[PoliciesRow.id], set_={"body": statement.excluded.body})
    )
    await session.execute(update(DirectoryRow).values(ver=DirectoryRow.ver + 1))
    for one in changed:
        await audit.record(
            session,
            Action.POLICY_CHANGED,
            by.person,
            object_id=one.rule,
            address=by.address,
            detail=f"{one.was} -> {one.now}",
        )
