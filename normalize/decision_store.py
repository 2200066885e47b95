"""Stores the decision about each message, and the fingerprints and marks that later messages are recognised by.

A decision is made once; the same record gives the same decision again. Both stores read everything that a batch needs
at its beginning and write at its end. What they have read must still be so when they write (see `normalize.revision`).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, Self
from uuid import UUID

from sqlalchemy import Connection, bindparam
from sqlalchemy.orm import outerjoin
from sqlmodel import Field, SQLModel, col, select

from config.conditions import is_one_of
from config.database import UtcDateTime
from config.row_insertion import insert_or_replace_rows, insert_rows
from config.table_declaration import declared, deleted, kept
from messages.shapes import ClosedCase, FollowUp, Relation, SenderAct, Shape, Suggestion
from normalize.decision import MarkedComplaint
from normalize.draft import Follows
from normalize.duplicates.limits import ReachedLimit
from normalize.duplicates.store.closed_cases import is_closing_of
from normalize.duplicates.store.link_counts import LinkKind
from normalize.duplicates.store.tables import ClosedComplaint


class Decision(SQLModel, table=True):
    """One row per message: the record that it was decided for, and its relation.

    `follow_up` is the JSON of a `StoredFollowUp` if the message was attached to a report of its sender, else "".
    """

    __tablename__ = "normalize_decision"
    __table_args__ = declared(
        kept("relation by ids; without it a message delivered again would be decided again"), retention="exactly-once"
    )

    message_id: UUID = Field(primary_key=True)
    position: str
    relation: str
    # The version of the language model that the message was read with; "" without one.
    language_version: str = ""
    follow_up: str = ""


class StoredFollowUp(Shape):
    """The act of a message that was attached to a report of its sender, and how that report is hidden."""

    act: SenderAct
    rating: int = 0
    anonim: bool = False
    rahasia: bool = False

    @classmethod
    def of(cls, follows: Follows) -> Self:
        """Return the stored form."""
        follow_up = follows.follow_up
        return cls(act=follow_up.act, rating=follow_up.rating, anonim=follows.anonim, rahasia=follows.rahasia)


class StoredLimit(Shape):
    """The limit that a case has reached by a message as the first one: the case by its root, and what is limited."""

    complaint_id: UUID
    kind: LinkKind

    @classmethod
    def of(cls, reached_limit: ReachedLimit) -> Self:
        """Return the stored form."""
        return cls(complaint_id=reached_limit.root_id, kind=reached_limit.kind)


class StoredRelation(Relation):
    """The relation with what else was decided."""

    suggestion: Suggestion | None = None
    similar_closed_case: ClosedCase | None = None
    limit: StoredLimit | None = None

    def relation(self) -> Relation:
        """Return the relation alone."""
        return Relation.model_validate(self.model_dump(include=set(Relation.model_fields)))


class StoredDecision(NamedTuple):
    """The record that a message was decided for, the relation, and the act if it was attached to a report.

    `suggestion` is the earlier complaint that is perhaps about the same matter, `similar_closed_case` the closed case
    that it is like. `limit` is the limit that a case has reached by the message.
    """

    position: str
    relation: Relation
    follow_up: StoredFollowUp | None = None
    suggestion: Suggestion | None = None
    similar_closed_case: ClosedCase | None = None
    limit: StoredLimit | None = None

    def follows(self) -> Follows | None:
        """Return the report that the message was attached to."""
        if self.follow_up is None or self.relation.of is None:
            return None
        act = FollowUp(act=self.follow_up.act, rating=self.follow_up.rating)
        evidence = self.relation.evidence[-1]
        return Follows(self.relation.of, act, evidence, self.follow_up.anonim, self.follow_up.rahasia)


class MarkRow(SQLModel, table=True):
    """One row per fingerprint or mark: the complaint that later messages with the same one belong to."""

    __tablename__ = "normalize_seen"
    __table_args__ = declared(deleted("digests of texts"), retention="case-senders")

    fingerprint: str = Field(primary_key=True)
    complaint_id: UUID = Field(index=True)
    at: datetime = Field(sa_type=UtcDateTime)


# Built once: a door executes it for each SMS, the normalizer for each batch.
_DECISIONS = select(Decision.message_id, Decision.position, Decision.relation, Decision.follow_up).where(
    is_one_of(col(Decision.message_id), bindparam("message_ids"))
)


class DecisionStore:
    """Decisions about the messages of a batch: stored ones, and those made in the batch. Call `write` at the end."""

    def __init__(self, connection: Connection, message_ids: Iterable[UUID]) -> None:
        self._decisions: dict[UUID, StoredDecision] = {}
        self._new_rows: list[dict[str, object]] = []
        ids = set(message_ids)
        rows = connection.execute(_DECISIONS, {"message_ids": ids}) if ids else ()
        for message_id, position, relation, follow_up in rows:
            stored_follow_up = StoredFollowUp.model_validate_json(follow_up) if follow_up else None
            stored = StoredRelation.model_validate_json(relation)
            self._decisions[message_id] = StoredDecision(
                position,
                stored.relation(),
                stored_follow_up,
                stored.suggestion,
                stored.similar_closed_case,
                stored.limit,
            )

    def get(self, message_id: UUID) -> StoredDecision | None:
        """Return the decision about a message; `None` if it is undecided."""
        return self._decisions.get(message_id)

    def add(self, message_id: UUID, decision: StoredDecision, language_version: str) -> None:
        """Add the decision about a message."""
        self._decisions[message_id] = decision
        self._new_rows.append(
            {
                "message_id": message_id,
                "position": decision.position,
                "relation": _relation_json(decision),
                "language_version": language_version,
                "follow_up": decision.follow_up.model_dump_json() if decision.follow_up else "",
            }
        )

    def write(self, connection: Connection) -> None:
        """Insert the decisions that were added."""
        insert_rows(connection, Decision, self._new_rows)


def _relation_json(decision: StoredDecision) -> str:
    further = {
        "suggestion": decision.suggestion,
        "similar_closed_case": decision.similar_closed_case,
        "limit": decision.limit,
    }
    if not any(further.values()):
        return decision.relation.model_dump_json()
    return StoredRelation.model_validate({**decision.relation.model_dump(), **further}).model_dump_json()


# Built once: each batch executes it. An outer join: for EXISTS among the columns PostgreSQL reads the whole table.
_MARKED = (
    select(MarkRow.fingerprint, MarkRow.complaint_id, MarkRow.at, col(ClosedComplaint.complaint_id).is_not(None))
    .select_from(outerjoin(MarkRow, ClosedComplaint, is_closing_of(col(MarkRow.complaint_id))))
    .where(is_one_of(col(MarkRow.fingerprint), bindparam("marks")))
)


class MarkStore:
    """Complaints by fingerprint or mark: stored ones, and those set in the batch. Call `write` at the end."""

    def __init__(self, connection: Connection, marks: Iterable[str]) -> None:
        self._complaints: dict[str, MarkedComplaint] = {}
        self._closed: dict[str, UUID] = {}
        self._changed: set[str] = set()
        asked = set(marks)
        rows = connection.execute(_MARKED, {"marks": asked}) if asked else ()
        for mark, complaint_id, at, is_closed in rows:
            if is_closed:
                self._closed[mark] = complaint_id
            else:
                self._complaints[mark] = MarkedComplaint(complaint_id, at)

    def get(self, mark: str) -> MarkedComplaint | None:
        """Return the complaint that a mark leads to; `None` also if its case is closed."""
        return self._complaints.get(mark)

    def closed(self, mark: str) -> UUID | None:
        """Return the complaint of a closed case that a mark led to when the batch began."""
        return None if mark in self._complaints else self._closed.get(mark)

    def put(self, mark: str, complaint: MarkedComplaint) -> None:
        """Let a mark lead to a complaint."""
        if self._complaints.get(mark) != complaint:
            self._complaints[mark] = complaint
            self._changed.add(mark)

    def write(self, connection: Connection) -> None:
        """Insert or update the marks that changed."""
        changes = ((mark, self._complaints[mark]) for mark in sorted(self._changed))
        rows = [
            {"fingerprint": mark, "complaint_id": complaint.complaint_id, "at": complaint.at}
            for mark, complaint in changes
        ]
        insert_or_replace_rows(connection, MarkRow, rows)
