"""The sender's next words move a report from one agency to another: only soon, and before the agency answers."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from bus.port import Outgoing
from messages.shapes import Complaint, FollowUp, SenderAct, Verdict
from tests.conftest import NOW
from tests.router.test_linked import RouterHarness, complaint_of, dispatches, id_of, replies
from tests.support.deadlines import DEADLINES
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_router

_SEMARANG, _SLEMAN, _HEALTH = "kota-3374", "kabupaten-3404", "kementerian-kemenkes"
_REPORT = "Jalan rusak di Kota Semarang"
_CORRECTION = "maaf salah tulis, bukan Kota Semarang, Kabupaten Sleman"


@pytest.fixture
def router(engine: Engine, now: Callable[[], datetime]) -> RouterHarness:
    """A router on each kind of database."""
    return RouterHarness(make_router(engine, fixed_rules_source(), now))


def addition(
    number: int, text: str = _CORRECTION, act: SenderAct = "adds", of: int = 1, after: timedelta = timedelta(seconds=30)
) -> Complaint:
    """Return a further message of the sender of a report."""
    complaint = complaint_of(number, text, of=of)
    return complaint.model_copy(update={"at": NOW + after, "follow_up": FollowUp(act=act)})


def places(outputs: Sequence[Outgoing]) -> list[tuple[str, int, bool]]:
    """Return agency, hop and `own_case` of the dispatches."""
    return [(item.agency, item.hop, item.own_case) for item in dispatches(outputs)]


def test_a_corrected_place_moves_the_report(router: RouterHarness) -> None:
    """By a hop with a new deadline and a reason that says so; the addition accompanies it there."""
    (first,) = dispatches(router.route(complaint_of(1, _REPORT, channel="sms")))
    assert first.agency == _SEMARANG
    outputs = router.route(addition(2))
    moved, added = dispatches(outputs)
    assert places(outputs) == [(_SLEMAN, 1, True), (_SLEMAN, 0, False)]
    assert (moved.complaint_id, added.relation.of) == (id_of(1), id_of(1))
    assert moved.reasons[-1].rule == "rerouted"
    assert moved.reasons[-1].text.startswith("Semula di Kota Semarang. Dipindahkan karena keterangan tambahan")
    assert moved.due_at == DEADLINES.answer_deadline(moved.at, _SLEMAN, moved.report.kind, moved.topic)
    assert replies(outputs) == []


def test_a_named_matter_moves_the_report(router: RouterHarness) -> None:
    """The second half of a sentence says what the report is about."""
    router.route(complaint_of(1, "Kami di Kab. Sleman, banjir kemarin, dan mau lapor"))
    outputs = router.route(addition(2, "listrik padam, gardu PLN meledak, PLN tolong", "reports"))
    assert places(outputs) == [("bumn-pln", 1, True), ("bumn-pln", 0, False)]


@pytest.mark.parametrize("verdict", ["accepted", "asked", "responded"])
def test_after_an_answer_nothing_moves(router: RouterHarness, verdict: Verdict) -> None:
    """The agency has begun: it reads the sender's words there."""
    (first,) = dispatches(router.route(complaint_of(1, _REPORT)))
    router.route_answer(first, verdict)
    assert places(router.route(addition(2))) == [(_SEMARANG, 0, False)]


@pytest.mark.parametrize(
    ("text", "act", "after"),
    [
        (_CORRECTION, "adds", timedelta(minutes=6)),
        (_CORRECTION, "adds", timedelta(hours=3)),
        (_CORRECTION, "objects", timedelta(seconds=30)),
        (_CORRECTION, "withdraws", timedelta(seconds=30)),
        ("di depan pasar Kota Semarang", "adds", timedelta(seconds=30)),
        ("bukan Kota Semarang", "adds", timedelta(seconds=30)),
        ("maaf, Kota Semarang atau Kabupaten Sleman, saya lupa", "adds", timedelta(seconds=30)),
        ("terima kasih", "adds", timedelta(seconds=30)),
    ],
)
def test_words_that_move_nothing(router: RouterHarness, text: str, act: SenderAct, after: timedelta) -> None:
    """Too late, about the answer, for the same agency, or unclear: nothing goes from an agency to triage."""
    router.route(complaint_of(1, _REPORT))
    assert places(router.route(addition(2, text, act, after=after))) == [(_SEMARANG, 0, False)]


def test_a_report_moves_once(router: RouterHarness) -> None:
    """Another correction is read at the agency to which it moved."""
    router.route(complaint_of(1, _REPORT))
    router.route(addition(2))
    assert places(router.route(addition(3, "eh bukan Sleman, Kota Semarang"))) == [(_SLEMAN, 0, False)]


def test_a_report_that_an_agency_refused_does_not_move(router: RouterHarness) -> None:
    """The next agency has it by an act of the first."""
    (first,) = dispatches(router.route(complaint_of(1, _REPORT)))
    router.route_answer(first, suggested_agency=_HEALTH)
    assert places(router.route(addition(2))) == [(_HEALTH, 0, False)]


@pytest.mark.parametrize("writes_on", [True, False])
def test_the_report_of_another_citizen_is_not_moved(router: RouterHarness, *, writes_on: bool) -> None:
    """Neither by a join, nor with a case that somebody else joined."""
    router.route(complaint_of(1, _REPORT))
    router.route(complaint_of(2, "saya juga, jalan rusak", of=1, kind="joins"))
    outputs = router.route(addition(3) if writes_on else complaint_of(3, _CORRECTION, of=1, kind="joins"))
    assert (id_of(1), 1) not in {(item.complaint_id, item.hop) for item in dispatches(outputs)}


def test_earlier_additions_move_with_the_report(router: RouterHarness) -> None:
    """One queue has the report and all words of its sender."""
    router.route(complaint_of(1, _REPORT))
    router.route(addition(2, "sudah seminggu"))
    outputs = router.route(addition(3, of=2))
    assert places(outputs) == [(_SLEMAN, 1, True), (_SLEMAN, 1, False), (_SLEMAN, 0, False)]


def test_the_agency_that_the_report_left_has_not_refused_it(router: RouterHarness) -> None:
    """A refusal of the second agency may name the first one."""
    router.route(complaint_of(1, _REPORT))
    moved, _ = dispatches(router.route(addition(2)))
    outputs = router.route_answer(moved, suggested_agency=_SEMARANG)
    assert places(outputs) == [(_SEMARANG, 2, True), (_SEMARANG, 1, False)]


def test_an_answer_of_the_first_agency_comes_too_late(router: RouterHarness) -> None:
    """It moves and tells nothing."""
    (first,) = dispatches(router.route(complaint_of(1, _REPORT)))
    router.route(addition(2))
    assert dispatches(router.route_answer(first)) == []


def test_a_record_that_comes_again_leads_to_the_same_hops(router: RouterHarness) -> None:
    """Byte by byte, and a second record of the addition to nothing."""
    router.route(complaint_of(1, _REPORT))
    record = router.complaint_record(addition(2))
    first = router.route_record(record)
    assert router.route_record(record) == first
    assert dispatches(router.route(addition(2))) == []


def test_both_in_one_batch(router: RouterHarness) -> None:
    """The result is that of two batches."""
    records = [router.complaint_record(complaint_of(1, _REPORT)), router.complaint_record(addition(2))]
    assert places(router.stage.handle(records)) == [
        (_SEMARANG, 0, True),
        (_SLEMAN, 1, True),
        (_SLEMAN, 0, False),
    ]
