"""Recommendations of overseers about a case, and what institutions answer to them. Pure.

A recommendation belongs to a report and not to a dispatch: whoever has the case of the report now must answer, also
after a transfer, a merge, a split or a reopening, and also if the case is closed.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import ClassVar, Literal, Protocol, TypeAlias, TypeVar
from uuid import UUID

from pydantic import Field

from messages.shapes import WireModel

# `accelerate`: act sooner. `review`: look at the case again. `transfer`: give it to another institution.
RecommendationKind: TypeAlias = Literal["accelerate", "review", "transfer", "other"]
# `followed` and `not-followed` are the two answers of an institution.
RecommendationAct: TypeAlias = Literal["recommended", "followed", "not-followed"]
RecommendationOutcome: TypeAlias = Literal["followed", "not-followed"]
# Name of the clock that runs until the answer.
RECOMMENDATION_CLOCK = "recommendation"


class Recommendation(WireModel):
    """A recommendation, or the answer to one. `recommendation_id` is the id of the recommendation in both.

    Ids follow from the content: what is sent twice counts once. Of several answers the one that the bus took first
    counts. No citizen ever sees one.
    """

    name: ClassVar[str] = "recommendation"

    complaint_id: UUID
    tracking: str
    recommendation_id: UUID
    act: RecommendationAct = "recommended"
    kind: RecommendationKind = Field("other", description="What is recommended; that of the recommendation, too.")
    agency: str = Field(description="Code of the institution that has the case, or that answers.")
    text: str = Field("", max_length=10_000, description="Words of the overseer, or of the institution.")
    actor: str = Field("", max_length=200, description="Overseer or officer.")
    account_id: UUID | None = Field(None, description="Account of the overseer; null in an answer.")


class HeldDispatch(Protocol):
    """A dispatch, as far as the stay at an institution needs it."""

    @property
    def agency(self) -> str:
        """Code of the institution."""


class StoredAnswer(Protocol):
    """An answer of a read model, as far as its order needs it."""

    @property
    def id(self) -> UUID:
        """Id of the record."""

    @property
    def at(self) -> datetime:
        """The bus's time."""


A = TypeVar("A", bound=StoredAnswer)
D = TypeVar("D", bound=HeldDispatch)


def counted_answer(answers: Iterable[A]) -> A | None:
    """Return the answer to a recommendation that counts: the first one; `None` without any."""
    return min(answers, key=lambda answer: (answer.at, answer.id), default=None)


def first_of_stay(dispatches: Sequence[D]) -> D:
    """Return the dispatch with which the institution that has a report now got it.

    `dispatches` are those of the report by hop, at least one. A reopening, or a move with its case, begins no new stay.
    """
    first = dispatches[-1]
    for dispatch in reversed(dispatches):
        if dispatch.agency != first.agency:
            break
        first = dispatch
    return first
