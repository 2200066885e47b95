"""Decides which reports belong to cases that ended before a moment. A case ends for all its reports together.

The report of a sender who withdrew it may still be the case that an institution works on, for other senders who
reported the same. And a closing by an institution answers a report that joined a case without finishing it, as its
sender reads it: without the case such a report would never end.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Engine
from sqlmodel import col, select

from cases.facts.tables import ComplaintFact, DispatchFact
from config.conditions import is_one_of
from config.database import read_transaction
from messages.replies.report_states import ENDED_STATES
from sinks.ledger.relations.current_relation import CurrentRelation, relations_by_id
from sinks.ledger.status import ReportStatus

# Reads the statuses of tracking numbers.
ReadStatuses = Callable[[Collection[str]], Mapping[str, ReportStatus]]


def ended_reports(
    engine: Engine, read_statuses: ReadStatuses, complaint_ids: Collection[UUID], cutoff: datetime
) -> frozenset[UUID]:
    """Return those of these complaints whose case ended before `cutoff`. Raises `DatabaseUnavailable`."""
    with read_transaction(engine) as connection:
        given = _relations(connection, complaint_ids)
        reports_by_case = _reports_by_case(connection, {relation.case_id for relation in given})
    statuses = read_statuses([report.tracking for reports in reports_by_case.values() for report in reports])
    ended_cases = {
        case_id for case_id, reports in reports_by_case.items() if _has_ended(case_id, reports, statuses, cutoff)
    }
    return frozenset(relation.id for relation in given if relation.case_id in ended_cases)


def _has_ended(
    case_id: UUID, reports: Iterable[CurrentRelation], statuses: Mapping[str, ReportStatus], cutoff: datetime
) -> bool:
    """Return whether nobody works on the case any more. The last step of all its reports counts."""
    by_report = {report.id: statuses[report.tracking] for report in reports if report.tracking in statuses}
    if not by_report or any(status.changed_at >= cutoff for status in by_report.values()):
        return False
    # Replies about a part need the contact of its report.
    if any(part.state not in ENDED_STATES for status in by_report.values() for part in status.parts):
        return False
    is_closed = case_id in by_report and by_report[case_id].is_closed
    return is_closed or all(status.state in ENDED_STATES for status in by_report.values())


def _reports_by_case(connection: Connection, case_ids: Collection[UUID]) -> Mapping[UUID, list[CurrentRelation]]:
    """Return the reports of each case: its own, and those that belong to it now."""
    dispatched = select(col(DispatchFact.complaint_id)).where(is_one_of(col(DispatchFact.of), case_ids))
    # A report that is not dispatched yet may reopen the case.
    received = select(col(ComplaintFact.id)).where(is_one_of(col(ComplaintFact.of), case_ids))
    candidate_ids = {*case_ids, *connection.execute(dispatched.union(received)).scalars()}
    reports: defaultdict[UUID, list[CurrentRelation]] = defaultdict(list)
    for relation in _relations(connection, candidate_ids):
        if relation.case_id in case_ids:
            reports[relation.case_id].append(relation)
    return reports


def _relations(connection: Connection, complaint_ids: Collection[UUID]) -> list[CurrentRelation]:
    return list(relations_by_id(connection, complaint_ids).values())
