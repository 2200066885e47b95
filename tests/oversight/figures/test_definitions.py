"""The definitions of the figures: the page that is made of them, and the names that the requirement gives."""

from bench.generated.figures_document import FILE, figures_document
from oversight.figures.definitions import FIGURES


def test_the_page_is_made_of_the_definitions() -> None:
    """`docs/figures.md` is as `make figures` writes it."""
    assert FILE.read_text() == figures_document()


def test_there_are_fourteen_figures_with_the_keys_of_the_command() -> None:
    """Cases, what is no report, and the duplicates avoided are one figure with three keys."""
    assert len(FIGURES) == 14
    assert [key for figure in FIGURES for key in figure.keys] == [
        *("received", "cases", "no_reports", "duplicates_avoided", "forwarded_in_time"),
        *("first_agency_right", "ping_pong"),
        *("answered_in_time", "days_to_answer", "finished_within_60_days", "oldest_open_days"),
        *("untouched_after_10_days", "reopened", "closed_without_evidence", "to_ombudsman", "satisfaction"),
    ]
