"""In which department of headquarters somebody works."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("department_zh", sa.String(length=200), nullable=True))
    op.add_column("person", sa.Column("department_en", sa.String(length=200), nullable=True))
