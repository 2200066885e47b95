"""The stored message of a dispatch, for a derived row that names the dispatch."""

from typing import Any

from sqlalchemy import ColumnElement, and_
from sqlmodel import col

from cases.words.tables import CaseWords


def is_document_of(row: Any) -> ColumnElement[bool]:
    """Return the condition that words have the message of the dispatch `dispatch_id` of the complaint `complaint_id`.

    `row` is a table with these columns, or an alias of it.
    """
    return and_(
        col(CaseWords.fact_id) == col(row.dispatch_id),
        col(CaseWords.agency) == "",
        col(CaseWords.complaint_id) == col(row.complaint_id),
    )
