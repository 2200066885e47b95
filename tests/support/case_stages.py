"""The stage of cases with derivations behind it: what records lead to is there when `handle` returns."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache, partial
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, delete, insert, select
from sqlmodel import SQLModel

from app.assembly.channels import DIRECTORY
from app.assembly.desk.proposal_tables import CurrentUnitKinds
from app.assembly.parts import Parts
from app.assembly.stages import cases
from bus.port import Outgoing, Record
from cases.derivations.loop import Derivation, derive_all
from cases.facts.rows import TABLES
from cases.facts.stage import CaseStage
from cases.facts.tables import AnswerFact, ComplaintFact, CorrectionFact, DerivationPosition, FactLog
from cases.words.tables import CaseWords
from config.database import DatabaseUnavailable, read_transaction
from config.reference.regions import load_regions
from desk.changes import CaseChange
from desk.read_model.derivation import DERIVATION as DESK
from desk.read_model.derivation import DeskDerivation
from desk.units.proposals import ProposalTables
from messages.answer_check import AnswerCheck
from oversight.read_model.derivation import DERIVATION as OVERSIGHT
from oversight.read_model.derivation import derive_new
from sinks.ledger.counts.queue_counts import DERIVATION as QUEUES
from sinks.ledger.counts.queue_counts import derive_waiting_cases
from tests.support.deadlines import DEADLINES
from tests.support.programmes import PROGRAMMES
from tests.support.rules import SHIPPED, SMALL, cached_rules
from tests.support.stages import ANSWER_CHECK

# The tables by which units are proposed: those of the shipped registry.
PROPOSALS = ProposalTables(CurrentUnitKinds(lambda: cached_rules(SHIPPED).registry), cache(load_regions))
# Facts with words.
_WITH_WORDS = (ComplaintFact, AnswerFact, CorrectionFact)


class DerivingCases:
    """Stores the facts of records, and derives from them. See `bus.worker.Stage`."""

    def __init__(
        self,
        engine: Engine,
        derivations: Sequence[Derivation],
        answer_check: AnswerCheck = ANSWER_CHECK,
        institutions: Callable[[], Container[str]] = lambda: cached_rules(SMALL).registry.institutions,
    ) -> None:
        self.engine = engine
        self.derivations = derivations
        self.stage = CaseStage(engine, DIRECTORY.names, answer_check, institutions, lambda: None)

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """Store the facts, then derive everything that follows."""
        outputs = self.stage.handle(records)
        while not self._has_derived():
            pass
        return outputs

    def _has_derived(self) -> bool:
        """Derive everything; return False after a conflict with another thread: its loop would try again, too."""
        with suppress(DatabaseUnavailable):
            derive_all(self.engine, self.derivations)
            return True
        return False


def desk_derivation(changes: list[CaseChange] | None = None) -> Derivation:
    """Return the desk's derivation; it appends what agencies are to be told of to `changes`."""

    def on_changes(_connection: Connection, new_changes: Sequence[CaseChange]) -> None:
        if changes is not None:
            changes.extend(new_changes)

    return Derivation(DESK, DeskDerivation(on_changes, DEADLINES, PROPOSALS).derive)


def oversight_derivation() -> Derivation:
    """Return the derivation of oversight."""
    return Derivation(OVERSIGHT, partial(derive_new, deadlines=DEADLINES, programmes=PROGRAMMES))


def queue_derivation() -> Derivation:
    """Return the derivation of the counts of the queues."""
    return Derivation(QUEUES, derive_waiting_cases)


def make_case_stage(
    engine: Engine, answer_check: AnswerCheck = ANSWER_CHECK, derivations: Sequence[Derivation] = ()
) -> DerivingCases:
    """Return the stage of cases with the counts of the queues, and further derivations, behind it."""
    return DerivingCases(engine, [queue_derivation(), *derivations], answer_check)


def all_cases(parts: Parts, *, silent: bool = False) -> DerivingCases:
    """Return the stage of cases with all derivations of a service behind it; `silent`: no agency is told anything."""
    derivations = cases.silent_derivations(parts) if silent else cases.derivations(parts)
    return DerivingCases(parts.engine, derivations, parts.keys.answer_check, lambda: parts.registry.institutions)


def set_aside(message_id: UUID, tracking: str, reason: str, at: datetime) -> dict[str, Any]:
    """Return the row of a message that was set aside as no report."""
    ids = {"id": uuid4(), "subject": message_id, "message_id": message_id}
    return {"event": "not-a-complaint", "tracking": tracking, "reason": reason, "at": at, **ids}


def store(connection: Connection, table: type[SQLModel], rows: Iterable[Mapping[str, Any]]) -> None:
    """Store rows of facts. Their `title`, `text`, `contact` and `actor` are stored as their words."""
    columns = table.__table__.columns  # type: ignore[attr-defined]
    for row in rows:
        connection.execute(insert(table), [{name: value for name, value in row.items() if name in columns}])
        if table in _WITH_WORDS:
            words = {name: row.get(name, "") for name in ("title", "text", "contact", "actor")}
            key = {"fact_id": row["id"], "agency": row["agency"] if table is AnswerFact else "", "kind": "test"}
            connection.execute(
                insert(CaseWords), [{**key, **words, "complaint_id": row.get("complaint_id", row["id"])}]
            )


def rows_of(engine: Engine, tables: Iterable[type[SQLModel]]) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of these tables by the name of the table, in a fixed order."""
    with read_transaction(engine) as connection:
        return {
            str(table.__tablename__): sorted(
                (tuple(row) for row in connection.execute(select(*table.__table__.columns))),  # type: ignore[attr-defined]
                key=repr,
            )
            for table in tables
        }


def delete_facts(connection: Connection) -> None:
    """Delete all facts and the log, so that the same records are new again."""
    tables: Sequence[type[SQLModel]] = (*TABLES.values(), CaseWords, FactLog, DerivationPosition)
    for table in tables:
        connection.execute(delete(table))
