"""Counts from which every figure is computed: what is counted, for which part of the country, and of which days. Pure.

A count has a measure and a bucket. It never depends on the moment of the query: a deadline that has not passed is
counted in the bucket of its day, and the query compares that day with today. So a count changes only with an event.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias

from config.time_zones import TimeZone

# The bucket is a day (`date.toordinal`) where the comment says so, a number of days where it says so, otherwise 0.
# A measure that ends with `_dropped` counts cases whose outcome will never be known: see `definitions`. Its bucket is
# 0, as that of a measure that ends with `_missed`: no day changes them any more.
Measure: TypeAlias = Literal[
    # A report arrived.
    "received",
    # The report is a case of its own, or triage archived it, or it was merged by the rules, or by a person.
    "case",
    "no_report",
    "duplicate_certain",
    "duplicate_confirmed",
    # Forwarded to an agency. Bucket: day of the deadline.
    "forward_met",
    "forward_missed",
    "forward_open",
    "forward_dropped",
    # The first agency.
    "first_right",
    "first_wrong",
    "first_undecided",
    "ping_pong",
    # The first answer. Bucket: day of the deadline.
    "answer_met",
    "answer_missed",
    "answer_open",
    "answer_dropped",
    # The time until the first answer. Bucket: days until the answer; the day on which the case began; days until it was
    # withdrawn or archived.
    "answered_after",
    "unanswered_since",
    "unanswered_until",
    # Finished within 60 days. Bucket: the day on which the case began. `finish_open` are all cases that are open now.
    "finish_met",
    "finish_missed",
    "finish_open",
    "finish_dropped",
    # Finished, or in process: what is published as finished.
    "published_as_finished",
    # Open now. Bucket: the day of its earliest deadline; of three times its period.
    "open_due",
    "open_three_times_due",
    # The first reaction of an agency. Bucket: day of the deadline.
    "touch_met",
    "touch_missed",
    "touch_open",
    "touch_dropped",
    "closed",
    "reopened",
    # Closed, and no answer of an agency names a picture.
    "closed_without_evidence",
    # Closed, and the sender was asked for a rating; has rated since; the last rating of the sender.
    "rating_asked",
    "rating_answered",
    "rated_1",
    "rated_2",
    "rated_3",
    "rated_4",
    "rated_5",
    "to_ombudsman",
]

# Parts of the country, and of its reports, that figures are made for. Each has counts of its own, so none is added up
# from cases.
ScopeKind: TypeAlias = Literal["nation", "province", "agency", "topic", "programme"]


class Scope(NamedTuple):
    """What the figures are about: `value` is the code of a province or agency, or the id of a topic or programme."""

    kind: ScopeKind
    value: str = ""


NATION = Scope("nation")


class Period(NamedTuple):
    """Days of arrival in Jakarta, both included. Parts of the nation need whole months: see `counted_day`."""

    first: date
    last: date


class Count(NamedTuple):
    """A number of cases with one measure and bucket. `channel` is that of the report; empty: of all channels."""

    measure: Measure
    bucket: int
    channel: str
    number: int


class AgencyPair(NamedTuple):
    """Cases that went from one agency to the next one by a refusal, and were refused at least twice."""

    refused_by: str
    next_agency: str
    cases: int


@dataclass(frozen=True)
class Counts:
    """All counts of a scope and a period, in any order, and the pairs of agencies of its cases that were sent about."""

    counts: tuple[Count, ...] = ()
    pairs: tuple[AgencyPair, ...] = ()

    def by_channel(self) -> Mapping[str, "Counts"]:
        """Return the counts of each channel, by its name. They have no pairs of agencies."""
        by_channel: defaultdict[str, list[Count]] = defaultdict(list)
        for count in self.counts:
            by_channel[count.channel].append(count)
        return {channel: Counts(tuple(by_channel[channel])) for channel in sorted(by_channel)}

    @cached_property
    def _by_measure(self) -> Mapping[Measure, Sequence[Count]]:
        by_measure: defaultdict[Measure, list[Count]] = defaultdict(list)
        for count in self.counts:
            by_measure[count.measure].append(count)
        return dict(by_measure)

    def of(self, measure: Measure) -> Sequence[Count]:
        """Return the counts of a measure."""
        return self._by_measure.get(measure, ())

    def total(self, *measures: Measure) -> int:
        """Return the number of cases with these measures."""
        return sum(count.number for measure in measures for count in self.of(measure))

    def where(self, measure: Measure, fits: Callable[[int], bool]) -> int:
        """Return the number of cases with a measure whose bucket fits."""
        return sum(count.number for count in self.of(measure) if fits(count.bucket))


def jakarta_day(at: datetime) -> date:
    """Return the day of a moment in Jakarta: that of cohorts and buckets."""
    return at.astimezone(TimeZone.WIB.value).date()


def counted_day(kind: ScopeKind, day: date) -> date:
    """Return the day under which a report that arrived on `day` is counted.

    For the nation it is that day; for all others the first day of its month. There are hundreds of these, and
    counts of each of their days would be more rows than there are cases.
    """
    return day if kind == "nation" else day.replace(day=1)


def month_period(year: int, month: int) -> Period:
    """Return the days of a month."""
    next_month = date(year + month // 12, month % 12 + 1, 1)
    return Period(date(year, month, 1), date.fromordinal(next_month.toordinal() - 1))


def worst_pairs(pairs: Iterable[AgencyPair], limit: int) -> tuple[AgencyPair, ...]:
    """Return the pairs with the most cases, the worst first; equal ones by code."""
    ordered_pairs = sorted(pairs, key=lambda pair: (-pair.cases, pair.refused_by, pair.next_agency))
    return tuple(ordered_pairs[:limit])
