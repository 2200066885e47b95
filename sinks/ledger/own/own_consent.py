"""The consent of a report's sender to the hand-over to the Ombudsman, as the ledger knows it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row
from sqlmodel import col, select

from cases.course.ombudsman_consent import ConsentAct, ConsentState, consent_of
from cases.facts.tables import EventFact
from messages.replies.report_states import ENDED_STATES, ReportState
from messages.shapes import SenderAct


class OwnConsent(NamedTuple):
    """State and time of the latest answer, the time of the question, and that of the hand-over; `None` if not yet."""

    state: ConsentState = ""
    answered_at: datetime | None = None
    asked_at: datetime | None = None
    handed_over_at: datetime | None = None


NO_CONSENT = OwnConsent()


def read_own_consent(connection: Connection, report_id: UUID, messages: Sequence[Row[Any]]) -> OwnConsent:
    """Return the consent. `messages` are the rows of the report and of its sender's further messages."""
    query = select(col(EventFact.event), col(EventFact.at)).where(col(EventFact.subject) == report_id)
    # Of each kind the earliest event counts.
    times = {row.event: row.at for row in connection.execute(query.order_by(col(EventFact.at).desc()))}
    asked_at = times.get("ombudsman-asked")
    consent = consent_of(asked_at, (ConsentAct(row.received_at, row.act, row.id) for row in messages))
    answered_at = consent.answer.at if consent.answer else None
    return OwnConsent(consent.state, answered_at, asked_at, times.get("handed-to-ombudsman"))


def consent_acts(consent: OwnConsent, state: ReportState) -> tuple[SenderAct, ...]:
    """Return how the sender can answer now. Pure.

    After the hand-over nothing can be taken back. A case that has ended needs no consent; one that was given can still
    be withdrawn.
    """
    if consent.state == "" or consent.handed_over_at:
        return ()
    acts: list[SenderAct] = []
    if consent.state != "agreed" and state not in ENDED_STATES:
        acts.append("agrees-to-ombudsman")
    is_open_question = consent.state == "asked" and state not in ENDED_STATES
    if consent.state == "agreed" or is_open_question:
        acts.append("declines-ombudsman")
    return tuple(acts)
