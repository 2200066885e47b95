"""Working days on real and invented holidays."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from cases.clocks.deadlines import Pause, load_deadlines
from cases.clocks.holidays import Holiday, load_holidays
from cases.clocks.working_calendar import WorkingCalendar
from config.reference.folder import ReferenceFolder
from config.reference.table_reader import TableError
from config.time_zones import TimeZone

SHIPPED = load_deadlines().calendar
HOLIDAYS = {holiday.day for holiday in SHIPPED.holidays}
SATURDAY = 5
WEEKDAYS_ONLY = WorkingCalendar(())
WIB = TimeZone.WIB.value


def test_a_year_of_five_day_deadlines_differs_from_weekdays_on_98_days_by_up_to_seven() -> None:
    """In 2026, holidays move the deadline of a report that comes at noon on so many days."""
    noons = [datetime(2026, 1, 1, 12, tzinfo=WIB) + timedelta(days=day) for day in range(365)]
    shifts = [SHIPPED.add_working_days(noon, 5) - WEEKDAYS_ONLY.add_working_days(noon, 5) for noon in noons]
    assert (sum(shift > timedelta() for shift in shifts), max(shifts).days) == (98, 7)


def test_every_addition_equals_a_walk_day_by_day() -> None:
    """Holidays on weekends, long weekends and the turn of the year are all among the days."""
    for start in (date(2024, 1, 1) + timedelta(days=day) for day in range(1300)):
        at, day, remaining = datetime(start.year, start.month, start.day, 9, tzinfo=WIB), start, 14
        while remaining:
            day += timedelta(days=1)
            remaining -= day.weekday() < SATURDAY and day not in HOLIDAYS
        assert SHIPPED.add_working_days(at, 14).date() == day


def test_joint_leave_is_no_working_day_and_a_holiday_on_a_weekend_changes_nothing() -> None:
    """24 December 2026 is joint leave, Christmas a holiday, 15 August a Saturday."""
    assert SHIPPED.add_working_days(datetime(2026, 12, 23, 9, tzinfo=WIB), 1).date() == date(2026, 12, 28)
    saturday = Holiday(date(2026, 8, 15), "Contoh", "national", "test")
    friday = datetime(2026, 8, 14, 10, tzinfo=WIB)
    assert WorkingCalendar((saturday,)).add_working_days(friday, 1) == WEEKDAYS_ONLY.add_working_days(friday, 1)


def test_a_day_begins_earlier_in_the_east() -> None:
    """Sunday 23:00 in Jakarta is Monday 01:00 in Papua: there Monday is the day that does not count."""
    sunday_night = datetime(2026, 11, 22, 23, tzinfo=WIB)
    assert SHIPPED.add_working_days(sunday_night, 1) == datetime(2026, 11, 23, 23, tzinfo=WIB)
    assert SHIPPED.add_working_days(sunday_night, 1, TimeZone.WIT) == datetime(2026, 11, 23, 23, tzinfo=WIB)
    saturday_night = datetime(2026, 11, 28, 23, tzinfo=WIB)
    friday_night = datetime(2026, 11, 27, 23, tzinfo=WIB)
    assert SHIPPED.add_working_days(saturday_night, 1).astimezone(WIB).day == 30
    assert SHIPPED.add_working_days(friday_night, 1, TimeZone.WIT).astimezone(WIB).day == 29


def test_working_time_leaves_out_weekends_and_holidays() -> None:
    """From Wednesday noon to Monday noon over a holiday on Thursday are two working days of 24 hours."""
    calendar = WorkingCalendar((Holiday(date(2026, 11, 26), "Contoh", "national", "test"),))
    wednesday, monday = datetime(2026, 11, 25, 12, tzinfo=WIB), datetime(2026, 11, 30, 12, tzinfo=WIB)
    assert calendar.working_time_between(wednesday, monday) == timedelta(days=2)
    assert calendar.add_working_time(wednesday, timedelta(days=2)) == monday
    assert calendar.working_time_between(monday, wednesday) == timedelta()
    assert calendar.add_working_time(monday, timedelta()) == monday


def test_a_year_without_joint_leave_is_provisional_in_the_zone_of_the_agency() -> None:
    """The year of Papua begins two hours before that of Jakarta."""
    last_evening = datetime(2027, 12, 31, 22, 30, tzinfo=WIB)
    assert not SHIPPED.is_provisional(last_evening)
    assert SHIPPED.is_provisional(last_evening, TimeZone.WIT)
    national_only = WorkingCalendar([holiday for holiday in load_holidays() if holiday.kind == "national"])
    assert national_only.is_provisional(datetime(2026, 6, 1, tzinfo=UTC))


def test_an_operators_table_replaces_the_shipped_one(tmp_path: Path) -> None:
    """A day that the operator adds moves deadlines, and the version changes."""
    (tmp_path / "holidays.csv").write_text("day,name,kind,source\n2026-11-26,Contoh,joint_leave,Keppres 0/2026\n")
    edited = load_deadlines(ReferenceFolder(tmp_path))
    wednesday = datetime(2026, 11, 25, 12, tzinfo=WIB)
    assert edited.calendar.add_working_days(wednesday, 1).day == 27
    assert edited.version != load_deadlines().version


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("26-11-2026,Contoh,national,x", "write the day like"),
        ("2026-11-26,Contoh,leave,x", "is not one of national, joint_leave"),
        ("2026-11-26,,national,x", "has no name"),
        ("2026-11-26,A,national,x\n2026-11-26,B,national,x", "has two rows"),
    ],
)
def test_a_faulty_row_is_named(row: str, fault: str, tmp_path: Path) -> None:
    """The error has the line and the remedy."""
    path = tmp_path / "holidays.csv"
    path.write_text(f"day,name,kind,source\n{row}\n")
    with pytest.raises(TableError, match=fault):
        load_holidays(path)


@pytest.mark.parametrize(
    ("start", "agency", "end"),
    [
        ("2026-11-24", "triage", "2026-12-01"),
        ("2026-11-27", "triage", "2026-12-04"),
        ("2026-11-28", "triage", "2026-12-04"),
        ("2026-11-22T20:00:00", "bumn-pln", "2026-11-29"),  # already Monday in Jakarta
        ("2026-11-22T16:30:00", "kota-3374", "2026-11-27"),  # Sunday in Jakarta
        ("2026-11-22T16:30:00", "kota-5171", "2026-11-29"),  # already Monday in Bali
        ("2026-12-21", "triage", "2026-12-30"),  # joint leave and Christmas
        ("2026-03-16", "kabupaten-3329", "2026-03-30"),  # Nyepi and Idul Fitri
    ],
)
def test_an_agency_has_five_working_days_in_its_zone(start: str, agency: str, end: str) -> None:
    """Weekends, national holidays and joint leave do not count."""
    at = datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert load_deadlines().answer_deadline(at, agency).date().isoformat() == end


def test_a_wait_moves_a_deadline_by_its_working_time_once() -> None:
    """Waits that overlap count once; one that begins after the deadline adds nothing; a weekend is no working time."""
    deadlines = load_deadlines()
    due_at = datetime(2026, 12, 1, 10, tzinfo=WIB)
    friday, sunday = datetime(2026, 11, 27, 12, tzinfo=WIB), datetime(2026, 11, 29, 12, tzinfo=WIB)
    late = datetime(2026, 12, 20, tzinfo=WIB)
    waits = (Pause(friday, sunday), Pause(friday, sunday), Pause(late, late + timedelta(days=1)))
    assert deadlines.after_pauses(due_at, waits, TimeZone.WIB) == datetime(2026, 12, 1, 22, tzinfo=WIB)
