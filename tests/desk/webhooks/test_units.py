"""A webhook of a unit is notified of the cases of this unit and of those below it, and of no others."""

import json
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from config.database import insert_statement, read_transaction, write_transaction
from desk.acts.tables import DeskHolder
from desk.read_model.tables import DeskCase
from desk.units.tables import DeskContribution
from desk.units.tree import Unit, UnitFault, UnknownUnit
from desk.units.units import Units
from desk.webhooks.tables import DeliveryRow
from tests.desk.webhooks.harness import AGENCY, Harness, change
from tests.desk.webhooks.receiver import Receiver
from tests.support.generated_cases import generate_cases


@pytest.fixture
def units(harness: Harness) -> Units:
    """Units of the agency: an office, a branch below it, and another office."""
    units = Units(harness.engine, lambda *_: None, harness.clock)
    for unit in (Unit("UP3", "UP3"), Unit("ULP", "ULP", "UP3"), Unit("UIP", "UIP")):
        units.add(AGENCY, unit, "Budi", "test")
    return units


def give(harness: Harness, dispatch_id: UUID, unit: str) -> None:
    """Make a unit accountable for a case."""
    row = {"dispatch_id": dispatch_id, "agency": AGENCY, "unit": unit, "unit_code": unit, "unit_from": ""}
    with write_transaction(harness.engine) as connection:
        values = {**row, "returns": 0, "account_id": "", "name": ""}
        connection.execute(insert_statement(connection, DeskHolder).values(values))


def test_a_webhook_of_a_unit_hears_of_its_tier(harness: Harness, receiver: Receiver, units: Units) -> None:
    """A case of the unit, and of one below it. One without a unit is told to webhooks of the agency alone."""
    harness.webhooks.add(AGENCY, f"{receiver.url}/unit", (), "siti", "uji", "UP3")
    harness.add(f"{receiver.url}/agency")
    changes = [replace(change(number, f"L{number}"), dispatch_id=UUID(int=number + 100)) for number in range(1, 5)]
    for told, unit in zip(changes, ("UP3", "ULP", "UIP"), strict=False):
        give(harness, told.dispatch_id, unit)
    harness.enqueue(*changes)
    harness.deliver_all()
    told_to: dict[str, list[str]] = {path: [] for path in ("/unit", "/agency")}
    for request in receiver.requests:
        told_to[request.path].append(request.headers["webhook-id"])
    assert sorted(told_to["/unit"]) == [str(item.id) for item in changes[:2]]
    assert len(told_to["/agency"]) == 4


def test_a_case_that_is_passed_on_is_told_to_who_sees_it(harness: Harness, receiver: Receiver, units: Units) -> None:
    """And not to who saw it before; webhooks of the agency have heard of it."""
    for unit in ("UP3", "ULP", "UIP", ""):
        harness.webhooks.add(AGENCY, f"{receiver.url}/{unit or 'agency'}", (), "siti", "uji", unit)
    with write_transaction(harness.engine) as connection:
        harness.queue.add_passed(connection, change(1, "L1", "received"), "", "UP3")
        harness.queue.add_passed(connection, change(2, "L1", "received"), "UP3", "ULP")
    harness.deliver_all()
    assert sorted(request.path for request in receiver.requests) == ["/ULP", "/UP3"]


def test_a_unit_with_a_webhook_stays(harness: Harness, receiver: Receiver, units: Units) -> None:
    """And a webhook needs a unit that exists."""
    harness.webhooks.add(AGENCY, receiver.url, (), "siti", "uji", "ULP")
    with pytest.raises(UnitFault, match="has-keys"):
        units.remove(AGENCY, "ULP", "Budi", "test")
    with pytest.raises(UnknownUnit):
        harness.webhooks.add(AGENCY, receiver.url, (), "siti", "uji", "HILANG")
    with read_transaction(harness.engine) as connection:
        assert connection.execute(select(col(DeliveryRow.position))).all() == []


def test_a_contribution_is_told_to_the_asked_unit_and_the_agency(
    harness: Harness, receiver: Receiver, units: Units
) -> None:
    """Those above the unit hear of it too, other units do not."""
    for unit in ("UP3", "ULP", "UIP", ""):
        harness.webhooks.add(AGENCY, f"{receiver.url}/{unit or 'agency'}", (), "siti", "uji", unit)
    with write_transaction(harness.engine) as connection:
        harness.queue.add_contribution(connection, change(1, "L1", "contribution-asked"), "ULP")
    harness.deliver_all()
    assert sorted(request.path for request in receiver.requests) == ["/ULP", "/UP3", "/agency"]
    assert {json.loads(request.body)["type"] for request in receiver.requests} == {"case.contribution-asked"}


def test_a_webhook_of_a_unit_hears_of_a_case_as_long_as_the_unit_is_asked(
    harness: Harness, receiver: Receiver, units: Units
) -> None:
    """As its officers read it."""
    harness.webhooks.add(AGENCY, f"{receiver.url}/unit", (), "siti", "uji", "ULP")
    generate_cases(harness.engine, [AGENCY], 20, harness.clock())
    with read_transaction(harness.engine) as connection:
        query = select(col(DeskCase.dispatch_id)).where(col(DeskCase.tab) == "new").limit(1)
        dispatch_id = connection.execute(query).scalar_one()
    told = replace(change(1, "L1"), dispatch_id=dispatch_id)
    request = {"id": UUID(int=1), "dispatch_id": told.dispatch_id, "complaint_id": UUID(int=2), "agency": AGENCY}
    words = {"unit_code": "ULP", "unit": "ULP", "question": "Kapan?", "asked_by": "Sri", "text": "", "ended_by": ""}
    times = {"due_at": told.at, "asked_at": told.at, "ended_at": None}
    with write_transaction(harness.engine) as connection:
        connection.execute(insert_statement(connection, DeskContribution).values({**request, **words, **times}))
    harness.enqueue(told)
    with write_transaction(harness.engine) as connection:
        connection.execute(update(DeskContribution).values(ended_at=told.at))
    harness.enqueue(replace(told, id=UUID(int=99)))
    harness.deliver_all()
    assert [request.headers["webhook-id"] for request in receiver.requests] == [str(told.id)]
