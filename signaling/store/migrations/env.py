"""How Alembic reaches the schema: on the connection that signaling.store.upgrade hands over."""

from alembic import context

from signaling.store.tables.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
