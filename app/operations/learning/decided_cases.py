"""Cases whose agency a person confirmed or decided, from the router's tables.

A case is decided if its agency accepted it (after refusals, or at once), if triage chose the agency, or if a person
merged the report into a case at another agency. Nobody refused since. A case that is open at an agency, or at triage,
is not decided.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Literal, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, select
from sqlmodel import col

from messages.codec import decode_stored
from messages.shapes import MERGED, Dispatch, Report
from messages.topics import TRIAGE
from router.answer_store import AnswerRecord
from router.store import RoutedDispatch

# The act by which a person decided: refusals and then an acceptance, a choice at triage, a merge, or an acceptance.
DecisionKind: TypeAlias = Literal["refusal", "triage", "merge", "acceptance"]
# The most recent cases of each kind that are used; the rest would only take time.
MAX_CASES_OF_KIND = 1000
_TAKING_VERDICTS = frozenset(("accepted", "asked", "responded", "closed"))
_ROWS_IN_MEMORY = 500


class DecidedCase(NamedTuple):
    """A case: the agency that a person chose, and the agencies that refused it.

    `first_rule` and `topic` are those of the first dispatch: what led to it.
    """

    complaint_id: UUID
    kind: DecisionKind
    agency: str
    refused_by: tuple[str, ...]
    first_rule: str
    topic: str
    decided_at: datetime


def decided_cases(connection: Connection, since: datetime) -> list[DecidedCase]:
    """Return the decided cases whose last dispatch is not older than `since`, the most recent of each kind first."""
    verdicts = _counted_verdicts(connection)
    by_kind: dict[DecisionKind, list[DecidedCase]] = defaultdict(list)
    for history in _histories(connection):
        if history[-1].at >= since and (case := decided_case(history, verdicts)):
            by_kind[case.kind].append(case)
    return [
        case
        for cases in by_kind.values()
        for case in sorted(cases, key=attrgetter("decided_at", "complaint_id"), reverse=True)[:MAX_CASES_OF_KIND]
    ]


def find_report(connection: Connection, complaint_id: UUID) -> Report:
    """Return the words of a complaint. They must not be stored."""
    query = select(col(RoutedDispatch.shape_version), col(RoutedDispatch.dispatch)).where(
        col(RoutedDispatch.complaint_id) == complaint_id, col(RoutedDispatch.hop) == 0
    )
    version, dispatch = connection.execute(query).one()
    return decode_stored(Dispatch, version, dispatch).report


def decided_case(history: Sequence[Dispatch], verdicts: Mapping[UUID, frozenset[str]]) -> DecidedCase | None:
    """Return the decision about a complaint; `None` if no person decided.

    `history` are its dispatches, the first agency's first; `verdicts` those that counted, by dispatch.
    """
    latest = history[-1]
    own_dispatches = [dispatch for dispatch in history if dispatch.own_case]
    kind = _decision_kind(latest, own_dispatches, verdicts)
    if kind is None or not own_dispatches:
        return None
    refused_by = dict.fromkeys(
        dispatch.agency
        for dispatch in own_dispatches
        if dispatch.agency != TRIAGE and "refused" in verdicts.get(dispatch.id, ())
    )
    first = own_dispatches[0]
    return DecidedCase(
        latest.complaint_id, kind, latest.agency, tuple(refused_by), first.reasons[0].rule, first.topic, latest.at
    )


def _decision_kind(
    latest: Dispatch, own_dispatches: Sequence[Dispatch], verdicts: Mapping[UUID, frozenset[str]]
) -> DecisionKind | None:
    if latest.agency == TRIAGE:
        return None
    if not latest.own_case:
        has_moved = bool(own_dispatches) and own_dispatches[-1].agency != latest.agency
        return "merge" if has_moved and MERGED in latest.relation.evidence else None
    latest_verdicts = verdicts.get(latest.id, frozenset())
    if "refused" in latest_verdicts:
        return None
    if latest.actor:
        return "triage"
    if _TAKING_VERDICTS.isdisjoint(latest_verdicts):
        return None
    return "acceptance" if latest is own_dispatches[0] else "refusal"


def _counted_verdicts(connection: Connection) -> Mapping[UUID, frozenset[str]]:
    """Return the verdicts of persons that counted, by dispatch."""
    query = select(col(AnswerRecord.dispatch_id), col(AnswerRecord.verdict)).where(
        col(AnswerRecord.outcome) == "counted", col(AnswerRecord.by_system).is_(False)
    )
    verdicts: dict[UUID, set[str]] = defaultdict(set)
    for dispatch_id, verdict in connection.execute(query):
        verdicts[dispatch_id].add(verdict)
    return {dispatch_id: frozenset(names) for dispatch_id, names in verdicts.items()}


def _histories(connection: Connection) -> Iterator[Sequence[Dispatch]]:
    """Yield the dispatches of each complaint, the first agency's first."""
    query = select(
        col(RoutedDispatch.complaint_id), col(RoutedDispatch.shape_version), col(RoutedDispatch.dispatch)
    ).order_by(col(RoutedDispatch.complaint_id), col(RoutedDispatch.hop))
    rows = connection.execute(query.execution_options(yield_per=_ROWS_IN_MEMORY))
    for _, complaint_rows in groupby(rows, key=attrgetter("complaint_id")):
        yield [decode_stored(Dispatch, row.shape_version, row.dispatch) for row in complaint_rows]
