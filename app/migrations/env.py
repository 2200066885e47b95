"""Alembic's entry: runs on the connection it is given, whose transaction is the caller's."""

from alembic import context

from app.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, render_as_batch=True)
context.run_migrations()
