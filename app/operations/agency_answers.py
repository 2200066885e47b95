"""Answers as an agency would: until agencies have a door of their own, this is how one speaks."""

from sqlmodel import col, select

from app.assembly.parts import Parts
from app.clock import utc_now
from bus.errors import Stop
from bus.port import Outgoing
from config.database import read_transaction
from messages import codec, ids
from messages.shapes import AgencyAnswer
from messages.topics import AGENCY_ANSWERS, TRIAGE
from messages.tracking import read_tracking_number
from sinks.ledger.tables import ComplaintRow, DispatchRow

_VERDICTS = ("accepted", "refused", "responded", "closed")


def answer(parts: Parts, number: str, verdict: str, text: str, theirs: str | None, actor: str = "") -> AgencyAnswer:
    """Publish the answer to the latest dispatch of a tracking number. Raises `Stop` naming what does not fit."""
    if verdict not in _VERDICTS:
        raise Stop(f"no such verdict: {verdict}; there are {', '.join(_VERDICTS)}")
    if theirs is not None and theirs not in parts.registry.institutions:
        raise Stop(f"no such agency: {theirs}")
    said = _answer(parts, number, verdict, text, theirs, actor)
    if said.agency == TRIAGE and theirs is not None and not actor.strip():
        raise Stop("--actor is needed: what triage decides is kept with who decided; see `satupintu triage decide`")
    if actor.strip():
        parts.audit_log.append("complaints.answer", str(said.dispatch_id), actor, verdict, said.at)
    producer = parts.bus.producer()
    try:
        producer.publish(
            [Outgoing(AGENCY_ANSWERS, *codec.encode(said, str(said.complaint_id), f"/agency/{said.agency}"))]
        )
    finally:
        producer.close()
    return said


def _answer(parts: Parts, number: str, verdict: str, text: str, theirs: str | None, actor: str) -> AgencyAnswer:
    query = (
        select(ComplaintRow.id, ComplaintRow.message_id, DispatchRow.id, DispatchRow.agency)
        .join(DispatchRow, col(DispatchRow.complaint_id) == col(ComplaintRow.id))
        .where(col(ComplaintRow.tracking) == read_tracking_number(number))
        .order_by(col(DispatchRow.hop).desc())
    )
    with read_transaction(parts.engine) as connection:
        row = connection.execute(query).first()
    if row is None:
        raise Stop(f"{number} is at no agency's door (yet)")
    complaint_id, message_id, dispatch_id, agency = row
    return AgencyAnswer(
        id=ids.answer_id(dispatch_id, verdict, text),
        message_id=message_id,
        at=utc_now(),
        complaint_id=complaint_id,
        dispatch_id=dispatch_id,
        agency=agency,
        verdict=verdict,  # type: ignore[arg-type]  # checked against _VERDICTS
        text=text,
        theirs=theirs,
        actor=actor,
    )
