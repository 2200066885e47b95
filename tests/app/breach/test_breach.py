"""The report of a breach names the data of a component and the reports that it had, and no word of them."""

from datetime import timedelta
from typing import get_args

import pytest
from sqlalchemy import Engine

from app.assembly.parts import Parts
from app.commands.privacy.breach import ComponentName
from app.operations.breach.affected import AffectedReport, affected_reports
from app.operations.breach.components import Component, is_readable, shown_classes
from app.operations.retention.ended_cases import EndedCases
from config.reference.retention import load_retention
from sinks.ledger.status import StatusReader
from tests.app.forgetting.town import CANARY, Town
from tests.app.retention.test_retention import CASE_AGE, DAY, close
from tests.conftest import NOW

TABLE = load_retention()


def shown(component: Component) -> set[str]:
    """Return the classes with data of citizens that a component could have shown without another key."""
    rows = shown_classes(component, TABLE)
    return {row.name for row in rows if row in TABLE.rows_of_citizens() and is_readable(component, row)}


def test_each_component_has_the_classes_of_its_items() -> None:
    """Words are in the database, on the bus and in back-ups. A webhook shows none; seals open with their keys only."""
    assert [component.value for component in ComponentName] == list(get_args(Component))
    assert {"case-words", "replies", "file-database"} <= shown("database")
    assert {"case-contacts", "files", "person-keys"}.isdisjoint(shown("database"))
    assert shown("bus") == {"topics-words", "topic-forgotten", "file-bus"}
    assert {"case-words", "case-contacts", "files"} <= shown("desk-account")
    assert shown("door-host") == {"topics-arrivals", "file-spool"}
    assert shown("webhook") == set()
    assert {row.name for row in shown_classes("backup", TABLE)} == {row.name for row in TABLE.rows}


def test_reports_that_a_component_had(parts: Parts, engine: Engine) -> None:
    """By arrival at a door, by purge in the database, by agency at the desk; a proven sender is one person."""
    town = Town(parts, engine)
    ended = town.report()
    close(town, town.dispatches()[0])
    second = town.report("Lampu jalan mati lagi di Kota Semarang, gelap sekali")
    town.now += CASE_AGE + 2 * DAY
    purged_at = town.now
    EndedCases(engine, StatusReader(engine, {}).statuses, TABLE.case_tables(), dry=False).purge(
        purged_at - CASE_AGE, purged_at
    )
    late = town.report("Sampah menumpuk di Kota Palu", phone="+6281234500001")

    def reports(component: Component, since: timedelta = timedelta(), agency: str = "") -> list[AffectedReport]:
        return list(affected_reports(engine, component, purged_at + since, agency))

    def numbers(component: Component, since: timedelta = timedelta(), agency: str = "") -> set[str]:
        return {report.number for report in reports(component, since, agency)}

    assert numbers("door-host") == numbers("bus") == {late.tracking}
    assert numbers("database", -DAY) == {ended.tracking, second.tracking, late.tracking}
    assert numbers("database", DAY) == {second.tracking, late.tracking}
    assert numbers("backup", DAY) == numbers("database", -DAY)
    assert second.tracking in numbers("desk-account", agency="kota-3374")
    assert late.tracking not in numbers("desk-account", agency="kota-3374")
    assert numbers("webhook", NOW - purged_at) == set()
    by_number = {report.number: report for report in reports("database", -DAY)}
    assert by_number[second.tracking].reach == "reply"
    assert by_number[ended.tracking].reach == "own-page"
    assert by_number[second.tracking].person == second.sender
    assert not any(word in repr(by_number).lower() for word in CANARY)


@pytest.mark.parametrize("component", get_args(Component))
def test_every_component_can_be_asked_of_an_empty_database(engine: Engine, component: Component) -> None:
    """The query is right on both databases."""
    assert list(affected_reports(engine, component, NOW, "")) == []
