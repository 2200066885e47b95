"""What was decided about each message, and what was seen: decisions are made once and then only repeated."""

import hashlib
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, update
from sqlmodel import Field, SQLModel, col, select

from config.database import UtcDateTime, insert
from messages.shapes import Relation
from normalize.decision import Seen, relate
from normalize.draft import Follows


class Decision(SQLModel, table=True):
    """One row per message: the record that it was decided for, and its relation."""

    __tablename__ = "normalize_decision"

    message_id: UUID = Field(primary_key=True)
    position: str
    relation: str


class SeenMatter(SQLModel, table=True):
    """One row per fingerprint: the complaint that later ones with the same fingerprint repeat."""

    __tablename__ = "normalize_seen"

    fingerprint: str = Field(primary_key=True)
    complaint_id: UUID
    at: datetime = Field(sa_type=UtcDateTime)


def decide_once(
    connection: Connection,
    message_id: UUID,
    position: str,
    fingerprint: str,
    complaint_id: UUID,
    at: datetime,
    follows: Follows | None = None,
) -> Relation | None:
    """The relation of this message's complaint, decided now or whenever it was decided first.

    `position` is the record the message was read from: the same record worked again gets the same decision, and
    another record of the same message (the provider delivered it twice) gets `None`: it has been said already.
    """
    query = select(Decision.position, Decision.relation).where(col(Decision.message_id) == message_id)
    known = connection.execute(query).one_or_none()
    if known is None:
        relation = _follow(connection, follows, complaint_id, at) if follows else None
        relation = relation or _claim(connection, fingerprint, complaint_id, at)
        if follows and relation.of:
            # What continues this one belongs to the complaint that this one repeats.
            _lead(connection, follows, relation.of)
        row = {"message_id": message_id, "position": position, "relation": relation.model_dump_json()}
        statement = insert(connection, Decision).values(row).on_conflict_do_nothing().returning(col(Decision.position))
        if connection.execute(statement).one_or_none():
            return relation
        known = connection.execute(query).one()
    return Relation.model_validate_json(known.relation) if known.position == position else None


def _follow(connection: Connection, follows: Follows, complaint_id: UUID, at: datetime) -> Relation | None:
    """The relation to the first message with this mark; `None` if this is the first."""
    mark = mark_of(follows)
    row = {"fingerprint": mark, "complaint_id": complaint_id, "at": at}
    statement = insert(connection, SeenMatter).values(row).on_conflict_do_nothing().returning(col(SeenMatter.at))
    if connection.execute(statement).one_or_none():
        return None
    query = select(SeenMatter.complaint_id).where(col(SeenMatter.fingerprint) == mark)
    first = connection.execute(query.with_for_update()).scalar_one()
    return Relation(kind="repeat", of=first, evidence=("same-sender", follows.evidence))


def _lead(connection: Connection, follows: Follows, complaint_id: UUID) -> None:
    mark = mark_of(follows)
    connection.execute(update(SeenMatter).where(col(SeenMatter.fingerprint) == mark).values(complaint_id=complaint_id))


def mark_of(follows: Follows) -> str:
    """The key of a mark, which no fingerprint of words can be."""
    return f"follows:{hashlib.sha256(follows.mark.encode()).hexdigest()}"


def _claim(connection: Connection, fingerprint: str, complaint_id: UUID, at: datetime) -> Relation:
    """Be the complaint of this fingerprint, or learn which one is; two normalizers at the same moment agree."""
    row = {"fingerprint": fingerprint, "complaint_id": complaint_id, "at": at}
    statement = insert(connection, SeenMatter).values(row).on_conflict_do_nothing().returning(col(SeenMatter.at))
    if connection.execute(statement).one_or_none():
        return Relation()
    seen = connection.execute(
        select(SeenMatter.complaint_id, SeenMatter.at)
        .where(col(SeenMatter.fingerprint) == fingerprint)
        .with_for_update()
    ).one()
    relation = relate(at, Seen(seen.complaint_id, seen.at))
    if relation.kind == "new" and at > seen.at:
        connection.execute(update(SeenMatter).where(col(SeenMatter.fingerprint) == fingerprint).values(row))
    return relation
