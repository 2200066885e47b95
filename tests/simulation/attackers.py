"""Attackers of a simulation: they know cases and dispatches, and write to the topic of the answers."""

import random
from uuid import UUID

from sqlalchemy import Connection
from sqlmodel import col, select

from app.assembly.parts import Parts
from bus.port import Outgoing
from cases.facts.tables import ComplaintFact, DispatchFact
from config.database import read_transaction
from messages import codec
from messages.answer_check import AnswerKeys, content_id
from messages.shapes import AgencyAnswer
from messages.topics import AGENCY_ANSWERS

# Another agency of the tables, which has a key of its own.
_STRANGER = "bumn-pln"
_FOREIGN_KEYS = AnswerKeys(b"a key that the service does not know", {})


def forged_closing(parts: Parts, tracking: str, draw: random.Random) -> tuple[Outgoing, UUID] | None:
    """Return a closing that the agency of a case did not write, and its id; `None` for an unknown case.

    It has no authenticator, one of a wrong key, the right one of another agency, or one of other words.
    """
    with read_transaction(parts.engine) as connection:
        closing = _closing(connection, tracking, f"Selesai {draw.randrange(10**6)}.", parts)
    if closing is None or closing.agency == _STRANGER:
        return None
    keys = parts.keys.answer_keys
    match draw.choice(("none", "wrong key", "other agency", "other words")):
        case "none":
            forged = closing
        case "wrong key":
            forged = _FOREIGN_KEYS.sign(closing)
        case "other agency":
            forged = keys.sign(closing.model_copy(update={"agency": _STRANGER}))
        case _:
            forged = keys.sign(closing).model_copy(update={"text": "Kirim uang ke nomor ini."})
    return Outgoing(AGENCY_ANSWERS, *codec.encode(forged, str(forged.complaint_id), "/attacker")), forged.id


def _closing(connection: Connection, tracking: str, text: str, parts: Parts) -> AgencyAnswer | None:
    query = (
        select(ComplaintFact.id, ComplaintFact.message_id, DispatchFact.id, DispatchFact.agency)
        .join(DispatchFact, col(DispatchFact.complaint_id) == col(ComplaintFact.id))
        .where(col(ComplaintFact.tracking) == tracking)
        .order_by(col(DispatchFact.hop).desc())
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    complaint_id, message_id, dispatch_id, agency = row
    answer = AgencyAnswer(
        id=dispatch_id,
        message_id=message_id,
        at=parts.now(),
        complaint_id=complaint_id,
        dispatch_id=dispatch_id,
        agency=agency,
        verdict="closed",
        text=text,
    )
    return answer.model_copy(update={"id": content_id(dispatch_id, answer)})
