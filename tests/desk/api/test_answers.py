"""Answers by a program: stored once, refused with a reason, and never lost."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from bus.errors import Retry
from config.database import read_transaction
from desk.acts.tables import DeskAct
from desk.api.tables import DeskIdempotencyKey
from desk.read_model.case_rows import AgencyCaseState
from messages.shapes import AgencyAnswer, Kind
from tests.desk.api.harness import HEALTH, PLN, ApiHarness, assert_problem, number_of

TEXT = "Petugas sudah datang."


def count(api: ApiHarness, table: Any = DeskAct) -> int:
    """Return the number of rows."""
    with read_transaction(api.engine) as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


@pytest.fixture
def case(api: ApiHarness) -> ApiHarness:
    """An interface with one case."""
    api.send(1, "Kemenkes, puskesmas tutup")
    return api


def test_a_whole_case(api: ApiHarness) -> None:
    """Accept, ask, hear the citizen, respond, close: each state is shown as it is."""
    api.send(1, "Kemenkes, puskesmas tutup")
    steps: list[tuple[str, str, AgencyCaseState]] = [
        ("accepted", "", "proses"),
        ("asked", "Puskesmas di desa mana?", "tunda"),
        ("responded", "Puskesmas buka lagi hari Senin.", "proses"),
        ("closed", "Puskesmas sudah buka.", "selesai"),
    ]
    for version, (verdict, text, state) in enumerate(steps, start=1):
        response = api.answer(1, verdict, text, actor="Sri Petugas")
        assert response.status_code == 201, response.text
        answer = response.json()
        assert {
            name: answer[name] for name in ("number", "verdict", "text", "suggested_agency", "state", "version")
        } == {
            "number": number_of(1),
            "verdict": verdict,
            "text": text,
            "suggested_agency": None,
            "state": state,
            "version": version,
        }
        assert answer["published"] is True
        api.desk.deliver()
        (listed,) = api.get("/cases").json()["cases"]
        case = api.get(f"/cases/{number_of(1)}").json()
        assert {(item["state"], item["version"]) for item in (listed, case)} == {(state, version)}
    actions = [act[0] for act in api.acts if act[0] != "desk.issue_key"]
    assert actions == ["desk.accept", "desk.ask", "desk.respond", "desk.close"]
    assert all(act[2].startswith("Sri Petugas (key ") for act in api.acts if act[0] != "desk.issue_key")


def test_a_refusal_goes_to_the_agency_that_it_names(case: ApiHarness) -> None:
    """The case leaves, and takes no more answers."""
    assert case.answer(1, "refused", "Ini urusan listrik.", suggested_agency=PLN).json()["suggested_agency"] == PLN
    (moved,) = case.desk.deliver()
    assert moved.agency == PLN
    assert_problem(case.answer(1, "closed", TEXT), 409, "moved")


def test_the_same_answer_is_stored_once(case: ApiHarness) -> None:
    """A repeat is answered as the first, before and after the read model has it, with and without a key."""
    first = case.answer(1, "responded", TEXT, headers={"Idempotency-Key": "satu"})
    again = case.answer(1, "responded", f" {TEXT} ", headers={})
    case.desk.deliver()
    later = case.answer(1, "responded", TEXT, headers={"Idempotency-Key": "satu"})
    assert [response.status_code for response in (first, again, later)] == [201, 200, 200]
    assert len({response.json()["id"] for response in (first, again, later)}) == 1
    assert later.json() == first.json()
    assert count(case) == 1


def test_an_answer_that_came_by_another_way_is_a_repeat(case: ApiHarness) -> None:
    """The read model has it without an act."""
    case.answer(1, "responded", TEXT)
    (answer,) = case.desk.published
    case.desk.deliver()
    with case.engine.begin() as connection:
        connection.execute(DeskAct.__table__.delete())  # type: ignore[attr-defined]
    response = case.answer(1, "responded", TEXT)
    assert (response.status_code, response.json()["id"], response.json()["published"]) == (200, str(answer.id), True)


def test_a_key_belongs_to_one_answer(case: ApiHarness) -> None:
    """Another text, or another case, under the same key is refused; after a day the key is free."""
    case.send(2, "Kemenkes, obat habis")
    key = {"Idempotency-Key": '"satu"'}
    assert case.answer(1, "responded", TEXT, headers=key).status_code == 201
    assert_problem(case.answer(1, "responded", "Teks lain.", headers=key), 422, "idempotency_key_reused")
    assert_problem(case.answer(2, "responded", TEXT, headers=key), 422, "idempotency_key_reused")
    case.clock.time += timedelta(hours=25)
    assert case.answer(1, "responded", "Teks lain.", headers=key).status_code == 201
    assert count(case, DeskIdempotencyKey) == 1


def test_a_key_is_that_of_its_agency(case: ApiHarness) -> None:
    """Two agencies may choose the same key."""
    case.send(2, "PLN, listrik padam")
    key = {"Idempotency-Key": "satu"}
    assert case.answer(1, "responded", TEXT, headers=key).status_code == 201
    body = {"verdict": "responded", "text": "Teks lain."}
    assert case.post(f"/cases/{number_of(2)}/answers", body, case.headers_of(PLN), **key).status_code == 201


def test_an_invalid_answer_uses_no_key(case: ApiHarness) -> None:
    """A corrected answer may come under the same key."""
    key = {"Idempotency-Key": "satu"}
    assert_problem(case.answer(1, "refused", TEXT, suggested_agency="x\ty", headers=key), 422, "invalid_request")
    assert case.answer(1, "refused", TEXT, headers=key).status_code == 201


def test_a_refused_answer_uses_no_key(case: ApiHarness) -> None:
    """409 and 412 store nothing: a corrected answer may come under the same key, and is then the answer of the key."""
    key = {"Idempotency-Key": "satu"}
    assert case.answer(1, "closed", TEXT).status_code == 201
    assert_problem(case.answer(1, "asked", "Di RT mana?", headers=key), 409, "not_possible")
    assert_problem(case.answer(1, "responded", TEXT, headers={**key, "If-Match": '"0-0"'}), 412, "changed")
    assert count(case, DeskIdempotencyKey) == 0
    case.send(2, "Kemenkes, obat habis")
    assert case.answer(2, "responded", TEXT, headers=key).status_code == 201
    assert_problem(case.answer(2, "responded", "Teks lain.", headers=key), 422, "idempotency_key_reused")


def test_a_program_cannot_name_an_account(case: ApiHarness) -> None:
    """Square brackets mark the account of a person in the audit log. A program's name for its officer gets others."""
    account = "00000000-0000-4000-8000-000000000009"
    response = case.answer(1, "responded", TEXT, actor=f"Budi [{account}]")
    assert response.json()["actor"].startswith(f"Budi ({account}) (key ")
    assert not any(f"[{account}]" in str(row) for row in case.acts)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"verdict": "responded", "text": "  "}, "text"),
        ({"verdict": "responded"}, "text"),
        ({"verdict": "refused", "text": "Bukan kami.", "suggested_agency": "tidak-ada"}, "suggested_agency"),
        ({"verdict": "refused", "text": "Bukan kami.", "suggested_agency": "bumn-pln\r\nX: y"}, "suggested_agency"),
        ({"verdict": "closed", "text": "Beres.", "suggested_agency": PLN}, "suggested_agency"),
        ({"verdict": "opened", "text": "Beres."}, "verdict"),
        ({"text": "Beres."}, "verdict"),
        ({"verdict": "closed", "text": "Beres.", "tehirs": PLN}, "tehirs"),
        ({"verdict": "closed", "text": "x" * 10_001}, "text"),
        ({"verdict": "closed", "text": "nol\0nol"}, "text"),
        ({"verdict": "closed", "text": ["Beres."]}, "text"),
        ({"verdict": "asked", "text": "Di mana? " * 30}, "text"),
        ({"verdict": "accepted", "actor": "Sri\nAdmin"}, "actor"),
        ([1, 2], "body"),
        ("teks", "body"),
        (None, "body"),
    ],
)
def test_what_an_answer_needs(case: ApiHarness, body: Any, field: str) -> None:
    """422 names the field, and nothing is stored."""
    response = case.post(f"/cases/{number_of(1)}/answers", body)
    assert list(assert_problem(response, 422, "invalid_request")) == [field]
    assert count(case) == 0


def test_a_question_must_fit_an_sms(case: ApiHarness) -> None:
    """The fault says by how much to shorten it; so shortened, it is accepted."""
    question = "Mohon sebutkan nama desa dan hari ketika puskesmas itu tutup. " * 3
    detail = assert_problem(case.answer(1, "asked", question), 422, "invalid_request")["text"]
    excess = int("".join(character for character in detail if character.isdigit()))
    assert case.answer(1, "asked", question.strip()[: -excess + 1]).status_code == 422
    assert case.answer(1, "asked", question.strip()[:-excess]).status_code == 201


def test_a_question_to_a_hidden_sender_may_be_long(api: ApiHarness) -> None:
    """Its words do not go by SMS."""
    api.send(1, "Kemenkes, puskesmas tutup", anonim=True)
    assert api.answer(1, "asked", "Di mana? " * 30).status_code == 201


def test_what_is_not_possible_says_what_is(case: ApiHarness) -> None:
    """A closed case can only be added to."""
    case.answer(1, "closed", TEXT)
    response = case.answer(1, "refused", "Bukan kami.")
    assert_problem(response, 409, "not_possible")
    assert {name: response.json()[name] for name in ("state", "possible")} == {
        "state": "selesai",
        "possible": ["responded"],
    }
    assert count(case) == 1


def test_an_answer_to_what_was_read(case: ApiHarness) -> None:
    """With If-Match the second program is told; a citizen who joins is no conflict."""
    tag = {"If-Match": case.get(f"/cases/{number_of(1)}").headers["ETag"]}
    case.send(2, "saya juga", of=1, kind="joins")
    assert case.answer(1, "accepted", headers=tag).status_code == 201
    assert case.answer(1, "accepted", headers=tag).status_code == 200
    assert_problem(case.answer(1, "closed", TEXT, headers=tag), 412, "changed")
    assert_problem(case.answer(1, "closed", TEXT, headers={"If-Match": '"nonsense"'}), 412, "changed")
    assert case.answer(1, "closed", TEXT, headers={"If-Match": "*"}).status_code == 201


def test_of_two_programs_at_one_moment_both_are_stored(case: ApiHarness) -> None:
    """Without If-Match the second answer begins again after the first: none is lost, none is refused.

    One may be published twice, which has one effect (`ActQueue`).
    """
    both_have_read = threading.Barrier(2)
    waits = threading.local()

    def record(*_: object) -> None:
        if not getattr(waits, "has_waited", False):
            waits.has_waited = True
            both_have_read.wait(60)

    case.serve(record=record)
    with ThreadPoolExecutor(2) as pool:
        texts = ("Satu.", "Dua.")
        statuses = list(pool.map(lambda text: case.answer(1, "responded", text).status_code, texts))
    assert statuses == [201, 201]
    assert count(case) == 2
    assert {answer.text for answer in case.desk.published} == {"Dua.", "Satu."}
    assert len({answer.id for answer in case.desk.published}) == 2


def test_an_answer_waits_for_the_bus(case: ApiHarness) -> None:
    """It is stored, and the program is told."""

    def publish(_answer: AgencyAnswer) -> None:
        raise Retry("away")

    case.serve(publish, retries=(Retry,))
    response = case.answer(1, "responded", TEXT)
    assert (response.status_code, response.json()["published"]) == (201, False)
    assert case.answer(1, "responded", TEXT).json()["published"] is False


def test_an_answer_that_cannot_be_recorded_is_not_given(case: ApiHarness) -> None:
    """503, and nothing is stored."""
    case.is_log_away = True
    response = case.answer(1, "responded", TEXT)
    assert_problem(response, 503, "unavailable")
    assert response.headers["Retry-After"]
    assert count(case) == 0


@pytest.mark.parametrize("header", ["", '""', "x" * 256])
def test_an_unusable_idempotency_key(case: ApiHarness, header: str) -> None:
    """It is named."""
    headers: Mapping[str, str] = {"Idempotency-Key": header}
    response = case.answer(1, "accepted", headers=headers)
    assert list(assert_problem(response, 422, "invalid_request")) == ["Idempotency-Key"]


def test_an_answer_names_its_agency(case: ApiHarness) -> None:
    """The message on the bus is signed for the key's agency, whatever the body says."""
    case.answer(1, "closed", TEXT)
    (answer,) = case.desk.published
    assert (answer.agency, bool(answer.authenticator)) == (HEALTH, True)


def test_a_program_names_the_readers_of_an_answer(case: ApiHarness) -> None:
    """Of a response or a closing. Of a question, and with another word, they are refused by name."""
    for verdict, readers in (("asked", "all-senders"), ("responded", "everybody")):
        refused = case.answer(1, verdict, TEXT, readers=readers)
        assert (refused.status_code, "readers" in refused.text) == (422, True), refused.text
    assert case.answer(1, "responded", TEXT, readers="all-senders").status_code == 201
    assert [answer.readers for answer in case.desk.published] == ["all-senders"]


def test_a_program_extends_the_deadline_of_a_request_once(api: ApiHarness) -> None:
    """Faults name the field; the case shows the later deadline, and a complaint has no extension."""
    api.send(1, "Kemenkes, mohon data puskesmas", report_kind=Kind.PERMINTAAN_INFORMASI)
    before = api.get(f"/cases/{number_of(1)}").json()
    for days, field in ((0, "extension_days"), (8, "extension_days"), (-1, "extension_days")):
        problem = assert_problem(api.answer(1, "extended", TEXT, extension_days=days), 422, "invalid_request")
        assert list(problem) == [field]
    assert_problem(api.answer(1, "extended", " ", extension_days=7), 422, "invalid_request")
    assert_problem(api.answer(1, "responded", TEXT, extension_days=7), 422, "invalid_request")
    response = api.answer(1, "extended", TEXT, extension_days=7)
    assert (response.status_code, response.json()["extension_days"]) == (201, 7)
    api.desk.deliver()
    after = api.get(f"/cases/{number_of(1)}").json()
    assert (before["state"], before["due"] < after["due"]) == (after["state"], True)
    problem = assert_problem(api.answer(1, "extended", "Lagi.", extension_days=1), 422, "invalid_request")
    assert list(problem) == ["verdict"]
    api.send(2, "Kemenkes, puskesmas tutup")
    assert_problem(api.answer(2, "extended", TEXT, extension_days=1), 422, "invalid_request")
