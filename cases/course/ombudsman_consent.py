"""The consent of a sender to the hand-over of a case to the Ombudsman: asked, given, refused, withdrawn. Pure.

The Ombudsman of Indonesia (Law 37/2008, article 24) takes a complaint by a named person, and may keep the name secret.
So the file needs name and contact of the sender, and nothing is handed over without a consent.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias
from uuid import UUID

from messages import ids
from messages.shapes import SenderAct

# Presidential Regulation 76/2013: a complaint is finished within 60 days of a complete file. Also the sender of a case
# with a shorter period is asked after these days of the calendar.
ASK_DAYS = 60

# "": not asked.
ConsentState: TypeAlias = Literal["", "asked", "agreed", "declined"]
# Acts that answer the question. A sender who withdraws the report, or asks to be forgotten, does not agree any more.
ANSWERS: Mapping[SenderAct, ConsentState] = MappingProxyType(
    {
        "agrees-to-ombudsman": "agreed",
        "declines-ombudsman": "declined",
        "withdraws": "declined",
        "asks-to-be-forgotten": "declined",
    }
)
CONSENT_ACTS: frozenset[SenderAct] = frozenset({"agrees-to-ombudsman", "declines-ombudsman"})


class ConsentAct(NamedTuple):
    """An act of the case's sender: the time of its arrival, and the complaint that its message became."""

    at: datetime
    act: SenderAct
    complaint_id: UUID


class Consent(NamedTuple):
    """The state of the consent, and the act that it follows from; `None` without an answer."""

    state: ConsentState = ""
    answer: ConsentAct | None = None


def consent_of(asked_at: datetime | None, acts: Iterable[ConsentAct]) -> Consent:
    """Return the consent. The latest answer counts; one from before the question, or without it, does not.

    Of answers of one moment a refusal counts.
    """
    if asked_at is None:
        return Consent()
    answers = [act for act in acts if act.act in ANSWERS and act.at >= asked_at]
    latest = max(answers, key=lambda act: (act.at, ANSWERS[act.act] != "agreed", act.complaint_id), default=None)
    return Consent(ANSWERS[latest.act], latest) if latest else Consent("asked")


def question_id(case_id: UUID) -> UUID:
    """Return the id of the event that a case's sender was asked. There is one for each case."""
    return ids.event_id(case_id, "ombudsman-asked")


def answer_event_id(answer: ConsentAct) -> UUID:
    """Return the id of the event about an answer of the sender. There is one for each answer."""
    return ids.event_id(answer.complaint_id, "ombudsman-answered")


def hand_over_id(case_id: UUID) -> UUID:
    """Return the id of the event that the file of a case was made. There is one for each case."""
    return ids.event_id(case_id, "handed-to-ombudsman")
