"""What a complaint belongs to; looks up only what it is given.

Three questions, in this order: is it a part of what its sender said before, has the same sender said the same before,
is it about a matter that was reported before.
"""

import hashlib
from datetime import datetime
from uuid import UUID

from messages.shapes import Relation
from normalize.decision import Seen, relate
from normalize.decision_store import Marks
from normalize.draft import Follows


def follow(marks: Marks, follows: Follows, complaint_id: UUID, at: datetime) -> Relation:
    """A repeat of the first message with this mark; new if this is the first."""
    first = marks.get(mark_of(follows.mark))
    if first is None:
        marks.put(mark_of(follows.mark), Seen(complaint_id, at))
        return Relation()
    return Relation(kind="repeat", of=first.complaint_id, evidence=("same-sender", follows.evidence))


def claim(marks: Marks, fingerprint: str, complaint_id: UUID, at: datetime) -> Relation:
    """A repeat of the complaint with this fingerprint; new if there is none, or only of another episode."""
    seen = marks.get(fingerprint)
    relation = relate(at, seen) if seen else Relation()
    if relation.kind == "new" and (seen is None or at > seen.at):
        marks.put(fingerprint, Seen(complaint_id, at))
    return relation


def lead(marks: Marks, follows: Follows, complaint_id: UUID, relation: Relation, at: datetime) -> None:
    """Let the marks of a message lead to its complaint, or to that of the same sender which it repeats.

    What continues this one belongs to the complaint that this one repeats. Of the further marks the last one counts.
    """
    matter = relation.of if relation.kind == "repeat" and relation.of else complaint_id
    own = mark_of(follows.mark)
    if known := marks.get(own):
        marks.put(own, Seen(matter, known.at))
    for mark in follows.also:
        marks.put(mark_of(mark), Seen(matter, at))


def mark_of(mark: str) -> str:
    """The key of a mark, which no fingerprint of words can be."""
    return f"follows:{hashlib.sha256(mark.encode()).hexdigest()}"
