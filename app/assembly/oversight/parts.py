"""Builds the parts of oversight from the parts of the process."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Connection

from app.assembly.parts import Parts
from config.database import statement_chunks
from oversight.read_model.rebuild import ReadModelRebuild
from oversight.read_model.sink import OversightSink
from router.answer_store import processed_positions


def sink(parts: Parts) -> OversightSink:
    """Return the stage that builds the read model."""
    return OversightSink(
        parts.engine,
        parts.channels.names,
        parts.answer_check,
        lambda: parts.registry.institutions,
        _processed_answers,
        parts.deadlines,
    )


def rebuild(parts: Parts) -> ReadModelRebuild:
    """Return the command that builds the read model again."""
    return ReadModelRebuild(parts.engine, sink(parts))


def _processed_answers(connection: Connection, answer_ids: Sequence[UUID]) -> Collection[tuple[UUID, str]]:
    return {pair for chunk in statement_chunks(answer_ids) for pair in processed_positions(connection, chunk)}
