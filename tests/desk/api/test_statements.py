"""A request of a program executes few statements: a whole case is read once, and only to be shown."""

from collections.abc import Callable, Mapping

import requests

from tests.desk.api.harness import ApiHarness, number_of
from tests.sinks.ledger.test_status import counted

TEXT = "Petugas sudah datang."
_CASE = f"/cases/{number_of(1)}"
# Each begins with the key. An answer reads case, answers and acts; it is stored, then what waits is read and marked.
# One that is refused is looked for among the stored ones.
_REQUESTS: Mapping[str, tuple[int, Callable[[ApiHarness], requests.Response]]] = {
    "list": (4, lambda api: api.get("/cases")),
    "case": (8, lambda api: api.get(_CASE)),
    "answer": (7, lambda api: api.answer(1, "responded", TEXT)),
    "the same again": (5, lambda api: api.answer(1, "responded", TEXT)),
    "closing": (7, lambda api: api.answer(1, "closed", TEXT)),
    "not possible": (6, lambda api: api.answer(1, "refused", TEXT)),
    "another agency": (2, lambda api: api.get("/cases/" + number_of(2))),
}


def test_requests_execute_few_statements(api: ApiHarness) -> None:
    """An answer must not read what it does not need: it read its case two or three times."""
    api.send(1, "Kemenkes, puskesmas tutup")
    api.send(2, "PLN, listrik padam")
    # The time of the first use of a key is written.
    api.get("/cases")
    counts = {name: _count(api, request) for name, (_, request) in _REQUESTS.items()}
    assert counts == {name: number for name, (number, _) in _REQUESTS.items()}


def test_reports_of_a_case_are_read_only_if_it_has_some(api: ApiHarness) -> None:
    """Most cases have none. They take two statements more: messages of the sender, and reports of others."""
    api.send(1, "Kemenkes, puskesmas tutup")
    api.get("/cases")
    assert _count(api, lambda api: api.get(_CASE)) == 8
    api.send(2, "saya juga", of=1, kind="joins")
    assert _count(api, lambda api: api.get(_CASE)) == 10


def _count(api: ApiHarness, request: Callable[[ApiHarness], object]) -> int:
    """Return the number of statements of a request. Only SQLite has `BEGIN` as one."""
    with counted(api.engine) as statements:
        request(api)
    return sum(not statement.startswith("BEGIN") for statement in statements)
