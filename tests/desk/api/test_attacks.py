"""Attacks on the interface: another agency's cases, keys that must not open it, and nonsense."""

import json
import socket
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from desk.api.case_document import PREFIX
from desk.api.cursors import decode_cursor, encode_cursor
from desk.api.edge import MAX_BODY_BYTES
from messages.shapes import Attachment
from tests.conftest import NOW
from tests.desk.api.harness import HEALTH, PLN, ApiHarness, assert_problem, number_of
from tests.support.log_capture import captured_log
from tests.support.waiting import wait_for

PICTURE = Attachment(id=UUID(int=77), media_type="image/png", size=4, sha256="0" * 64)
SECRET_TEXT = "PLN, rahasia warga: listrik padam di rumah Ibu Rahayu"


@pytest.fixture
def other_case(api: ApiHarness) -> ApiHarness:
    """An interface with one case of another agency, with a picture; the key is of an agency without a case."""
    api.send(7, SECRET_TEXT, attachments=(PICTURE,))
    api.files[PICTURE.id] = b"other agency's picture"
    return api


def test_another_agencys_case_does_not_exist(other_case: ApiHarness) -> None:
    """By number, list, picture, search and answer: as an unknown number, and nothing is recorded or stored."""
    api = other_case
    acts = list(api.acts)
    assert api.get("/cases").json() == {"cases": [], "next": None}
    for number in (number_of(7), number_of(8)):
        assert_problem(api.get(f"/cases/{number}"), 404, "no_such_case")
        assert_problem(api.get(f"/cases/{number}/pictures/{PICTURE.id}"), 404, "no_such_case")
        body = {"verdict": "closed", "text": "Beres."}
        assert_problem(api.post(f"/cases/{number}/answers", body), 404, "no_such_case")
    own, unknown = api.get(f"/cases/{number_of(7)}").json(), api.get(f"/cases/{number_of(8)}").json()
    assert own == unknown
    assert api.acts == acts
    assert api.desk.published == []


def test_another_cases_picture_is_not_served(other_case: ApiHarness) -> None:
    """The id of a picture opens it only below a case that has it."""
    other_case.send(1, "Kemenkes, puskesmas tutup")
    address = f"/cases/{number_of(1)}/pictures/{PICTURE.id}"
    assert_problem(other_case.get(address), 404, "no_such_picture")
    assert other_case.acts[-1][0] != "desk.picture"


def test_a_cursor_of_another_agency_grants_nothing(other_case: ApiHarness) -> None:
    """It is refused, and a forged one lists only the key's own cases."""
    cursor = other_case.get("/cases", other_case.headers_of(PLN)).json()["next"]
    assert list(assert_problem(other_case.get("/cases", after=cursor), 422, "invalid_request")) == ["after"]
    other_case.send(1, "Kemenkes, puskesmas tutup")
    forged = encode_cursor(HEALTH, 0)
    numbers = [case["number"] for case in other_case.get("/cases", after=forged).json()["cases"]]
    assert numbers == [number_of(1)]


@given(st.text(max_size=100))
def test_no_text_breaks_a_cursor(text: str) -> None:
    """Any text is read or refused."""
    assert decode_cursor(PLN, text) is None or encode_cursor(PLN, decode_cursor(PLN, text) or 0)


@given(st.integers(0, 10**17))
def test_cursors_are_read_back(seq: int) -> None:
    """A cursor is that of its agency."""
    assert decode_cursor(PLN, encode_cursor(PLN, seq)) == seq
    assert decode_cursor(HEALTH, encode_cursor(PLN, seq)) is None


def test_keys_that_do_not_open(api: ApiHarness) -> None:
    """Missing, wrong, changed, expired and revoked keys are 401 with a challenge, each with its reason."""
    key, text = api.keys.issue(PLN, ["read"], "Admin", "test", NOW + timedelta(days=1))
    assert api.get("/cases", {"Authorization": f"bearer {text}"}).status_code == 200
    changed = text[:-1] + ("a" if text[-1] != "a" else "b")
    other_id = f"sp_{uuid4().hex}_{text[36:]}"
    cases = {
        "": "key_missing",
        f"Basic {text}": "key_missing",
        "Bearer": "key_missing",
        "Bearer sp_x_y": "key_invalid",
        f"Bearer {changed}": "key_invalid",
        f"Bearer {other_id}": "key_invalid",
        f"Bearer {text}x": "key_invalid",
        f"Bearer {text}' OR '1'='1": "key_invalid",
    }
    for header, reason in cases.items():
        response = api.get("/cases", {"Authorization": header} if header else {})
        assert_problem(response, 401, reason)
        assert response.headers["WWW-Authenticate"].startswith("Bearer ")
    api.clock.time = NOW + timedelta(days=1)
    assert_problem(api.get("/cases", {"Authorization": f"Bearer {text}"}), 401, "key_expired")
    api.clock.time = NOW
    api.keys.revoke(PLN, key.id, "Admin", "test")
    assert_problem(api.get("/cases", {"Authorization": f"Bearer {text}"}), 401, "key_revoked")
    assert_problem(api.get("/cases", {"Authorization": f"Bearer {changed}"}), 401, "key_invalid")


def test_a_key_does_only_what_its_scopes_say(api: ApiHarness) -> None:
    """Every address needs a scope; the challenge names it."""
    api.send(1, "Kemenkes, puskesmas tutup", attachments=(PICTURE,))
    headers = api.headers_of(HEALTH, ["answer"])
    addresses = {
        "/cases": "read",
        f"/cases/{number_of(1)}": "read",
        "/institutions?q=pln": "read",
        f"/cases/{number_of(1)}/pictures/{PICTURE.id}": "pictures",
    }
    for address, scope in addresses.items():
        response = api.get(address, headers)
        assert response.status_code == 403, address
        assert f'scope="{scope}"' in response.headers["WWW-Authenticate"]
    api.keys.revoke(HEALTH, UUID(hex=headers["Authorization"].split("_")[1]), "Admin", "test")
    reading = api.headers_of(HEALTH, ["read"])
    response = api.post(f"/cases/{number_of(1)}/answers", {"verdict": "accepted"}, reading)
    assert_problem(response, 403, "scope_missing")
    assert api.desk.published == []


def test_every_address_needs_a_key(api: ApiHarness) -> None:
    """The document has no operation that answers without one."""
    document = requests.get(f"{api.address}{PREFIX}/openapi.json", timeout=60).json()
    operations = [(path, method) for path, item in document["paths"].items() for method in item]
    assert len(operations) >= 6
    for path, method in operations:
        address = path.replace("{number}", number_of(1)).replace("{picture_id}", str(PICTURE.id))
        response = requests.request(method, api.address + address, timeout=60)
        assert response.status_code == 401, path


def test_guessing_is_limited(api: ApiHarness) -> None:
    """After so many wrong keys the address waits. A program with a right key at the same address does not."""
    api.rates["agency-refused"] = "3/minute"
    api.serve()
    for _ in range(3):
        assert_problem(api.get("/cases", {"Authorization": "Bearer sp_x"}), 401, "key_invalid")
    response = api.get("/cases", {"Authorization": "Bearer sp_x"})
    assert_problem(response, 429, "too_many_requests")
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    assert_problem(api.get("/cases", {"Authorization": ""}), 429, "too_many_requests")
    assert api.get("/cases").status_code == 200


def test_a_program_that_asks_too_often_waits(api: ApiHarness) -> None:
    """Each key has its own budget, and answers another than reading."""
    api.send(1, "Kemenkes, puskesmas tutup")
    api.rates |= {"agency-read": "2/minute", "agency-answer": "1/minute"}
    api.serve()
    first = api.get("/cases")
    assert first.headers["RateLimit-Policy"] == '"agency-read";q=2;w=60'
    assert first.headers["RateLimit"].startswith('"agency-read";r=1;t=')
    assert api.get("/cases").status_code == 200
    response = api.get("/cases")
    assert_problem(response, 429, "too_many_requests")
    assert int(response.headers["Retry-After"]) >= 1
    assert api.get("/cases", api.headers_of(HEALTH)).status_code == 200
    assert api.answer(1, "accepted").status_code == 201
    assert api.answer(1, "closed", "Beres.").status_code == 429


def test_bodies_are_bounded(api: ApiHarness) -> None:
    """Announced or not, a large body is refused before it is read; the largest text is accepted."""
    api.send(1, "Kemenkes, puskesmas tutup")
    address = f"{api.address}{PREFIX}/cases/{number_of(1)}/answers"
    large = b" " * (MAX_BODY_BYTES + 1)
    announced = requests.post(address, data=large, headers=api.headers, timeout=60)
    assert_problem(announced, 413, "too_large")
    chunked = requests.post(address, data=iter([large[:1000]] * 100), headers=api.headers, timeout=60)
    assert_problem(chunked, 413, "too_large")
    longest = json.dumps({"verdict": "responded", "text": "\N{GRINNING FACE}" * 10_000}, ensure_ascii=False).encode()
    assert requests.post(address, data=longest, headers=api.headers, timeout=60).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"verdict": "closed", "text": "\\ud800"}',
        b"[" * 30_000,
        b'{"verdict": "closed", "verdict": "closed", "text": 1e999}',
        b'{"verdict": {"$ne": ""}, "text": "x"}',
        b"verdict=closed&text=x",
    ],
)
def test_nonsense_is_refused(api: ApiHarness, body: bytes) -> None:
    """422, and never 5xx."""
    api.send(1, "Kemenkes, puskesmas tutup")
    address = f"{api.address}{PREFIX}/cases/{number_of(1)}/answers"
    assert_problem(requests.post(address, data=body, headers=api.headers, timeout=60), 422, "invalid_request")


@pytest.mark.parametrize(
    "path",
    [
        "/cases/%00",
        "/cases/' OR 1=1 --",
        "/cases/..%2f..%2fdesk",
        "/cases/%0d%0aX-Injected:%20yes",
        "/cases/{number}/pictures/none",
        "/cases/{number}/pictures/00000000-0000-0000-0000-000000000000%0d%0aX-Injected:%20yes",
        "/institutions?q=%00",
        "/cases?after=%0d%0aX-Injected:%20yes",
    ],
)
def test_strange_addresses_are_harmless(api: ApiHarness, path: str) -> None:
    """Neither a fault of ours nor a header of theirs."""
    api.send(1, "Kemenkes, puskesmas tutup")
    response = api.get(path.replace("{number}", number_of(1)))
    assert response.status_code < 500, response.text
    assert "X-Injected" not in response.headers


def test_nothing_secret_is_logged(other_case: ApiHarness) -> None:
    """Neither a key, valid or not, nor a word of a citizen or an answer."""
    api = other_case
    wrong = f"sp_{uuid4().hex}_{'w' * 43}"
    with captured_log() as log:
        api.serve()
        headers = api.headers_of(PLN)
        answer = {"verdict": "closed", "text": "Jawaban untuk Ibu Rahayu"}
        assert api.post(f"/cases/{number_of(7)}/answers", answer, headers).status_code == 201
        api.post(f"/cases/{number_of(7)}/answers", {**answer, "verdict": "refused"}, headers)
        api.get("/cases", {"Authorization": f"Bearer {wrong}"})
        api.get("/cases/Ibu-Rahayu", headers)
        api.files.clear()
        api.server.app = None
        api.serve()
    secret = headers["Authorization"].removeprefix("Bearer ")
    assert [line["event"] for line in log.lines].count("agency_request.refused") == 3
    assert log.logged_words([secret, secret.rpartition("sp_")[2][33:], wrong, "Rahayu", number_of(7)]) == []


def test_an_unexpected_error_quotes_nobody(api: ApiHarness) -> None:
    """500 as a problem; the log has the place of the fault and no text."""
    api.send(1, "Kemenkes, puskesmas tutup", attachments=(PICTURE,))
    with captured_log() as log:
        api.open_file = lambda file_id: {}[f"Ibu Rahayu {file_id}"]  # type: ignore[method-assign,index]
        api.serve()
        response = api.get(f"/cases/{number_of(1)}/pictures/{PICTURE.id}")
        # The line is written after the response.
        wait_for(lambda: log.logged_words(["KeyError"]) != [])
    assert_problem(response, 500, "unexpected")
    assert [line["event"] for line in log.lines].count("agency_request.failed") == 1
    assert log.logged_words(["Rahayu"]) == []
    assert "Rahayu" not in response.text


def test_a_client_that_leaves_does_no_harm(api: ApiHarness) -> None:
    """A connection that ends in the middle of a body is forgotten."""
    head = f"POST {PREFIX}/cases/x/answers HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{"
    with socket.create_connection(("127.0.0.1", api.server.port), timeout=30) as connection:
        connection.sendall(head.encode())
    assert api.get("/cases").status_code == 200


def test_other_methods_and_addresses(api: ApiHarness) -> None:
    """They are problems too."""
    assert_problem(requests.delete(f"{api.address}{PREFIX}/cases", timeout=60), 405, "wrong_method")
    assert_problem(api.get("/nothing"), 404, "no_such_address")
    assert_problem(api.get("/cases/"), 404, "no_such_address")
