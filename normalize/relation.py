"""Decides which earlier complaint a message belongs to, by its mark or its fingerprint. Reads no database itself.

Three questions are asked in this order: Is the message a part of an earlier message of its sender (its mark)?
Has the same sender sent the same text before (its fingerprint)? Is it about a matter that was reported before
(`normalize/duplicates/`)?
"""

import hashlib
from datetime import datetime
from uuid import UUID

from messages.shapes import SAID_BY_SENDER, Relation
from normalize.decision import NEW, MarkedComplaint, relation_to_earlier
from normalize.decision_store import MarkStore
from normalize.draft import Continuation


def relation_by_mark(marks: MarkStore, continuation: Continuation, complaint_id: UUID, at: datetime) -> Relation:
    """Return a repeat of the first message with this mark. The first message itself is new and takes the mark."""
    mark = mark_key(continuation.mark)
    first = marks.get(mark)
    if first is None:
        marks.put(mark, MarkedComplaint(complaint_id, at))
        return NEW
    return Relation(kind="repeat", of=first.complaint_id, evidence=("same-sender", continuation.evidence))


def relation_by_fingerprint(marks: MarkStore, fingerprint: str, complaint_id: UUID, at: datetime) -> Relation:
    """Return a repeat of the complaint with this fingerprint; new if there is none, or only of another episode."""
    earlier = marks.get(fingerprint)
    relation = relation_to_earlier(at, earlier) if earlier else NEW
    if relation.kind == "new" and (earlier is None or at > earlier.at):
        marks.put(fingerprint, MarkedComplaint(complaint_id, at))
    return relation


def relation_by_public_report(complaint_id: UUID | None) -> Relation:
    """Return a join of the complaint that the sender said to have read about; new if that is not public or not open."""
    if complaint_id is None:
        return NEW
    return Relation(kind="joins", of=complaint_id, evidence=(SAID_BY_SENDER,))


def assign_marks(
    marks: MarkStore, continuation: Continuation, complaint_id: UUID, relation: Relation, at: datetime
) -> None:
    """Let the marks of a message lead to its complaint, or to the complaint of the same sender that it repeats.

    A continuation of this message then belongs to the complaint that this message repeats. An additional mark leads to
    the last message that has it.
    """
    root = relation.of if relation.kind == "repeat" and relation.of else complaint_id
    mark = mark_key(continuation.mark)
    if earlier := marks.get(mark):
        marks.put(mark, MarkedComplaint(root, earlier.at))
    for additional_mark in continuation.additional_marks:
        marks.put(mark_key(additional_mark), MarkedComplaint(root, at))


def lead_marks(marks: MarkStore, continuation: Continuation, report_id: UUID, at: datetime) -> None:
    """Let the marks of a message that was attached to a report of its sender lead to that report."""
    for mark in (continuation.mark, *continuation.additional_marks):
        marks.put(mark_key(mark), MarkedComplaint(report_id, at))


def mark_key(mark: str) -> str:
    """Return the stored key of a mark. No fingerprint of a text can be equal to it."""
    return f"follows:{hashlib.sha256(mark.encode()).hexdigest()}"
