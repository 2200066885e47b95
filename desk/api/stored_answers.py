"""Reads an answer that is stored already: an act of the desk, or an answer that came by the bus."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, select
from sqlmodel import col

from cases.facts.answer_content import stored_content
from cases.facts.conditions import is_to_dispatch
from cases.facts.tables import AnswerFact, DispatchFact
from cases.words.conditions import is_of_answer
from cases.words.tables import CaseWords
from desk.acts.answers import act_content
from desk.acts.tables import DeskAct
from messages.shapes import AnswerContent


class StoredAnswer(NamedTuple):
    """An answer of an agency. `is_published`: the bus has it."""

    content: AnswerContent
    actor: str
    at: datetime
    is_published: bool


def read_answer(connection: Connection, agency: str, answer_id: UUID) -> StoredAnswer | None:
    """Return an answer of the agency; `None` if it is not stored."""
    is_act = (col(DeskAct.id) == answer_id, col(DeskAct.agency) == agency)
    act = connection.execute(select(DeskAct.__table__).where(*is_act)).one_or_none()  # type: ignore[attr-defined]
    if act is not None:
        return StoredAnswer(act_content(act), act.actor, act.at, act.published_at is not None)
    is_answer = (col(AnswerFact.id) == answer_id, col(AnswerFact.agency) == agency)
    columns: Sequence[Any] = [AnswerFact.__table__, col(CaseWords.text), col(CaseWords.actor)]  # type: ignore[attr-defined]
    query = select(*columns).join(DispatchFact, is_to_dispatch()).join(CaseWords, is_of_answer())
    row: Row[Any] | None = connection.execute(query.where(*is_answer)).one_or_none()
    return None if row is None else StoredAnswer(stored_content(row), row.actor, row.at, is_published=True)
