"""Deleted values leave the file of an SQLite database when it is written anew."""

import pytest
from sqlalchemy import Engine

from config.database import write_anew
from tests.support.former_values import file_of, has_former_values, leave_former_values


@pytest.mark.only_on("sqlite", "PostgreSQL's files are the operator's")
def test_deleted_values_leave_the_file(engine: Engine) -> None:
    """Overwriting deleted rows is not enough: rows that moved to another page are still on the page before."""
    path = file_of(engine)
    leave_former_values(path)
    write_anew(engine)
    assert not has_former_values(path)
