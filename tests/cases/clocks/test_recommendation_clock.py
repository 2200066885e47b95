"""The clock of a recommendation: its row, and what a transfer does by that row."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cases.clocks.clock_table import CLOCKS, ClockTable, load_clock_rows
from cases.clocks.deadlines import Deadlines
from cases.clocks.recommendation_clock import recommendation_clock
from cases.clocks.working_calendar import WorkingCalendar
from config.reference.folder import SHIPPED_FOLDER
from config.reference.table_reader import TableError
from tests.support.deadlines import DEADLINES

# A Monday in Jakarta, before a week without a holiday.
MONDAY = datetime(2026, 11, 2, 2, tzinfo=UTC)


def test_ten_working_days_after_the_recommendation() -> None:
    """The last day begins after nine, two periods end after twenty, three after thirty, whoever had it before."""
    clock = recommendation_clock(DEADLINES, MONDAY, MONDAY - timedelta(days=90), "bumn-pln")
    assert clock.started_at == MONDAY
    assert clock.due_at == MONDAY + timedelta(days=14)
    assert clock.last_day_at == MONDAY + timedelta(days=11)
    assert clock.twice_due_at == MONDAY + timedelta(days=28)
    assert clock.three_times_due_at == MONDAY + timedelta(days=42)
    row = DEADLINES.recommendation_row(MONDAY)
    assert (row.days, "own rule" in row.source) == (10, True)


@pytest.mark.parametrize(("transfer", "days"), [("anew", 21), ("continue", 14)])
def test_the_row_says_what_a_transfer_does(tmp_path: Path, transfer: str, days: int) -> None:
    """An institution that got the case on the next Monday has its own period, or what is left of it."""
    text = (SHIPPED_FOLDER / CLOCKS).read_text()
    path = tmp_path / CLOCKS
    path.write_text(text.replace("recommended,answered,,anew,", f"recommended,answered,,{transfer},"))
    deadlines = Deadlines(WorkingCalendar(()), ClockTable(load_clock_rows(path)))
    got_at = MONDAY + timedelta(days=7)
    due_at = recommendation_clock(deadlines, MONDAY, got_at, "kota-3374").due_at
    assert due_at == MONDAY + timedelta(days=days)


def test_a_table_without_the_row_is_refused(tmp_path: Path) -> None:
    """The error names the missing clock."""
    lines = (SHIPPED_FOLDER / CLOCKS).read_text().splitlines()
    path = tmp_path / CLOCKS
    path.write_text("\n".join(line for line in lines if not line.startswith("recommendation,")) + "\n")
    with pytest.raises(TableError, match="recommendation has no row"):
        load_clock_rows(path)
