"""The table of clocks: the shipped rows, and what a faulty or changed table does."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cases.clocks.clock_table import CLOCKS, ClockTable, load_clock_rows
from cases.clocks.deadlines import Deadlines
from cases.clocks.working_calendar import WorkingCalendar
from config.reference.folder import SHIPPED_FOLDER
from config.reference.table_reader import TableError
from config.time_zones import agency_region

NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)
SHIPPED_TEXT = (SHIPPED_FOLDER / CLOCKS).read_text()


def test_the_shipped_periods_are_those_of_the_rules() -> None:
    """3 days to verify, 5 to answer, 10 to object; 14 working or 60 calendar days by class."""
    table = ClockTable(load_clock_rows())
    rows = [
        table.row("verify", NOW),
        table.row("first_answer", NOW),
        table.row("objection", NOW),
        table.row("resolve", NOW, "permintaan-informasi", "pengaduan-lain"),
        table.row("resolve", NOW, "pengaduan", "korupsi"),
    ]
    assert [(row.days, row.unit) for row in rows if row] == [
        (3, "working"),
        (5, "working"),
        (10, "working"),
        (14, "working"),
        (60, "calendar"),
    ]


def test_only_the_answer_to_a_request_for_information_may_be_extended() -> None:
    """UU 14/2008 article 22 (8): by seven working days. Of complaints no rule allows it; a country may set one."""
    extendable = [
        (kind, row.extension_days, row.unit)
        for kind in ("pengaduan", "aspirasi", "permintaan-informasi")
        if (row := ClockTable(load_clock_rows()).row("first_answer", NOW, kind)) and row.extension_days
    ]
    assert extendable == [("permintaan-informasi", 7, "working")]
    assert [row.clock for row in load_clock_rows() if row.extension_days] == ["first_answer"]


def test_topics_of_the_rows_exist() -> None:
    """A topic that was renamed would give its cases another deadline."""
    with (SHIPPED_FOLDER / "topics.csv").open() as file:
        topics = {row["topic"] for row in csv.DictReader(file)}
    assert {topic for row in load_clock_rows() for topic in row.topics} <= topics


def test_a_clock_keeps_the_row_of_the_day_on_which_it_began(tmp_path: Path) -> None:
    """The day changes at midnight in Jakarta."""
    path = tmp_path / CLOCKS
    old = "first_answer,,,5,working,dispatched,responded|closed,asked,anew,anew,agency,0,Aturan A,2019-01-01,2026-11-30"
    new = "first_answer,,,7,working,dispatched,responded|closed,asked,anew,anew,agency,0,Aturan B,2026-12-01,"
    lines = [line for line in SHIPPED_TEXT.splitlines() if not line.startswith("first_answer")]
    path.write_text("\n".join([*lines, old, new]) + "\n")
    table = ClockTable(load_clock_rows(path))
    days = [
        row.days
        for at in (datetime(2026, 11, 30, 16, 59, tzinfo=UTC), datetime(2026, 11, 30, 17, tzinfo=UTC))
        if (row := table.row("first_answer", at))
    ]
    assert days == [5, 7]


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("verify,,,3,working", "verify,,,three,working", "days is 'three'"),
        ("verify,,,3,working", "verify,,,3,lunar", "unit is 'lunar'"),
        ("verify,,,3,working,received", "verify,,,3,working,arrived", "starts names 'arrived'"),
        ("first_answer,,,5", "first_answer,aspirasi,,5", "first_answer has no row for all kinds"),
        ("agency,7,", "agency,-7,", "extension_days is '-7'; write a whole number up to 366, 0 for none"),
        ("agency,7,", "agency,367,", "extension_days is '367'"),
        ("5,working,dispatched", "5,calendar,dispatched", "extension_days are working days"),
        ("triage,0,", "triage,2,", "verify cannot be extended, write 0"),
        ("first_answer,,,5", "second_answer,,,5", "clock is 'second_answer'"),
        ("2019-01-01,\n", "2019-01-01,soon\n", "valid_until"),
    ],
)
def test_a_faulty_row_is_named(before: str, after: str, fault: str, tmp_path: Path) -> None:
    """The error has the column and the remedy."""
    path = tmp_path / CLOCKS
    path.write_text(SHIPPED_TEXT.replace(before, after, 1))
    with pytest.raises(TableError, match=fault):
        load_clock_rows(path)


def test_the_region_of_each_agency_follows_from_its_code() -> None:
    """The zone of an agency needs no table."""
    with (SHIPPED_FOLDER / "agencies.csv").open() as file:
        for row in csv.DictReader(file):
            assert agency_region(row["code"]) == row["region"], row["code"]


def test_a_case_from_before_the_first_row_has_the_deadline_of_all_cases(tmp_path: Path) -> None:
    """A row of one topic that stands above the row of all cases is not theirs."""
    path = tmp_path / CLOCKS
    row = "first_answer,,korupsi,30,working,dispatched,responded|closed,asked,anew,anew,agency,0,Aturan C,2019-01-01,"
    header, *lines = SHIPPED_TEXT.splitlines()
    path.write_text("\n".join([header, row, *lines]) + "\n")
    deadlines = Deadlines(WorkingCalendar(()), ClockTable(load_clock_rows(path)))
    monday = datetime(2018, 11, 5, 1, tzinfo=UTC)
    assert deadlines.answer_deadline(monday, "kota-3374", "pengaduan", "jalan") == monday + timedelta(days=7)
    assert deadlines.answer_deadline(monday, "kota-3374", "pengaduan", "korupsi") == monday + timedelta(days=7)
