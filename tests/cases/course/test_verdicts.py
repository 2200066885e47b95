"""The table of verdicts: every verdict after every verdict, at an agency and at triage."""

from itertools import permutations, product

import pytest

from cases.course.verdicts import CaseState, case_progress, state_after
from messages.shapes import Verdict
from messages.topics import TRIAGE

AGENCY = "kota-3374"
VERDICTS: tuple[Verdict, ...] = ("accepted", "extended", "asked", "responded", "closed", "refused")

# The state after two verdicts, and True if the second one counts.
AFTER_TWO: dict[tuple[Verdict, Verdict], tuple[CaseState, bool]] = {
    ("accepted", "accepted"): ("proses", False),
    ("accepted", "asked"): ("tunda", True),
    ("accepted", "responded"): ("proses", True),
    ("accepted", "closed"): ("selesai", True),
    ("accepted", "refused"): ("ditolak", True),
    ("accepted", "extended"): ("proses", True),
    ("extended", "accepted"): ("proses", True),
    ("extended", "extended"): ("terdisposisi", False),
    ("extended", "asked"): ("tunda", True),
    ("extended", "responded"): ("proses", True),
    ("extended", "closed"): ("selesai", True),
    ("extended", "refused"): ("ditolak", True),
    ("asked", "extended"): ("tunda", True),
    ("responded", "extended"): ("proses", True),
    ("closed", "extended"): ("selesai", False),
    ("refused", "extended"): ("ditolak", False),
    ("asked", "accepted"): ("proses", True),
    ("asked", "asked"): ("tunda", True),
    ("asked", "responded"): ("proses", True),
    ("asked", "closed"): ("selesai", True),
    ("asked", "refused"): ("ditolak", True),
    ("responded", "accepted"): ("proses", True),
    ("responded", "asked"): ("tunda", True),
    ("responded", "responded"): ("proses", True),
    ("responded", "closed"): ("selesai", True),
    ("responded", "refused"): ("ditolak", True),
    ("closed", "accepted"): ("selesai", False),
    ("closed", "asked"): ("selesai", False),
    ("closed", "responded"): ("selesai", True),
    ("closed", "closed"): ("selesai", False),
    ("closed", "refused"): ("selesai", False),
    ("refused", "accepted"): ("ditolak", False),
    ("refused", "asked"): ("ditolak", False),
    ("refused", "responded"): ("ditolak", False),
    ("refused", "closed"): ("ditolak", False),
    ("refused", "refused"): ("ditolak", False),
}


def test_the_table_has_every_pair() -> None:
    """No pair of verdicts is left out below."""
    assert AFTER_TWO.keys() == set(product(VERDICTS, VERDICTS))


@pytest.mark.parametrize(("first", "second"), AFTER_TWO)
def test_every_verdict_after_every_verdict(first: Verdict, second: Verdict) -> None:
    """A closed case is not opened or refused, an agency that refused has no more to say, and none accepts twice."""
    state, counted = case_progress([first, second], AGENCY)
    assert (state, counted[1]) == AFTER_TWO[first, second]
    assert counted[0]


@pytest.mark.parametrize("verdict", sorted({*VERDICTS} - {"extended"}))
def test_a_decision_of_triage_changes_no_state(verdict: Verdict) -> None:
    """Triage may keep a case and decide later. Its refusal says nothing about the citizen's matter."""
    state, counted = case_progress(["refused", verdict], TRIAGE)
    assert (state, counted) == (case_progress([verdict], TRIAGE).state, (True, True))


def test_triage_extends_no_deadline() -> None:
    """It owes no answer to the citizen."""
    assert case_progress(["extended"], TRIAGE) == ("terdisposisi", (False,))


def test_without_answers_a_case_waits() -> None:
    """The first state is that of a dispatch."""
    assert case_progress([], AGENCY) == ("terdisposisi", ())


@pytest.mark.parametrize("agency", [AGENCY, TRIAGE])
def test_what_may_follow_counted_verdicts_needs_no_order(agency: str) -> None:
    """The router reads the verdicts that counted from its table in any order, and asks which one may follow."""
    for verdicts in product(VERDICTS, repeat=3):
        state, counted = case_progress(verdicts, agency)
        counted_verdicts = [verdict for verdict, counts in zip(verdicts, counted, strict=True) if counts]
        for order in permutations(counted_verdicts):
            assert may_follow(case_progress(order, agency).state, agency) == may_follow(state, agency)


def may_follow(state: CaseState, agency: str) -> set[Verdict]:
    """Return the verdicts that may follow in a state."""
    return {verdict for verdict in VERDICTS if state_after(state, verdict, agency) is not None}
