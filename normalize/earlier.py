"""Earlier decisions, marks, complaints and reports of senders, for one batch."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self
from uuid import UUID

from sqlalchemy import Connection

from messages.shapes import Complaint
from normalize.arrival import Arrival
from normalize.conversation.conversation import follows_of
from normalize.conversation.decision import SenderReport, is_other_matter_elsewhere, lacks_place_still
from normalize.conversation.sender_reports import SenderReports
from normalize.decision_store import DecisionStore, MarkStore, StoredDecision
from normalize.draft import PART_EVIDENCE, Continuation, Draft, Follows
from normalize.duplicates.comparable import Comparable
from normalize.duplicates.store.comparable_forms import ComparableForms
from normalize.duplicates.store.earlier_complaints import EarlierComplaints
from normalize.duplicates.store.expiry import COMPARISON_PERIOD
from normalize.relation import mark_key

# The time of a batch without arrivals: it compares nothing.
_NO_TIME = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Earlier:
    """Lookup of earlier decisions, marks and complaints, and those of this batch. Call `write` once at the end.

    It reads with the connection that loaded it. It writes with another one, if what it has read is still so.

    `objections` are the times of the batch's objections, by the report that they are about.
    """

    decisions: DecisionStore
    marks: MarkStore
    complaints: EarlierComplaints
    senders: SenderReports
    objections: dict[UUID, datetime] = field(default_factory=dict)

    @classmethod
    def load(cls, connection: Connection, forms: ComparableForms, arrivals: Sequence[Arrival]) -> Self:
        """Load everything that the arrivals may belong to, as long as it has not expired.

        The period counts from the earliest arrival: one message with a wrong clock must not make all others too old.
        """
        expiry = earliest_time(arrivals) - COMPARISON_PERIOD
        message_ids = (arrival.raw.id for arrival in arrivals)
        open_arrivals = [(arrival.raw.sender, message) for arrival in arrivals if (message := arrival.open_message)]
        return cls(
            DecisionStore(connection, message_ids),
            MarkStore(connection, (mark for arrival in arrivals for mark in arrival.marks)),
            EarlierComplaints(
                connection,
                forms,
                [arrival.keys for arrival in arrivals],
                expiry,
                {form.sender for arrival in arrivals if (form := arrival.comparable) and form.sender},
            ),
            SenderReports(
                connection,
                {sender for sender, _ in open_arrivals},
                {number for _, message in open_arrivals for number in message.content.numbers},
                expiry,
            ),
        )

    def has_decided_delivery(self, arrival: Arrival) -> bool:
        """Return True if another delivery of this message was decided."""
        decision = self.decisions.get(arrival.raw.id)
        return decision is not None and decision.position != arrival.position

    def follows_of(self, arrival: Arrival, decision: StoredDecision | None) -> Follows | None:
        """Return the report of the sender to which a message was attached before, or is attached now."""
        message = arrival.open_message
        if message is None:
            return None
        if decision:
            return decision.follows()
        # A follow-up lets its mark lead to its report: this may only be read before the message is decided.
        if self._completes_parts(arrival):
            return None
        reports = self.senders.of(arrival.raw.sender)
        draft = message.draft
        return follows_of(message, reports, self._content_of, self._closed_thread(draft), self._thread(draft))

    def _thread(self, draft: Draft) -> UUID | None:
        """Return the complaint in whose thread a message was written."""
        continuation = draft.continuation
        if continuation is None or continuation.evidence in PART_EVIDENCE:
            return None
        first = self.marks.get(mark_key(continuation.mark))
        return first.complaint_id if first else None

    def _closed_thread(self, draft: Draft) -> UUID | None:
        """Return the complaint in whose thread a message was written, if its case is closed."""
        continuation = draft.continuation
        if continuation is None or continuation.evidence in PART_EVIDENCE:
            return None
        return self.marks.closed(mark_key(continuation.mark))

    def continuation_of(self, arrival: Arrival, draft: Draft) -> Continuation | None:
        """Return the marks by which a message belongs to an earlier one.

        A thread is one matter unless a message in it names another matter at another place: that one begins anew.
        """
        continuation, message = draft.continuation, arrival.open_message
        if continuation is None or message is None or continuation.evidence in PART_EVIDENCE:
            return continuation
        first = self.marks.get(mark_key(continuation.mark))
        content = self._content_of(first.complaint_id) if first else None
        begins_anew = content is not None and is_other_matter_elsewhere(message.traits, content)
        return continuation.of_new_matter() if begins_anew else continuation

    def closed_complaint(self, arrival: Arrival, continuation: Continuation | None) -> UUID | None:
        """Return the complaint of a closed case that the same sender continues, or repeats literally.

        Call it before the marks of the arrival are assigned.
        """
        marks = (arrival.fingerprint, *((mark_key(continuation.mark),) if continuation else ()))
        return next((closed_id for mark in marks if (closed_id := self.marks.closed(mark))), None)

    def _completes_parts(self, arrival: Arrival) -> bool:
        """Return whether the message is a later part, or a later version, of an earlier one."""
        continuation = arrival.draft.continuation if isinstance(arrival.draft, Draft) else None
        is_part = continuation is not None and continuation.evidence in PART_EVIDENCE
        return bool(is_part and continuation and self.marks.get(mark_key(continuation.mark)))

    def _content_of(self, complaint_id: UUID) -> Comparable | None:
        complaint = self.complaints.get(complaint_id)
        return complaint.comparable if complaint else None

    def add_report(self, arrival: Arrival, complaint: Complaint) -> None:
        """Record a complaint, so that later messages of its sender find it, and what it does to an earlier report."""
        report_id = complaint.relation.of if complaint.relation.kind == "repeat" else None
        if message := arrival.open_message:
            report = complaint.report
            is_report = complaint.follow_up.act == "reports"
            lacks_place = message.lacks_place
            if report_id and not is_report:
                lacks_place = lacks_place_still(message.traits, self.senders.of(complaint.sender), report_id)
            self.senders.add(
                complaint.sender,
                SenderReport(
                    complaint_id=complaint.id,
                    report_id=report_id or complaint.id,
                    tracking=complaint.tracking,
                    at=complaint.at,
                    anonim=report.anonim,
                    rahasia=report.rahasia,
                    lacks_place=lacks_place,
                    lacks_matter=is_report and message.lacks_matter,
                    confirms=complaint.follow_up.act == "confirms",
                ),
            )
        if report_id:
            if not (message and message.content.is_courtesy):
                self.senders.continue_report(report_id, complaint.at)
            if complaint.follow_up.act == "rates":
                self.senders.rate_report(report_id, complaint.at)
            if complaint.follow_up.act == "objects":
                self.objections[report_id] = max(complaint.at, self.objections.get(report_id, complaint.at))

    def write(self, connection: Connection) -> None:
        """Write what this batch added."""
        self.decisions.write(connection)
        self.marks.write(connection)
        self.complaints.write(connection)
        self.senders.write(connection)

    def delete_expired(self, connection: Connection, message_count: int) -> None:
        """Delete a part of what has expired. `message_count` messages have come since the last call."""
        self.complaints.delete_expired(connection, message_count)
        self.senders.delete_expired(connection)


def earliest_time(arrivals: Sequence[Arrival]) -> datetime:
    """Return the time of the earliest arrival, the last possible time without one."""
    return min((arrival.raw.at for arrival in arrivals), default=_NO_TIME)
