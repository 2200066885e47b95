"""Reads the cases that a case is like, as far as the agency may know of them.

They are an earlier open case, which is perhaps the same, and a closed one: perhaps the problem came back.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, Row, and_, or_, select
from sqlmodel import col

from cases.facts.tables import CorrectionFact, DispatchFact
from config.database import has_row
from desk.read_model.tables import DeskCase
from desk.units.tiers import Tier, is_in_tier, sees
from messages.shapes import KEPT_APART, Dispatch

# `open`: a person can decide. `denied`: a person keeps the two apart. `closed`: the other case was closed.
# `together`: the other report was merged into this case.
SuggestionState: TypeAlias = Literal["open", "denied", "closed", "together"]
# Part of the names of features that compare the senders. They would say who wrote an anonymous report.
OF_SENDERS = "sender"


@dataclass(frozen=True, slots=True)
class SuggestedCase:
    """Suggestion of a case. `suggested_tracking` is for staff only; an agency reads `number`.

    `is_readable`: the tier has or had the other case. `is_here`: it has it now. `evidence` are names of features, the
    strongest first; none about the senders.
    """

    state: SuggestionState
    suggested_tracking: str
    is_readable: bool
    is_here: bool
    evidence: tuple[str, ...]

    @property
    def number(self) -> str:
        """Number of the other case; empty if the agency may not read it."""
        return self.suggested_tracking if self.is_readable else ""


def read_suggested_case(connection: Connection, tier: Tier, case: Row[Any], dispatch: Dispatch) -> SuggestedCase | None:
    """Return the suggestion of a case of the columns of `DeskCase`; `None` without one, or if it is of no use.

    It is of no use for a case that is closed or has left the agency, and while the read model does not have the other.
    """
    suggestion = dispatch.suggestion
    if suggestion is None or not case.is_current or case.tab == "done":
        return None
    other = _current_case(connection, suggestion.of)
    if other is None:
        return None
    return SuggestedCase(
        state=_state(connection, case, suggestion.of, other),
        suggested_tracking=other.tracking,
        is_readable=_has_had(connection, tier, other.complaint_id),
        is_here=other.agency == case.agency and sees(connection, tier, other.dispatch_id),
        evidence=tuple(name for name in suggestion.evidence if OF_SENDERS not in name),
    )


@dataclass(frozen=True, slots=True)
class FormerCase:
    """Closed case that a case is like. `former_tracking` is for staff only; an agency reads `number` and `date`.

    `is_readable`: the agency has or had the closed case. `closed_at` is `None` if it is not known.
    """

    former_tracking: str
    is_readable: bool
    closed_at: datetime | None

    @property
    def number(self) -> str:
        """Number of the closed case; empty if the agency may not read it."""
        return self.former_tracking if self.is_readable else ""


def read_former_case(connection: Connection, tier: Tier, case: Row[Any], dispatch: Dispatch) -> FormerCase | None:
    """Return the closed case that a case of the columns of `DeskCase` is like.

    `None` without one, after the case has left the agency, and while the read model does not have the closed one.
    """
    if dispatch.similar_closed_case is None or not case.is_current:
        return None
    former = _current_case(connection, dispatch.similar_closed_case.of)
    if former is None or former.complaint_id == case.complaint_id:
        return None
    is_readable = _has_had(connection, tier, former.complaint_id)
    return FormerCase(former.tracking, is_readable, dispatch.similar_closed_case.closed_at)


def _state(connection: Connection, case: Row[Any], suggested_id: UUID, other: Row[Any]) -> SuggestionState:
    if other.complaint_id == case.complaint_id:
        return "together"
    if _is_denied(connection, case.complaint_id, suggested_id):
        return "denied"
    return "closed" if other.state == "selesai" else "open"


def _current_case(connection: Connection, complaint_id: UUID) -> Row[Any] | None:
    """Return the case that a complaint is or accompanies, at the agency that has it now."""
    query = select(col(DispatchFact.case_id)).where(col(DispatchFact.complaint_id) == complaint_id)
    case_id = connection.execute(query.order_by(col(DispatchFact.hop).desc())).scalars().first()
    if case_id is None:
        return None
    names = ("dispatch_id", "complaint_id", "tracking", "agency", "state")
    is_case = (col(DeskCase.complaint_id) == case_id, col(DeskCase.is_current))
    current = select(*(col(getattr(DeskCase, name)) for name in names)).where(*is_case)
    return connection.execute(current.order_by(col(DeskCase.hop).desc())).first()


def _has_had(connection: Connection, tier: Tier, complaint_id: UUID) -> bool:
    is_case = (col(DeskCase.complaint_id) == complaint_id, is_in_tier(tier))
    return has_row(connection, select(col(DeskCase.dispatch_id)).where(*is_case))


def _is_denied(connection: Connection, complaint_id: UUID, suggested_id: UUID) -> bool:
    first, second = col(CorrectionFact.complaint_id), col(CorrectionFact.apart_from)
    is_pair = or_(
        and_(first == complaint_id, second == suggested_id), and_(first == suggested_id, second == complaint_id)
    )
    query = select(col(CorrectionFact.id)).where(is_pair, col(CorrectionFact.evidence) == KEPT_APART)
    return has_row(connection, query)
