"""Alembic's entry: runs on the connection it is given, whose transaction is the caller's."""

from alembic import context
from sqlmodel import SQLModel

from ingest import store as _ingest
from normalize import store as _normalize
from router import store as _router
from sinks.ledger import tables as _ledger

# Importing them is what registers their tables.
TABLES = (_ingest, _normalize, _router, _ledger)

context.configure(
    connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata, render_as_batch=True
)
context.run_migrations()
