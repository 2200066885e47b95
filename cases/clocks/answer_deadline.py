"""Deadline until which an agency must answer a case: one value for all who show it. Pure."""

from collections.abc import Mapping
from datetime import datetime

from cases.clocks.case_events import TRIAGE, CaseHistory
from cases.clocks.clock_runs import clock_runs
from cases.clocks.deadlines import Deadlines


def answer_deadlines(case: CaseHistory, deadlines: Deadlines) -> Mapping[int, datetime]:
    """Return the deadline for the first answer to each dispatch of a case of its own, by hop.

    Of a dispatch that came while no such clock ran, such as one to triage, there is none. A clock that stands has the
    deadline that it would have if the sender wrote at once.
    """
    until = max(event.at for event in case.events)
    runs = clock_runs(case, ["first_answer"], deadlines, until)["first_answer"]
    result: dict[int, datetime] = {}
    for event in case.events:
        if event.kind != "dispatched" or event.agency == TRIAGE:
            continue
        begun_runs = [run for run in runs if run.hop <= event.hop]
        if begun_runs and (begun_runs[-1].ended_at is None or begun_runs[-1].ended_at >= event.at):
            run = begun_runs[-1]
            result[event.hop] = run.due_at(deadlines, run.started_at)
    return result
