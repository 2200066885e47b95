"""Computes the fourteen figures from the counts of a scope and a period. Pure; `definitions` says what each one is."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from types import MappingProxyType

from cases.clocks.deadlines import Deadlines
from oversight.figures.counts import AgencyPair, Counts, Measure, worst_pairs
from oversight.figures.definitions import (
    CURRENT_CASES,
    FIGURES,
    FINISH_DAYS,
    LEAST_RATINGS,
    WORST_PAIRS,
    CountedShare,
)
from oversight.figures.survival import Survival, kaplan_meier

# Measures whose bucket is the day of a deadline.
_DUE_DAYS: tuple[Measure, ...] = (
    *("forward_met", "forward_open", "answer_met", "answer_open", "open_due", "open_three_times_due"),
    *("touch_met", "touch_open"),
)

# Measure of the cases with each rating, from 1 (bad) to 5 (very good).
RATED: Mapping[int, Measure] = MappingProxyType({1: "rated_1", 2: "rated_2", 3: "rated_3", 4: "rated_4", 5: "rated_5"})

_ASKED = CountedShare(("rating_asked",), ("closed",))
_ANSWERED = CountedShare(("rating_answered",), ("rating_asked",))
_PUBLISHED = CountedShare(("published_as_finished",), CURRENT_CASES)


def bucket_limits(today: date) -> tuple[int, int]:
    """Return the days with which figures compare buckets, in order: all but those of the days to the first answer."""
    return today.toordinal() - FINISH_DAYS, today.toordinal()


@dataclass(frozen=True, slots=True)
class Share:
    """A share of cases. `censored` cases are in neither number: see `definitions`."""

    numerator: int
    denominator: int
    censored: int = 0

    @property
    def share(self) -> float | None:
        """The share; `None` of no cases."""
        return self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Reports that were merged: by the rules, and by a person."""

    certain: int
    confirmed: int


@dataclass(frozen=True, slots=True)
class DaysToAnswer:
    """Numbers of cases with and without an answer, and the Kaplan-Meier estimate."""

    answered: int
    unanswered: int
    survival: Survival


@dataclass(frozen=True, slots=True)
class Finished:
    """Cases finished in time, and the published way of counting."""

    within_60_days: Share
    published: Share


@dataclass(frozen=True, slots=True)
class OpenCases:
    """Open cases now. `oldest_days` is `None` without any."""

    oldest_days: int | None
    number: int
    overdue: int
    three_times_overdue: int


@dataclass(frozen=True, slots=True)
class Untouched:
    """Cases without a reaction in time, and how many of them have had none since."""

    share: Share
    still_untouched: int


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """Closed cases whose senders were asked for a rating, those of them with one, and the cases by rating."""

    asked: Share
    answered: Share
    distribution: Mapping[int, int]

    @property
    def rated(self) -> int:
        """The number of closed cases with a rating."""
        return sum(self.distribution.values())

    @property
    def median(self) -> int | None:
        """The least rating that at least half of the cases do not exceed; `None` of fewer than `LEAST_RATINGS`."""
        if self.rated < LEAST_RATINGS:
            return None
        ratings = sorted(self.distribution)
        totals = accumulate(self.distribution[rating] for rating in ratings)
        return next(rating for rating, total in zip(ratings, totals, strict=True) if 2 * total >= self.rated)


@dataclass(frozen=True, slots=True)
class Figures:
    """The fourteen figures of a scope and a period on a day.

    `shares` are those that `definitions` declares whole, by key, in their order. `worst_pairs` are the pairs of
    agencies with the most cases that were sent about, the worst first.
    `clocks_version` and `calendar_version` name the tables. `is_provisional`: a deadline that was counted lies in a
    year whose joint leave is not decreed yet, so that it may still move.
    """

    received: Mapping[str, int]
    cases: int
    no_reports: int
    duplicates_avoided: Duplicates
    forwarded_in_time: Share
    answered_in_time: Share
    days_to_answer: DaysToAnswer
    finished: Finished
    open_cases: OpenCases
    untouched_after_10_days: Untouched
    satisfaction: Satisfaction
    shares: Mapping[str, Share]
    worst_pairs: tuple[AgencyPair, ...]
    clocks_version: str
    calendar_version: str
    is_provisional: bool


def compute_figures(counts: Counts, today: date, deadlines: Deadlines) -> Figures:
    """Return the figures as they are on a day in Jakarta."""
    return Figures(
        received=_by_channel(counts),
        cases=counts.total("case"),
        no_reports=counts.total("no_report"),
        duplicates_avoided=Duplicates(counts.total("duplicate_certain"), counts.total("duplicate_confirmed")),
        forwarded_in_time=forwarded_in_time(counts, today),
        answered_in_time=answered_in_time(counts, today),
        days_to_answer=_days_to_answer(counts, today),
        finished=Finished(finished_in_time(counts, today), _share(counts, _PUBLISHED)),
        open_cases=_open_cases(counts, today),
        untouched_after_10_days=_untouched(counts, today),
        satisfaction=_satisfaction(counts),
        shares={figure.keys[0]: _share(counts, figure.share) for figure in FIGURES if figure.share},
        worst_pairs=worst_pairs(counts.pairs, WORST_PAIRS),
        clocks_version=deadlines.clocks.version,
        calendar_version=deadlines.calendar.version,
        is_provisional=_is_provisional(counts, deadlines),
    )


def _share(counts: Counts, share: CountedShare) -> Share:
    return Share(counts.total(*share.numerator), counts.total(*share.denominator), counts.total(*share.censored))


def forwarded_in_time(counts: Counts, today: date) -> Share:
    """Return the share of the cases that an agency got in time."""
    return _in_time(counts, today, "forward_met", "forward_missed", "forward_open", "forward_dropped")


def answered_in_time(counts: Counts, today: date) -> Share:
    """Return the share of the cases that an agency answered in time."""
    return _in_time(counts, today, "answer_met", "answer_missed", "answer_open", "answer_dropped")


def finished_in_time(counts: Counts, today: date) -> Share:
    """Return the share of the cases that were finished within `FINISH_DAYS`."""

    def is_over(day: int) -> bool:
        return today.toordinal() - day > FINISH_DAYS

    in_time = counts.where("finish_met", is_over)
    late = counts.where("finish_open", is_over) + counts.total("finish_missed")
    every_case = counts.total("finish_met", "finish_open", "finish_missed", "finish_dropped")
    return Share(in_time, in_time + late, every_case - in_time - late)


def _by_channel(counts: Counts) -> Mapping[str, int]:
    channels: Counter[str] = Counter()
    for count in counts.of("received"):
        channels[count.channel] += count.number
    return MappingProxyType(dict(sorted(channels.items())))


def _in_time(
    counts: Counts, today: date, met: Measure, missed: Measure, still_open: Measure, dropped: Measure
) -> Share:
    """Return the share of a clock that was met, of the cases whose deadline has passed."""

    def is_past(day: int) -> bool:
        return day < today.toordinal()

    in_time, late = counts.where(met, is_past), counts.where(still_open, is_past) + counts.total(missed)
    censored = counts.total(met, still_open, missed, dropped) - in_time - late
    return Share(in_time, in_time + late, censored)


def _untouched(counts: Counts, today: date) -> Untouched:
    """Return the opposite of a clock that was met."""
    touched = _in_time(counts, today, "touch_met", "touch_missed", "touch_open", "touch_dropped")
    share = Share(touched.denominator - touched.numerator, touched.denominator, touched.censored)
    return Untouched(share, counts.where("touch_open", lambda day: day < today.toordinal()))


def _satisfaction(counts: Counts) -> Satisfaction:
    distribution = {rating: counts.total(measure) for rating, measure in RATED.items()}
    return Satisfaction(_share(counts, _ASKED), _share(counts, _ANSWERED), MappingProxyType(distribution))


def _days_to_answer(counts: Counts, today: date) -> DaysToAnswer:
    answered, unanswered = Counter[int](), Counter[int]()
    for count in counts.of("answered_after"):
        answered[count.bucket] += count.number
    for count in counts.of("unanswered_since"):
        unanswered[max(today.toordinal() - count.bucket, 0)] += count.number
    for count in counts.of("unanswered_until"):
        unanswered[count.bucket] += count.number
    return DaysToAnswer(answered.total(), unanswered.total(), kaplan_meier(answered, unanswered))


def _open_cases(counts: Counts, today: date) -> OpenCases:
    def is_past(day: int) -> bool:
        return day < today.toordinal()

    oldest = min((count.bucket for count in counts.of("finish_open") if count.number), default=None)
    return OpenCases(
        oldest_days=None if oldest is None else today.toordinal() - oldest,
        number=counts.total("finish_open"),
        overdue=counts.where("open_due", is_past),
        three_times_overdue=counts.where("open_three_times_due", is_past),
    )


def _is_provisional(counts: Counts, deadlines: Deadlines) -> bool:
    return not _years(counts) <= deadlines.calendar.decreed_years


def _years(counts: Counts) -> frozenset[int]:
    days = {count.bucket for measure in _DUE_DAYS for count in counts.of(measure) if count.number}
    return frozenset(date.fromordinal(day).year for day in days)
