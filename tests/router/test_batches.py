"""A batch of complaints leads to the messages of its records one by one, with few statements."""

from collections.abc import Callable, Sequence
from datetime import datetime

import pytest
from sqlalchemy import Engine

from bus.port import Record
from messages.shapes import Complaint
from tests.router.test_linked import RouterHarness, complaint_of, dispatches
from tests.sinks.ledger.test_status import counted
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_router

NEW_CASES = 40


def test_a_batch_is_routed_like_its_records(engine: Engine, other_engine: Engine, now: Callable[[], datetime]) -> None:
    """Repeats before and behind their case, joins, a second record of a complaint, moves and closings in a batch."""
    router = make_router(engine, fixed_rules_source(), now)
    harness = RouterHarness(router)
    earlier = [
        complaint_of(20, "Kemenkes, obat di puskesmas habis"),
        complaint_of(21, "PLN, tiang listrik roboh"),
        complaint_of(22, "saya juga", of=21, kind="joins"),
    ]
    earlier_records = _records(harness, earlier)
    first, second, _ = dispatches(router.handle(earlier_records))
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
        # It moves complaint 6 and what accompanies it.
        complaint_of(8, "Mohon PLN datang", of=6),
        complaint_of(9, "belum ada kabar", of=6),
        complaint_of(10, "belum ada kabar", of=20),
        complaint_of(11, "Kemenkes, saya juga", of=22, kind="joins"),
        # A second record of a complaint that has moved, and a complaint that belongs to one beside it.
        complaint_of(21, "PLN, tiang listrik roboh"),
        complaint_of(12, "belum ada kabar", of=22),
    ]
    answers = [harness.answer_record(second, "refused"), harness.answer_record(first, "closed")]
    records = [
        answers[0],
        *_records(harness, complaints),
        answers[1],
        *_records(harness, [complaint_of(13, "belum ada kabar", of=20), complaint_of(14, "saya juga", of=13)]),
    ]
    in_batch = router.handle(records)
    one_by_one = make_router(other_engine, fixed_rules_source(), now)
    one_by_one.handle(earlier_records)
    assert in_batch == [output for record in records for output in one_by_one.handle([record])]
    # A second delivery of the batch: the stored dispatches are published again.
    assert router.handle(records) == in_batch


@pytest.mark.parametrize("in_one_batch", [True, False])
def test_complaints_that_name_each_other_are_dispatched(
    engine: Engine, now: Callable[[], datetime], *, in_one_batch: bool
) -> None:
    """Two complaints that belong to each other, and what belongs to them, end as dispatches: no search is endless."""
    router = make_router(engine, fixed_rules_source(), now)
    complaints = [
        complaint_of(1, "PLN, tiang listrik roboh", of=2),
        complaint_of(2, "saya juga", of=1),
        complaint_of(3, "belum ada kabar", of=1),
        complaint_of(4, "belum ada kabar", of=2),
        complaint_of(5, "belum ada kabar", of=5),
    ]
    records = _records(RouterHarness(router), complaints)
    batches = [records] if in_one_batch else [[record] for record in records]
    routed = dispatches([output for batch in batches for output in router.handle(batch)])
    assert {dispatch.complaint_id for dispatch in routed} == {complaint.id for complaint in complaints}


def test_new_cases_of_a_batch_share_their_statements(engine: Engine, now: Callable[[], datetime]) -> None:
    """Twice as many new cases cost no further statement."""
    harness = RouterHarness(make_router(engine, fixed_rules_source(), now))
    batches = [
        [complaint_of(number, f"jalan rusak {number}") for number in range(first, first + count)]
        for first, count in ((100, NEW_CASES), (1_000, 2 * NEW_CASES))
    ]
    counts = [_count_statements(engine, harness, complaints) for complaints in batches]
    assert counts[0] == counts[1]


def test_repeats_and_joins_of_a_batch_share_their_statements(engine: Engine, now: Callable[[], datetime]) -> None:
    """Twice as many complaints that belong to different cases cost no further statement."""
    harness = RouterHarness(make_router(engine, fixed_rules_source(), now))
    cases = [complaint_of(number, "Kemenkes, obat di puskesmas habis") for number in range(2 * NEW_CASES)]
    harness.stage.handle(_records(harness, cases))
    counts = []
    for first, count in ((1_000, NEW_CASES), (2_000, 2 * NEW_CASES)):
        repeats = [complaint_of(first + number, "belum ada kabar", of=number) for number in range(count)]
        joins = [complaint_of(first + 500 + number, "saya juga", of=number, kind="joins") for number in range(count)]
        counts.append(_count_statements(engine, harness, [*repeats, *joins]))
    assert counts[0] == counts[1]


def _count_statements(engine: Engine, harness: RouterHarness, complaints: Sequence[Complaint]) -> int:
    records = _records(harness, complaints)
    with counted(engine) as statements:
        assert len(dispatches(harness.stage.handle(records))) == len(complaints)
    return len(statements)


def _records(harness: RouterHarness, complaints: Sequence[Complaint]) -> Sequence[Record]:
    return [harness.complaint_record(complaint) for complaint in complaints]
