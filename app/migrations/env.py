"""Alembic's entry: runs on the connection it is given, whose transaction is the caller's."""

from alembic import context

from app.tables import METADATA
from config.database import compare_text_by_bytes

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True)
context.run_migrations()
compare_text_by_bytes(connection)
