"""The deadline of a unit: its officers and its head hear when it is near and when it has passed, each once."""

import threading
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from http import HTTPStatus
from uuid import UUID

import pytest
from sqlalchemy import Connection, select

from accounts.account_store import save_account
from accounts.permissions import Role
from config.database import read_transaction, write_transaction
from config.reference.escalation import load_escalation
from desk.changes import CaseChange
from desk.escalation.escalation import Escalation
from desk.escalation.tables import DeskToldPerson
from desk.escalation.unit_deadlines import UnitDeadlines
from desk.units.tree import Unit
from tests.accounts.desk_client import DeskClient
from tests.conftest import NOW
from tests.desk.pages.page_requests import done
from tests.desk.pages.site import HEALTH, DeskSite
from tests.desk.units.test_passing import CLINIC, HEAD, given_back, passed
from tests.support.deadlines import DEADLINES

# A Thursday; the day before it is the last working day.
_DAY = date(2026, 11, 26)


class Watch:
    """The search for deadlines, with the persons of the units. `told` are the changes in their order."""

    def __init__(self, site: DeskSite) -> None:
        self.site = site
        self.told: list[CaseChange] = []
        self.escalation = Escalation(load_escalation(), site.now, has_mail=True)
        self.deadlines = UnitDeadlines(
            site.desk.engine, self._on_changes, DEADLINES.calendar, site.now, threading.Event(), 1.0
        )
        for unit in (Unit("DINKES", "Dinas"), Unit("PKM", "Puskesmas", "DINKES")):
            site.parts.units.add(HEALTH, unit, "Budi", "test")
        for number, role, unit_code in ((1, Role.OFFICER, "PKM"), (2, Role.HEAD, "DINKES"), (3, Role.COORDINATOR, "")):
            values = {"email": f"petugas{number}@contoh.id", "name": "Petugas", "password_hash": "", "role": role}
            with write_transaction(site.desk.engine) as connection:
                save_account(connection, UUID(int=number), {**values, "agency": HEALTH, "unit": unit_code}, NOW)

    def _on_changes(self, connection: Connection, changes: Sequence[CaseChange]) -> None:
        self.escalation.add(connection, changes)
        self.told += changes

    def at(self, moment: datetime) -> list[tuple[str, str]]:
        """Search at a moment; return kind and number of what is told."""
        before, self.site.later = len(self.told), moment - NOW
        self.deadlines.tell_due()
        return [(change.kind, change.number) for change in self.told[before:]]

    def persons(self) -> set[tuple[int, str, str]]:
        """Return who was told: account, as whom, and of which moment."""
        with read_transaction(self.site.desk.engine) as connection:
            rows = connection.execute(select(DeskToldPerson.__table__)).all()  # type: ignore[attr-defined]
        return {(UUID(row.account_id).int, row.who, row.moment) for row in rows if row.clock == "unit"}


@pytest.fixture
def watch(site: DeskSite) -> Watch:
    """The search over the desk."""
    return Watch(site)


def test_the_unit_and_its_head_hear_once_of_each_moment(watch: Watch, client: DeskClient) -> None:
    """On the last working day, and when it is over. Another search, and a second process, tell nothing."""
    number = watch.site.send(1)
    assert passed(watch.site, client, HEAD, number, "PKM", **{"tenggat-unit": _DAY.isoformat()}) == HTTPStatus.SEE_OTHER
    # The deadline is 23:59 in Jakarta on Thursday.
    due_at = datetime.fromisoformat("2026-11-26T23:59:00+07:00")
    assert watch.at(due_at - timedelta(days=1, minutes=1)) == []
    assert watch.at(due_at - timedelta(days=1)) == [("unit-due", number)]
    assert watch.at(due_at - timedelta(minutes=1)) == []
    assert watch.at(due_at) == [("unit-overdue", number)]
    assert watch.at(due_at + timedelta(days=9)) == []
    assert watch.persons() == {
        (person, who, moment) for person, who in ((1, "officer"), (2, "unit_head")) for moment in ("near", "passed")
    }
    assert len({change.id for change in watch.told}) == 2
    assert watch.told[-1].at == due_at


def test_a_deadline_of_a_case_that_was_given_back_or_answered_is_none(watch: Watch, client: DeskClient) -> None:
    """One that passed during an outage is told once, as passed. A new deadline is told anew."""
    first, second, third = (watch.site.send(number) for number in (1, 2, 3))
    for number in (first, second, third):
        assert (
            passed(watch.site, client, HEAD, number, "PKM", **{"tenggat-unit": _DAY.isoformat()})
            == HTTPStatus.SEE_OTHER
        )
    assert given_back(watch.site, client, CLINIC, first) == HTTPStatus.SEE_OTHER
    watch.site.actor = HEAD
    done(watch.site, client, second, "minta-keterangan", text="Puskesmas mana?")
    assert watch.at(datetime.fromisoformat("2026-11-27T08:00:00+07:00")) == [("unit-overdue", third)]
    assert (
        passed(watch.site, client, HEAD, third, "PKM", **{"tenggat-unit": "2026-11-30", "alasan": "Masih"})
        == HTTPStatus.SEE_OTHER
    )
    assert watch.at(datetime.fromisoformat("2026-11-30T08:00:00+07:00")) == [("unit-due", third)]
    assert watch.at(datetime.fromisoformat("2026-12-01T08:00:00+07:00")) == [("unit-overdue", third)]
