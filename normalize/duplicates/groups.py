"""The group that a complaint comes to by its relation: its root, and the earliest arrival."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from messages.shapes import SAID_BY_SENDER, Relation
from normalize.duplicates.store.earlier_complaints import EarlierComplaints


class Group(NamedTuple):
    """The complaint that a relation refers to, the root of its group, and the earliest arrival in the group."""

    related_id: UUID
    root_id: UUID
    since: datetime


def refer_to_group(
    earlier_complaints: EarlierComplaints, relation: Relation, match_id: UUID, received_at: datetime
) -> tuple[Relation, Group]:
    """Return the relation to the group of a matched complaint, and the group.

    An expired complaint is its own root; the relation to it stays as it is.
    """
    match = earlier_complaints.get(match_id)
    if match is None:
        return relation, Group(match_id, match_id, received_at)
    root = earlier_complaints.get(match.root_id) or match
    since = min(received_at, root.since)
    if since < root.since:
        earlier_complaints.move_start(root, since)
    related_id = match.first_of_sender_id if relation.kind == "repeat" else root.complaint_id
    # The public report that the sender has read is a case. The root of its group may be closed, or not public.
    related_id = match_id if SAID_BY_SENDER in relation.evidence else related_id
    group = Group(related_id, root.complaint_id, since)
    return relation.model_copy(update={"of": related_id, "since": since}), group
