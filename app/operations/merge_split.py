"""What a person decides about reports that were wrongly joined, or wrongly kept apart: it is said on `corrections`.

Nothing is changed here. The stages work what was said, and `satupintu status` shows it when they have.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection, Engine, func
from sqlmodel import col, select

from app.operations.audit_log import AuditLog
from bus.port import Outgoing, Producer
from config.database import read_transaction
from messages import codec, ids
from messages.shapes import MERGED, SPLIT, Correction, Relation
from messages.topics import CORRECTIONS
from sinks.ledger.current_relation import Standing, standings
from sinks.ledger.tables import ComplaintRow, CorrectionRow

_SOURCE = "/satu-pintu/operations"


class Impossible(Exception):
    """It can't be done with these numbers, as the ledger shows them; the text says why, and what there is instead."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What was said, and the number of the report that it was taken from, or put to."""

    correction: Correction
    other: str


class Relating:
    """Takes reports apart and puts them together. `actor` is who decides, `why` is kept with it and told to the agency.

    It stands in the `log` first. Numbers are in their true form. Every method may raise `Impossible` and what the bus
    and the database raise.
    """

    def __init__(self, engine: Engine, producer: Producer, log: AuditLog) -> None:
        self._engine = engine
        self._producer = producer
        self._log = log

    def split(self, number: str, actor: str, why: str, at: datetime) -> Decided:
        """The report is a case of its own; what is a repeat of it goes with it."""
        with read_transaction(self._engine) as connection:
            one = _standing(connection, number)
            if one.relation == "new" or one.of is None:
                raise Impossible(f"{one.tracking} is neither a repeat nor joined to another: there is nothing to split")
            relation = Relation(evidence=(SPLIT,))
            correction = _correction(connection, one, relation, one.of, actor, why, at)
            other = _number(connection, one.of)
        return self._said(correction, other)

    def merge(
        self, head: str, number: str, kind: Literal["repeat", "joins"], actor: str, why: str, at: datetime
    ) -> Decided:
        """The report `number` goes where `head` lies, and with it what goes along with it now."""
        with read_transaction(self._engine) as connection:
            first, one = _standing(connection, head), _standing(connection, number)
            if first.id == one.id:
                raise Impossible(f"{one.tracking} can't be put to itself")
            if first.case == one.id:
                raise Impossible(
                    f"{first.tracking} belongs to {one.tracking}: putting that to it would make a circle; "
                    f"split {first.tracking} first"
                )
            if one.case == first.case:
                raise Impossible(f"{one.tracking} and {first.tracking} are together already")
            relation = Relation(kind=kind, of=first.case, evidence=(MERGED,), since=_began(connection, one, first))
            correction = _correction(connection, one, relation, None, actor, why, at)
            other = _number(connection, first.case)
        return self._said(correction, other)

    def _said(self, correction: Correction, other: str) -> Decided:
        action = "complaints.split" if correction.apart_from else "complaints.merge"
        subject = f"{correction.complaint_id} {correction.apart_from or correction.relation.of}"
        self._log.append(action, subject, correction.actor, correction.reason, correction.at)
        encoded = codec.encode(correction, str(correction.complaint_id), _SOURCE)
        self._producer.publish([Outgoing(CORRECTIONS, *encoded)])
        return Decided(correction, other)


def _standing(connection: Connection, tracking: str) -> Standing:
    found = standings(connection, col(ComplaintRow.tracking) == tracking).get(tracking)
    if found is None:
        raise Impossible(f"{tracking} is not in the ledger (yet)")
    if not found.dispatched:
        raise Impossible(f"{tracking} is at no agency's door (yet)")
    return found


def _began(connection: Connection, *these: Standing) -> datetime | None:
    """When the earliest of some complaints and of their cases came."""
    ids_ = {id_ for standing in these for id_ in (standing.id, standing.case)}
    query = select(func.min(ComplaintRow.received_at)).where(col(ComplaintRow.id).in_(ids_))
    began: datetime | None = connection.execute(query).scalar_one()
    return began


def _number(connection: Connection, complaint: UUID) -> str:
    """The number of a complaint; of one that the ledger does not know (yet), its id."""
    query = select(ComplaintRow.tracking).where(col(ComplaintRow.id) == complaint)
    return connection.execute(query).scalar_one_or_none() or str(complaint)


def _correction(
    connection: Connection,
    one: Standing,
    relation: Relation,
    apart_from: UUID | None,
    actor: str,
    why: str,
    at: datetime,
) -> Correction:
    before = select(CorrectionRow.id).where(col(CorrectionRow.complaint_id) == one.id)
    latest = before.order_by(col(CorrectionRow.corrected_at).desc(), col(CorrectionRow.id))
    after = connection.execute(latest).scalars().first()
    return Correction(
        id=ids.correction_id(one.id, f"{relation.kind}:{relation.of or apart_from}", after),
        message_id=one.message_id,
        at=at,
        complaint_id=one.id,
        tracking=one.tracking,
        relation=relation,
        apart_from=apart_from,
        actor=actor,
        reason=why,
    )
