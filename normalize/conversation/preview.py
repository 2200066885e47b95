"""Reads what the normalizer makes of a message that a door has just stored, so that its sender hears it at once."""

from uuid import UUID

from sqlalchemy import Connection, Engine
from sqlmodel import col, select

from config.database import read_transaction
from messages.sealing import Sealer
from messages.shapes import Contact, Danger, RawMessage, Report, SenderAct
from normalize.arrival import ArrivalReader
from normalize.conversation.conversation import OpenMessage, follows_of
from normalize.conversation.decision import CONSENT_BY_NUMBER
from normalize.conversation.sender_reports import SenderReports
from normalize.conversation.tables import SenderReportRow
from normalize.decision_store import DecisionStore
from normalize.draft import MAX_TEXT_LENGTH, Draft, Follows, NotComplaint
from normalize.duplicates.comparable import Comparable
from normalize.duplicates.store.comparable_forms import ComparableForms
from normalize.duplicates.store.earlier_complaints import EarlierComplaints
from normalize.duplicates.store.expiry import COMPARISON_PERIOD


class MessagePreview:
    """Decides as the normalizer does, and writes nothing. What the normalizer has decided already counts."""

    def __init__(self, engine: Engine, sealer: Sealer, reader: ArrivalReader) -> None:
        self._engine = engine
        self._sealer = sealer
        self._reader = reader

    def danger(self, text: str) -> Danger:
        """Return the danger to life that a text tells of."""
        return self._reader.danger_of(Report(text=text[:MAX_TEXT_LENGTH])) if text else ""

    def outcome(self, raw: RawMessage, report: Report) -> tuple[str, SenderAct, str, int]:
        """Return the reason why a message is no report, its act, the number of the report that it is about, its rating.

        Of a message that is no report it is the number of the sender's latest report.
        `agrees-to-ombudsman` is what the sender wanted; it is no consent.
        Raises `DatabaseUnavailable`.
        """
        classified, message, _ = self._reader.read_draft(raw, Draft(report, Contact()), self._reader.traits_reader())
        if message:
            with read_transaction(self._engine) as connection:
                follows = self._follows(connection, raw, message)
                if follows:
                    act = "agrees-to-ombudsman" if follows.evidence == CONSENT_BY_NUMBER else follows.follow_up.act
                    number = _number_of(connection, follows.complaint_id)
                    return "", act, number, follows.follow_up.rating
        if isinstance(classified, NotComplaint):
            return classified.reason, "reports", self.latest_number(raw), 0
        return "", "reports", "", 0

    def latest_number(self, raw: RawMessage) -> str:
        """Return the number of the latest report of a proven sender, "" without one. Raises `DatabaseUnavailable`."""
        if raw.verified_by == "none":
            return ""
        with read_transaction(self._engine) as connection:
            expiry = raw.at - COMPARISON_PERIOD
            reports = SenderReports(connection, {raw.sender}, (), expiry).of(raw.sender)
            report = next((report for report in reports if report.at <= raw.at), None)
            return _number_of(connection, report.report_id) if report else ""

    def _follows(self, connection: Connection, raw: RawMessage, message: OpenMessage) -> Follows | None:
        if decision := DecisionStore(connection, [raw.id]).get(raw.id):
            return decision.follows()
        expiry = raw.at - COMPARISON_PERIOD
        reports = SenderReports(connection, {raw.sender}, message.content.numbers, expiry).of(raw.sender)
        if not reports:
            return None
        complaints = EarlierComplaints(connection, ComparableForms(self._sealer), (), expiry)

        def content_of(complaint_id: UUID) -> Comparable | None:
            complaint = complaints.get(complaint_id)
            return complaint.comparable if complaint else None

        return follows_of(message, reports, content_of)


def _number_of(connection: Connection, complaint_id: UUID) -> str:
    """Return the tracking number of a sender's report, "" after the comparison period."""
    query = select(SenderReportRow.tracking).where(col(SenderReportRow.complaint_id) == complaint_id)
    return connection.execute(query).scalar_one_or_none() or ""
