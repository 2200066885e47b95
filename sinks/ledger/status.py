"""What the ledger says of tracking numbers: the way so far of each, without who wrote or what."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Engine, or_
from sqlmodel import col, select

from config.database import read_transaction, statement_chunks
from messages.topics import TRIAGE
from sinks.ledger.current_relation import standings
from sinks.ledger.tables import AnswerRow, ComplaintRow, DispatchRow

# The service's own words for its states (see domain: belum ditindaklanjuti, proses, selesai).
_STATES = {
    "dispatched": "terdisposisi",
    "accepted": "proses",
    "responded": "proses",
    "closed": "selesai",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened. `agency` is the institution's name; `what` is one of a few words."""

    at: datetime
    what: str
    agency: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """`state` is one of terverifikasi, terdisposisi, proses, selesai.

    `of` is the same citizen's number that this one repeats; of a join nobody's is told.
    `together`: it has no way of its own, and this is the way of that one.
    """

    tracking: str
    state: str
    steps: tuple[Step, ...]
    relation: str
    of: str | None
    together: bool = False


class Ledger:
    """Reads the ledger. `names` gives an agency's name for its code."""

    def __init__(self, engine: Engine, names: Mapping[str, str]) -> None:
        self._engine = engine
        self._names = names

    def status(self, tracking: str) -> Status | None:
        """The status of a tracking number in its true form; `None` when the ledger does not know it (yet)."""
        return self.statuses([tracking]).get(tracking)

    def statuses(self, numbers: Collection[str]) -> Mapping[str, Status]:
        """The same of many numbers, in four statements for thousands; those that are not known are left out."""
        with read_transaction(self._engine) as connection:
            found = [
                status for some in statement_chunks(sorted(set(numbers))) for status in self._some(connection, some)
            ]
        return {status.tracking: status for status in found}

    def _some(self, connection: Connection, numbers: Sequence[str]) -> Iterator[Status]:
        stands = standings(connection, col(ComplaintRow.tracking).in_(numbers)).values()
        # Another citizen's number is nobody's but theirs.
        heads = _heads(connection, {stand.own for stand in stands if stand.own})
        ways = self._ways(connection, {stand.case for stand in stands})
        for stand in stands:
            steps = sorted([Step(stand.received_at, "received"), *ways[stand.case]], key=lambda step: step.at)
            states = [_STATES[step.what] for step in steps if step.what in _STATES]
            state = states[-1] if states else "terverifikasi"
            head, together = heads.get(stand.own), stand.case != stand.id
            yield Status(stand.tracking, state, tuple(steps), stand.relation, head, together)

    def _ways(self, connection: Connection, complaints: Collection[UUID]) -> Mapping[UUID, list[Step]]:
        """The dispatches and answers of each complaint: by their hop, then by when they were given.

        What triage gives on it decides, and refuses nothing: the dispatch that follows says where to.
        """
        sent = connection.execute(
            select(DispatchRow.complaint_id, DispatchRow.dispatched_at, DispatchRow.agency)
            .where(col(DispatchRow.complaint_id).in_(complaints))
            .order_by(col(DispatchRow.hop))
        )
        said = connection.execute(
            select(AnswerRow.complaint_id, AnswerRow.answered_at, AnswerRow.agency, AnswerRow.verdict)
            .where(col(AnswerRow.complaint_id).in_(complaints))
            .where(or_(col(AnswerRow.agency) != TRIAGE, col(AnswerRow.verdict) != "refused"))
            .order_by(col(AnswerRow.answered_at))
        )
        ways: dict[UUID, list[Step]] = defaultdict(list)
        for complaint, at, agency in sent:
            ways[complaint].append(Step(at, "dispatched", self._names.get(agency, agency)))
        for complaint, at, agency, verdict in said:
            ways[complaint].append(Step(at, verdict, self._names.get(agency, agency)))
        return ways


def _heads(connection: Connection, complaints: Collection[UUID]) -> Mapping[UUID | None, str]:
    """The numbers of the complaints that others belong to."""
    query = select(col(ComplaintRow.id), col(ComplaintRow.tracking)).where(col(ComplaintRow.id).in_(complaints))
    return {row.id: row.tracking for row in connection.execute(query)} if complaints else {}
