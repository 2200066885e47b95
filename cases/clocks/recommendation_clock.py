"""The clock of a recommendation of an overseer: it runs until the institution that has the case answers. Pure.

It is no clock of the case: a case has one for each recommendation, and the closing of the case does not end it.
"""

from datetime import datetime
from typing import NamedTuple

from cases.clocks.clock_states import THREE_TIMES, TWICE
from cases.clocks.deadlines import Deadlines
from config.time_zones import agency_time_zone


class RecommendationClock(NamedTuple):
    """The moments of a clock. `last_day_at`: the last day before the deadline begins."""

    started_at: datetime
    last_day_at: datetime
    due_at: datetime
    twice_due_at: datetime
    three_times_due_at: datetime


def recommendation_clock(
    deadlines: Deadlines, recommended_at: datetime, held_since: datetime, agency: str
) -> RecommendationClock:
    """Return the clock for an institution that has had the case since `held_since`.

    By the column `transfer` of its row, the period of an institution that got the case after the recommendation begins
    anew with its stay, or the clock goes on.
    """
    row = deadlines.recommendation_row(recommended_at)
    started_at = recommended_at
    if row.transfer == "anew" and held_since > recommended_at:
        row, started_at = deadlines.recommendation_row(held_since), held_since
    zone = agency_time_zone(agency)
    periods = (row.days - 1, row.days, TWICE * row.days, THREE_TIMES * row.days)
    moments = (deadlines.deadline(row, started_at, zone, (), days) for days in periods)
    return RecommendationClock(started_at, *moments)
