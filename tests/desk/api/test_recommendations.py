"""Recommendations of overseers by the interface for programs: read, answered once, and told."""

import requests

from desk.api.case_document import PREFIX
from messages.shapes import Dispatch
from tests.desk.api.harness import HEALTH, PLN, ApiHarness, assert_problem, number_of
from tests.support.recommendations import message_of, recommendation

BODY = {"outcome": "followed", "text": "Petugas datang besok.", "actor": "Sri Petugas"}


def recommended(api: ApiHarness, text: str = "Percepat penanganan.") -> tuple[Dispatch, str]:
    """Let an overseer recommend about a new case; return its dispatch and the id of the recommendation."""
    (dispatch,) = api.send(1, "Kemenkes, puskesmas tutup")
    record = recommendation(dispatch, text)
    api.desk.read(message_of(record))
    return dispatch, str(record.id)


def answer(api: ApiHarness, recommendation_id: str, agency: str = HEALTH, **changed: object) -> requests.Response:
    """Answer a recommendation."""
    path = f"{PREFIX}/cases/{number_of(1)}/recommendations/{recommendation_id}/answer"
    headers = api.headers if agency == HEALTH else api.headers_of(agency)
    return requests.post(api.address + path, headers=headers, json={**BODY, **changed}, timeout=60)


def test_a_program_reads_and_answers(api: ApiHarness) -> None:
    """The list counts what waits; the case has words, deadline and answer; the same answer again is none."""
    dispatch, recommendation_id = recommended(api)
    (listed,) = api.get("/cases").json()["cases"]
    assert listed["recommendations_waiting"] == 1
    tag = api.get(f"/cases/{number_of(1)}").headers["ETag"]
    (item,) = api.get(f"/cases/{number_of(1)}").json()["recommendations"]
    assert (item["id"], item["kind"], item["text"]) == (recommendation_id, "accelerate", "Percepat penanganan.")
    assert (item["overseer"], item["answer"], item["due"] > item["at"]) == ("Rina Pengawas", None, True)
    first = answer(api, recommendation_id)
    assert (first.status_code, first.json()["outcome"]) == (201, "followed")
    assert answer(api, recommendation_id).status_code == 200
    case = api.get(f"/cases/{number_of(1)}")
    assert (case.json()["recommendations_waiting"], case.headers["ETag"] == tag) == (0, False)
    (answered,) = case.json()["recommendations"]
    assert answered["answer"]["text"] == BODY["text"]
    assert answered["answer"]["actor"].startswith("Sri Petugas (key ")
    assert api.acts[-1][:2] == ("desk.answer_recommendation", f"{dispatch.complaint_id} {recommendation_id}")
    assert_problem(answer(api, recommendation_id, text="Lain."), 409, "answered")


def test_what_is_refused(api: ApiHarness) -> None:
    """An unknown id, another agency, a missing text, an unknown outcome, a key that may only read."""
    _, recommendation_id = recommended(api)
    unknown = "00000000-0000-0000-0000-000000000001"
    assert_problem(answer(api, unknown), 404, "no_such_recommendation")
    assert_problem(answer(api, recommendation_id, PLN), 404, "no_such_case")
    assert_problem(answer(api, recommendation_id, text=" "), 422, "invalid_request")
    assert_problem(answer(api, recommendation_id, text="a\0b"), 422, "invalid_request")
    assert_problem(answer(api, recommendation_id, outcome="recommended"), 422, "invalid_request")
    assert_problem(answer(api, recommendation_id, actor="a\nb"), 422, "invalid_request")
    api.headers = api.headers_of(HEALTH, ["read"])
    assert_problem(answer(api, recommendation_id), 403, "scope_missing")


def test_while_the_bus_is_away_nothing_is_answered(api: ApiHarness) -> None:
    """The program sends the same request again later."""
    _, recommendation_id = recommended(api)
    api.is_bus_away = True
    refused = answer(api, recommendation_id)
    assert_problem(refused, 503, "unavailable")
    assert refused.headers["Retry-After"] == "10"
    api.is_bus_away = False
    assert answer(api, recommendation_id).status_code == 201


def test_a_former_agency_reads_none(api: ApiHarness) -> None:
    """After the case has left it."""
    recommended(api)
    api.answer(1, "refused", "Urusan listrik.", suggested_agency=PLN)
    api.desk.deliver()
    case = api.get(f"/cases/{number_of(1)}").json()
    assert (case["recommendations"], case["recommendations_waiting"]) == ([], 0)
    (item,) = api.get(f"/cases/{number_of(1)}", api.headers_of(PLN)).json()["recommendations"]
    assert item["answer"] is None
