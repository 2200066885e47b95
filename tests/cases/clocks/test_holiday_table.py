"""The committed table of holidays against the package that it was made from."""

from bench.holiday_table import YEARS, table
from cases.clocks.holidays import HOLIDAYS, load_holidays
from config.reference.folder import SHIPPED_FOLDER


def test_the_committed_table_is_that_of_the_package() -> None:
    """A new version of the package with other days shows here; `make holidays` writes the table again."""
    assert (SHIPPED_FOLDER / HOLIDAYS).read_text() == table()


def test_every_year_has_national_holidays_and_joint_leave() -> None:
    """No year of the table is provisional."""
    kinds = {(holiday.day.year, holiday.kind) for holiday in load_holidays()}
    assert kinds == {(year, kind) for year in YEARS for kind in ("national", "joint_leave")}
