"""The filter by region finds the cases of a region and of the regions in it."""

import pytest
from sqlalchemy import Engine, select, update
from sqlmodel import col

from config.database import read_transaction, write_transaction
from desk.read_model.queries import CaseFilter, read_page
from desk.read_model.tables import DeskCase
from desk.units.tiers import Tier
from tests.conftest import NOW
from tests.support.generated_cases import generate_cases

CODES = ("33", "33.74", "33.74.01", "33.74.01.1001", "33.75", "3", "34", "330", "")


@pytest.mark.parametrize(
    ("region", "found"),
    [
        ("33", ["33", "33.74", "33.74.01", "33.74.01.1001", "33.75"]),
        ("33.74", ["33.74", "33.74.01", "33.74.01.1001"]),
        ("33.74.01", ["33.74.01", "33.74.01.1001"]),
        ("3", ["3"]),
        ("35", []),
    ],
)
def test_cases_of_a_region(engine: Engine, region: str, found: list[str]) -> None:
    """A code that only begins with the same digits is another region, in whatever order the server sorts texts."""
    generate_cases(engine, ["kota-3374"], len(CODES), NOW)
    with write_transaction(engine) as connection:
        connection.execute(update(DeskCase).values(tab="new"))
        ids = connection.scalars(select(col(DeskCase.dispatch_id))).all()
        for code, dispatch_id in zip(CODES, ids, strict=True):
            connection.execute(update(DeskCase).where(col(DeskCase.dispatch_id) == dispatch_id).values(region=code))
    with read_transaction(engine) as connection:
        page = read_page(connection, Tier("kota-3374"), CaseFilter(region=region), NOW, 50)
    assert sorted(row.region for row in page.rows) == found
