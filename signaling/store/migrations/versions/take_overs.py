"""PINs, and tablets that somebody has taken over; who it was is kept with each act and each message."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "take_over",
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("touched_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("device_id"),
    )
    op.create_index("ix_take_over_person_id", "take_over", ["person_id"])
    op.create_table(
        "pin",
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=200), nullable=False),
        sa.Column("once_until_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("person_id"),
    )
    op.create_table(
        "pin_tries",
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("last_ms", sa.BigInteger(), nullable=False),
        sa.Column("locked_until_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["subject_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("subject_id"),
    )
    op.add_column("message", sa.Column("operator", sa.Text(), nullable=True))
    op.add_column("audit", sa.Column("operator_id", sa.String(length=64), nullable=True))
    op.create_index("ix_audit_operator_id", "audit", ["operator_id"])
