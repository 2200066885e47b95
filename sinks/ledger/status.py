"""Status of tracking numbers: the steps of each report so far, without its sender and its text."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Engine, or_
from sqlmodel import col, select

from config.database import read_transaction, statement_chunks
from messages.topics import TRIAGE
from sinks.ledger.current_relation import CurrentRelation, current_relations
from sinks.ledger.tables import AnswerRow, ComplaintRow, DispatchRow

# SP4N-LAPOR's own names of the states: belum ditindaklanjuti, proses, selesai. Other steps change no state.
_STATE_BY_STEP = {
    "dispatched": "terdisposisi",
    "accepted": "proses",
    "responded": "proses",
    "closed": "selesai",
}
_FIRST_STATE = "terverifikasi"


@dataclass(frozen=True, slots=True)
class StatusStep:
    """One step of a report. `kind` is `received`, `dispatched` or a verdict; `agency` is the institution's name."""

    at: datetime
    kind: str
    agency: str = ""


@dataclass(frozen=True, slots=True)
class ReportStatus:
    """Status of one tracking number. `state` is terverifikasi, terdisposisi, proses or selesai.

    `repeated_number` is the same citizen's number that this report repeats. The number of a joined report is another
    citizen's and is never shown. `belongs_to_case`: the report has no dispatches of its own; the steps are those of the
    case that it belongs to.
    """

    tracking: str
    state: str
    steps: tuple[StatusStep, ...]
    relation: str
    repeated_number: str | None
    belongs_to_case: bool = False


class StatusReader:
    """Reads statuses from the ledger. `agency_names` are the agencies' names by code."""

    def __init__(self, engine: Engine, agency_names: Mapping[str, str]) -> None:
        self._engine = engine
        self._agency_names = agency_names

    def status(self, tracking: str) -> ReportStatus | None:
        """Return the status of a tracking number in its canonical form; `None` if it is not in the ledger (yet)."""
        return self.statuses([tracking]).get(tracking)

    def statuses(self, numbers: Collection[str]) -> Mapping[str, ReportStatus]:
        """Return the statuses of several numbers, without unknown ones. Needs four statements for thousands."""
        with read_transaction(self._engine) as connection:
            statuses = [
                status
                for chunk in statement_chunks(sorted(set(numbers)))
                for status in self._read_statuses(connection, chunk)
            ]
        return {status.tracking: status for status in statuses}

    def _read_statuses(self, connection: Connection, numbers: Sequence[str]) -> Iterator[ReportStatus]:
        relations = current_relations(connection, col(ComplaintRow.tracking).in_(numbers)).values()
        # A joined complaint is another citizen's: its number is not read.
        numbers_by_id = _tracking_numbers(
            connection, {relation.repeated_id for relation in relations if relation.repeated_id}
        )
        case_steps = self._steps_by_case(connection, {relation.case_id for relation in relations})
        for relation in relations:
            yield _status(relation, case_steps[relation.case_id], numbers_by_id.get(relation.repeated_id))

    def _steps_by_case(self, connection: Connection, case_ids: Collection[UUID]) -> Mapping[UUID, list[StatusStep]]:
        """Return the steps of each case: dispatches by their hop, then answers by their time.

        A refusal by triage is a decision, not a refusal: the dispatch that follows names the agency.
        """
        dispatches = connection.execute(
            select(DispatchRow.complaint_id, DispatchRow.dispatched_at, DispatchRow.agency)
            .where(col(DispatchRow.complaint_id).in_(case_ids))
            .order_by(col(DispatchRow.hop))
        )
        answers = connection.execute(
            select(AnswerRow.complaint_id, AnswerRow.answered_at, AnswerRow.agency, AnswerRow.verdict)
            .where(col(AnswerRow.complaint_id).in_(case_ids))
            .where(or_(col(AnswerRow.agency) != TRIAGE, col(AnswerRow.verdict) != "refused"))
            .order_by(col(AnswerRow.answered_at))
        )
        steps: dict[UUID, list[StatusStep]] = defaultdict(list)
        for complaint_id, at, agency in dispatches:
            steps[complaint_id].append(StatusStep(at, "dispatched", self._agency_names.get(agency, agency)))
        for complaint_id, at, agency, verdict in answers:
            steps[complaint_id].append(StatusStep(at, verdict, self._agency_names.get(agency, agency)))
        return steps


def _status(relation: CurrentRelation, case_steps: Sequence[StatusStep], repeated_number: str | None) -> ReportStatus:
    steps = sorted([StatusStep(relation.received_at, "received"), *case_steps], key=lambda step: step.at)
    states = [_STATE_BY_STEP[step.kind] for step in steps if step.kind in _STATE_BY_STEP]
    return ReportStatus(
        tracking=relation.tracking,
        state=states[-1] if states else _FIRST_STATE,
        steps=tuple(steps),
        relation=relation.relation,
        repeated_number=repeated_number,
        belongs_to_case=relation.case_id != relation.id,
    )


def _tracking_numbers(connection: Connection, complaint_ids: Collection[UUID]) -> Mapping[UUID | None, str]:
    query = select(col(ComplaintRow.id), col(ComplaintRow.tracking)).where(col(ComplaintRow.id).in_(complaint_ids))
    return {row.id: row.tracking for row in connection.execute(query)} if complaint_ids else {}
