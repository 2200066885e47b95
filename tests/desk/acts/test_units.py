"""Units of an agency are listed from an index, and not from all of its cases."""

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Engine

from desk.acts.case_work import CaseWork
from desk.units.tiers import Tier
from tests.desk.harness import OFFICER


def test_units_are_listed_once_by_name(engine: Engine, now: Callable[[], datetime]) -> None:
    """Those of one agency, that have a case now."""
    work = CaseWork(engine, lambda *_: None, now, uuid4)
    assert work.units(Tier("kota-3374")) == []
    moved = uuid4()
    for dispatch_id, agency, unit in (
        (uuid4(), "kota-3374", "Dinas PU"),
        (uuid4(), "kota-3374", "Dinas PU"),
        (uuid4(), "kota-3374", "Dinas Kesehatan"),
        (uuid4(), "bumn-pln", "UP3 Semarang"),
        (moved, "kota-3374", "Satpol PP"),
        (moved, "kota-3374", "Dinas PU"),
    ):
        work.assign_unit(OFFICER, agency, dispatch_id, unit, "")
    work.assign_officer(OFFICER, "kota-3374", uuid4(), OFFICER.account_id, OFFICER.name)
    assert work.units(Tier("kota-3374")) == ["Dinas Kesehatan", "Dinas PU"]
    assert work.units(Tier("bumn-pln")) == ["UP3 Semarang"]
