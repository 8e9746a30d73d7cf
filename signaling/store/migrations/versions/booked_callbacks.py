"""Callbacks that no call left behind: they were booked."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # SQLite takes no reference off a column: the table is made anew.
    op.create_table(
        "callback_anew",
        sa.Column("room_id", sa.String(length=64), nullable=False),
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"]),
        sa.PrimaryKeyConstraint("room_id"),
    )
    op.execute("INSERT INTO callback_anew SELECT room_id, store_id, state, body FROM callback")
    op.drop_index("ix_callback_state", table_name="callback")
    op.drop_table("callback")
    op.rename_table("callback_anew", "callback")
    op.create_index("ix_callback_state", "callback", ["state", "store_id"])
