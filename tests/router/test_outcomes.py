"""The outcomes that the router publishes: one for each answer and correction that it did not reject."""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from bus.errors import Reject
from bus.port import Outgoing, Record
from messages import codec
from messages.shapes import KEPT_APART, MERGED, SPLIT, AnswerOutcome, CorrectionOutcome, Relation
from messages.topics import ANSWER_OUTCOMES, CORRECTION_OUTCOMES
from tests.conftest import NOW
from tests.router.test_answers import PLN, SLEMAN, record_of, route_first
from tests.router.test_corrections import CorrectionHarness, correction
from tests.router.test_linked import complaint_of, dispatches, id_of
from tests.support.agency_answers import signed, unsigned_answer
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_router

_WORDS = "Rumah Ibu Wiratama sudah kami datangi."


@pytest.fixture
def router(engine: Engine, now: Callable[[], object]) -> CorrectionHarness:
    """A router on each kind of database."""
    return CorrectionHarness(make_router(engine, fixed_rules_source(), now))  # type: ignore[arg-type]


def answers(outputs: Sequence[Outgoing]) -> list[AnswerOutcome]:
    """Return the outcomes of answers."""
    return [codec.decode(AnswerOutcome, out.value, out.headers) for out in outputs if out.topic == ANSWER_OUTCOMES]


def corrections(outputs: Sequence[Outgoing]) -> list[CorrectionOutcome]:
    """Return the outcomes of corrections."""
    topic = CORRECTION_OUTCOMES
    return [codec.decode(CorrectionOutcome, out.value, out.headers) for out in outputs if out.topic == topic]


def test_the_outcome_of_an_answer(router: CorrectionHarness) -> None:
    """It has the answer's record, and neither its words nor the person who wrote them."""
    dispatch = route_first(router)
    answer = signed(unsigned_answer(dispatch, "responded", text=_WORDS, actor="Wiratama"))
    taken_at = NOW + timedelta(hours=3)
    outputs = router.route_record(record_of(answer, 7, taken_at))
    (judged,) = answers(outputs)
    assert (judged.answer_id, judged.outcome, judged.verdict) == (answer.id, "counted", "responded")
    assert (judged.complaint_id, judged.case_id) == (dispatch.complaint_id, dispatch.complaint_id)
    assert (judged.dispatch_id, judged.hop, judged.agency) == (dispatch.id, 0, dispatch.agency)
    assert (judged.at, judged.position) == (taken_at, "agency-answers/0/7")
    assert "Wiratama" not in json.dumps(judged.model_dump(mode="json"))
    assert outputs[-1].key == str(dispatch.complaint_id).encode()


def test_each_outcome(router: CorrectionHarness) -> None:
    """An answer counts once, in time, and where its verdict may follow."""
    first = route_first(router)
    assert [judged.outcome for judged in answers(router.route_answer(first, "accepted"))] == ["counted"]
    again = record_of(signed(unsigned_answer(first, "accepted", text="Sekali lagi.")), 50)
    assert [judged.outcome for judged in answers(router.route_record(again))] == ["repeated"]
    refusal = router.route_answer(first, "refused")
    (second,) = dispatches(refusal)
    assert [judged.outcome for judged in answers(refusal)] == ["counted"]
    assert [judged.outcome for judged in answers(router.route_answer(first, "closed"))] == ["late"]
    router.route_answer(second, "closed")
    assert [judged.outcome for judged in answers(router.route_answer(second, "refused"))] == ["not-accepted"]


def test_an_answer_to_a_further_message_is_an_answer_for_its_case(router: CorrectionHarness) -> None:
    """The outcome names the case and its dispatch."""
    case = route_first(router)
    (repeat,) = dispatches(router.route(complaint_of(2, "masih", of=1)))
    (judged,) = answers(router.route_answer(repeat, "closed"))
    assert (judged.complaint_id, judged.case_id, judged.dispatch_id) == (id_of(2), id_of(1), case.id)


def test_all_records_of_an_answer_have_one_outcome(router: CorrectionHarness) -> None:
    """It is that of the first record, also after the case has moved: a redriven answer loses nothing."""
    first = route_first(router)
    record = router.answer_record(first, "responded")
    outcome = router.route_record(record)[-1]
    router.route_answer(first, "refused")
    second_record = Record(record.topic, 0, 99, record.timestamp + 5000, record.key, record.value, record.headers)
    assert router.route_record(record)[-1] == outcome
    assert router.route_record(second_record) == [outcome]


@pytest.mark.parametrize("agency", [SLEMAN, PLN])
def test_a_rejected_answer_has_no_outcome(router: CorrectionHarness, agency: str) -> None:
    """It is a dead letter. Nobody counts it."""
    first = route_first(router)
    with pytest.raises(Reject):
        router.route_record(record_of(signed(unsigned_answer(first, "closed", agency=agency)), 50))


def test_the_outcome_of_a_merge_and_of_a_split(router: CorrectionHarness) -> None:
    """It has the relation, and neither the person nor the reason. The same record, and another one, give it again."""
    router.route_new("Kemenkes tolong", 1)
    router.route_new("Mohon PLN datang", 2)
    merge = correction(2, Relation(kind="joins", of=id_of(1), evidence=(MERGED,)))
    outputs = router.route_record(record := router.correction_record(merge))
    (judged,) = corrections(outputs)
    assert (judged.correction_id, judged.complaint_id, judged.outcome) == (merge.id, id_of(2), "applied")
    assert (judged.relation, judged.apart_from, judged.position) == (merge.relation, None, record.position)
    assert b"petugas" not in outputs[-1].value
    assert b"lokasinya" not in outputs[-1].value
    assert router.route_record(record) == outputs
    assert router.route_record(router.correction_record(merge)) == outputs[-1:]
    split = correction(2, Relation(evidence=(SPLIT,)), apart_from=1, sequence=1)
    (judged,) = corrections(router.route_record(router.correction_record(split)))
    assert (judged.outcome, judged.relation.kind, judged.apart_from) == ("applied", "new", id_of(1))


def test_a_merge_into_a_closed_case_is_unchanged(router: CorrectionHarness) -> None:
    """It stays so after the case was opened again: the person decides again, and that is another correction."""
    case = route_first(router, 1)
    route_first(router, 2)
    router.route_answer(case, "closed")
    record = router.correction_record(correction(2, Relation(kind="joins", of=id_of(1), evidence=(MERGED,))))
    outputs = router.route_record(record)
    assert [output.topic for output in outputs] == [CORRECTION_OUTCOMES]
    assert [judged.outcome for judged in corrections(outputs)] == ["unchanged"]
    assert router.route_record(record) == outputs


def test_a_denial_is_applied(router: CorrectionHarness) -> None:
    """The two are apart, whether they were one case before or not."""
    route_first(router, 1)
    route_first(router, 2)
    denial = correction(2, Relation(evidence=(KEPT_APART,)), apart_from=1)
    (judged,) = corrections(router.route_record(router.correction_record(denial)))
    assert (judged.outcome, judged.relation.is_denial) == ("applied", True)


def test_a_correction_of_an_unknown_complaint_has_no_outcome(router: CorrectionHarness) -> None:
    """It is a dead letter."""
    unknown = correction(9, Relation(kind="joins", of=id_of(1), evidence=(MERGED,)))
    with pytest.raises(Reject):
        router.route_record(router.correction_record(unknown))
