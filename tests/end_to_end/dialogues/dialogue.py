"""Reads the files of written dialogues, and compares the case of a message with the written one."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from messages.shapes import Complaint, RawMessage
from messages.topics import TRIAGE
from tests.end_to_end.dialogues.service import DialogueService

Step: TypeAlias = Mapping[str, Any]
WrittenDialogue: TypeAlias = Mapping[str, Any]

# Days between two dialogues, so that none is within the periods of another.
PAUSE_MINUTES = 60 * 24 * 40
_FOLDER = Path(__file__).parents[1]
_PLACEHOLDER = re.compile(r"\{([A-Z])(!?)\}")


def read_dialogues(name: str) -> Sequence[WrittenDialogue]:
    """Return the dialogues of a file in the folder above."""
    dialogues: Sequence[WrittenDialogue] = tomllib.loads((_FOLDER / name).read_text())["dialogue"]
    return dialogues


class LabelledReports:
    """Reports of one dialogue by their labels."""

    def __init__(self) -> None:
        self._complaints: dict[str, Complaint] = {}
        self.numbers: dict[str, str] = {}

    def add(self, label: str | None, raw: RawMessage, complaint: Complaint | None) -> None:
        """Remember the message of a step that has a label."""
        if label:
            self.numbers[label] = raw.tracking
            if complaint:
                self._complaints[label] = complaint

    def filled(self, text: str) -> str:
        """Return the text with the numbers of reports in the places of their labels."""

        def number(match: re.Match[str]) -> str:
            tracking = self.numbers[match[1]]
            return tracking.replace("-", "") if match[2] else tracking

        return _PLACEHOLDER.sub(number, text)

    def text_faults(self, text: str, contained: Sequence[str], not_contained: Sequence[str]) -> Iterator[str]:
        """Yield what a text of the service lacks, and what it must not contain. Upper and lower case are equal."""
        lower_text = text.casefold()
        for part in contained:
            if self.filled(part).casefold() not in lower_text:
                yield f"{text!r} lacks {part!r}"
        for part in not_contained:
            if self.filled(part).casefold() in lower_text:
                yield f"{text!r} contains {part!r}"

    def case_faults(self, step: Step, complaint: Complaint | None) -> Iterator[str]:
        """Yield each difference between the case of a message and the case that the step names."""
        case = step.get("case")
        if (case == "none") != (complaint is None) and case:
            yield f"case {case}, but the complaint is {complaint and complaint.relation}"
        if complaint is None or not case:
            return
        if case == "own" and complaint.relation.kind == "repeat":
            yield f"repeats by {complaint.relation.evidence}"
        if case in self._complaints and complaint.relation.of != self._complaints[case].id:
            yield f"belongs to {complaint.relation} and not to {case}"
        if complaint.follow_up.act != step.get("act", "reports"):
            yield f"act {complaint.follow_up.act}"
        yield from _flag_faults(step, complaint)

    @staticmethod
    def is_needless_case(step: Step, raw: RawMessage, complaint: Complaint | None, service: DialogueService) -> bool:
        """Return True if a message that is no report of its own waits at triage as one."""
        is_own_case = complaint is not None and complaint.relation.kind == "new"
        return step.get("case", "own") != "own" and is_own_case and service.holder_of(raw.tracking) == TRIAGE

    def holder_faults(self, step: Step, service: DialogueService) -> Iterator[str]:
        """Yield a fault if another institution than `held_by` holds the case in which the message ends.

        Another fault if its matters are not those of `matters`.
        """
        if matters := step.get("matters"):
            found = service.matters_of(self.numbers[step["label"]])
            if found != sorted(matters):
                yield f"the matters belong to {found}, and not to {matters}"
        if expected := step.get("held_by"):
            case = step["label"] if step["case"] == "own" else step["case"]
            holder = service.holder_of(self.numbers[case])
            if holder != expected:
                yield f"{holder} holds the case, and not {expected}"


def _flag_faults(step: Step, complaint: Complaint) -> Iterator[str]:
    for flag, value in (("anonim", step.get("anonymous")), ("rahasia", step.get("confidential"))):
        if value is not None and getattr(complaint.report, flag) != value:
            yield f"{flag} is not {value}"
