"""Units by the interface: keys of a unit, the steps of a case, and the tree."""

from datetime import timedelta
from typing import Any
from uuid import uuid5

import pytest
import requests

from desk.api.case_document import PREFIX
from desk.units.tree import Unit
from messages.shapes import Attachment
from tests.conftest import NOW
from tests.desk.api.harness import HEALTH, ApiHarness, assert_problem, number_of
from tests.router.test_linked import id_of

_PATIENCE_SECONDS = 120.0


@pytest.fixture
def city(api: ApiHarness) -> ApiHarness:
    """An agency with an office, a clinic below it and a hospital beside it, and two cases."""
    for unit in (Unit("DINKES", "Dinas"), Unit("PKM", "Puskesmas", "DINKES"), Unit("RSUD", "Rumah Sakit")):
        api.units.add(HEALTH, unit, "Budi", "test")
    api.send(1, "Kemenkes, puskesmas tutup", attachments=(picture(api, "a"),))
    api.send(2, "Kemenkes, vaksin habis")
    api.acts.clear()
    return api


def picture(api: ApiHarness, name: str) -> Attachment:
    """Store a picture; return what a report has of it."""
    attachment_id = uuid5(id_of(1), name)
    api.files[attachment_id] = b"x"
    values = {"id": attachment_id, "media_type": "image/png", "size": 1, "sha256": "0" * 64}
    return Attachment.model_validate(values)


def key(api: ApiHarness, unit: str) -> dict[str, str]:
    """Return the headers with a key of a unit."""
    return {"Authorization": f"Bearer {api.key_of(HEALTH, unit=unit)}"}


def step(api: ApiHarness, number: int, unit: str, headers: Any = None, **fields: Any) -> requests.Response:
    """Pass a case on."""
    return api.post(f"/cases/{number_of(number)}/unit", {"unit": unit, **fields}, headers)


def send(api: ApiHarness, method: str, path: str, headers: Any = None, body: Any = None) -> requests.Response:
    """Send a request with another method."""
    return requests.request(
        method, api.address + PREFIX + path, headers=headers or api.headers, json=body, timeout=_PATIENCE_SECONDS
    )


def listed(api: ApiHarness, headers: Any, **params: Any) -> list[str]:
    """Return the numbers in the list of a key."""
    return [case["number"] for case in api.get("/cases", headers, **params).json()["cases"]]


def test_a_case_is_passed_on_and_given_back(city: ApiHarness) -> None:
    """By a key of the agency, then by keys of units. A step that is sent again changes nothing."""
    day = (NOW + timedelta(days=1)).date().isoformat()
    first = step(city, 1, "dinkes", why="Tolong", due_on=day, actor="Sri")
    assert (first.status_code, first.json()["unit"], first.json()["name"]) == (200, "DINKES", "Dinas")
    assert first.json()["due"] is not None
    assert step(city, 1, "DINKES", why="Tolong", due_on=day).status_code == 200
    office, clinic = key(city, "DINKES"), key(city, "PKM")
    assert step(city, 1, "PKM", office).json()["unit"] == "PKM"
    back = city.post(f"/cases/{number_of(1)}/unit/return", {"why": "Bukan kami"}, clinic)
    assert (back.status_code, back.json()["unit"]) == (200, "DINKES")
    assert [action for action, *_ in city.acts if action.startswith(("desk.pass", "desk.give"))] == [
        "desk.pass_on",
        "desk.pass_on",
        "desk.give_back",
    ]
    case = city.get(f"/cases/{number_of(1)}").json()
    assert (case["unit"], case["unit_due"]) == ("DINKES", None)


def test_a_key_of_a_unit_sees_its_tier_alone(city: ApiHarness) -> None:
    """By list, case, picture, upload, answer and step: the others are as unknown numbers."""
    step(city, 1, "RSUD")
    attachment = uuid5(id_of(1), "a")
    hospital, clinic, office = key(city, "RSUD"), key(city, "PKM"), key(city, "DINKES")
    assert listed(city, hospital) == [number_of(1)]
    assert city.get(f"/cases/{number_of(1)}/pictures/{attachment}", hospital).status_code == 200
    for headers in (clinic, office):
        assert listed(city, headers) == []
        for path in ("", f"/pictures/{attachment}", f"/documents/{attachment}"):
            assert_problem(city.get(f"/cases/{number_of(1)}{path}", headers), 404, "no_such_case")
        for part, body in (
            ("answers", {"verdict": "accepted"}),
            ("unit", {"unit": "PKM"}),
            ("unit/return", {"why": "Bukan kami"}),
            (f"recommendations/{attachment}/answer", {"outcome": "followed", "text": "Ya"}),
        ):
            assert_problem(city.post(f"/cases/{number_of(1)}/{part}", body, headers), 404, "no_such_case")
        upload = requests.post(
            f"{city.address}{PREFIX}/cases/{number_of(1)}/pictures",
            data=b"x",
            headers={**headers, "Content-Type": "image/png"},
            timeout=_PATIENCE_SECONDS,
        )
        assert_problem(upload, 404, "no_such_case")
    # A case without a unit is the agency's.
    assert_problem(city.get(f"/cases/{number_of(2)}", hospital), 404, "no_such_case")
    assert listed(city, None) == [number_of(2), number_of(1)]


def test_a_program_of_a_unit_misses_no_case(city: ApiHarness) -> None:
    """A case that is passed on comes behind its cursor, also long after it came to the agency."""
    clinic = key(city, "PKM")
    cursor = city.get("/cases", clinic, limit=1).json()["next"]
    assert cursor
    step(city, 1, "PKM")
    page = city.get("/cases", clinic, after=cursor, limit=1).json()
    assert [(case["number"], case["unit"]) for case in page["cases"]] == [(number_of(1), "PKM")]
    assert listed(city, None, after=cursor) == [number_of(1)]


def test_an_etag_changes_with_the_unit(city: ApiHarness) -> None:
    """A program that asks again learns of the step."""
    tag = city.get(f"/cases/{number_of(1)}").headers["ETag"]
    step(city, 1, "PKM")
    changed = city.get(f"/cases/{number_of(1)}", {**city.headers, "If-None-Match": tag})
    assert (changed.status_code, changed.json()["unit"]) == (200, "PKM")


def test_steps_that_are_refused(city: ApiHarness) -> None:
    """Each names the field, and nothing is recorded."""
    assert "unit" in assert_problem(step(city, 1, "HILANG"), 422, "invalid_request")
    assert "unit" in assert_problem(step(city, 1, "x" * 41), 422, "invalid_request")
    assert "due_on" in assert_problem(step(city, 1, "PKM", due_on="2020-01-01"), 422, "invalid_request")
    assert "due_on" in assert_problem(step(city, 1, "PKM", due_on="2099-01-01"), 422, "invalid_request")
    assert "due_on" in assert_problem(step(city, 1, "PKM", due_on="besok"), 422, "invalid_request")
    assert "why" in assert_problem(step(city, 1, "PKM", why="a\nb"), 422, "invalid_request")
    assert_problem(city.post(f"/cases/{number_of(1)}/unit/return", {"why": "x"}), 409, "not_accountable")
    clinic = key(city, "PKM")
    step(city, 1, "PKM")
    assert "unit" in assert_problem(step(city, 1, "DINKES", clinic), 422, "invalid_request")
    blank = city.post(f"/cases/{number_of(1)}/unit/return", {"why": " "}, clinic)
    assert "why" in assert_problem(blank, 422, "invalid_request")
    city.answer(1, "refused", "Bukan kami", suggested_agency="bumn-pln")
    city.desk.deliver()
    assert_problem(step(city, 1, "RSUD"), 409, "moved")
    assert [action for action, *_ in city.acts].count("desk.pass_on") == 1


def test_the_tree_is_changed_by_the_interface(city: ApiHarness) -> None:
    """A new unit is 201, a changed one 200, a removed one 204."""
    body = {"name": "Puskesmas Baru", "parent": "dinkes", "decree": "SK 1", "valid_from": "2026-01-01"}
    assert send(city, "PUT", "/units/pkm-2", body=body).status_code == 201
    changed = send(city, "PUT", "/units/PKM-2", body=body | {"parent": ""})
    assert (changed.status_code, changed.json()["parent"]) == (200, "")
    units = city.get("/units").json()["units"]
    assert [unit["code"] for unit in units] == ["DINKES", "PKM", "PKM-2", "RSUD"]
    assert next(unit for unit in units if unit["code"] == "PKM-2")["valid_from"] == "2026-01-01"
    assert send(city, "DELETE", "/units/pkm-2").status_code == 204
    assert_problem(send(city, "DELETE", "/units/PKM-2"), 404, "no_such_unit")
    actions = [action for action, *_ in city.acts if "unit" in action]
    assert actions == ["desk.unit_add", "desk.unit_change", "desk.unit_remove"]


def test_a_tree_that_cannot_be(city: ApiHarness) -> None:
    """The field is named. A key of a unit changes nothing, and lists its own units."""
    office = key(city, "DINKES")
    assert "parent" in assert_problem(
        send(city, "PUT", "/units/DINKES", body={"name": "Dinas", "parent": "PKM"}), 422, "invalid_request"
    )
    assert "parent" in assert_problem(
        send(city, "PUT", "/units/X", body={"name": "X", "parent": "HILANG"}), 422, "invalid_request"
    )
    assert "name" in assert_problem(send(city, "PUT", "/units/X", body={"name": " "}), 422, "invalid_request")
    assert "code" in assert_problem(send(city, "PUT", "/units/a%20b", body={"name": "X"}), 422, "invalid_request")
    assert_problem(send(city, "DELETE", "/units/DINKES"), 409, "unit_in_use")
    step(city, 1, "PKM")
    assert_problem(send(city, "DELETE", "/units/PKM"), 409, "unit_in_use")
    assert_problem(send(city, "PUT", "/units/X", office, {"name": "X"}), 403, "whole_agency_needed")
    assert_problem(send(city, "DELETE", "/units/RSUD", office), 403, "whole_agency_needed")
    assert [unit["code"] for unit in city.get("/units", office).json()["units"]] == ["DINKES", "PKM"]
    reading = city.headers_of(HEALTH, ["read"])
    assert_problem(send(city, "PUT", "/units/X", reading, {"name": "X"}), 403, "scope_missing")
