"""The end of a case: an agency closed it, triage archived it as no complaint, or the sender withdrew it. Pure."""

from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

from messages.topics import TRIAGE
from oversight.read_model.report_facts import ReportFacts

# "" while the case is open.
EndKind: TypeAlias = Literal["", "finished", "archived", "withdrawn"]


class CaseEnd(NamedTuple):
    """An end and its time. A closing counts before a withdrawal; one that was followed by a reopening is none."""

    kind: EndKind
    at: datetime | None


def case_end(facts: ReportFacts) -> CaseEnd:
    """Return the end of a case that is its own."""
    current = facts.courses[-1] if facts.dispatches else None
    if current and current.state == "selesai":
        closed_at = max(answer.at for answer in current.counted_answers if answer.verdict == "closed")
        return CaseEnd("archived" if current.dispatch.agency == TRIAGE else "finished", closed_at)
    withdrawn_at = min((message.at for message in facts.messages if message.act == "withdraws"), default=None)
    return CaseEnd("withdrawn", withdrawn_at) if withdrawn_at else CaseEnd("", None)
