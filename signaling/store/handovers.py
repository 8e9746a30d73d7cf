"""What somebody who leaves hands to a successor: the callbacks they owe, being on call, and what they may replay."""

from sqlalchemy import delete, insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.ids import PersonId
from contract.people import Person, Role
from contract.routing import ExpertProfile
from signaling.domain.callbacks import Heir, hand_over
from signaling.store import audit, callbacks, routing
from signaling.store.organisation import By
from signaling.store.tables.people import HandoverRow


async def hand(session: AsyncSession, leaver: Person, heir: Heir, by: By) -> None:
    """In the transaction that disables `leaver`; every line of the audit names both."""
    both = f"from={leaver.id},to={heir.person.id}"
    handed = [(str(leaver.id), both)]
    for item in await callbacks.unfinished(session):
        if item.owner is not None and item.owner.id == leaver.id:
            await callbacks.save(session, hand_over(item, heir))
            handed.append((item.room, both))
    await _hand_duty(session, leaver, heir.person, by)
    await session.execute(
        update(HandoverRow).where(HandoverRow.successor_id == leaver.id).values(successor_id=heir.person.id)
    )
    await session.execute(delete(HandoverRow).where(HandoverRow.person_id.in_([leaver.id, heir.person.id])))
    await session.execute(insert(HandoverRow).values(person_id=leaver.id, successor_id=heir.person.id))
    await audit.record_each(session, Action.HANDED_OVER, by.person, handed, address=by.address)


async def take_back(session: AsyncSession, person: PersonId) -> None:
    """Somebody who had left is back, and their history is their own again; callbacks stay where they are."""
    await session.execute(delete(HandoverRow).where(HandoverRow.person_id == person))


async def _hand_duty(session: AsyncSession, leaver: Person, heir: Person, by: By) -> None:
    """Whoever was on call leaves nobody on call behind, if the successor can be rung."""
    profiles = await routing.profiles(session)
    if heir.role is not Role.EXPERT or leaver.id not in profiles or not profiles[leaver.id].on_call:
        return
    own = profiles.get(heir.id, ExpertProfile())
    if not own.on_call:
        await routing.set_profile(session, heir.id, own.model_copy(update={"on_call": True}), by)
