"""Acts of officers about the public view: release a report for everybody to read, or take it back.

They are no answers: nobody but the public view decides by them, and the citizen hears of none.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Literal, Protocol, TypeAlias
from uuid import UUID

from accounts.permissions import Actor, actor_label
from desk.acts.answers import CaseProgressView, Record
from messages.topics import TRIAGE

# `shown`: everybody reads the report. `next-day`: from tomorrow on. `withdrawn`: an officer took it back. `hidden`:
# none of these.
PublicState: TypeAlias = Literal["shown", "next-day", "withdrawn", "hidden"]


class PublicReports(Protocol):
    """The public view, as the desk needs it. The desk imports none of it."""

    def state(self, complaint_id: UUID) -> PublicState:
        """Return the state of a report."""

    def decide(self, complaint_id: UUID, agency: str, hop: int, *, is_released: bool, at: datetime) -> None:
        """Store the decision of an officer of the agency that has the report with this hop."""


class ReleaseActs:
    """The acts. `record` appends to the audit log before the act has any effect."""

    def __init__(self, reports: PublicReports, record: Record, now: Callable[[], datetime]) -> None:
        self._reports = reports
        self._record = record
        self._now = now

    def state(self, view: CaseProgressView) -> PublicState:
        """Return the state of a case's report."""
        return self._reports.state(view.case.case.complaint_id)

    def decide(self, actor: Actor, view: CaseProgressView, *, is_released: bool) -> bool:
        """Release the report of a case, or take it back. Return False if the case cannot be public."""
        if not may_be_public(view):
            return False
        case, at = view.case.case, self._now()
        action, reason = ("desk.release", "release") if is_released else ("desk.withhold", "withhold")
        self._record(action, str(case.complaint_id), actor_label(actor), reason, at)
        self._reports.decide(case.complaint_id, case.agency, case.hop, is_released=is_released, at=at)
        return True


def may_be_public(view: CaseProgressView) -> bool:
    """Return True for a case that is at an agency now and whose report is not rahasia."""
    case = view.case.case
    return case.is_current and case.agency != TRIAGE and not view.case.dispatch.report.rahasia
