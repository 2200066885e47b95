"""The normalizer believes what the router judged, and nothing else: from the channel to the queue, on each database."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from app.assembly.parts import Parts
from messages.shapes import Complaint
from messages.topics import TRIAGE
from normalize.duplicates.factory import DuplicateDetection
from tests.conftest import NOW
from tests.normalize.duplicates.test_decisions import AFTERNOON, MORNING, report
from tests.support.agency_answers import signed, unsigned_answer
from tests.support.stage_path import StagePath

KEMENKES, PLN = "kementerian-kemenkes", "bumn-pln"
GARBAGE = (
    "Kemenkes tolong. Sampah medis menumpuk di belakang puskesmas Jalan Melati Indah sejak bulan lalu, baunya busuk."
)


@pytest.fixture
def path(parts: Parts, engine: Engine, detection: DuplicateDetection) -> StagePath:
    """Normalizer, router and ledger on each kind of database."""
    return StagePath(parts, engine, detection.matcher)


def arrive(path: StagePath, parts: Parts, text: str, device: str, hours: float = 0) -> Complaint:
    """Let a report for the ministry arrive; return its complaint."""
    path.time = NOW + timedelta(hours=hours)
    (complaint,) = path.arrive(report(parts, f"Kemenkes tolong. {text}", device, hours))
    return complaint


def assert_open(path: StagePath, parts: Parts, case: Complaint, text: str = AFTERNOON, hours: float = 9) -> None:
    """Check that a copy of another citizen joins the case, and is in no queue as a case of its own."""
    copy = arrive(path, parts, text, f"copy {hours}", hours)
    assert (copy.relation.kind, copy.relation.of, copy.similar_closed_case) == ("joins", case.id, None)
    assert not path.dispatch_of(copy).own_case


def test_the_closing_of_an_agency_that_never_had_the_case(path: StagePath, parts: Parts) -> None:
    """The router rejects it, whoever signed it: the case is open, and a copy joins it."""
    first = arrive(path, parts, MORNING, "a")
    dispatch = path.dispatch_of(first)
    path.publish_answer(signed(unsigned_answer(dispatch, "closed", agency=PLN, text="Selesai.")))
    assert_open(path, parts, first)


def test_a_closing_of_a_dispatch_that_nobody_made(path: StagePath, parts: Parts) -> None:
    """The ministry has the case by another dispatch."""
    first = arrive(path, parts, MORNING, "a")
    unknown = path.dispatch_of(first).model_copy(update={"id": first.id})
    path.publish_answer(signed(unsigned_answer(unknown, "closed", text="Selesai.")))
    assert_open(path, parts, first)


def test_a_late_closing_after_a_refusal(path: StagePath, parts: Parts) -> None:
    """The case is at the next agency. The first one cannot close it any more."""
    first = arrive(path, parts, MORNING, "a")
    dispatch = path.dispatch_of(first)
    path.time += timedelta(hours=1)
    path.answer(first, "refused", PLN)
    assert path.dispatch_of(first).agency == PLN
    path.time += timedelta(hours=1)
    path.publish_answer(signed(unsigned_answer(dispatch, "closed", text="Selesai.")))
    copy = arrive(path, parts, AFTERNOON, "b", 9)
    assert (copy.relation.kind, copy.relation.of) == ("joins", first.id)


def test_a_merge_into_a_case_that_was_closed_meanwhile(path: StagePath, parts: Parts) -> None:
    """The router leaves the complaint where it is: it is open, and a copy joins it."""
    closed, other = arrive(path, parts, MORNING, "a"), arrive(path, parts, GARBAGE, "b", 1)
    assert (closed.relation.kind, other.relation.kind) == ("new", "new")
    path.time += timedelta(hours=1)
    path.answer(closed, "closed")
    path.merge(other, closed)
    assert path.dispatch_of(other).own_case
    assert_open(path, parts, other, f"Tolong segera. {GARBAGE}")


def test_a_case_that_is_closed_after_a_merge(path: StagePath, parts: Parts) -> None:
    """The merged complaint belongs to it: a copy of either is a case of its own."""
    first, other = arrive(path, parts, MORNING, "a"), arrive(path, parts, GARBAGE, "b", 1)
    path.merge(other, first)
    assert not path.dispatch_of(other).own_case
    path.answer(first, "closed")
    for number, text in enumerate((AFTERNOON, f"Tolong segera. {GARBAGE}")):
        copy = arrive(path, parts, text, f"copy {number}", 9 + number)
        assert (copy.relation.kind, copy.similar_closed_case is not None) == ("new", True)


def test_the_closing_of_a_join_at_another_agency(path: StagePath, parts: Parts) -> None:
    """It is a case of its own there. The first case is still open, and copies of it join it."""
    path.time = NOW + timedelta(hours=1)
    (first,) = path.arrive(report(parts, MORNING, "a"))
    join = arrive(path, parts, AFTERNOON, "b", 1)
    assert (path.dispatch_of(first).agency, path.dispatch_of(join).agency) == (TRIAGE, KEMENKES)
    assert (join.relation.of, path.dispatch_of(join).own_case) == (first.id, True)
    path.answer(join, "closed")
    path.time += timedelta(hours=1)
    (copy,) = path.arrive(report(parts, f"Setuju. {MORNING}", "c", 2))
    assert (copy.relation.of, path.dispatch_of(copy).own_case) == (first.id, False)
