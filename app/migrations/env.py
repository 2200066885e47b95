"""Alembic's entry: runs on the connection it is given, whose transaction is the caller's."""

from alembic import context
from sqlmodel import SQLModel

from app.operations import audit_log as _app
from ingest import door_store as _ingest
from ingest.mobile import tables as _mobile
from ingest.smpp import acknowledgements as _smpp_outbox
from ingest.smpp import part_store as _smpp_parts
from ingest.twitter import recent_posts as _twitter
from ingest.web.open311 import store as _open311
from normalize import decision_store as _normalize
from router import store as _router
from sinks.ledger import tables as _ledger
from sinks.replies import tables as _replies

# Importing them is what registers their tables.
TABLES = (_app, _ingest, _mobile, _smpp_outbox, _smpp_parts, _twitter, _open311, _normalize, _router, _ledger, _replies)

context.configure(
    connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata, render_as_batch=True
)
context.run_migrations()
