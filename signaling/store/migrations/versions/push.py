"""Browsers that Web Push rings, our key at their services, and by which way each ring went."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "push_key",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "push_browser",
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("sign_in_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("endpoint", sa.String(length=1000), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("set_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["sign_in_hash"], ["sign_in.token_hash"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "device"),
        sa.UniqueConstraint("endpoint"),
    )
    op.create_index("ix_push_browser_sign_in_hash", "push_browser", ["sign_in_hash"])
    op.add_column("ring", sa.Column("way", sa.String(length=20), nullable=False, server_default="page"))
