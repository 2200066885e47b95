"""A batch of complaints leads to the messages of its records one by one, with few statements."""

import shutil
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from app.database import open_database
from bus.port import Record
from messages.shapes import Complaint
from tests.router.test_linked import RouterHarness, complaint_of, dispatches
from tests.sinks.ledger.test_status import counted
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_router

NEW_CASES = 40
STATEMENTS_OF_A_REPEAT = 5


def test_a_batch_is_routed_like_its_records(
    engine: Engine, tables: Path, tmp_path: Path, now: Callable[[], datetime]
) -> None:
    """Repeats before and behind their case, a join, and a second record of a complaint change nothing in a batch."""
    complaints = [
        complaint_of(1, "Kemenkes, obat di puskesmas habis"),
        # It belongs to complaint 4, which comes behind it.
        complaint_of(2, "Mohon PLN datang", of=4),
        complaint_of(3, "listrik padam di Semarang"),
        complaint_of(4, "PLN, tiang listrik roboh"),
        complaint_of(5, "saya juga", of=1, kind="joins"),
        complaint_of(4, "PLN, tiang listrik roboh"),
        complaint_of(6, "jalan berlubang"),
        complaint_of(7, "sudah seminggu", of=6),
    ]
    router = make_router(engine, fixed_rules_source(), now)
    records = _records(RouterHarness(router), complaints)
    in_batch = router.handle(records)
    other_engine = open_database(f"sqlite:///{shutil.copy(tables, tmp_path / 'other.db')}")
    one_by_one = make_router(other_engine, fixed_rules_source(), now)
    assert in_batch == [output for record in records for output in one_by_one.handle([record])]
    # A second delivery of the batch: the stored dispatches are published again.
    assert router.handle(records) == in_batch
    other_engine.dispose()


def test_new_cases_of_a_batch_share_their_statements(engine: Engine, now: Callable[[], datetime]) -> None:
    """Twice as many new cases cost no further statement."""
    harness = RouterHarness(make_router(engine, fixed_rules_source(), now))
    batches = [
        [complaint_of(number, f"jalan rusak {number}") for number in range(first, first + count)]
        for first, count in ((100, NEW_CASES), (1_000, 2 * NEW_CASES))
    ]
    counts = [_count_statements(engine, harness, complaints) for complaints in batches]
    assert counts[0] == counts[1]


def test_a_repeat_of_an_open_case_takes_five_statements(engine: Engine, now: Callable[[], datetime]) -> None:
    """It locks and reads its case, asks for the closing, and stores its dispatch and its parent."""
    harness = RouterHarness(make_router(engine, fixed_rules_source(), now))
    harness.route(complaint_of(1, "Kemenkes, obat di puskesmas habis"))
    batches = [
        [complaint_of(number, "belum ada kabar", of=1) for number in range(first, first + count)]
        for first, count in ((100, 1), (1_000, 4))
    ]
    counts = [_count_statements(engine, harness, complaints) for complaints in batches]
    assert counts[1] - counts[0] == 3 * STATEMENTS_OF_A_REPEAT


def _count_statements(engine: Engine, harness: RouterHarness, complaints: Sequence[Complaint]) -> int:
    records = _records(harness, complaints)
    with counted(engine) as statements:
        assert len(dispatches(harness.stage.handle(records))) == len(complaints)
    return len(statements)


def _records(harness: RouterHarness, complaints: Sequence[Complaint]) -> Sequence[Record]:
    return [harness.complaint_record(complaint) for complaint in complaints]
