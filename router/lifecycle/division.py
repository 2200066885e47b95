"""Divides a report: words that a person chose become a part, a complaint of its own below the report (decision 0035).

The part is published on `complaints` and routed from there as any other complaint.
"""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, bindparam, func
from sqlmodel import Field, SQLModel, col, select

from bus.errors import Reject
from config.database import insert_statement
from config.table_declaration import IDS, declared
from messages import ids
from messages.sealing import Sealed
from messages.shapes import MAX_PARTS, Complaint, Correction, Dispatch, Division, Place, Report
from messages.tracking import part_number
from privacy.forgotten import SentReport, find_sent_report, record_reports
from router.answer_store import find_closing
from router.cases.transfer import CaseTransfer
from router.store import store_correction_once

# Characters of the code of a district (`Place.code`): a village is more than a citizen picks.
_DISTRICT_CHARACTERS = 8


class DividedPart(SQLModel, table=True):
    """A part of a report, by the correction that made it. `position` is that of the record that was applied."""

    __tablename__ = "router_part"
    __table_args__ = declared(IDS, retention="exactly-once")

    part_id: UUID = Field(primary_key=True)
    report_id: UUID = Field(index=True)
    number: int
    correction_id: UUID = Field(unique=True)
    position: str


class StoredPart(NamedTuple):
    """A part that was made of a report: the complaint, its number, and the record that made it."""

    part_id: UUID
    number: int
    position: str


_OF_CORRECTION = select(DividedPart.part_id, DividedPart.number, DividedPart.position).where(
    col(DividedPart.correction_id) == bindparam("correction_id")
)
_LAST_NUMBER = select(func.coalesce(func.max(col(DividedPart.number)), 1)).where(
    col(DividedPart.report_id) == bindparam("report_id")
)


def divide_report(transfer: CaseTransfer, correction: Correction) -> Complaint | None:
    """Return the part that a correction makes of a report; `None` if another record made it, or if nothing changes.

    The record that made it leads to the same part again. Raises `Reject` if the router does not know the report.
    """
    connection = transfer.connection
    is_first = store_correction_once(connection, transfer.cause)
    history = transfer.locked_history(correction.complaint_id)
    if not history:
        raise Reject("unknown_complaint", "complaint_id")
    sent = find_sent_report(connection, correction.complaint_id)
    stored = find_part(connection, correction.id)
    if stored is None and is_first and sent and _may_be_divided(transfer, correction, history[-1]):
        number = _last_number(connection, correction.complaint_id) + 1
        if number <= MAX_PARTS:
            stored = _store_part(connection, correction, number, transfer.cause.position, sent)
    if stored is None or stored.position != transfer.cause.position or sent is None:
        return None
    return _part(correction, history[-1], stored.number, sent)


def find_part(connection: Connection, correction_id: UUID) -> StoredPart | None:
    """Return the part that a correction made; `None` if it made none."""
    row = connection.execute(_OF_CORRECTION, {"correction_id": correction_id}).one_or_none()
    return StoredPart(*row) if row else None


def adopt_part(connection: Connection, part: Complaint) -> None:
    """Store a part that an earlier run of the service made. The record of its correction is not known then."""
    division = part.part_of
    if division is None:
        return
    _insert_part(connection, part.id, division, "")
    record_reports(connection, [SentReport(part.id, part.message_id, part.sender, part.at, has_shared_seal=False)])


def _may_be_divided(transfer: CaseTransfer, correction: Correction, current: Dispatch) -> bool:
    """Return True for an open case that lies where the person saw it. A part is not divided again: its report is."""
    is_seen = correction.part is not None and correction.part.dispatch_id == current.id
    is_report = current.own_case and current.part_of is None
    return is_seen and is_report and find_closing(transfer.connection, current) is None


def _last_number(connection: Connection, report_id: UUID) -> int:
    number: int = connection.execute(_LAST_NUMBER, {"report_id": report_id}).scalar_one()
    return number


def _store_part(
    connection: Connection, correction: Correction, number: int, position: str, sent: SentReport
) -> StoredPart:
    message_id = ids.part_message_id(correction.complaint_id, number)
    part_id = ids.complaint_id(message_id)
    division = Division(report_id=correction.complaint_id, number=number, correction_id=correction.id)
    _insert_part(connection, part_id, division, position)
    # Whoever is forgotten is forgotten with the part. Nothing of it was sealed.
    record_reports(connection, [SentReport(part_id, message_id, sent.sender, sent.received_at, has_shared_seal=False)])
    return StoredPart(part_id, number, position)


def _insert_part(connection: Connection, part_id: UUID, division: Division, position: str) -> None:
    row = {
        "part_id": part_id,
        "report_id": division.report_id,
        "number": division.number,
        "correction_id": division.correction_id,
        "position": position,
    }
    connection.execute(insert_statement(connection, DividedPart).values(row).on_conflict_do_nothing())


def _part(correction: Correction, report: Dispatch, number: int, sent: SentReport) -> Complaint:
    """Return the part as a complaint that arrived with its report."""
    words, agency = (correction.part.text, correction.part.agency) if correction.part else ("", "")
    message_id = ids.part_message_id(correction.complaint_id, number)
    return Complaint(
        id=ids.complaint_id(message_id),
        message_id=message_id,
        at=sent.received_at,
        tracking=part_number(report.tracking, number),
        channel=report.channel,
        sender=sent.sender,
        report=_report_of_part(report.report, words, report.region),
        contact=Sealed(""),
        danger=report.danger,
        part_of=Division(
            report_id=correction.complaint_id,
            number=number,
            correction_id=correction.id,
            agency=agency,
            actor=correction.actor,
        ),
    )


def _report_of_part(report: Report, words: str, region: str) -> Report:
    """Return the report with the words of the part. A place that only the other words name is that of the part, too."""
    place = report.place
    if place == Place() and region:
        place = Place(code=region[:_DISTRICT_CHARACTERS])
    return report.model_copy(update={"title": "", "text": words, "agency": "", "place": place, "partial": False})
