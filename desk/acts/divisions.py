"""Divides a report: an officer takes the words of a second matter from it, and they become a part (decision 0035).

Nothing is changed here. The correction is published on `corrections`; the router judges it and makes the part.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal, TypeAlias

from accounts.permissions import Actor, actor_label
from bus.port import Outgoing
from desk.acts.answers import CaseProgressView, Record
from messages import codec, ids
from messages.shapes import MAX_PARTS, Correction, NewPart, Relation, Report
from messages.topics import CORRECTIONS

_SOURCE = "/satu-pintu/desk"
# Reason in the audit log: an act needs no typed one.
_WHY = "divide"
# `not-here`: the case is closed, or at another agency. `part`: a part is not divided again. `too-many`: it has as many
# parts as a report may have. `no-words`, `whole`: nothing was chosen, or nothing would be left. `not-in-report`: the
# words are not those of the report.
DivisionFault: TypeAlias = Literal["not-here", "part", "too-many", "no-words", "whole", "not-in-report"]


class Divisions:
    """The divisions by officers. `publish` publishes messages; it raises `Retry` if the bus is away."""

    def __init__(
        self, record: Record, publish: Callable[[Sequence[Outgoing]], None], now: Callable[[], datetime]
    ) -> None:
        self._record = record
        self._publish = publish
        self._now = now

    def divide(self, actor: Actor, view: CaseProgressView, words: str, agency: str) -> DivisionFault | None:
        """Make words of a report a part; return why nothing was done, `None` if the division is published.

        `agency` is the code of the agency that the person chose; empty if the rules choose. The same words of a report
        are one division, however often they are sent. The act is in the audit log before it has any effect.
        """
        if fault := _case_fault(view) or words_fault(view.case.dispatch.report, words):
            return fault
        at, dispatch = self._now(), view.case.dispatch
        part = NewPart(dispatch_id=dispatch.id, text="\n".join(_lines(words)), agency=agency)
        correction = Correction(
            id=ids.correction_id(dispatch.complaint_id, f"divide:{part.text}", None),
            message_id=dispatch.message_id,
            at=at,
            complaint_id=dispatch.complaint_id,
            tracking=dispatch.tracking,
            relation=Relation(),
            actor=actor.name,
            reason="",
            part=part,
        )
        self._record("desk.divide", f"{dispatch.complaint_id} {correction.id}", actor_label(actor), _WHY, at)
        self._publish([Outgoing(CORRECTIONS, *codec.encode(correction, str(dispatch.complaint_id), _SOURCE))])
        return None


def words_fault(report: Report, words: str) -> DivisionFault | None:
    """Return why words cannot become a part of a report. Each of their lines must stand in it; spaces do not count."""
    lines = _lines(words)
    if not lines:
        return "no-words"
    texts = [_joined(report.title), _joined(report.text)]
    if _joined(words) in {texts[1], _joined(f"{report.title} {report.text}")}:
        return "whole"
    return None if all(any(line in text for text in texts) for line in lines) else "not-in-report"


def _case_fault(view: CaseProgressView) -> DivisionFault | None:
    if not view.case.case.is_current or view.state == "selesai":
        return "not-here"
    if view.case.dispatch.part_of:
        return "part"
    return "too-many" if len(view.case.parts) + 1 >= MAX_PARTS else None


def _lines(words: str) -> Sequence[str]:
    """Return the lines that have a letter or a digit, with single spaces."""
    return [line for line in map(_joined, words.splitlines()) if any(map(str.isalnum, line))]


def _joined(text: str) -> str:
    return " ".join(text.split())
