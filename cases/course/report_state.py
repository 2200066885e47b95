"""The state of a report as its sender hears it, from the facts of its case: one function for all places. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cases.course.verdicts import CaseState
from messages.replies.report_states import ReportState
from messages.topics import TRIAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFacts:
    """Facts about a report that its state follows from.

    `agency` is that of the latest dispatch, and `case_state` the state of that dispatch after its answers and the
    sender's messages; both are `None` before the first dispatch. `is_answered`: the agency responded to this dispatch,
    and has asked nothing since. `is_reopened`: this dispatch is there because the sender objected. `is_set_aside`: the
    message is no report.
    """

    agency: str | None = None
    case_state: CaseState | None = None
    is_answered: bool = False
    is_reopened: bool = False
    is_withdrawn: bool = False
    is_set_aside: bool = False


_WORDS: Mapping[CaseState, ReportState] = MappingProxyType(
    {
        "terdisposisi": "diteruskan",
        "proses": "ditangani",
        "tunda": "menunggu-anda",
        "selesai": "selesai",
        # The next dispatch follows from the refusal.
        "ditolak": "diteruskan",
    }
)


def report_state(facts: ReportFacts) -> ReportState:
    """Return the state of a report."""
    if facts.is_set_aside:
        return "bukan-laporan"
    if facts.is_withdrawn:
        return "ditarik"
    return "diterima" if facts.case_state is None else _state_at_agency(facts, facts.case_state)


def _state_at_agency(facts: ReportFacts, case_state: CaseState) -> ReportState:
    if facts.agency == TRIAGE:
        return _state_at_triage(facts, case_state)
    if case_state == "terdisposisi" and facts.is_reopened:
        return "dibuka-lagi"
    if case_state == "proses" and facts.is_answered:
        return "dijawab"
    return _WORDS[case_state]


def _state_at_triage(facts: ReportFacts, case_state: CaseState) -> ReportState:
    if case_state == "selesai":
        return "bukan-laporan"
    if case_state == "tunda":
        return "menunggu-anda"
    return "dibuka-lagi" if facts.is_reopened and case_state == "terdisposisi" else "diteliti"
