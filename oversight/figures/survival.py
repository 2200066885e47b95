"""Kaplan-Meier estimate of the time until an event, in whole days. Pure.

A case without the event counts until the day on which it was last observed: a case without an answer makes the time
longer and never drops out. Source: Kaplan and Meier, J. Am. Stat. Assoc. 53 (1958), 457-481.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class SurvivalStep(NamedTuple):
    """From this day on, so large a share of the cases has not had the event."""

    days: int
    share: float


@dataclass(frozen=True, slots=True)
class Survival:
    """Steps of the curve by day. `median` and `p90`: days after which half and nine tenths have had the event.

    `None`: the curve does not fall so far, because too many cases have not had the event yet.
    """

    steps: tuple[SurvivalStep, ...]
    median: int | None
    p90: int | None


def kaplan_meier(events: Mapping[int, int], censored: Mapping[int, int]) -> Survival:
    """Return the estimate. Both tables have the number of cases by days: until the event, and until last observed.

    A case that was last observed on the day of an event of others was still at risk on it.
    """
    at_risk = sum(events.values()) + sum(censored.values())
    leaving = Counter(events) + Counter(censored)
    # The share is numerator / denominator: exact, and quicker than a `Fraction`, which is reduced in each step.
    numerator, denominator, steps = 1, 1, []
    median = p90 = None
    for days in sorted(leaving):
        if number := events.get(days, 0):
            numerator, denominator = numerator * (at_risk - number), denominator * at_risk
            steps.append(SurvivalStep(days, numerator / denominator))
            median = days if median is None and 2 * numerator <= denominator else median
            p90 = days if p90 is None and 10 * numerator <= denominator else p90
        at_risk -= leaving[days]
    return Survival(tuple(steps), median, p90)
