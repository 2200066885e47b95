"""Preview of one report for a person who merges or splits reports: its own text, and the case that it belongs to."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Engine, func, select
from sqlmodel import col

from app.operations.not_possible import NotPossible
from cases.facts.conditions import accompanies_one_of, is_latest_dispatch
from cases.facts.tables import ComplaintFact, DispatchFact
from cases.words.conditions import is_of_complaint
from cases.words.tables import CaseWords
from config.database import read_transaction
from language.masking import mask_text
from sinks.ledger.relations.current_relation import relations_by_number


@dataclass(frozen=True, slots=True)
class ReportPreview:
    """A report. Title and text are masked by `language.masking`.

    `agency` is the code of the agency that has it now, empty before the first dispatch. `case_number` is the number of
    the case that it belongs to, empty if it is a case itself. `repeats` and `joins` count the reports of its case.
    """

    number: str
    received_at: datetime
    channel: str
    title: str
    text: str
    relation: str
    agency: str
    case_number: str
    repeats: int
    joins: int


class ReportPreviews:
    """Reads reports from the ledger."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def preview(self, number: str) -> ReportPreview:
        """Return a report by its number in canonical form. Raises `NotPossible` and `DatabaseUnavailable`."""
        with read_transaction(self._engine) as connection:
            relation = relations_by_number(connection, [number]).get(number)
            if relation is None:
                raise NotPossible(f"{number} is not in the ledger (yet).", "not-in-ledger", number=number)
            columns = (col(ComplaintFact.channel), col(CaseWords.title), col(CaseWords.text))
            query = select(*columns).join(CaseWords, is_of_complaint())
            report = connection.execute(query.where(col(ComplaintFact.id) == relation.id)).one()
            agency = _agency(connection, relation.id)
            followers = _followers(connection, relation.case_id)
            case_number = "" if relation.case_id == relation.id else _number(connection, relation.case_id)
        return ReportPreview(
            number=number,
            received_at=relation.received_at,
            channel=report.channel,
            title=mask_text(report.title),
            text=mask_text(report.text),
            relation=relation.relation,
            agency=agency,
            case_number=case_number,
            repeats=followers["repeat"],
            joins=followers["joins"],
        )


def _agency(connection: Connection, complaint_id: UUID) -> str:
    query = select(col(DispatchFact.agency)).where(col(DispatchFact.complaint_id) == complaint_id)
    return connection.execute(query.order_by(col(DispatchFact.hop).desc()).limit(1)).scalar_one_or_none() or ""


def _followers(connection: Connection, case_id: UUID) -> Counter[str]:
    """Return the number of reports that belong to a case, by their relation."""
    query = (
        select(col(DispatchFact.relation), func.count())
        .where(accompanies_one_of([case_id]), is_latest_dispatch())
        .group_by(col(DispatchFact.relation))
    )
    return Counter({row[0]: row[1] for row in connection.execute(query)})


def _number(connection: Connection, complaint_id: UUID) -> str:
    query = select(col(ComplaintFact.tracking)).where(col(ComplaintFact.id) == complaint_id)
    return connection.execute(query).scalar_one_or_none() or str(complaint_id)
