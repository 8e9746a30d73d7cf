"""Messages of one person are found without reading those of all, for a copy of what is kept about them."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    author = sa.Computed("coalesce(json_extract(operator, '$.id'), sender_id)", persisted=False)
    op.add_column("message", sa.Column("author_id", sa.String(length=64), author, nullable=True))
    op.create_index("ix_message_author", "message", ["author_id", "at_ms", "channel_id", "seq"])
