"""Units are added, changed, imported and removed, and each act is in the audit log before its effect."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from sqlalchemy import Engine, insert

from accounts.permissions import Role
from accounts.tables import AccountRow
from config.database import write_transaction
from desk.api.keys.agency_keys import AgencyKeys
from desk.units.tree import Unit, UnitFault, UnknownUnit
from desk.units.units import ImportedUnits, Units
from tests.desk.api.harness import new_token

CITY = "kota-3374"
DINKES = Unit("DINKES", "Dinas Kesehatan", "", "SK 1/2026", date(2026, 1, 2), date(2026, 1, 3), date(2026, 12, 31))
FILE = b"code,name,parent\nDINKES,Dinas Kesehatan Kota,\nPKM-1,Puskesmas 1,DINKES\n"


@pytest.fixture
def acts() -> list[tuple[str, str]]:
    """The rows of the audit log."""
    return []


@pytest.fixture
def units(engine: Engine, now: Callable[[], datetime], acts: list[tuple[str, str]]) -> Units:
    """The units of a city that has none."""
    return Units(engine, lambda action, subject, *_: acts.append((action, subject)), now)


def refused(act: Callable[[], object]) -> tuple[str, str]:
    """Return reason and code of the fault of an act."""
    with pytest.raises(UnitFault) as caught:
        act()
    return caught.value.reason, caught.value.code


def test_a_unit_is_kept_as_it_was_given(units: Units, acts: list[tuple[str, str]]) -> None:
    """Of one institution, and of no other."""
    units.add(CITY, DINKES, "Budi", "test")
    units.add("bumn-pln", Unit("DINKES", "Lain"), "Budi", "test")
    units.change(CITY, replace(DINKES, name="Dinkes"), "Budi", "test")
    assert units.tree(CITY).units == {"DINKES": replace(DINKES, name="Dinkes")}
    assert acts == [
        ("desk.unit_add", f"{CITY} DINKES"),
        ("desk.unit_add", "bumn-pln DINKES"),
        ("desk.unit_change", f"{CITY} DINKES"),
    ]


def test_a_fault_changes_and_records_nothing(units: Units, acts: list[tuple[str, str]]) -> None:
    """A second unit of one code, an unknown one, a cycle."""
    units.add(CITY, DINKES, "Budi", "test")
    units.add(CITY, Unit("PKM-1", "Puskesmas 1", "DINKES"), "Budi", "test")
    tree, number_of_acts = units.tree(CITY).units, len(acts)
    assert refused(lambda: units.add(CITY, Unit("DINKES", "Lain"), "B", "t")) == ("code-taken", "DINKES")
    assert refused(lambda: units.change(CITY, Unit("X", "Lain"), "B", "t")) == ("unknown-unit", "X")
    assert refused(lambda: units.change(CITY, replace(DINKES, parent="PKM-1"), "B", "t"))[0] == "cycle"
    assert refused(lambda: units.add(CITY, Unit("X", "Lain", "Y"), "B", "t")) == ("parent-unknown", "Y")
    assert refused(lambda: units.remove(CITY, "X", "B", "t")) == ("unknown-unit", "X")
    assert refused(lambda: units.remove(CITY, "DINKES", "B", "t")) == ("has-units", "DINKES")
    assert (units.tree(CITY).units, len(acts)) == (tree, number_of_acts)


def test_an_import_adds_and_changes_and_removes_nothing(units: Units, acts: list[tuple[str, str]]) -> None:
    """Decree and days of a unit stay. The same file again changes nothing, and is no act."""
    units.add(CITY, DINKES, "Budi", "test")
    units.add(CITY, Unit("SATPOL", "Satpol PP"), "Budi", "test")
    assert units.import_file(CITY, FILE, "Budi", "test") == ImportedUnits(1, 1, 2)
    assert units.import_file(CITY, FILE, "Budi", "test") == ImportedUnits(0, 0, 2)
    assert units.tree(CITY).units == {
        "DINKES": replace(DINKES, name="Dinas Kesehatan Kota"),
        "SATPOL": Unit("SATPOL", "Satpol PP"),
        "PKM-1": Unit("PKM-1", "Puskesmas 1", "DINKES"),
    }
    assert acts[2:] == [("desk.units_import", f"{CITY} 2 units")]


def test_an_import_with_a_fault_changes_nothing(units: Units) -> None:
    """The fault has the line, also for a cycle with a unit that was there."""
    units.import_file(CITY, FILE, "Budi", "test")
    with pytest.raises(UnitFault) as caught:
        units.import_file(CITY, b"code,name,parent\nBARU,Baru,\nDINKES,Dinas,PKM-1\n", "Budi", "test")
    assert (caught.value.reason, caught.value.line) == ("cycle", 3)
    with pytest.raises(UnitFault) as caught:
        units.import_file(CITY, b"code,name,parent\nBARU,Baru,\nLAIN,Lain,HILANG\n", "Budi", "test")
    assert (caught.value.reason, caught.value.code, caught.value.line) == ("parent-unknown", "HILANG", 3)
    assert set(units.tree(CITY).units) == {"DINKES", "PKM-1"}


def test_a_unit_with_an_officer_is_not_removed(engine: Engine, units: Units) -> None:
    """Nor one with a key. A revoked account does not keep it."""
    units.import_file(CITY, FILE, "Budi", "test")
    account = {
        "id": uuid4(),
        "email": "sri@contoh.id",
        "name": "Sri",
        "role": Role.OFFICER,
        "agency": CITY,
        "unit": "PKM-1",
        "password_hash": "",
        "wants_digest": True,
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    with write_transaction(engine) as connection:
        connection.execute(insert(AccountRow).values(account))
    assert refused(lambda: units.remove(CITY, "PKM-1", "B", "t")) == ("has-officers", "PKM-1")
    with write_transaction(engine) as connection:
        connection.execute(AccountRow.__table__.update().values(revoked_at=datetime(2026, 1, 2, tzinfo=UTC)))  # type: ignore[attr-defined]
    keys = AgencyKeys(engine, lambda *_: None, lambda: datetime(2026, 1, 1, tzinfo=UTC), uuid4, new_token)
    key, _ = keys.issue(CITY, ["read"], "Budi", "test", unit="PKM-1")
    assert refused(lambda: units.remove(CITY, "PKM-1", "B", "t")) == ("has-keys", "PKM-1")
    keys.revoke(CITY, key.id, "Budi", "test")
    units.remove(CITY, "PKM-1", "B", "t")
    assert set(units.tree(CITY).units) == {"DINKES"}
    with pytest.raises(UnknownUnit):
        keys.issue(CITY, ["read"], "Budi", "test", unit="PKM-1")
