"""Whoever adds a table that says something of somebody says here what becomes of it when they are deleted."""

import pytest

from signaling.store.erasure import THEIRS
from signaling.store.tables.base import Base
from signaling.store.tables.people import PersonRow

pytestmark = pytest.mark.unit

STAYS = {
    "identity.person_id": "the hash of the provider's account, which must not become somebody new by its next sign-in",
    "visit.by_id": "a link that they made for a visitor: the id",
    "visit.visitor_id": "a link that they came by: the id",
    "device.person_id": "a tablet is nobody who is deleted",
    "device.by_id": "who enrolled it: the id",
    "take_over.device_id": "a tablet is nobody who is deleted",
    "self_test.person_id": "a tablet is nobody who is deleted",
    "handover.person_id": "whose work somebody took over: the id",
    "handover.successor_id": "who took over: the id",
    "room_member.person_id": "who was in a call: the id, which opens the archive to their successor",
    "message.sender_id": "who wrote it: the id",
    "message.author_id": "who wrote it, at a tablet too: the id",
    "device_cursor.person_id": "how far it was read, which the sender sees",
    "publication.by_id": "who showed a recording: the id",
    "call_quality.person_id": "how the media of the call went; goes with its recording",
    "audit.person_id": "the chain",
    "audit.operator_id": "the chain",
}
"""And why it may."""


def test_nothing_of_ones_own_row_can_be_left_out_by_who_adds_a_column_to_it() -> None:
    always_there = {column.key for column in PersonRow.__table__.columns if not column.nullable}
    overwritten = {"login", "password_hash", "name_zh", "name_en", "skills"}
    assert always_there == overwritten | {"id", "role"}, "another one must be overwritten in erasure.erase"


def test_every_column_that_names_somebody_is_deleted_or_stays_for_a_reason() -> None:
    of_people = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if any(key.target_fullname == "person.id" for key in column.foreign_keys)
        or column.name in ("person_id", "operator_id", "author_id")
    }
    deleted = {f"{column.class_.__tablename__}.{column.key}" for column in THEIRS}
    assert of_people == deleted | set(STAYS)
    assert not deleted & set(STAYS)
