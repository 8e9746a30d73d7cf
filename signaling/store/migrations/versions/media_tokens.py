"""Guests of WHIP and WHEP."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "media_token",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("guest_id", sa.String(length=64), nullable=False),
        sa.Column("room_id", sa.String(length=64), nullable=False),
        sa.Column("use", sa.String(length=20), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"]),
        sa.PrimaryKeyConstraint("token_hash"),
        sa.UniqueConstraint("guest_id"),
    )
    op.create_index(op.f("ix_media_token_room_id"), "media_token", ["room_id"])
