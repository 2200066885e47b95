"""What the ledger says of one tracking number: the way so far, without who wrote or what."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Engine
from sqlmodel import col, select

from config.database import reading
from sinks.ledger.tables import AnswerRow, ComplaintRow, DispatchRow

# The service's own words for its states (see domain: belum ditindaklanjuti, proses, selesai).
_STATES = {
    "dispatched": "terdisposisi",
    "accepted": "proses",
    "responded": "proses",
    "closed": "selesai",
}
_COLUMNS = (col(ComplaintRow.id), col(ComplaintRow.relation), col(ComplaintRow.of), col(ComplaintRow.received_at))


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened. `agency` is the institution's name; `what` is one of a few words."""

    at: datetime
    what: str
    agency: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """`state` is one of terverifikasi, terdisposisi, proses, selesai. `of` is the number this one belongs to."""

    tracking: str
    state: str
    steps: tuple[Step, ...]
    relation: str
    of: str | None


class Ledger:
    """Reads the ledger. `names` gives an agency's name for its code."""

    def __init__(self, engine: Engine, names: Mapping[str, str]) -> None:
        self._engine = engine
        self._names = names

    def status(self, tracking: str) -> Status | None:
        """The status of a tracking number in its true form; `None` when the ledger does not know it (yet)."""
        with reading(self._engine) as connection:
            query = select(*_COLUMNS).where(col(ComplaintRow.tracking) == tracking)
            row = connection.execute(query.order_by(col(ComplaintRow.received_at))).first()
            if row is None:
                return None
            head = self._head(connection, row.of)
            steps = self._way(connection, row.of or row.id)
        steps.insert(0, Step(row.received_at, "received"))
        steps.sort(key=lambda step: step.at)
        states = [_STATES[step.what] for step in steps if step.what in _STATES]
        return Status(tracking, states[-1] if states else "terverifikasi", tuple(steps), row.relation, head)

    def _head(self, connection: Connection, of: UUID | None) -> str | None:
        if of is None:
            return None
        query = select(col(ComplaintRow.tracking)).where(col(ComplaintRow.id) == of)
        return connection.execute(query).scalar_one_or_none()

    def _way(self, connection: Connection, complaint: UUID) -> list[Step]:
        """The dispatches and answers of a complaint, oldest first."""
        sent = connection.execute(
            select(DispatchRow.dispatched_at, DispatchRow.agency)
            .where(col(DispatchRow.complaint_id) == complaint)
            .order_by(col(DispatchRow.hop))
        ).all()
        said = connection.execute(
            select(AnswerRow.answered_at, AnswerRow.verdict, AnswerRow.agency)
            .where(col(AnswerRow.complaint_id) == complaint)
            .order_by(col(AnswerRow.answered_at))
        ).all()
        steps = [Step(at, "dispatched", self._names.get(agency, agency)) for at, agency in sent]
        steps += [Step(at, verdict, self._names.get(agency, agency)) for at, verdict, agency in said]
        return steps
