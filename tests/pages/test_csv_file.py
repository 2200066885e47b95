"""Files for spreadsheets."""

import pytest

from pages.csv_file import csv_lines


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_no_text_is_a_formula(sign: str) -> None:
    """An apostrophe stands before it, also for the wide signs of East Asian input."""
    assert csv_lines([[f"{sign}1+1"]]) == f"'{sign}1+1\r\n"


def test_numbers_and_empty_cells_stay() -> None:
    """A negative number is no formula."""
    assert csv_lines([["a", -1, 0.5, None]]) == "a,-1,0.5,\r\n"
    assert csv_lines([["a", 1]], quotes_all=True) == '"a","1"\r\n'
