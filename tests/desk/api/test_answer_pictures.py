"""Pictures of the work that an agency's program uploads and names in answers."""

from typing import Any
from uuid import UUID

import pytest
import requests

from tests.desk.api.harness import HEALTH, PLN, ApiHarness, assert_problem, number_of
from tests.ingest.files.test_attachments import SECRET, picture


def upload(api: ApiHarness, content: bytes, number: int = 1, headers: dict[str, str] | None = None) -> Any:
    """Send a file for answers to a case."""
    address = f"{api.address}/agency/v1/cases/{number_of(number)}/pictures"
    sent = {**(headers or api.headers), "Content-Type": "image/jpeg"}
    return requests.post(address, data=content, headers=sent, timeout=60)


@pytest.fixture
def cases(api: ApiHarness) -> ApiHarness:
    """The interface of an agency with two cases."""
    api.send(1, "Kemenkes, puskesmas tutup")
    api.send(2, "Kemenkes, vaksin habis")
    return api


def test_a_program_answers_with_a_picture(cases: ApiHarness) -> None:
    """The same bytes are one picture; the case shows it with the answer, and its bytes have no metadata."""
    first, again = upload(cases, picture()), upload(cases, picture())
    assert (first.status_code, first.json()) == (201, again.json())
    id_ = first.json()["id"]
    body = {"verdict": "responded", "text": "Sudah.", "pictures": [id_], "pictures_public": True}
    address = f"/cases/{number_of(1)}/answers"
    answered, repeated = cases.post(address, body), cases.post(address, body)
    assert (answered.status_code, repeated.status_code) == (201, 200)
    assert answered.json()["pictures"] == repeated.json()["pictures"] == [id_]
    ((published),) = cases.desk.published
    assert (published.pictures, published.pictures_public) == ((UUID(id_),), True)
    cases.desk.deliver()
    history = cases.get(f"/cases/{number_of(1)}").json()["history"]
    assert [event["pictures"] for event in history] == [[], [first.json()]]
    opened = cases.get(first.json()["address"].removeprefix("/agency/v1"))
    assert (opened.status_code, opened.headers["Content-Type"]) == (200, "image/jpeg")
    assert SECRET.encode() not in opened.content
    assert cases.acts[-1][0] == "desk.picture"


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"bukan gambar", "Send the bytes of a JPEG"),
        (b"", "Send the bytes of a JPEG"),
        (b"%PDF-1.7", "A PDF is no picture."),
        (picture()[:300], "The picture is damaged."),
        (b"\0" * 8_000_001, "at most 8 MB"),
    ],
)
def test_what_is_no_picture(cases: ApiHarness, content: bytes, detail: str) -> None:
    """The fault says what to send."""
    response = upload(cases, content)
    assert_problem(response, 422, "invalid_request")
    assert detail in response.json()["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("number", "changed", "field"),
    [
        (2, {}, "pictures"),
        (1, {"verdict": "asked", "text": "Di mana?"}, "pictures"),
        (1, {"pictures": [str(UUID(int=4))]}, "pictures"),
        (1, {"pictures": ["bukan-id"]}, "pictures.0"),
        (1, {"pictures": [str(UUID(int=n)) for n in range(6)]}, "pictures"),
    ],
)
def test_what_an_answer_may_not_name(cases: ApiHarness, number: int, changed: dict[str, Any], field: str) -> None:
    """A picture of another case, with another verdict, one that is not stored, no id, or six: nothing is sent."""
    id_ = upload(cases, picture()).json()["id"]
    body = {"verdict": "responded", "text": "Sudah.", "pictures": [id_], **changed}
    response = cases.post(f"/cases/{number_of(number)}/answers", body)
    assert_problem(response, 422, "invalid_request")
    assert response.json()["errors"][0]["field"] == field
    assert cases.desk.published == []


def test_who_may_upload(cases: ApiHarness) -> None:
    """The agency that has the case, with a key that may answer; no other one learns that there is such a case."""
    assert_problem(upload(cases, picture(), headers=cases.headers_of(PLN)), 404, "no_such_case")
    cases.keys.revoke(HEALTH, UUID(hex=cases.headers["Authorization"].split("_")[1]), "Admin", "test")
    assert_problem(upload(cases, picture(), headers=cases.headers_of(HEALTH, ["read"])), 403, "scope_missing")
    cases.headers = cases.headers_of(HEALTH)
    cases.post(f"/cases/{number_of(1)}/answers", {"verdict": "refused", "text": "Bukan kami.", "suggested_agency": PLN})
    cases.desk.deliver()
    assert_problem(upload(cases, picture()), 409, "moved")
