"""The counts that one row of `OversightCase` adds to: nation, province, agency, topic and programmes. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from messages.tracking import number_of_report
from oversight.figures.computation import RATED
from oversight.figures.counts import Measure, Scope, counted_day, jakarta_day
from oversight.figures.definitions import FINISH_DAYS, PING_PONG_REFUSALS, CountedAgency
from oversight.read_model.case_row import read_pairs
from oversight.read_model.programme_marks import marked_programmes


class DayKey(NamedTuple):
    """Primary key of `OversightDay`."""

    scope_kind: str
    scope: str
    day: date
    measure: str
    bucket: int
    channel: str


class PairDayKey(NamedTuple):
    """Primary key of `OversightPairDay`."""

    day: date
    province: str
    topic: str
    refused_by: str
    next_agency: str


class _Tally(NamedTuple):
    """A count of one row, and which of its agencies it counts for."""

    agency: CountedAgency
    measure: Measure
    bucket: int = 0


# Column of the agency that a count is for.
_AGENCY_COLUMNS: Mapping[CountedAgency, str] = {
    "first": "first_agency",
    "answering": "answer_agency",
    "current": "agency",
}
# Columns of the agencies that a row counts for.
AGENCY_COLUMNS = tuple(_AGENCY_COLUMNS.values())
# Columns that decide the scopes of a row's counts.
_SCOPE_COLUMNS = ("day", "province", "topic", "programmes", "channel", *AGENCY_COLUMNS)
_FORWARD: Mapping[str, Measure] = {
    "met": "forward_met",
    "missed": "forward_missed",
    "open": "forward_open",
    "dropped": "forward_dropped",
}
_FIRST: Mapping[str, Measure] = {"met": "first_right", "missed": "first_wrong", "open": "first_undecided"}
_TOUCH: Mapping[str, Measure] = {
    "met": "touch_met",
    "missed": "touch_missed",
    "open": "touch_open",
    "dropped": "touch_dropped",
}
_ANSWER: Mapping[str, Measure] = {
    "met": "answer_met",
    "missed": "answer_missed",
    "open": "answer_open",
    "dropped": "answer_dropped",
}
_MERGED: Mapping[str, Measure] = {"certain": "duplicate_certain", "confirmed": "duplicate_confirmed"}


def day_tallies(row: Mapping[str, Any]) -> Counter[DayKey]:
    """Return what a row adds to the numbers of `OversightDay`."""
    return Counter(_day_keys(row, _tallies(row)))


def agency_tallies(row: Mapping[str, Any], agency: str) -> Iterator[tuple[Measure, int]]:
    """Yield measure and bucket of each number that a row adds to in the counts of an agency."""
    for tally in _tallies(row):
        if row[_AGENCY_COLUMNS[tally.agency]] == agency:
            yield tally.measure, tally.bucket


def day_difference(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Counter[DayKey]:
    """Return what the numbers of `OversightDay` change by if a row takes the place of another one; `None`: no row.

    What both rows add in the same scopes is not looked at: an answer changes few of the numbers of its case.
    """
    old, new = set(_tallies(before) if before else ()), set(_tallies(after) if after else ())
    if before and after and all(before[column] == after[column] for column in _SCOPE_COLUMNS):
        old, new = old - new, new - old
    difference = Counter(_day_keys(after, new)) if after else Counter[DayKey]()
    difference.subtract(_day_keys(before, old) if before else ())
    return difference


def pair_tallies(row: Mapping[str, Any]) -> Counter[PairDayKey]:
    """Return what a row adds to the numbers of `OversightPairDay`."""
    place = (row["day"], row["province"], row["topic"])
    return Counter(PairDayKey(*place, *pair) for pair in read_pairs(row["ping_pong"]))


def is_no_report(row: Mapping[str, Any]) -> bool:
    """Return whether triage archived a case before an agency got it: such a one is in no figure of cases."""
    return bool(row["is_archived"]) and row["forwarded_at"] is None


def _day_keys(row: Mapping[str, Any], tallies: Iterable[_Tally]) -> Iterator[DayKey]:
    """Yield the numbers that some tallies of a row add to."""
    scopes = {agency: list(_scopes(row, row[column])) for agency, column in _AGENCY_COLUMNS.items()}
    for tally in tallies:
        for scope, day in scopes[tally.agency]:
            yield DayKey(*scope, day, tally.measure, tally.bucket, row["channel"])


def _scopes(row: Mapping[str, Any], agency: str) -> Iterator[tuple[Scope, date]]:
    """Yield the scopes of a row that counts for an agency, each with its day.

    A report without a place or a topic is in none of them, and one of several programmes in each.
    """
    scopes = (Scope("province", row["province"]), Scope("topic", row["topic"]), Scope("agency", agency))
    programmes = (Scope("programme", programme) for programme in marked_programmes(row["programmes"]))
    for scope in (Scope("nation"), *(scope for scope in scopes if scope.value), *programmes):
        yield scope, counted_day(scope.kind, row["day"])


def _tallies(row: Mapping[str, Any]) -> Iterator[_Tally]:
    if number_of_report(row["tracking"]) == row["tracking"]:
        # A part of a report arrived with it: it is a case, and no further report.
        yield _Tally("first", "received")
    if not row["is_own_case"]:
        yield _Tally("first", _MERGED[row["merged"]])
        return
    if is_no_report(row):
        yield _Tally("first", "no_report")
        return
    yield _Tally("first", "case")
    yield _timed("first", _FORWARD[row["forward_outcome"]], row["forward_due_at"])
    yield _Tally("first", _FIRST[row["first_agency_outcome"]])
    yield _timed("first", _TOUCH[row["touch_outcome"]], row["touch_due_at"])
    yield _timed("answering", _ANSWER[row["answer_outcome"]], row["answer_due_at"])
    yield _Tally("answering", *_time_to_answer(row))
    yield _timed("current", _finish(row), row["began_at"])
    yield from _event_tallies(row)
    if row["is_open"]:
        yield from _open_tallies(row)


def _timed(agency: CountedAgency, measure: Measure, at: datetime | None) -> _Tally:
    """Return a tally with the day of a moment as its bucket. What is missed or dropped stays so, whatever the day."""
    return _Tally(agency, measure, 0 if measure.endswith(("_missed", "_dropped")) else _day(at))


def _event_tallies(row: Mapping[str, Any]) -> Iterator[_Tally]:
    """Yield what happened to a case at least once."""
    if row["refusals"] >= PING_PONG_REFUSALS:
        yield _Tally("first", "ping_pong")
    if row["closings"]:
        yield _Tally("current", "closed")
        if not row["has_evidence"]:
            yield _Tally("current", "closed_without_evidence")
        yield from _rating_tallies(row)
    if row["reopenings"]:
        yield _Tally("current", "reopened")
    if row["handed_over_at"]:
        yield _Tally("current", "to_ombudsman")
    if _is_finished(row) or (row["is_open"] and row["state"] == "proses"):
        yield _Tally("current", "published_as_finished")


def _rating_tallies(row: Mapping[str, Any]) -> Iterator[_Tally]:
    """Yield what the sender of a closed case was asked, and the last rating."""
    if asked_at := row["rating_asked_at"]:
        yield _Tally("current", "rating_asked")
        if row["rated_at"] and row["rated_at"] >= asked_at:
            yield _Tally("current", "rating_answered")
    if row["rating"]:
        yield _Tally("current", RATED[row["rating"]])


def _open_tallies(row: Mapping[str, Any]) -> Iterator[_Tally]:
    if row["open_due_at"]:
        yield _Tally("current", "open_due", _day(row["open_due_at"]))
    if row["three_times_due_at"]:
        yield _Tally("current", "open_three_times_due", _day(row["three_times_due_at"]))


def _time_to_answer(row: Mapping[str, Any]) -> tuple[Measure, int]:
    began = _day(row["began_at"])
    if row["answered_at"]:
        return "answered_after", max(_day(row["answered_at"]) - began, 0)
    if row["ended_at"]:
        return "unanswered_until", max(_day(row["ended_at"]) - began, 0)
    return "unanswered_since", began


def _finish(row: Mapping[str, Any]) -> Measure:
    if row["is_open"]:
        return "finish_open"
    if not _is_finished(row):
        return "finish_dropped"
    return "finish_met" if _day(row["ended_at"]) - _day(row["began_at"]) <= FINISH_DAYS else "finish_missed"


def _is_finished(row: Mapping[str, Any]) -> bool:
    return bool(row["ended_at"]) and not row["is_withdrawn"] and not row["is_archived"]


def _day(at: datetime | None) -> int:
    """Return the day of a moment in Jakarta as a bucket; 0 without one."""
    return jakarta_day(at).toordinal() if at else 0
