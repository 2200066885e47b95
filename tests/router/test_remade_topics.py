"""A topic that was made again beside a kept database: new records have the positions of old ones."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Engine

from config.database import read_transaction
from messages.shapes import SPLIT, Relation
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, CORRECTIONS
from router.partitions import read_next_offsets
from tests.router.test_corrections import CorrectionHarness, correction
from tests.router.test_linked import complaint_of, dispatches, id_of
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_router


@pytest.fixture
def router(engine: Engine, now: Callable[[], datetime]) -> CorrectionHarness:
    """A router on each kind of database."""
    return CorrectionHarness(make_router(engine, fixed_rules_source(), now))


def test_a_complaint_gets_no_dispatch_of_another_at_its_position(router: CorrectionHarness) -> None:
    """It is routed by its own text, and the same again at a second reading."""
    router.route_new("Kemenkes tolong", 1)
    router.offset = 0
    record = router.complaint_record(complaint_of(2, "Mohon PLN datang"))
    (dispatch,) = dispatches(router.route_record(record))
    assert (dispatch.complaint_id, dispatch.agency) == (id_of(2), "bumn-pln")
    assert dispatches(router.route_record(record)) == [dispatch]


def test_a_refusal_moves_its_own_case(router: CorrectionHarness) -> None:
    """Not the case that the refusal at this position has moved before."""
    first, second = (dispatches(router.route(complaint_of(number, "Kemenkes tolong")))[0] for number in (1, 2))
    router.route_answer(first, suggested_agency="bumn-pln")
    router.offset -= 1
    record = router.answer_record(second, "refused", "bumn-pln")
    (moved,) = dispatches(router.route_record(record))
    assert (moved.complaint_id, moved.agency, moved.hop) == (id_of(2), "bumn-pln", 1)
    assert dispatches(router.route_record(record)) == [moved]


def test_a_correction_moves_its_own_complaint(router: CorrectionHarness) -> None:
    """Not the complaint that the correction at this position has split before."""
    for number, of in ((1, None), (2, 1), (3, 1)):
        router.route_new("Kemenkes tolong", number, of=of)
    router.split(2)
    router.offset -= 1
    record = router.correction_record(correction(3, Relation(evidence=(SPLIT,)), apart_from=1))
    (split,) = dispatches(router.route_record(record))
    assert (split.complaint_id, split.own_case) == (id_of(3), True)
    assert dispatches(router.route_record(record)) == [split]


def test_the_offset_behind_the_last_record_is_kept(router: CorrectionHarness, engine: Engine) -> None:
    """It does not go back when records are read again."""
    (case,) = dispatches(router.route(complaint_of(1, "Kemenkes tolong")))
    record = router.complaint_record(complaint_of(2, "Mohon PLN datang"))
    router.route_record(record)
    router.route_answer(case)
    router.split(2)
    router.route_record(router.complaint_record(complaint_of(3, "halo")))
    router.route_record(record)
    with read_transaction(engine) as connection:
        offsets = {partition.topic: offset for partition, offset in read_next_offsets(connection).items()}
    assert offsets == {COMPLAINTS: 6, AGENCY_ANSWERS: 4, CORRECTIONS: 5}
