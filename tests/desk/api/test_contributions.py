"""Contributions by the interface: asking, contributing, withdrawing, and what the key of an asked unit reads."""

from datetime import timedelta
from typing import Any

import pytest
import requests

from tests.conftest import NOW
from tests.desk.api.harness import ApiHarness, assert_problem, number_of
from tests.desk.api.test_units import city, key, listed, send, step

__all__ = ("city",)
QUESTION, WORDS = "Sejak kapan alatnya rusak?", "Alat rusak sejak Senin.\nTeknisi datang besok."


def ask(api: ApiHarness, unit: str, headers: Any = None, **fields: Any) -> requests.Response:
    """Ask a unit about the first case."""
    body = {"unit": unit, "question": QUESTION, **fields}
    return api.post(f"/cases/{number_of(1)}/contributions", body, headers)


def contribute(api: ApiHarness, request: str, headers: Any, text: str = WORDS, **fields: Any) -> requests.Response:
    """Give a contribution about the first case."""
    return api.post(f"/cases/{number_of(1)}/contributions/{request}", {"text": text, **fields}, headers)


def test_a_unit_is_asked_and_contributes(city: ApiHarness) -> None:
    """The key of the asked unit reads the case and its files as long as it is asked, then what it wrote."""
    step(city, 1, "DINKES")
    office, hospital = key(city, "DINKES"), key(city, "RSUD")
    day = (NOW + timedelta(days=1)).date().isoformat()
    asked = ask(city, "rsud", office, due_on=day, actor="Sri")
    assert (asked.status_code, asked.json()["state"], asked.json()["unit"]) == (200, "open", "RSUD")
    assert ask(city, "RSUD", office, due_on=day).json()["id"] == asked.json()["id"]
    (waiting,) = city.get("/contributions", hospital, open=True).json()["contributions"]
    assert (waiting["number"], waiting["question"]) == (number_of(1), QUESTION)
    case = city.get(f"/cases/{number_of(1)}", hospital)
    assert (case.status_code, case.json()["unit"]) == (200, "DINKES")
    picture = case.json()["pictures"][0]["id"]
    assert city.get(f"/cases/{number_of(1)}/pictures/{picture}", hospital).status_code == 200
    given = contribute(city, waiting["id"], hospital, actor="Ayu")
    assert (given.status_code, given.json()["state"], given.json()["text"]) == (200, "given", WORDS)
    assert given.json()["ended_by"].startswith("Ayu (key ")
    assert_problem(city.get(f"/cases/{number_of(1)}", hospital), 404, "no_such_case")
    (own,) = city.get("/contributions", hospital).json()["contributions"]
    assert (own["text"], own["question"]) == (WORDS, "")
    (read,) = city.get(f"/cases/{number_of(1)}/contributions", office).json()["contributions"]
    assert (read["text"], read["question"]) == (WORDS, QUESTION)
    assert [action for action, *_ in city.acts if "contribution" in action] == [
        "desk.contribution_ask",
        "desk.contribution_give",
    ]


def test_the_key_of_an_asked_unit_does_nothing_else(city: ApiHarness) -> None:
    """It answers nobody, passes nothing on, uploads and asks nothing; the case is not in its list."""
    ask(city, "RSUD")
    hospital, path = key(city, "RSUD"), f"/cases/{number_of(1)}"
    (own,) = city.get("/contributions", hospital).json()["contributions"]
    refused = [
        city.post(f"{path}/answers", {"verdict": "accepted"}, hospital),
        city.post(f"{path}/unit", {"unit": "RSUD"}, hospital),
        city.post(f"{path}/unit/return", {"why": "Bukan kami"}, hospital),
        city.post(f"{path}/pictures", {}, hospital),
        city.post(f"{path}/contributions", {"unit": "PKM", "question": QUESTION}, hospital),
        send(city, "DELETE", f"{path}/contributions/{own['id']}", hospital),
    ]
    for answer in refused:
        assert_problem(answer, 404, "no_such_case")
    assert listed(city, hospital) == []


def test_two_asked_units_read_the_case_alone(city: ApiHarness) -> None:
    """Not what the other one is asked and writes."""
    first, second = ask(city, "RSUD").json()["id"], ask(city, "PKM", question="Berapa orang?").json()["id"]
    hospital, clinic = key(city, "RSUD"), key(city, "PKM")
    for headers, own in ((hospital, first), (clinic, second)):
        rows = city.get(f"/cases/{number_of(1)}/contributions", headers).json()["contributions"]
        assert [row["id"] for row in rows] == [own]
    assert_problem(contribute(city, second, hospital), 404, "no_such_contribution")
    assert contribute(city, second, clinic).status_code == 200
    assert contribute(city, first, hospital).status_code == 200


def test_a_request_is_withdrawn(city: ApiHarness) -> None:
    """Afterwards the asked unit sees nothing, and may be asked again."""
    request, clinic = ask(city, "PKM").json()["id"], key(city, "PKM")
    for _ in range(2):
        assert send(city, "DELETE", f"/cases/{number_of(1)}/contributions/{request}").status_code == 204
    assert_problem(contribute(city, request, clinic), 404, "no_such_case")
    assert_problem(contribute(city, request, city.headers), 404, "no_such_contribution")
    assert ask(city, "PKM").json()["id"] != request


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"unit": "HILANG"}, "unit"),
        ({"unit": "DINKES"}, "unit"),
        ({"unit": "PKM", "question": " "}, "question"),
        ({"unit": "PKM", "question": "a\x07"}, "question"),
        ({"unit": "PKM", "question": "x" * 1001}, "question"),
        ({"unit": "PKM", "due_on": "2026-11-01"}, "due_on"),
        ({"unit": "PKM", "due_on": "2099-01-01"}, "due_on"),
        ({"unit": "PKM", "more": 1}, "more"),
    ],
)
def test_questions_that_are_refused(city: ApiHarness, fields: dict[str, Any], fault: str) -> None:
    """The answer names the field and says what to do."""
    step(city, 1, "DINKES")
    assert assert_problem(ask(city, **fields), 422, "invalid_request").keys() == {fault}


def test_conflicts_of_requests(city: ApiHarness) -> None:
    """A second question to a unit, and a case that is done."""
    request = ask(city, "PKM").json()["id"]
    assert_problem(ask(city, "PKM", question="Apa lagi?"), 409, "asked_already")
    assert assert_problem(contribute(city, request, city.headers, " "), 422, "invalid_request").keys() == {"text"}
    city.answer(1, "closed", "Sudah buka.")
    city.desk.deliver()
    assert_problem(ask(city, "RSUD"), 409, "over")
    assert_problem(contribute(city, request, city.headers), 409, "over")
