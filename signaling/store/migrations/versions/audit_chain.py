"""The audit becomes a chain: rows get a number, and the hash of the row before; from now on they can only be added."""

import sqlalchemy as sa
from alembic import op

from signaling.domain.audit_chain import EMPTY, Row, follow

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BATCH_ROWS = 1000


def upgrade() -> None:
    audit = op.create_table(
        "audit_chained",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("object", sa.String(length=64), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.String(length=200), nullable=False),
        sa.Column("prev", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    last = EMPTY
    connection = op.get_bind()
    before = connection.execute(
        sa.text("SELECT id, at_ms, person_id, action, object, address, detail FROM audit ORDER BY rowid")
    )
    for rows in before.partitions(BATCH_ROWS):
        chained = []
        for was in rows:
            row = follow(
                last,
                Row(
                    seq=0,
                    id=was.id,
                    at_ms=was.at_ms,
                    person=was.person_id,
                    action=was.action,
                    object=was.object,
                    address=was.address,
                    detail=was.detail,
                ),
            )
            last = type(last)(row.seq, row.hash)
            chained.append({**was._mapping, "seq": row.seq, "prev": row.prev, "hash": row.hash})
        op.bulk_insert(audit, chained)
    op.bulk_insert(head, [{"id": 1, "seq": last.seq, "hash": last.hash}])
    op.drop_table("audit")
    op.rename_table("audit_chained", "audit")
    for column in ("at_ms", "person_id", "object"):
        op.create_index(op.f(f"ix_audit_{column}"), "audit", [column])
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit"
            " BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END"
        )
