"""The one table of the verdicts that an agency may give in each state of a case. Pure.

A state is that of the latest dispatch. Answers to earlier dispatches have no part in it.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from messages.shapes import Verdict
from messages.topics import TRIAGE

# SP4N-LAPOR's names of the states. `tunda`: the agency waits for the sender. `ditolak`: the agency refused, and the
# case is on its way to the next one.
CaseState: TypeAlias = Literal["terdisposisi", "proses", "tunda", "selesai", "ditolak"]

# Person in the answers with which the service closes cases that nobody objected to.
SYSTEM_ACTOR = "Sistem SP4N-LAPOR!"

FIRST_STATE: CaseState = "terdisposisi"

_OPEN: Mapping[Verdict, CaseState] = MappingProxyType(
    {"accepted": "proses", "asked": "tunda", "responded": "proses", "closed": "selesai", "refused": "ditolak"}
)
# An extension of the deadline is no answer: the state stays.
_BEFORE_CLOSING: Mapping[CaseState, Mapping[Verdict, CaseState]] = MappingProxyType(
    {state: MappingProxyType({**_OPEN, "extended": state}) for state in ("terdisposisi", "proses", "tunda")}
)
# The state after a verdict, by the state before. A verdict that is missing is not accepted in that state.
_STATE_AFTER: Mapping[CaseState, Mapping[Verdict, CaseState]] = MappingProxyType(
    {
        **_BEFORE_CLOSING,
        # An agency may add to its answer. A closed case is not opened again, and not refused.
        "selesai": MappingProxyType({"responded": "selesai"}),
        "ditolak": MappingProxyType({}),
    }
)


class CaseProgress(NamedTuple):
    """State of a dispatch after its answers.

    `counted` has one entry for each answer: False if it was not accepted, or is a verdict that may not be repeated.
    """

    state: CaseState
    counted: tuple[bool, ...]


def state_after(state: CaseState, verdict: Verdict, agency: str) -> CaseState | None:
    """Return the state after a verdict of the agency that has the case; `None` if the verdict is not accepted.

    A refusal by triage is a decision about the next agency. Without one the case stays at triage, in the same state.
    Triage owes no answer, so it extends no deadline.
    """
    if agency == TRIAGE and verdict == "extended":
        return None
    next_state = _STATE_AFTER[state].get(verdict)
    return state if agency == TRIAGE and next_state == "ditolak" else next_state


def may_repeat(verdict: Verdict, agency: str) -> bool:
    """Return whether an agency may give a verdict about a dispatch more than once.

    It may ask and respond again, and triage may decide after it has kept a case.
    """
    return verdict in {"asked", "responded"} or (verdict == "refused" and agency == TRIAGE)


def case_progress(verdicts: Iterable[Verdict], agency: str) -> CaseProgress:
    """Return the progress of a dispatch to an agency after these verdicts, in the order in which the bus took them."""
    state, counted = FIRST_STATE, []
    counted_verdicts: set[Verdict] = set()
    for verdict in verdicts:
        is_repeated = verdict in counted_verdicts and not may_repeat(verdict, agency)
        next_state = None if is_repeated else state_after(state, verdict, agency)
        counted.append(next_state is not None)
        if next_state is not None:
            counted_verdicts.add(verdict)
            state = next_state
    return CaseProgress(state, tuple(counted))
