"""Rings and figures of one person are found without reading those of all, for a copy of what is kept about them."""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_ring_person", "ring", ["person_id", "sent_ms"])
    op.create_index("ix_call_quality_person", "call_quality", ["person_id", "from_ms"])
