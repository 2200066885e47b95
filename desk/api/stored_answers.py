"""Reads an answer that is stored already: an act of the desk, or an answer that came by the bus."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, Select, select
from sqlmodel import col

from cases.facts.conditions import is_to_dispatch
from cases.facts.tables import AnswerFact, DispatchFact
from cases.words.conditions import is_of_answer
from cases.words.tables import CaseWords
from desk.acts.tables import DeskAct
from messages.shapes import Verdict


class StoredAnswer(NamedTuple):
    """An answer of an agency. `is_published`: the bus has it."""

    verdict: Verdict
    text: str
    suggested_agency: str | None
    actor: str
    at: datetime
    is_published: bool


def read_answer(connection: Connection, agency: str, answer_id: UUID) -> StoredAnswer | None:
    """Return an answer of the agency; `None` if it is not stored."""
    names = ("verdict", "text", "suggested_agency", "actor", "at")
    act_columns = (*(col(getattr(DeskAct, name)) for name in names), col(DeskAct.published_at))
    is_act = (col(DeskAct.id) == answer_id, col(DeskAct.agency) == agency)
    act = connection.execute(select(*act_columns).where(*is_act)).one_or_none()
    if act is not None:
        return _stored(act, is_published=act.published_at is not None)
    is_answer = (col(AnswerFact.id) == answer_id, col(AnswerFact.agency) == agency)
    query: Select[Any] = (
        select(
            *(col(getattr(AnswerFact, name)) for name in ("verdict", "suggested_agency", "at")),
            *(col(CaseWords.text), col(CaseWords.actor)),
        )
        .join(DispatchFact, is_to_dispatch())
        .join(CaseWords, is_of_answer())
    )
    row: Row[Any] | None = connection.execute(query.where(*is_answer)).one_or_none()
    return None if row is None else _stored(row, is_published=True)


def _stored(row: Row[Any], *, is_published: bool) -> StoredAnswer:
    return StoredAnswer(row.verdict, row.text, row.suggested_agency, row.actor, row.at, is_published)
