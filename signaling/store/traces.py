"""In which rooms somebody was, at their own page, before a tablet that they had taken over, or as a visitor."""

from sqlalchemy import Select, select, union

from contract.ids import PersonId
from signaling.store.tables.audit import AuditRow
from signaling.store.tables.rooms import RoomMemberRow, VisitRow


def rooms_of(person: PersonId) -> Select[str]:
    """Their ids, each once; also of what is not over.

    A room names a tablet's operator only as long as they have it, but every line that the audit wrote of one stays.
    """
    return select(
        union(
            select(RoomMemberRow.room_id.label("id")).where(RoomMemberRow.person_id == person),
            select(AuditRow.object).where(AuditRow.operator_id == person, AuditRow.object.is_not(None)),
            select(VisitRow.room_id).where(VisitRow.visitor_id == person),
        )
        .subquery()
        .c.id
    )
