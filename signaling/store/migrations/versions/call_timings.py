"""How long each stage of a call took is kept, also of the calls that were before."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_CALL = "$.call.timings."
_STAGES = {
    "ring_ms": ("tap", "ring", 60_000),
    "answer_ms": ("ring", "answer", 3_600_000),
    "connected_ms": ("answer", "connected", 60_000),
    "first_frame_ms": ("answer", "first_frame", 60_000),
}
"""From which moment, to which, and how long at most to count: as it is said of new calls."""


def upgrade() -> None:
    op.create_table(
        "call_timing",
        sa.Column("room_id", sa.String(length=64), nullable=False),
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("ring_ms", sa.Integer(), nullable=True),
        sa.Column("answer_ms", sa.Integer(), nullable=True),
        sa.Column("connected_ms", sa.Integer(), nullable=True),
        sa.Column("first_frame_ms", sa.Integer(), nullable=True),
        sa.Column("first_audio_ms", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"]),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"]),
        sa.PrimaryKeyConstraint("room_id"),
    )
    op.create_index("ix_call_timing_at_ms", "call_timing", ["at_ms"])
    room = sa.table("room", *(sa.column(name) for name in ("id", "store_id", "opened_ms", "closed_ms", "kind", "body")))

    def moment(name: str) -> sa.ColumnElement[int]:
        return sa.func.json_extract(room.c.body, _CALL + name, type_=sa.BigInteger())

    took = [
        sa.case(
            (sa.and_(moment(to) >= moment(since), moment(to) - moment(since) <= longest), moment(to) - moment(since))
        )
        for since, to, longest in _STAGES.values()
    ]
    op.execute(
        sa.insert(
            sa.table("call_timing", *(sa.column(name) for name in ("room_id", "store_id", "at_ms", *_STAGES)))
        ).from_select(
            ["room_id", "store_id", "at_ms", *_STAGES],
            sa.select(room.c.id, room.c.store_id, room.c.opened_ms, *took).where(
                room.c.kind == "call", room.c.store_id.is_not(None), room.c.closed_ms.is_not(None)
            ),
        )
    )
