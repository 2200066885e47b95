"""What the desk keeps of a forgotten person: the case with its agency, times, verdicts, kind and region."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, update
from sqlmodel import SQLModel, col

from config.conditions import is_one_of
from config.database import DatabaseLock, changed_rows, lock_until_commit
from desk.read_model.change_order import number_changes
from desk.read_model.search import index_cases, remove_cases
from desk.read_model.tables import DeskAnswer, DeskCase, DeskComplaint, DeskCorrection, DeskDispatch, DeskRecommendation
from messages.codec import decode_stored
from messages.forgotten import FORGOTTEN_TEXT, forgotten_dispatch
from messages.shapes import Dispatch
from privacy.blanks import Blank, blank_rows
from privacy.forgotten import forgotten_complaints

BLANKS = (
    Blank(DeskComplaint, "id", {"contact": ""}),
    Blank(DeskAnswer, "complaint_id", {"text": ""}),
    Blank(DeskCorrection, "complaint_id", {"reason": ""}),
    Blank(DeskRecommendation, "complaint_id", {"text": ""}),
)


_NO_WORDS: Mapping[str, Any] = {"title": "", "text": FORGOTTEN_TEXT, "place": "", "pictures": 0}


def blank_facts(connection: Connection, rows: Mapping[type[SQLModel], Sequence[dict[str, Any]]]) -> None:
    """Remove the words of forgotten persons from new facts."""
    blank_rows(connection, BLANKS, rows)
    dispatches = rows.get(DeskDispatch, ())
    forgotten = forgotten_complaints(connection, (row["complaint_id"] for row in dispatches))
    for row in dispatches:
        if row["complaint_id"] in forgotten:
            row["dispatch"] = _redrawn(row["shape_version"], row["dispatch"])


def redraw_dispatches(connection: Connection, complaint_ids: Collection[UUID]) -> int:
    """Remove the words from the stored dispatches of these complaints. Return the number of dispatches."""
    lock_until_commit(connection, DatabaseLock.DESK)
    count = 0
    query = select(col(DeskDispatch.id), col(DeskDispatch.shape_version), col(DeskDispatch.dispatch))
    query = query.where(is_one_of(col(DeskDispatch.complaint_id), complaint_ids))
    for id_, version, stored in connection.execute(query).all():
        values = {"dispatch": _redrawn(version, stored), "shape_version": Dispatch.version}
        count += changed_rows(
            connection.execute(update(DeskDispatch).where(col(DeskDispatch.id) == id_).values(values))
        )
    return count


def redraw_cases(connection: Connection, complaint_ids: Collection[UUID]) -> int:
    """Remove the words from the cases of these complaints, and index what remains.

    The rows become those that the redrawn facts lead to. Return the number of cases that changed. Agencies' programs
    read them as changed.
    """
    lock_until_commit(connection, DatabaseLock.DESK)
    is_open = is_one_of(col(DeskCase.complaint_id), complaint_ids), col(DeskCase.text) != FORGOTTEN_TEXT
    rows = connection.execute(select(col(DeskCase.dispatch_id), col(DeskCase.agency)).where(*is_open)).all()
    agencies = {row.dispatch_id: row.agency for row in rows}
    connection.execute(update(DeskCase).where(*is_open).values(dict(_NO_WORDS)))
    remove_cases(connection, agencies.keys())
    index_cases(connection, [{"dispatch_id": id_, "agency": name} | dict(_NO_WORDS) for id_, name in agencies.items()])
    number_changes(connection, agencies)
    return len(agencies)


def _redrawn(version: int, stored: str) -> str:
    return forgotten_dispatch(decode_stored(Dispatch, version, stored)).model_dump_json()
