"""The figures as a table for a terminal of 80 columns."""

from collections.abc import Iterator, Mapping, Sequence

from app.commands.common.terminal import print_note, print_table
from oversight.figures.computation import Figures, OpenCases, Share
from oversight.figures.definitions import TITLES

_NOTHING = "-"


def print_figures(figures: Figures, triage: OpenCases, audit_differences: int | None) -> None:
    """Print figure, value, the numbers that it is made of, and the censored cases. `None`: no audit was made."""
    rows = [*_figure_rows(figures), *_service_rows(triage, audit_differences)]
    print_table(("figure", "value", "of", "censored"), rows, uncut=("value",))
    if figures.worst_pairs:
        pairs = [(pair.refused_by, pair.next_agency, pair.cases) for pair in figures.worst_pairs]
        print_table(("refused by", "went to", "cases"), pairs)
    provisional = " (provisional: joint leave is not decreed yet)" if figures.is_provisional else ""
    print_note(f"Clocks {figures.clocks_version}, calendar {figures.calendar_version}{provisional}.")


def print_by_channel(channels: Mapping[str, Figures]) -> None:
    """Print each figure for the reports of each channel. A share stands with the numbers that it is made of."""
    rows_by_channel = [list(_figure_rows(figures)) for figures in channels.values()]
    rows = [
        (name, *(_channel_cell(value, of) for _, value, of, _ in cells))
        for name, cells in zip(_names(rows_by_channel), zip(*rows_by_channel, strict=True), strict=True)
    ]
    if channels:
        print_table(("by channel", *channels), rows)


def _names(rows_by_channel: Sequence[Sequence[Sequence[object]]]) -> Sequence[object]:
    """Return the names of the figures; the second line of a figure has the name of its part."""
    return [name or of for name, _, of, _ in rows_by_channel[0]] if rows_by_channel else []


def _channel_cell(value: object, of: object) -> str:
    return f"{value} ({of})" if " of " in str(of) else str(value)


def _figure_rows(figures: Figures) -> Iterator[Sequence[object]]:
    channels = ", ".join(f"{name} {count}" for name, count in figures.received.items())
    days, open_cases = figures.days_to_answer, figures.open_cases
    untouched, finished = figures.untouched_after_10_days, figures.finished
    yield "received by channel", sum(figures.received.values()), channels, ""
    yield "cases", figures.cases, "", ""
    yield "no reports", figures.no_reports, "archived at triage", ""
    yield "duplicates avoided", figures.duplicates_avoided.certain, "certain", ""
    yield "", figures.duplicates_avoided.confirmed, "confirmed", ""
    yield "forwarded in time", *_cells(figures.forwarded_in_time)
    yield "first answer in time", *_cells(figures.answered_in_time)
    yield "days to first answer: median", _number(days.survival.median), f"{days.answered} answered", ""
    yield "days to first answer: P90", _number(days.survival.p90), f"{days.unanswered} not answered", ""
    yield "finished within 60 days", *_cells(finished.within_60_days)
    yield "published way of counting", *_cells(finished.published)
    yield "oldest open, in days", _number(open_cases.oldest_days), f"{open_cases.number} open", ""
    yield "overdue", open_cases.overdue, "", ""
    yield "three times overdue", open_cases.three_times_overdue, "", ""
    yield "untouched 10 working days", *_cells(untouched.share)
    yield "still untouched", untouched.still_untouched, "", ""
    satisfaction = figures.satisfaction
    yield "senders asked for a rating", *_cells(satisfaction.asked)
    yield "senders asked who rated", *_cells(satisfaction.answered)
    ratings = ", ".join(f"{rating}: {number}" for rating, number in satisfaction.distribution.items())
    yield "rating: median", _number(satisfaction.median), ratings, ""
    for key, share in figures.shares.items():
        title = TITLES[key]
        yield title[0].lower() + title[1:], *_cells(share)


def _service_rows(triage: OpenCases, audit_differences: int | None) -> Iterator[Sequence[object]]:
    yield "at triage, of all months", triage.number, "", ""
    yield "oldest at triage, in days", _number(triage.oldest_days), "", ""
    yield "differences of the audit", _number(audit_differences), "" if audit_differences is not None else "--audit", ""


def _cells(share: Share) -> tuple[str, str, str]:
    value = _NOTHING if share.share is None else f"{share.share:.1%}"
    return value, f"{share.numerator} of {share.denominator}", str(share.censored or "")


def _number(value: int | None) -> object:
    return _NOTHING if value is None else value
