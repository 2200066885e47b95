"""A document that an agency's program uploads and names in an answer."""

from typing import Any
from uuid import UUID

import pytest
import requests

from tests.desk.api.harness import PLN, ApiHarness, assert_problem, number_of
from tests.desk.api.test_answer_pictures import cases
from tests.desk.api.test_answer_pictures import upload as upload_picture
from tests.ingest.files.test_attachments import picture
from tests.pages.test_document_cleaning import SECRET, laden, letter, noted

__all__ = ("cases",)


def upload(api: ApiHarness, content: bytes, number: int = 1, headers: dict[str, str] | None = None) -> Any:
    """Send a document for answers to a case."""
    address = f"{api.address}/agency/v1/cases/{number_of(number)}/documents"
    sent = {**(headers or api.headers), "Content-Type": "application/pdf"}
    return requests.post(address, data=content, headers=sent, timeout=60)


def test_a_program_answers_with_a_document(cases: ApiHarness) -> None:
    """The same bytes are one document; the case shows it with the answer, and its bytes are the pages alone."""
    content = letter(laden)
    first, again = upload(cases, content), upload(cases, content)
    assert (first.status_code, first.json()) == (201, again.json())
    id_ = first.json()["id"]
    body = {"verdict": "closed", "text": "Surat terlampir.", "document": id_}
    address = f"/cases/{number_of(1)}/answers"
    answered, repeated = cases.post(address, body), cases.post(address, body)
    assert (answered.status_code, repeated.status_code) == (201, 200)
    assert answered.json()["document"] == repeated.json()["document"] == id_
    (published,) = cases.desk.published
    assert published.document == UUID(id_)
    cases.desk.deliver()
    assert cases.post(address, body).json()["document"] == id_
    history = cases.get(f"/cases/{number_of(1)}").json()["history"]
    assert [event["document"] for event in history] == [None, first.json()]
    opened = cases.get(first.json()["address"].removeprefix("/agency/v1"))
    assert (opened.status_code, opened.headers["Content-Type"]) == (200, "application/pdf")
    assert opened.headers["Content-Disposition"].startswith("attachment; ")
    assert opened.headers["X-Content-Type-Options"] == "nosniff"
    assert SECRET.encode() not in opened.content
    assert cases.acts[-1][1].endswith(id_)
    assert_problem(cases.get(f"/cases/{number_of(1)}/pictures/{id_}"), 404, "no_such_picture")
    assert_problem(cases.get(f"/cases/{number_of(2)}/documents/{id_}"), 404, "no_such_document")


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (picture(), "This is no PDF"),
        (b"", "This is no PDF"),
        (letter(noted("/Widget")), "where its signature can be checked"),
        (letter(lambda writer: writer.encrypt("rahasia")), "a password"),
        (b"\0" * 5_000_001, "at most 5 MB"),
    ],
)
def test_what_is_no_plain_document(cases: ApiHarness, content: bytes, detail: str) -> None:
    """The fault says what to send."""
    response = upload(cases, content)
    assert_problem(response, 422, "invalid_request")
    assert detail in response.json()["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("number", "changed"),
    [
        (2, {}),
        (1, {"verdict": "asked", "text": "Di mana?"}),
        (1, {"document": str(UUID(int=4))}),
        (1, {"document": "bukan-id"}),
    ],
)
def test_what_an_answer_may_not_name(cases: ApiHarness, number: int, changed: dict[str, Any]) -> None:
    """A document of another case, with another verdict, one that is not stored, or no id: nothing is sent."""
    body = {"verdict": "responded", "text": "Sudah.", "document": upload(cases, letter()).json()["id"], **changed}
    response = cases.post(f"/cases/{number_of(number)}/answers", body)
    assert_problem(response, 422, "invalid_request")
    assert response.json()["errors"][0]["field"] == "document"
    assert cases.desk.published == []


def test_a_picture_is_no_document(cases: ApiHarness) -> None:
    """Nor is a document a picture."""
    ids = {
        "document": upload_picture(cases, picture()).json()["id"],
        "pictures": [upload(cases, letter()).json()["id"]],
    }
    for field, value in ids.items():
        response = cases.post(f"/cases/{number_of(1)}/answers", {"verdict": "closed", "text": "Sudah.", field: value})
        assert response.json()["errors"][0]["field"] == field


def test_who_may_upload(cases: ApiHarness) -> None:
    """The agency that has the case; no other one learns that there is such a case."""
    assert_problem(upload(cases, letter(), headers=cases.headers_of(PLN)), 404, "no_such_case")
