"""Counts of dispatches and refusals by rule, and of the agencies that the refusals suggested. No texts.

The rules of a dispatch are those of its own reasons: all reasons at the first agency, and after a refusal only the
reasons that were added to those of the dispatch before. A report that belongs to another report's case is counted with
that case, because it is answered with it. Triage decides and does not refuse; its answers are not counted.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Label, Select, and_, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from cases.facts.conditions import is_to_dispatch
from cases.facts.tables import AnswerFact, DispatchFact
from messages.topics import TRIAGE

# Rules that state a relation to another report and did not choose the agency.
_RELATION_RULES = frozenset(("follows", "split"))


@dataclass(frozen=True, slots=True)
class RuleRefusals:
    """Dispatches of a rule, the refused ones among them, and the suggested agencies.

    `suggested_agencies` counts by code, most often first; a refusal without a suggestion is not in it.
    """

    rule: str
    dispatches: int
    refusals: int
    suggested_agencies: Mapping[str, int]

    @property
    def refused_share(self) -> float:
        """Share of the dispatches that were refused, from 0 to 1."""
        return self.refusals / self.dispatches


def count_refusals_by_rule(connection: Connection, since: datetime | None = None) -> Sequence[RuleRefusals]:
    """Return the rules of the dispatches since a time, most refusals first."""
    dispatches = _count_dispatches(connection, since)
    refusals, suggestions = _count_refusals(connection, since)
    rules = [
        RuleRefusals(rule, count, refusals[rule], _most_frequent_first(suggestions[rule]))
        for rule, count in dispatches.items()
    ]
    return sorted(rules, key=lambda rule: (-rule.refusals, -rule.refused_share, rule.rule))


def added_rules(rules: str, previous_rules: str | None) -> Iterable[str]:
    """Return the rules that chose an agency, without those of the dispatch before; both as in `DispatchFact.rules`."""
    current, previous = rules.split("|"), previous_rules.split("|") if previous_rules else []
    added = current[len(previous) :] if current[: len(previous)] == previous else current
    return [rule for rule in dict.fromkeys(added) if rule and rule not in _RELATION_RULES]


_PREVIOUS = aliased(DispatchFact)
_PREVIOUS_RULES: Label[str] = col(_PREVIOUS.rules).label("previous_rules")
_IS_PREVIOUS_HOP = and_(
    col(_PREVIOUS.complaint_id) == col(DispatchFact.complaint_id), col(_PREVIOUS.hop) == col(DispatchFact.hop) - 1
)


def _is_counted(since: datetime | None) -> ColumnElement[bool]:
    is_agency_case = and_(col(DispatchFact.own_case), col(DispatchFact.agency) != TRIAGE)
    return and_(is_agency_case, col(DispatchFact.at) >= since) if since else is_agency_case


def _count_dispatches(connection: Connection, since: datetime | None) -> Counter[str]:
    query = (
        select(col(DispatchFact.rules), _PREVIOUS_RULES, func.count().label("dispatches"))
        .outerjoin(_PREVIOUS, _IS_PREVIOUS_HOP)
        .where(_is_counted(since))
        .group_by(col(DispatchFact.rules), col(_PREVIOUS.rules))
    )
    dispatches: Counter[str] = Counter()
    for row in connection.execute(query):
        dispatches.update(dict.fromkeys(added_rules(row.rules, row.previous_rules), row.dispatches))
    return dispatches


def _count_refusals(connection: Connection, since: datetime | None) -> tuple[Counter[str], Mapping[str, Counter[str]]]:
    """Return the refused dispatches and the suggested agencies, both by rule."""
    counted_dispatches: set[UUID] = set()
    refusals = Counter[str]()
    suggestions = defaultdict[str, Counter[str]](Counter)
    for row in connection.execute(_refused_dispatches(since)):
        # Not a condition of the query: the database would read all dispatches that the agency ever had.
        if row.agency != row.refusing_agency:
            continue
        for rule in added_rules(row.rules, row.previous_rules):
            refusals[rule] += row.id not in counted_dispatches
            if row.suggested_agency:
                suggestions[rule][row.suggested_agency] += 1
        counted_dispatches.add(row.id)
    return refusals, suggestions


def _refused_dispatches(since: datetime | None) -> Select[Any]:
    """Return the query of each case's dispatches with the refusals of the case or of a report that belongs to it."""
    answered = aliased(DispatchFact)
    refusing_agency: Label[str] = col(answered.agency).label("refusing_agency")
    columns: Sequence[Any] = (
        col(DispatchFact.id),
        col(DispatchFact.rules),
        _PREVIOUS_RULES,
        col(AnswerFact.suggested_agency),
        col(DispatchFact.agency),
        refusing_agency,
    )
    return (
        select(*columns)
        .select_from(AnswerFact)
        .join(answered, is_to_dispatch(dispatch=answered))
        .join(DispatchFact, col(DispatchFact.complaint_id) == col(answered.case_id))
        .outerjoin(_PREVIOUS, _IS_PREVIOUS_HOP)
        .where(col(AnswerFact.verdict) == "refused", _is_counted(since))
        .where(or_(col(DispatchFact.id) == col(answered.id), col(answered.own_case).is_(other=False)))
        .distinct()
    )


def _most_frequent_first(counts: Counter[str]) -> Mapping[str, int]:
    return dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))
