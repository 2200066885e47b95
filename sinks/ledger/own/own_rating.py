"""The question to the sender of a report how it was handled, as the ledger knows it."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, exists
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from cases.facts.tables import ComplaintFact, EventFact
from config.conditions import is_one_of
from messages.shapes import RATING_ASKED

_NUMBERS: BindParameter[Any] = bindparam("numbers")
_RATING = aliased(ComplaintFact)
_IS_RATED = exists().where(
    col(_RATING.of) == col(ComplaintFact.id),
    col(_RATING.act) == "rates",
    col(_RATING.received_at) >= col(EventFact.at),
)
# Built once: each request of an app executes it.
_OPEN_QUESTIONS = (
    select(ComplaintFact.tracking)
    .join(EventFact, col(EventFact.subject) == col(ComplaintFact.id))
    .where(is_one_of(col(ComplaintFact.tracking), _NUMBERS), col(EventFact.event) == RATING_ASKED, ~_IS_RATED)
)


def open_rating_questions(connection: Connection, numbers: Collection[str]) -> Collection[str]:
    """Return those of these reports whose senders were asked for a rating, and have given none since."""
    return set(connection.execute(_OPEN_QUESTIONS, {"numbers": numbers}).scalars()) if numbers else ()
