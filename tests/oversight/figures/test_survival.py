"""The Kaplan-Meier estimate: examples worked by hand."""

import pytest

from oversight.figures.survival import Survival, SurvivalStep, kaplan_meier


def test_an_example_worked_by_hand() -> None:
    """Ten cases: answers after 1, 2, 2, 4 and 7 days; no answer until day 2, 3, 5, 7 and 9.

    Day 1: 9/10. Day 2: of 9 at risk 2 leave, 7/9. Day 4: of 5 at risk 1 leaves, 4/5. Day 7: of 3 at risk 1 leaves, 2/3.
    """
    estimate = kaplan_meier({1: 1, 2: 2, 4: 1, 7: 1}, {2: 1, 3: 1, 5: 1, 7: 1, 9: 1})
    assert [step.days for step in estimate.steps] == [1, 2, 4, 7]
    assert [step.share for step in estimate.steps] == pytest.approx([0.9, 0.7, 0.56, 0.56 * 2 / 3])
    assert (estimate.median, estimate.p90) == (7, None)


def test_silence_makes_the_time_longer() -> None:
    """Five of ten cases were answered at once. The five silent ones have been waiting for 30 days."""
    answered_only = kaplan_meier({1: 4, 2: 1}, {})
    assert (answered_only.median, answered_only.p90) == (1, 2)
    with_silence = kaplan_meier({1: 4, 2: 1}, {30: 5})
    assert (with_silence.median, with_silence.p90) == (2, None)
    assert kaplan_meier({1: 4, 2: 1}, {30: 6}).median is None


def test_the_limits_are_exact() -> None:
    """A share of exactly one tenth reaches P90; floating point numbers would miss it."""
    assert kaplan_meier({1: 3, 2: 6}, {9: 1}).p90 == 2


def test_nothing_gives_no_estimate() -> None:
    """No cases, or none with an event."""
    assert kaplan_meier({}, {}) == Survival((), None, None)
    assert kaplan_meier({}, {3: 2}) == Survival((), None, None)
    assert kaplan_meier({0: 1}, {}) == Survival((SurvivalStep(0, 0.0),), 0, 0)
