"""A router that is frozen inside its transaction, and thaws after another one got its partitions.

Its bus commit is refused then, but its database commit is not: whoever reads the record next publishes what it stored.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from bus.port import Record
from config.database import read_transaction
from messages.shapes import MERGED, SPLIT, Complaint, FollowUp, Relation
from router.store import latest_stored_dispatches
from tests.conftest import NOW
from tests.router.test_corrections import CorrectionHarness, correction
from tests.router.test_linked import complaint_of, dispatches, id_of
from tests.support.frozen_owner import handled_while_frozen
from tests.support.interleaving import other_connection
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_router


def _first_dispatches(router: CorrectionHarness) -> Sequence[Record]:
    complaints = (complaint_of(1, "Kemenkes tolong"), complaint_of(2, "Mohon PLN datang", channel="sms"))
    return [router.complaint_record(complaint) for complaint in complaints]


def _dispatch_with_early_follower(router: CorrectionHarness) -> Sequence[Record]:
    """Return the record of a case whose repeat was routed before it."""
    router.route_new("sudah seminggu", 2, of=1)
    return [router.complaint_record(complaint_of(1, "Kemenkes tolong"))]


def _clarification(router: CorrectionHarness) -> Sequence[Record]:
    """Return the record of a message by which an earlier report leaves triage."""
    router.route_new("halo selamat pagi", 1)
    return [router.complaint_record(complaint_of(2, "Mohon PLN datang", of=1))]


def _refusal(router: CorrectionHarness) -> Sequence[Record]:
    (case,) = dispatches(router.route(complaint_of(1, "Kemenkes tolong")))
    _follow(router)
    return [router.answer_record(case, "refused", "bumn-pln")]


def _question(router: CorrectionHarness) -> Sequence[Record]:
    (case,) = dispatches(router.route(complaint_of(1, "Kemenkes tolong", channel="sms")))
    return [router.answer_record(case, "asked")]


def _closing(router: CorrectionHarness) -> Sequence[Record]:
    """Return the record of a closing, to which the sender objected before the router processed it."""
    (case,) = dispatches(router.route(complaint_of(1, "Kemenkes tolong", channel="sms")))
    router.route(_objection())
    return [router.answer_record(case, "closed")]


def _reopening(router: CorrectionHarness) -> Sequence[Record]:
    (case,) = dispatches(router.route(complaint_of(1, "Kemenkes tolong", channel="sms")))
    router.route_answer(case, "closed")
    return [router.complaint_record(_objection())]


def _merge(router: CorrectionHarness) -> Sequence[Record]:
    router.route_new("Kemenkes tolong", 1)
    router.route_new("Mohon PLN datang", 4)
    _follow(router)
    merge = correction(1, Relation(kind="joins", of=id_of(4), evidence=(MERGED,)))
    return [router.correction_record(merge)]


def _split(router: CorrectionHarness) -> Sequence[Record]:
    router.route_new("Kemenkes tolong", 1)
    _follow(router)
    router.route_new("lagi", 4, of=2)
    return [router.correction_record(correction(2, Relation(evidence=(SPLIT,)), apart_from=1))]


def _follow(router: CorrectionHarness) -> None:
    """Let two complaints accompany the first one."""
    router.route_new("sudah seminggu", 2, of=1)
    router.route_new("saya juga", 3, of=1, kind="joins")


def _objection() -> Complaint:
    objection = complaint_of(2, "belum menyala", of=1)
    return objection.model_copy(update={"follow_up": FollowUp(act="objects"), "at": NOW + timedelta(minutes=1)})


SCENES = (
    _first_dispatches,
    _dispatch_with_early_follower,
    _clarification,
    _refusal,
    _question,
    _closing,
    _reopening,
    _merge,
    _split,
)


@pytest.mark.parametrize("scene", SCENES)
def test_the_next_router_publishes_what_a_frozen_one_stored(
    engine: Engine,
    other_engine: Engine,
    now: Callable[[], datetime],
    scene: Callable[[CorrectionHarness], Sequence[Record]],
) -> None:
    """The outputs are those of a router that was never disturbed. They are the same at each further reading."""
    undisturbed = make_router(other_engine, fixed_rules_source(), now)
    expected = undisturbed.handle(scene(CorrectionHarness(undisturbed)))
    assert expected
    first = make_router(engine, fixed_rules_source(), now)
    records = scene(CorrectionHarness(first))
    with other_connection(engine) as second_engine:
        second = make_router(second_engine, fixed_rules_source(), now)
        outputs = handled_while_frozen(engine, lambda: first.handle(records), lambda: second.handle(records))
        assert outputs == expected
        assert second.handle(records) == expected


@pytest.mark.parametrize("parent_first", [True, False])
def test_a_repeat_that_another_router_routes_at_the_same_moment_accompanies_its_case(
    engine: Engine, now: Callable[[], datetime], *, parent_first: bool
) -> None:
    """The two are on different partitions: neither router sees the other's dispatch before its commit."""
    first = make_router(engine, fixed_rules_source(), now)
    router = CorrectionHarness(first)
    parent = router.complaint_record(complaint_of(1, "Kemenkes tolong"))
    repeat = replace(router.complaint_record(complaint_of(2, "sudah seminggu", of=1)), partition=1)
    held, other = (parent, repeat) if parent_first else (repeat, parent)
    with other_connection(engine) as other_engine:
        second = make_router(other_engine, fixed_rules_source(), now)
        handled_while_frozen(engine, lambda: first.handle([held]), lambda: second.handle([other]))
    with read_transaction(engine) as connection:
        latest = latest_stored_dispatches(connection, [id_of(1), id_of(2)])
    assert not latest[id_of(2)].own_case
    assert latest[id_of(2)].agency == latest[id_of(1)].agency
