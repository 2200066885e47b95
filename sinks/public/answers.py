"""The agency's words about a report that everybody may read. Pure.

Only words to the sender of the report are among them: what an agency writes to a citizen who joined it may be about
that citizen. Of each answer everybody reads the words without persons, numbers and addresses. An answer with sensitive
words is not shown, unless an officer released the report.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from messages.tracking import HIDDEN_NUMBER, without_tracking_numbers, without_written_numbers
from sinks.ledger.case_course import ARRIVALS, CourseStep

_HIDDEN_TIME = "[jam]"
# A time of day, as in `pukul 14.07`, `jam 9 pagi` or `09:15 WIB`.
_TIME_OF_DAY = re.compile(
    r"\b(?:(?:pukul|pkl\.?|jam)\s*\d{1,2}(?:[.:]\d{2}){0,2}|\d{1,2}[.:]\d{2}(?:[.:]\d{2})?(?=\s*wi(?:b|ta|t)\b))"
    r"(?:\s*wi(?:b|ta|t))?\b",
    re.IGNORECASE,
)


class AnswerIds(NamedTuple):
    """Ids of the answers to show: the last answer, and the closing since the case last came to its agency."""

    answer: UUID | None = None
    closing: UUID | None = None


@dataclass(frozen=True, slots=True)
class PublicAnswers:
    """The agency's last answer and the words with which it closed the case; empty where there are none to show."""

    answer: str = ""
    closing: str = ""


def answers_to_show(stay: Sequence[CourseStep], is_to_sender: Callable[[UUID | None], bool]) -> AnswerIds:
    """Return the ids of the answers to show. `stay` are the steps of the case at the agency that has it now.

    `is_to_sender` tells of the answered report if the sender of the case wrote it. The closing before an objection is
    an answer.
    """
    last_arrival = max((index for index, step in enumerate(stay) if step.kind in ARRIVALS), default=0)
    answer = closing = None
    for index, step in enumerate(stay):
        if step.kind not in {"responded", "closed"} or not is_to_sender(step.answered_id):
            continue
        if step.kind == "closed" and index > last_arrival:
            closing = step.answer_id
        else:
            answer = step.answer_id
    return AnswerIds(answer, closing)


def without_traces(text: str, *, is_private: bool) -> str:
    """Return the text of a masked answer without what leads to the number of a report.

    Officers write the number into their answers. Who knows the number of an anonymous report may know when it was sent:
    there the times of day go, too, and also what may be a number in another spelling.
    """
    if is_private:
        return _TIME_OF_DAY.sub(_HIDDEN_TIME, without_tracking_numbers(text, HIDDEN_NUMBER))
    return without_written_numbers(text)
