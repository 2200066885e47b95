"""What the desk keeps of a forgotten person: the case with its agency, times, verdicts, kind and region."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, update
from sqlmodel import col

from config.conditions import is_one_of
from config.database import DatabaseLock, lock_until_commit
from desk.read_model.change_order import number_changes
from desk.read_model.search import index_cases, remove_cases
from desk.read_model.tables import DeskCase
from messages.forgotten import FORGOTTEN_TEXT

_NO_WORDS: Mapping[str, Any] = {"title": "", "text": FORGOTTEN_TEXT, "place": "", "pictures": 0}


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
