"""Answers to dispatches on behalf of an agency, until agencies have an endpoint of their own."""

from contextlib import closing
from datetime import datetime
from typing import get_args
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import col, select

from app.operations.audit.log import AuditLog
from bus.errors import Stop
from bus.port import Bus, Outgoing
from cases.facts.tables import ComplaintFact, DispatchFact
from config.database import read_transaction
from messages import codec, ids
from messages.answer_check import AnswerKeys
from messages.shapes import AgencyAnswer, Verdict
from messages.topics import AGENCY_ANSWERS
from messages.tracking import read_tracking_number
from router.registry.registry import Registry

# An extension needs its days: it is given at the desk or by the interface.
VERDICTS = tuple(verdict for verdict in get_args(Verdict) if verdict != "extended")


class AgencyAnswers:
    """Publishes answers of the agencies in `registry`, signed with `keys`. Each is recorded in the `log` first."""

    def __init__(self, engine: Engine, bus: Bus, registry: Registry, log: AuditLog, keys: AnswerKeys) -> None:
        self._engine = engine
        self._bus = bus
        self._registry = registry
        self._log = log
        self._keys = keys

    def publish(
        self, number: str, verdict: str, text: str, suggested_agency: str | None, at: datetime, actor: str
    ) -> AgencyAnswer:
        """Publish an answer to the latest dispatch of a tracking number. Raises `Stop` for a wrong argument."""
        if not actor.strip() or not text.strip():
            raise Stop("An answer needs its actor and its text. They are recorded with it.")
        if verdict not in VERDICTS:
            raise Stop(f"There is no verdict {verdict}. Use one of {', '.join(VERDICTS)}.")
        if suggested_agency is not None and suggested_agency not in self._registry.institutions:
            raise Stop(f"There is no agency {suggested_agency}.")
        complaint_id, message_id, dispatch_id, agency = self._latest_dispatch(number)
        unsigned_answer = AgencyAnswer(
            id=ids.answer_id(dispatch_id, verdict, text, suggested_agency),
            message_id=message_id,
            at=at,
            complaint_id=complaint_id,
            dispatch_id=dispatch_id,
            agency=agency,
            verdict=verdict,  # type: ignore[arg-type]  # checked against VERDICTS
            text=text,
            suggested_agency=suggested_agency,
            actor=actor,
        )
        answer = self._keys.sign(unsigned_answer)
        self._log.append("complaints.answer", str(dispatch_id), actor, verdict, at)
        encoded = codec.encode(answer, str(complaint_id), f"/agency/{agency}")
        with closing(self._bus.producer()) as producer:
            producer.publish([Outgoing(AGENCY_ANSWERS, *encoded)])
        return answer

    def _latest_dispatch(self, number: str) -> tuple[UUID, UUID, UUID, str]:
        """Return complaint id, message id, dispatch id and agency. Raises `Stop`."""
        query = (
            select(ComplaintFact.id, ComplaintFact.message_id, DispatchFact.id, DispatchFact.agency)
            .join(DispatchFact, col(DispatchFact.complaint_id) == col(ComplaintFact.id))
            .where(col(ComplaintFact.tracking) == read_tracking_number(number))
            .order_by(col(DispatchFact.hop).desc())
        )
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).first()
        if row is None:
            raise Stop(f"{number} is not in an agency's queue (yet).")
        complaint_id, message_id, dispatch_id, agency = row
        return complaint_id, message_id, dispatch_id, agency
