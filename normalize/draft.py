"""The results of a channel's reader: a draft complaint, or the reason why an arrival is no complaint."""

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias
from uuid import UUID

from pydantic import ValidationError

from messages.shapes import Contact, FollowUp, Report

# Characters of a text and of a phone number that a reader takes over; the shapes of the web form allow no more either.
MAX_TEXT_LENGTH = 10_000
MAX_PHONE_LENGTH = 40
# Evidence of a continuation that is a part, or another version, of the earlier message itself.
PART_EVIDENCE = frozenset({"completes", "edited"})
# Stands before the sender and the marks of an anonymous report: as if another person had sent it.
ANONYMOUS = "anonim:"


@dataclass(frozen=True, slots=True)
class Continuation:
    """Messages with the same `mark` are one matter of one sender: edits, a thread, the remaining parts of an SMS.

    The first message that is processed is the complaint. A later one repeats it, and `evidence` (a constant) is the
    reason. `additional_marks` lead later messages to this matter as well.
    """

    mark: str
    evidence: str
    additional_marks: tuple[str, ...] = ()

    def of_anonymous_reports(self) -> "Continuation":
        """Return the marks that only anonymous reports have. Their agency must not see an open report of the sender."""
        marks = (f"{ANONYMOUS}{mark}" for mark in self.additional_marks)
        return replace(self, mark=f"{ANONYMOUS}{self.mark}", additional_marks=tuple(marks))

    def of_new_matter(self) -> "Continuation":
        """Return the marks of a message that continues nothing: the first of its additional marks is its own."""
        return replace(self, mark=self.additional_marks[0]) if self.additional_marks else self


@dataclass(frozen=True, slots=True)
class Follows:
    """The sender's own report that a message is about, and the act. `evidence` (a constant) is the proof.

    `anonim` and `rahasia` are those of the report: its agency sees the message beside it.
    """

    complaint_id: UUID
    follow_up: FollowUp
    evidence: str
    anonim: bool = False
    rahasia: bool = False

    def applied_to(self, report: Report) -> Report:
        """Return the report of the message, hidden as the earlier one is."""
        hidden = {"anonim": report.anonim or self.anonim, "rahasia": report.rahasia or self.rahasia}
        return report.model_copy(update=hidden)


@dataclass(frozen=True, slots=True)
class Draft:
    """A complaint as read, before any decision about it.

    `has_words` is False if the text of the report stands for a message without words. The stage then adds the
    beginning of the tracking number: with an equal text a second message would repeat the first.
    `same_as` is the public id of a report that the sender says this one is about too.
    `follows` is set if the message itself proves which report it is about. It is not compared with other reports then.
    """

    report: Report
    contact: Contact
    continuation: Continuation | None = None
    has_words: bool = True
    follows: Follows | None = None
    same_as: str = ""

    def attached_to(self, follows: Follows) -> "Draft":
        """Return the draft as a message about an earlier report, hidden as that one is."""
        return replace(self, report=follows.applied_to(self.report), follows=follows)


SetAsideReason: TypeAlias = Literal[
    "empty",
    "retweet",
    "own-post",
    "opt-out",
    "status-request",
    "help-request",
    "act-request",
    "publicity",
    "promotion",
    "fraud",
    "chain",
    "thanks",
    "test",
    "greeting",
    "no-content",
    "report-question",
    "cancel-request",
    "other-service",
    "forgotten",
]


@dataclass(frozen=True, slots=True)
class NotComplaint:
    """The reason why a message is no complaint. The message is kept and counted, and the decision can be reversed."""

    reason: SetAsideReason


class Unreadable(ValueError):
    """The bytes are no report: the door should have refused them. `field` names the faulty field, never its value."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def unreadable_field(error: ValidationError) -> Unreadable:
    """Return the `Unreadable` for the first faulty field of a validation error."""
    return Unreadable(".".join(str(part) for part in error.errors()[0]["loc"]) or "body")
