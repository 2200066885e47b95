"""Removes the words of forgotten persons from new and from stored rows. Who answered or decided stays: no citizen."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, select, update
from sqlmodel import col

from cases.words.tables import CaseWords
from config.conditions import is_one_of
from messages.codec import decode_stored
from messages.forgotten import forgotten_dispatch
from messages.shapes import Dispatch
from privacy.forgotten import forgotten_complaints

_NO_WORDS: Mapping[str, Any] = {"title": "", "text": "", "contact": ""}
_TABLE = CaseWords.__table__  # type: ignore[attr-defined]
_KEY = ("fact_id", "agency", "complaint_id")
_ROWS = select(*(_TABLE.c[name] for name in (*_KEY, "document", "shape_version"))).where(
    is_one_of(col(CaseWords.complaint_id), bindparam("ids"))
)
_BLANKING = (
    update(_TABLE)
    .where(*(_TABLE.c[name] == bindparam(f"key_{name}") for name in _KEY))
    .values(title="", text="", contact="", document=bindparam("new_document"), shape_version=bindparam("new_version"))
)


def blank_new_words(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Remove the words of forgotten persons from rows that are to be stored."""
    forgotten = forgotten_complaints(connection, {row["complaint_id"] for row in rows}) if rows else ()
    for row in rows:
        if row["complaint_id"] in forgotten:
            document, version = _redrawn(row["document"], row["shape_version"])
            row.update(_NO_WORDS, document=document, shape_version=version)


def blank_stored_words(connection: Connection, complaint_ids: Collection[UUID]) -> int:
    """Remove the words of these complaints from the stored rows. Return the number of rows."""
    stored = connection.execute(_ROWS, {"ids": complaint_ids}).all()
    changes = []
    for row in stored:
        document, version = _redrawn(row.document, row.shape_version)
        keys = {f"key_{name}": getattr(row, name) for name in _KEY}
        changes.append({**keys, "new_document": document, "new_version": version})
    if changes:
        connection.execute(_BLANKING, changes)
    return len(changes)


def _redrawn(document: str, version: int) -> tuple[str, int]:
    """Return a stored dispatch without its words, and the version of its shape."""
    if not document:
        return "", version
    return forgotten_dispatch(decode_stored(Dispatch, version, document)).model_dump_json(), Dispatch.version
