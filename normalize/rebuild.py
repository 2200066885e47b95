"""Stores a decision that an earlier run of the service made, with what later messages find its complaint by.

The published complaint has the decision: its relation, suggestion and act. They are taken as they are, whatever the
present rules would decide.
"""

from messages.shapes import Complaint
from normalize.arrival import Arrival
from normalize.decision import NEW
from normalize.decision_store import StoredDecision, StoredFollowUp
from normalize.draft import Draft
from normalize.duplicates.limits import NewComplaint
from normalize.duplicates.matcher import Matcher, MatterDecision
from normalize.earlier import Earlier
from normalize.relation import assign_marks, lead_marks, relation_by_fingerprint, relation_by_mark


def adopt(earlier: Earlier, arrival: Arrival, complaint: Complaint | None, matcher: Matcher | None) -> None:
    """Store the decision about an arrival. `complaint` is what was published; `None`: it is no complaint."""
    raw, draft = arrival.raw, arrival.draft
    version = matcher.language_version if matcher else ""
    if complaint is None:
        earlier.decisions.add(raw.id, StoredDecision(arrival.position, NEW), version)
        return
    follow_up = None
    if arrival.open_message and complaint.follow_up.act != "reports":
        report = complaint.report
        follow_up = StoredFollowUp(act=complaint.follow_up.act, anonim=report.anonim, rahasia=report.rahasia)
    decision = StoredDecision(
        arrival.position, complaint.relation, follow_up, complaint.suggestion, complaint.similar_closed_case
    )
    earlier.decisions.add(raw.id, decision, version)
    if arrival.open_message and (follows := decision.follows()):
        draft = arrival.open_message.draft.attached_to(follows)
    # The present rules may set the message aside. Then nothing is known of it that later messages could be compared to.
    if isinstance(draft, Draft):
        _remember(earlier, arrival, draft, complaint, matcher)
    earlier.add_report(arrival, complaint)


def _remember(earlier: Earlier, arrival: Arrival, draft: Draft, complaint: Complaint, matcher: Matcher | None) -> None:
    """Store the marks, the fingerprint and the comparable form of a complaint."""
    at, relation, complaint_id = arrival.raw.at, complaint.relation, arrival.complaint_id
    if draft.follows:
        if draft.continuation:
            lead_marks(earlier.marks, draft.continuation, draft.follows.complaint_id, at)
        return
    continuation = earlier.continuation_of(arrival, draft)
    if continuation is None or relation_by_mark(earlier.marks, continuation, complaint_id, at).kind == "new":
        relation_by_fingerprint(earlier.marks, arrival.fingerprint, complaint_id, at)
    if matcher and arrival.comparable:
        new_complaint = NewComplaint(complaint_id, arrival.comparable, at, matcher.claim_of(draft.contact, arrival.raw))
        decision = MatterDecision(relation, complaint.suggestion)
        matcher.add_complaint(earlier.complaints, new_complaint, arrival.keys, decision)
    if continuation:
        assign_marks(earlier.marks, continuation, complaint_id, relation, at)
