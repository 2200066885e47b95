"""Clocks of the recommendations that wait for an answer: one for each, at the institution that has the report now."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Connection, bindparam, exists, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from cases.clocks.deadlines import Deadlines
from cases.clocks.recommendation_clock import recommendation_clock
from cases.derivations.shared_facts import SharedFacts
from cases.facts.tables import RecommendationFact
from config.conditions import is_one_of
from messages.recommendation import RECOMMENDATION_CLOCK, first_of_stay
from oversight.notices.running_clocks import RunningClock
from oversight.read_model.report_facts import ReportFacts

_SEPARATOR = "."

_ANSWER = aliased(RecommendationFact)
_HAS_ANSWER = exists().where(
    col(_ANSWER.recommendation_id) == col(RecommendationFact.id), col(_ANSWER.act) != "recommended"
)
_REPORT_IDS: BindParameter[Any] = bindparam("ids")
# Built once: each batch executes it.
_WAITING = (
    select(col(RecommendationFact.complaint_id), col(RecommendationFact.id), col(RecommendationFact.at))
    .where(
        col(RecommendationFact.act) == "recommended",
        ~_HAS_ANSWER,
        is_one_of(col(RecommendationFact.complaint_id), _REPORT_IDS),
    )
    .order_by(col(RecommendationFact.at), col(RecommendationFact.id))
)


def recommendation_clock_name(recommendation_id: UUID) -> str:
    """Return the name of the clock of a recommendation: a case may have several."""
    return f"{RECOMMENDATION_CLOCK}{_SEPARATOR}{recommendation_id}"


def kind_of_clock(name: str) -> str:
    """Return the name of a clock without the recommendation: what its row in `clocks.csv` has."""
    return name.partition(_SEPARATOR)[0]


def recommendation_clocks(
    connection: Connection, all_facts: Collection[ReportFacts], shared_facts: SharedFacts, deadlines: Deadlines
) -> Iterator[RunningClock]:
    """Yield the clocks of these reports. A report at no institution has none."""
    waiting = _waiting(connection, shared_facts.with_facts("recommendation", [facts.id for facts in all_facts]))
    for facts in all_facts:
        if not facts.dispatches:
            continue
        first, last = first_of_stay(facts.dispatches), facts.dispatches[-1]
        for row in waiting.get(facts.id, ()):
            clock = recommendation_clock(deadlines, row.at, first.at, last.agency)
            yield RunningClock(
                complaint_id=facts.id,
                clock=recommendation_clock_name(row.id),
                hop=first.hop,
                agency=last.agency,
                agency_hop=last.hop,
                last_day_at=clock.last_day_at,
                due_at=clock.due_at,
                twice_at=clock.twice_due_at,
                three_times_at=clock.three_times_due_at,
            )


def _waiting(connection: Connection, report_ids: Collection[UUID]) -> Mapping[UUID, Sequence[Any]]:
    """Return id and time of the recommendations without an answer, by report."""
    rows: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in connection.execute(_WAITING, {"ids": report_ids}) if report_ids else ():
        rows[row.complaint_id].append(row)
    return rows
