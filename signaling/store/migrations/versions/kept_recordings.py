"""Recordings are checked, and deleted by age."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, kind in (("checked_ms", sa.BigInteger()), ("damaged", sa.Text()), ("deleted_ms", sa.BigInteger())):
        op.add_column("recording", sa.Column(name, kind, nullable=True))
