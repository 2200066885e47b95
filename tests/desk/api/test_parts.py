"""Parts of a report by the interface: a program divides a case, and reads of which report a case is a part."""

import pytest

from config.database import write_transaction
from privacy.forgotten import SentReport, record_reports
from tests.conftest import NOW
from tests.desk.api.harness import ApiHarness, assert_problem, number_of
from tests.router.test_linked import complaint_of

PLN = "bumn-pln"
PART = "Juga lampunya sering mati."


@pytest.fixture
def divisible(api: ApiHarness) -> ApiHarness:
    """An agency with a report of a known sender."""
    api.send(1, f"Kemenkes, puskesmas tutup. {PART}")
    complaint = complaint_of(1, "x")
    sent = SentReport(complaint.id, complaint.message_id, complaint.sender, NOW, has_shared_seal=False)
    with write_transaction(api.engine) as connection:
        record_reports(connection, [sent])
    return api


def test_a_program_divides_a_case(divisible: ApiHarness) -> None:
    """The case names its parts, and a part its report. The same request again is the same part."""
    address = f"/cases/{number_of(1)}"
    for _ in range(2):
        answer = divisible.post(f"{address}/parts", {"text": PART, "agency": PLN, "actor": "Sri"})
        assert (answer.status_code, answer.json()) == (202, {"number": number_of(1)})
    part = f"{number_of(1)}-2"
    assert divisible.get(address).json()["parts"] == [{"number": part, "agency": PLN}]
    assert divisible.get(address).json()["part_of"] is None
    there = divisible.get(f"/cases/{part}", divisible.headers_of(PLN)).json()
    assert (there["text"], there["part_of"], there["parts"]) == (PART, {"number": number_of(1), "part": 2}, [])
    assert_problem(divisible.get(f"/cases/{part}"), 404, "no_such_case")


def test_what_cannot_be_divided_has_a_reason(divisible: ApiHarness) -> None:
    """Faults of the request name the field; a case that is a part or closed is a conflict."""
    address = f"/cases/{number_of(1)}/parts"
    for body in ({"text": "lain"}, {"text": " "}, {"text": PART, "agency": "x"}, {"text": PART, "more": 1}, {}):
        assert_problem(divisible.post(address, body), 422, "invalid_request")
    divisible.is_bus_away = True
    assert divisible.post(address, {"text": PART}).status_code == 503
    divisible.is_bus_away = False
    divisible.post(address, {"text": PART, "agency": PLN})
    part = f"/cases/{number_of(1)}-2/parts"
    assert_problem(divisible.post(part, {"text": "Juga"}, divisible.headers_of(PLN)), 409, "not_divisible")
    assert_problem(divisible.post("/cases/0000-0000-0000/parts", {"text": "x"}), 404, "no_such_case")
