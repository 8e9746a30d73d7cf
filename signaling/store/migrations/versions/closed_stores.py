"""Stores that are closed."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("store", sa.Column("closed_ms", sa.BigInteger(), nullable=True))
