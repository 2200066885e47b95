"""Extension of a case's deadline: by how many days it may be extended now, or why not.

The router judges an extension by the same rules (`router.lifecycle.answer`): one in a case, before the first answer and
before the deadline that the dispatch has.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from sqlalchemy import BindParameter, Connection, Uuid, bindparam, func, select
from sqlmodel import col

from cases.clocks.deadlines import Deadlines
from cases.facts.conditions import is_outcome_of_answer, is_to_dispatch
from cases.facts.tables import AnswerFact, AnswerOutcomeFact, DispatchFact
from desk.read_model.case_view import CaseToAnswer
from messages.shapes import Verdict

# `not-extendable`: the row of `clocks.csv` allows no extension. `extension-too-long`: more days than the row allows.
ExtensionFault: TypeAlias = Literal[
    "not-extendable",
    "already-extended",
    "answered-already",
    "deadline-passed",
    "extension-days-missing",
    "extension-too-long",
]
_CASE: BindParameter[Any] = bindparam("case_id", type_=Uuid())
# Verdicts in a case that count, or whose outcome is not known yet.
_GIVEN = (
    select(col(AnswerFact.verdict), func.coalesce(col(AnswerOutcomeFact.hop), col(DispatchFact.hop)).label("hop"))
    .join(DispatchFact, is_to_dispatch())
    .outerjoin(AnswerOutcomeFact, is_outcome_of_answer())
    .where(
        col(DispatchFact.case_id) == _CASE,
        func.coalesce(col(AnswerOutcomeFact.case_id), _CASE) == _CASE,
        func.coalesce(col(AnswerOutcomeFact.outcome), "counted") == "counted",
    )
)


@dataclass(frozen=True, slots=True)
class Extension:
    """Extension that is possible now: at most `longest` working days; or `reason`, why none is."""

    longest: int
    reason: ExtensionFault | None = None

    def fault(self, days: int) -> ExtensionFault | None:
        """Return why the deadline cannot be extended by so many days; `None` if it can."""
        return self.reason or ("extension-too-long" if days > self.longest else None)


NO_EXTENSION = Extension(0, "not-extendable")


def possible_extension(
    connection: Connection, case: CaseToAnswer, pending: Collection[Verdict], deadlines: Deadlines, now: datetime
) -> Extension:
    """Return the extension that a case allows at `now`. `pending` are verdicts that the read model lacks."""
    dispatch = case.dispatch
    longest = deadlines.longest_extension(dispatch.at, dispatch.report.kind, dispatch.topic)
    if not longest or not dispatch.own_case:
        return NO_EXTENSION
    given = connection.execute(_GIVEN, {"case_id": dispatch.complaint_id}).all()
    verdicts = {*pending, *(row.verdict for row in given if row.hop == dispatch.hop)}
    if "extended" in {*verdicts, *(row.verdict for row in given)}:
        return Extension(0, "already-extended")
    if not verdicts.isdisjoint({"responded", "closed"}):
        return Extension(0, "answered-already")
    if now > min(dispatch.due_at, case.case.due_at):
        return Extension(0, "deadline-passed")
    return Extension(longest)
