"""Derives when the senders of a closed case are asked for a rating, and stores it.

The sender of the case and each citizen who joined it are asked once, about their own report. A case is closed if an
agency closed it, also if the system did so because nobody objected. Triage handles no case: it asks nobody.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BindParameter, Connection, bindparam, delete, insert
from sqlmodel import col

from config.conditions import is_one_of
from messages import ids
from messages.shapes import RATING_ASKED, SenderAct
from oversight.notices.tables import OversightRatingQuestion
from oversight.notices.told_events import ToldEvents
from oversight.read_model.case_end import case_end
from oversight.read_model.report_facts import ReportFacts

# The sender reads of the closing first, can look, and can object: then the case is open again, and nobody is asked.
ASK_AFTER = timedelta(days=1)
# A sender who did one of these has taken the report back.
TAKEN_BACK: frozenset[SenderAct] = frozenset({"withdraws", "asks-to-be-forgotten"})

# Built once: each batch executes them.
_IDS: BindParameter[Any] = bindparam("ids")
_REMOVAL = delete(OversightRatingQuestion).where(is_one_of(col(OversightRatingQuestion.complaint_id), _IDS))
_INSERTION = insert(OversightRatingQuestion)


class RatingQuestion(NamedTuple):
    """The columns of `OversightRatingQuestion`."""

    complaint_id: UUID
    hop: int
    since: datetime
    asks_sender: bool
    ask_at: datetime


def question_id(report_id: UUID) -> UUID:
    """Return the id of the event that the sender of a report was asked. There is one for each report."""
    return ids.event_id(report_id, RATING_ASKED)


def closing_id(case_id: UUID, hop: int) -> UUID:
    """Return the id of a closing: after it the senders of a case were asked. A reopened case is at the next hop."""
    return ids.event_id(case_id, f"{RATING_ASKED}:{hop}")


def rating_question(facts: ReportFacts) -> RatingQuestion | None:
    """Return when the senders of a case are asked; `None` while it is not closed. Pure: the present has no part in it.

    Who withdrew the case, or asked to be forgotten, is not asked; the others who reported it are.
    """
    end = case_end(facts)
    if end.kind != "finished" or end.at is None:
        return None
    current = facts.dispatches[-1]
    asks_sender = not any(
        message.act in TAKEN_BACK or (message.act == "rates" and message.at >= current.at) for message in facts.messages
    )
    return RatingQuestion(facts.id, current.hop, current.at, asks_sender, end.at + ASK_AFTER)


def store_rating_questions(
    connection: Connection, report_ids: Sequence[UUID], questions: Sequence[RatingQuestion], told: ToldEvents
) -> None:
    """Store the rows of reports in place of those before. The caller holds the lock.

    `told` are the events of their cases that were told, with the closings after which senders were asked.
    """
    if report_ids:
        connection.execute(_REMOVAL, {"ids": report_ids})
    rows = [
        question._asdict()
        for question in questions
        if closing_id(question.complaint_id, question.hop) not in told.get(question.complaint_id, ())
    ]
    if rows:
        connection.execute(_INSERTION, rows)
