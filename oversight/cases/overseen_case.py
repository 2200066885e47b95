"""A case as an overseer reads it, and where it is read from. Pure.

All words are masked. It has no contact, no person, and nothing that the institution with the case may not read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from messages.shapes import AnswerContent
from pages.translation.message import Message


class CaseHead(NamedTuple):
    """What is known of a case before a reason is recorded: ids, the number, and who has it. `agency` is a code."""

    complaint_id: UUID
    message_id: UUID
    number: str
    agency: str


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """One event of a case. `quotes` are texts, with words masked: of an answer, or the reasons of a dispatch.

    `transfer` counts the transfers between institutions up to a dispatch that is one; 0 for every other event.
    `due_at` is the deadline that a dispatch had. `counts` is False for an answer that changed nothing. `answer` is the
    content of an answer, masked, too.
    """

    at: datetime
    sentence: Message
    quotes: Sequence[str] = ()
    transfer: int = 0
    due_at: datetime | None = None
    counts: bool = True
    answer: AnswerContent | None = None


@dataclass(frozen=True, slots=True)
class ShownRecommendation:
    """A recommendation with its answer, words masked. `actor` is the overseer. `due_at` is `None` if it is answered."""

    kind: Message
    text: str
    actor: str
    at: datetime
    due_at: datetime | None
    is_late: bool
    outcome: Message | None = None
    answer: str = ""
    answered_at: datetime | None = None
    answered_by: str = ""


@dataclass(frozen=True, slots=True)
class CaseClock:
    """One clock of the case: what must be done, by whom, until when, and what became of it."""

    name: Message
    agency_name: str
    due_at: datetime
    state: Message
    is_late: bool


@dataclass(frozen=True, slots=True)
class OverseenCase:
    """The case. `joined` counts reports of other citizens, `further_messages` those of its sender, `files` all files.

    `region` is the code of the region of the institution, for local times.
    """

    head: CaseHead
    agency_name: str
    region: str
    state: Message
    kind: Message
    channel: str
    topic: str
    heading: str
    text: str
    place: Sequence[str]
    received_at: datetime | None
    is_anonymous: bool
    is_confidential: bool
    joined: int
    further_messages: int
    files: int
    refusals: int
    reopened: int
    steps: Sequence[HistoryStep]
    clocks: Sequence[CaseClock]
    recommendations: Sequence[ShownRecommendation]


class OverseenCases(Protocol):
    """Cases of all institutions. Every method may raise `DatabaseUnavailable`."""

    def find(self, number: str) -> CaseHead | None:
        """Return the case that a canonical number leads to; `None` for an unknown one. Nothing of it is shown yet."""

    def read(self, head: CaseHead, now: datetime) -> OverseenCase | None:
        """Return the case; `None` if it is not known any more. Call it only while a reading is open."""
