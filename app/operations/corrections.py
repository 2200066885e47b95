"""Corrections of relations between reports, by a person: wrongly joined reports are split, separate ones merged.

Nothing is changed here. A correction is published on `corrections`; the stages process it, and `satupintu status` shows
the effect.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection, Engine, func
from sqlmodel import col, select

from accounts.permissions import person_name
from app.operations.duplicates.tables import keep_label
from app.operations.not_possible import NotPossible
from app.operations.recorder import Recorder
from app.operations.staff_events import SOURCE
from bus.port import Outgoing, Producer
from cases.facts.tables import ComplaintFact, CorrectionFact
from config.conditions import is_one_of
from config.database import read_transaction
from messages import codec, ids
from messages.shapes import KEPT_APART, MERGED, SPLIT, Correction, Relation
from messages.topics import CORRECTIONS
from sinks.ledger.relations.current_relation import CurrentRelation, relations_by_number
from sinks.ledger.status import StatusReader


@dataclass(frozen=True, slots=True)
class NumberedCorrection:
    """Correction, and the number of the report that the report was split from, merged with or kept apart from."""

    correction: Correction
    related_number: str


class Corrections:
    """Splits and merges reports. `actor` and `why` are recorded in the `log` first, and sent to the agency.

    The agency gets the name of the actor without the account: see `accounts.permissions.actor_label`.

    Numbers are in their canonical form. Every method may raise `NotPossible` and the errors of bus and database.
    """

    def __init__(self, engine: Engine, producer: Producer, log: Recorder) -> None:
        self._engine = engine
        self._producer = producer
        self._log = log

    def split(self, number: str, actor: str, why: str, at: datetime) -> NumberedCorrection:
        """Make the report a case of its own. Repeats of the report go with it."""
        with read_transaction(self._engine) as connection:
            report = _dispatched_report(connection, number)
            if report.relation == "new" or report.related_id is None:
                raise NotPossible(
                    f"{report.tracking} neither repeats nor joins another report. There is nothing to split.",
                    "no-relation",
                    number=report.tracking,
                )
            relation = Relation(evidence=(SPLIT,))
            correction = _correction(connection, report, relation, report.related_id, actor, why, at)
            related_number = _tracking_number(connection, report.related_id)
        return self._publish(correction, actor, related_number)

    def merge(
        self, target_number: str, number: str, kind: Literal["repeat", "joins"], actor: str, why: str, at: datetime
    ) -> NumberedCorrection:
        """Merge the report `number` into the case of `target_number`, with the reports that belong to it now."""
        prepared = self.prepare_merge(target_number, number, kind, actor, why, at)
        return self._publish(prepared.correction, actor, prepared.related_number)

    def prepare_merge(
        self, target_number: str, number: str, kind: Literal["repeat", "joins"], actor: str, why: str, at: datetime
    ) -> NumberedCorrection:
        """Return the correction of `merge` without recording or publishing it."""
        with read_transaction(self._engine) as connection:
            target = _dispatched_report(connection, target_number)
            report = _dispatched_report(connection, number)
            _check_merge(target, report)
            if kind == "repeat":
                _check_anonymity(connection, target, report)
            since = _earliest_arrival(connection, report, target)
            relation = Relation(kind=kind, of=target.case_id, evidence=(MERGED,), since=since)
            correction = _correction(connection, report, relation, None, actor, why, at)
            related_number = _tracking_number(connection, target.case_id)
        self._check_open(related_number, report.tracking)
        return NumberedCorrection(correction, related_number)

    def prepare_denial(self, apart_from: UUID, number: str, actor: str, why: str, at: datetime) -> NumberedCorrection:
        """Return the correction that keeps a report apart from a complaint, without recording or publishing it."""
        with read_transaction(self._engine) as connection:
            target = _dispatched_report(connection, _tracking_number(connection, apart_from))
            report = _dispatched_report(connection, number)
            _check_apart(target, report)
            correction = _correction(connection, report, Relation(evidence=(KEPT_APART,)), apart_from, actor, why, at)
        return NumberedCorrection(correction, target.tracking)

    def publish(self, correction: Correction) -> None:
        """Publish a prepared correction that was recorded. Publishing it twice has one effect."""
        encoded = codec.encode(correction, str(correction.complaint_id), SOURCE)
        self._producer.publish([Outgoing(CORRECTIONS, *encoded)])

    def _check_open(self, case_number: str, number: str) -> None:
        """Raise `NotPossible` if the case is closed. The router decides again: the case may be closed meanwhile."""
        case = StatusReader(self._engine, {}).status(case_number)
        if case and case.is_closed:
            raise NotPossible(
                f"The case {case_number} is closed: nobody would read {number} there.",
                "case-closed",
                number=number,
                target=case_number,
            )

    def _publish(self, correction: Correction, actor: str, related_number: str) -> NumberedCorrection:
        action = "complaints.split" if correction.apart_from else "complaints.merge"
        subject = f"{correction.complaint_id} {correction.apart_from or correction.relation.of}"
        self._log.append(action, subject, actor, correction.reason, correction.at)
        self.publish(correction)
        keep_label(self._engine, correction, actor)
        return NumberedCorrection(correction, related_number)


def _dispatched_report(connection: Connection, tracking: str) -> CurrentRelation:
    report = relations_by_number(connection, [tracking]).get(tracking)
    if report is None:
        raise NotPossible(f"{tracking} is not in the ledger (yet).", "not-in-ledger", number=tracking)
    if not report.is_dispatched:
        raise NotPossible(f"{tracking} is not in an agency's queue (yet).", "not-in-queue", number=tracking)
    return report


def _check_merge(target: CurrentRelation, report: CurrentRelation) -> None:
    if target.id == report.id:
        raise NotPossible(f"{report.tracking} cannot be merged with itself.", "same-report", number=report.tracking)
    if target.case_id == report.id:
        raise NotPossible(
            f"{target.tracking} belongs to {report.tracking}, so the merge would make a circle. "
            f"Split {target.tracking} first.",
            "circle",
            number=report.tracking,
            target=target.tracking,
        )
    _check_apart(target, report)


def _check_apart(target: CurrentRelation, report: CurrentRelation) -> None:
    if report.case_id == target.case_id:
        raise NotPossible(
            f"{report.tracking} and {target.tracking} belong together already.",
            "together",
            number=report.tracking,
            target=target.tracking,
        )


def _check_anonymity(connection: Connection, target: CurrentRelation, report: CurrentRelation) -> None:
    """Raise `NotPossible` if an anonymous report would stand beside an open one as that of the same sender."""
    query = select(col(ComplaintFact.anonim)).where(col(ComplaintFact.id).in_([target.case_id, report.id])).distinct()
    if len(connection.execute(query).all()) > 1:
        raise NotPossible(
            f"Only one of {report.tracking} and {target.tracking} is anonymous: the agency would see who wrote it. "
            "Merge it as a join.",
            "unequal-anonim",
            number=report.tracking,
            target=target.tracking,
        )


def _earliest_arrival(connection: Connection, *reports: CurrentRelation) -> datetime | None:
    """Return the arrival of the earliest of the reports and their cases."""
    ids_ = {id_ for report in reports for id_ in (report.id, report.case_id)}
    query = select(func.min(ComplaintFact.received_at)).where(is_one_of(col(ComplaintFact.id), ids_))
    earliest: datetime | None = connection.execute(query).scalar_one()
    return earliest


def _tracking_number(connection: Connection, complaint_id: UUID) -> str:
    """Return the complaint's tracking number, or its id if it is not in the ledger (yet)."""
    query = select(ComplaintFact.tracking).where(col(ComplaintFact.id) == complaint_id)
    return connection.execute(query).scalar_one_or_none() or str(complaint_id)


def _correction(
    connection: Connection,
    report: CurrentRelation,
    relation: Relation,
    apart_from: UUID | None,
    actor: str,
    why: str,
    at: datetime,
) -> Correction:
    of_report = select(CorrectionFact.id).where(col(CorrectionFact.complaint_id) == report.id)
    latest_first = of_report.order_by(col(CorrectionFact.at).desc(), col(CorrectionFact.id))
    previous_correction = connection.execute(latest_first).scalars().first()
    return Correction(
        id=ids.correction_id(report.id, _change(relation, apart_from), previous_correction),
        message_id=report.message_id,
        at=at,
        complaint_id=report.id,
        tracking=report.tracking,
        relation=relation,
        apart_from=apart_from,
        actor=person_name(actor),
        reason=why,
    )


def _change(relation: Relation, apart_from: UUID | None) -> str:
    """Return what a correction changes, for its id."""
    kind = KEPT_APART if KEPT_APART in relation.evidence else relation.kind
    return f"{kind}:{relation.of or apart_from}"
