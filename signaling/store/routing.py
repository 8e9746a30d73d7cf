"""Chains and profiles in the database; a change raises the number that a running server looks at."""

from sqlalchemy import select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.ids import PersonId
from contract.routing import Chains, ExpertProfile
from signaling.store import audit
from signaling.store.organisation import By
from signaling.store.tables.calls import CallChainsRow
from signaling.store.tables.organisation import DirectoryRow
from signaling.store.tables.people import ExpertProfileRow

OBJECT = "routing"
"""What the audit calls the chains."""


async def chains(session: AsyncSession) -> Chains:
    """As an administrator set them; none before."""
    body = await session.scalar(select(CallChainsRow.body))
    return Chains.model_validate_json(body) if body is not None else Chains()


async def profiles(session: AsyncSession) -> dict[PersonId, ExpertProfile]:
    """Of those experts who have one."""
    rows = await session.execute(select(ExpertProfileRow.person_id, ExpertProfileRow.body))
    return {PersonId(person): ExpertProfile.model_validate_json(body) for person, body in rows}


async def set_chains(session: AsyncSession, new: Chains, by: By) -> None:
    """From now on calls go through these."""
    statement = insert(CallChainsRow).values(id=1, body=new.model_dump_json())
    await session.execute(
        statement.on_conflict_do_update(index_elements=[CallChainsRow.id], set_={"body": statement.excluded.body})
    )
    await _changed(session, Action.ROUTING_CHANGED, OBJECT, by)


async def set_profile(session: AsyncSession, person: PersonId, new: ExpertProfile, by: By) -> None:
    """From now on `person`, an expert, is rung by this."""
    statement = insert(ExpertProfileRow).values(person_id=person, body=new.model_dump_json())
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[ExpertProfileRow.person_id], set_={"body": statement.excluded.body}
        )
    )
    await _changed(session, Action.PROFILE_CHANGED, person, by)


async def _changed(session: AsyncSession, action: Action, object_id: str, by: By) -> None:
    await session.execute(update(DirectoryRow).values(ver=DirectoryRow.ver + 1))
    await audit.record(session, action, by.person, object_id=object_id, address=by.address)
