"""Open311 of an agency's own requests, in both formats."""

from datetime import timedelta
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest

from messages.shapes import Attachment
from tests.conftest import NOW
from tests.desk.api.harness import ApiHarness, number_of

FIELDS = {
    *("service_request_id", "status", "status_notes", "service_name", "service_code", "description", "lat", "long"),
    *("agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime"),
    *("address", "address_id", "zipcode", "media_url"),
}


@pytest.fixture
def cases(api: ApiHarness) -> ApiHarness:
    """An interface with an open case and a closed one, whose text has what XML must escape or cannot contain."""
    api.send(1, "Kemenkes, puskesmas tutup <b>&\x01")
    api.send(2, "Kemenkes, obat habis")
    api.answer(2, "closed", "Obat sudah ada.")
    api.desk.deliver()
    return api


def test_requests_in_json(cases: ApiHarness) -> None:
    """Each has the fields of GeoReport v2; the newest comes first."""
    rows = cases.get("/open311/requests.json").json()
    assert [set(row) for row in rows] == [FIELDS] * 2
    assert {row["service_request_id"]: (row["status"], row["status_notes"]) for row in rows} == {
        number_of(1): ("open", "terdisposisi"),
        number_of(2): ("closed", "selesai"),
    }
    assert {row["agency_responsible"] for row in rows} == {"Kementerian Kesehatan"}
    (row,) = cases.get(f"/open311/requests/{number_of(1)}.json").json()
    assert row["description"] == "Kemenkes, puskesmas tutup <b>&\x01"


def test_requests_in_xml(cases: ApiHarness) -> None:
    """A text cannot break the document."""
    response = cases.get("/open311/requests.xml")
    assert response.headers["Content-Type"] == "text/xml; charset=utf-8"
    root = ET.fromstring(response.content)  # noqa: S314 - our own document
    assert root.tag == "service_requests"
    assert [{child.tag for child in request} for request in root] == [FIELDS] * 2
    one = ET.fromstring(cases.get(f"/open311/requests/{number_of(1)}.xml").content)  # noqa: S314
    assert one.findtext("request/description") == "Kemenkes, puskesmas tutup <b>&"


@pytest.mark.parametrize(
    ("arguments", "numbers"),
    [
        ({"status": "open"}, [1]),
        ({"status": "closed"}, [2]),
        ({"status": "open,closed"}, [1, 2]),
        ({"service_code": "tidak-ada"}, []),
        ({"service_request_id": f"{number_of(2)},{number_of(9)}"}, [2]),
        ({"start_date": (NOW - timedelta(days=1)).isoformat()}, [1, 2]),
        ({"start_date": (NOW + timedelta(days=1)).isoformat()}, []),
        ({"end_date": "2026-11-01"}, []),
        ({"start_date": "2026-06-01", "end_date": "2026-12-01T00:00:00Z"}, [1, 2]),
    ],
)
def test_requests_are_chosen(cases: ApiHarness, arguments: dict[str, str], numbers: list[int]) -> None:
    """By status, service, number and time."""
    response = cases.get("/open311/requests.json", None, **arguments)
    assert sorted(row["service_request_id"] for row in response.json()) == sorted(map(number_of, numbers))


def test_errors_have_the_form_of_open311(cases: ApiHarness) -> None:
    """In the format of the address, with the status as code."""
    faulty = cases.get("/open311/requests.json", start_date="kemarin")
    assert (faulty.status_code, [error["code"] for error in faulty.json()]) == (400, [400])
    assert faulty.json()[0]["description"].startswith("start_date: ")
    missing = cases.get(f"/open311/requests/{number_of(9)}.xml")
    assert missing.status_code == 404
    assert ET.fromstring(missing.content).findtext("error/code") == "404"  # noqa: S314 - our own document
    denied = cases.get("/open311/requests.json", {})
    assert (denied.status_code, denied.json()[0]["code"]) == (401, 401)
    assert denied.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_picture_has_its_address(api: ApiHarness) -> None:
    """It is fetched with the scope `pictures`."""
    picture = Attachment(id=UUID(int=5), media_type="image/png", size=1, sha256="0" * 64)
    api.send(1, "Kemenkes, puskesmas tutup", attachments=(picture,))
    (row,) = api.get("/open311/requests.json").json()
    assert row["media_url"] == f"/agency/v1/cases/{number_of(1)}/pictures/{picture.id}"
