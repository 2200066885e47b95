"""Nothing repeats or joins a closed case: the next report of the same matter is a case of its own, on each database."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine

from app.assembly.parts import Parts
from bus.errors import Reject
from bus.port import Outgoing, Record
from messages import codec, ids
from messages.shapes import AgencyAnswer, AnswerOutcomeKind, ClosedCase, Dispatch, Relation
from messages.topics import AGENCY_ANSWERS, ANSWER_OUTCOMES, CORRECTION_OUTCOMES, CORRECTIONS, consumer_groups
from normalize.duplicates.factory import DuplicateDetection
from normalize.stage import NormalizeStage
from tests.conftest import NOW
from tests.normalize.duplicates.test_decisions import (
    AFTERNOON,
    MORNING,
    correction,
    decode_complaints,
    normalize,
    relation_kinds,
    report,
)
from tests.support import records
from tests.support.case_stages import make_case_stage
from tests.support.outcomes import answer_outcome
from tests.support.records import at
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_normalizer, make_router


@pytest.fixture
def stage(parts: Parts, engine: Engine, detection: DuplicateDetection) -> NormalizeStage:
    """A normalizer that compares, on each kind of database."""
    return make_normalizer(engine, parts.sealer, matcher=detection.matcher)


def answer_record(
    complaint_id: UUID, verdict: str = "closed", outcome: AnswerOutcomeKind = "counted", case_id: UUID | None = None
) -> Record:
    """Return the record of the outcome of an agency's answer to the first dispatch of a complaint."""
    return at(answer_outcome(answer_of(complaint_id, verdict), NOW, outcome, case_id))


def answer_of(complaint_id: UUID, verdict: str) -> AgencyAnswer:
    """Return an answer without its agency's authenticator."""
    dispatch_id = ids.dispatch_id(complaint_id, 0)
    return AgencyAnswer(
        id=ids.answer_id(dispatch_id, verdict, ""),
        message_id=complaint_id,
        at=NOW,
        complaint_id=complaint_id,
        dispatch_id=dispatch_id,
        agency="kementerian-kemenkes",
        verdict=verdict,  # type: ignore[arg-type]
    )


def test_the_normalizer_reads_the_outcomes() -> None:
    """Without them it would not know that a case is closed. It does not judge answers and corrections itself."""
    normalizer, *_ = consumer_groups(("sms",))
    assert {ANSWER_OUTCOMES, CORRECTION_OUTCOMES} <= set(normalizer.topics)
    assert not {AGENCY_ANSWERS, CORRECTIONS} & set(normalizer.topics)


@pytest.mark.parametrize("batch_size", [1, 100])
def test_reports_after_the_close_are_cases_of_their_own(parts: Parts, stage: NormalizeStage, batch_size: int) -> None:
    """The same text, a near copy and the same sender's next message are new; later ones belong to the new case."""
    (first,) = normalize(stage, report(parts, MORNING, "a"))
    assert stage.handle([answer_record(first.id)]) == []
    messages = [
        report(parts, MORNING, "b", 1),
        report(parts, f"Masih berlubang. {AFTERNOON}", "a", 2),
        report(parts, AFTERNOON, "c", 3),
    ]
    second, third, fourth = normalize(stage, *messages, first_offset=10, batch_size=batch_size)
    assert second.relation == Relation()
    assert {third.relation.kind, fourth.relation.kind} == {"joins"}
    assert {third.relation.of, fourth.relation.of} == {second.id}


def test_a_report_after_the_close_names_the_closed_case(parts: Parts, stage: NormalizeStage) -> None:
    """Another sender's near copy is new and names the case that was closed; a report that joins the new case does not.

    One that was sent before the closing names none, and neither does a secret one.
    """
    (first,) = normalize(stage, report(parts, MORNING, "a"))
    stage.handle([answer_record(first.id)])
    other, join = normalize(
        stage, report(parts, AFTERNOON, "b", 1), report(parts, f"Setuju. {AFTERNOON}", "c", 2), first_offset=10
    )
    assert (other.relation, other.similar_closed_case) == (Relation(), ClosedCase(of=first.id, closed_at=NOW))
    assert (join.relation.of, join.similar_closed_case) == (other.id, None)
    stage.handle([answer_record(other.id)])
    late, secret = normalize(
        stage,
        report(parts, f"Ya. {MORNING}", "d", -1),
        report(parts, f"Ya. {AFTERNOON}", "e", 3, rahasia=True),
        first_offset=20,
    )
    assert (late.relation, late.similar_closed_case) == (Relation(), None)
    assert (secret.relation, secret.similar_closed_case) == (Relation(), None)


def test_the_closed_case_of_the_same_sender(parts: Parts, stage: NormalizeStage) -> None:
    """It is marked as the own one, also if the literal text leads to it. A reopened case is not named."""
    (first,) = normalize(stage, report(parts, MORNING, "a"))
    stage.handle([answer_record(first.id)])
    (own,) = normalize(stage, report(parts, MORNING, "a", 1), first_offset=10)
    assert (own.relation, own.similar_closed_case) == (Relation(), ClosedCase(of=first.id, closed_at=NOW, is_own=True))
    stage.handle([answer_record(own.id)])
    objection = records.followed(parts, own.message_id, "objects", "Belum selesai.", NOW + timedelta(hours=2))
    stage.handle([at(objection, 15)])
    (join,) = normalize(stage, report(parts, AFTERNOON, "b", 3), first_offset=20)
    assert (join.relation.of, join.similar_closed_case) == (own.id, None)


def test_the_own_report_is_named_and_not_the_case_that_it_joined(parts: Parts, stage: NormalizeStage) -> None:
    """The number of the case is another citizen's."""
    first, join = normalize(stage, report(parts, MORNING, "a"), report(parts, AFTERNOON, "b", 1))
    assert join.relation.of == first.id
    stage.handle([answer_record(first.id)])
    (own,) = normalize(stage, report(parts, f"{AFTERNOON} Masih.", "b", 20), first_offset=10)
    assert own.similar_closed_case == ClosedCase(of=join.id, closed_at=NOW, is_own=True)


def test_what_came_back_while_the_case_is_open_is_suggested(parts: Parts, stage: NormalizeStage) -> None:
    """The text says that the trouble returned after a repair: another episode, and nothing is merged."""
    first, recurred = normalize(
        stage,
        report(parts, MORNING, "a"),
        report(parts, f"{AFTERNOON} Sudah ditambal minggu lalu, sekarang berlubang lagi.", "b", 200),
    )
    assert recurred.relation == Relation()
    assert recurred.suggestion
    assert (recurred.suggestion.of, recurred.similar_closed_case) == (first.id, None)


def test_the_same_text_of_the_same_sender_after_the_close(parts: Parts, stage: NormalizeStage) -> None:
    """An equal text of the same sender is new, and so is the first message after each further close."""
    (first,) = normalize(stage, report(parts, MORNING, "a"))
    stage.handle([answer_record(first.id)])
    second, third = normalize(stage, report(parts, MORNING, "a", 1), report(parts, MORNING, "a", 2), first_offset=10)
    assert (second.relation, third.relation.of) == (Relation(), second.id)
    stage.handle([answer_record(second.id)])
    (fourth,) = normalize(stage, report(parts, MORNING, "a", 3), first_offset=20)
    assert fourth.relation == Relation()


def test_a_continuation_after_the_close_is_a_case_of_its_own(parts: Parts, engine: Engine) -> None:
    """A message that its channel marks as a continuation does not vanish in the closed case.

    So it is without a matcher, too.
    """
    stage = make_normalizer(engine, parts.sealer)
    texts = ("PJU padam di Kota Palu", "PJU padam di Kota Palu")
    messages = [records.sms(parts, text, "+628000000021", when=NOW) for text in texts]
    (first,) = decode_complaints(stage.handle([at(messages[0], 1)]))
    stage.handle([answer_record(first.id)])
    (second,) = decode_complaints(stage.handle([at(messages[1], 2)]))
    assert second.relation == Relation()


@pytest.mark.parametrize("closed", ["root", "join"])
def test_a_close_counts_for_the_whole_group(parts: Parts, stage: NormalizeStage, closed: str) -> None:
    """An answer to a complaint that joins a case closes the case, and with it all that belongs to it."""
    first, join = normalize(stage, report(parts, MORNING, "a"), report(parts, AFTERNOON, "b", 1))
    assert join.relation.of == first.id
    stage.handle([answer_record(first.id if closed == "root" else join.id, case_id=first.id)])
    (second,) = normalize(stage, report(parts, AFTERNOON, "b", 20), first_offset=10)
    (third,) = normalize(stage, report(parts, MORNING, "c", 30), first_offset=20)
    assert second.relation == Relation()
    assert third.relation.of == second.id


@pytest.mark.parametrize("verdict", ["accepted", "refused", "responded"])
def test_other_answers_close_nothing(parts: Parts, stage: NormalizeStage, verdict: str) -> None:
    """After an answer that leaves the case open, the next report of the matter joins it."""
    (first,) = normalize(stage, report(parts, MORNING, "a"))
    stage.handle([answer_record(first.id, verdict)])
    (join,) = normalize(stage, report(parts, AFTERNOON, "b", 1), first_offset=10)
    assert join.relation.of == first.id


def test_a_close_in_the_same_batch_counts_first(parts: Parts, stage: NormalizeStage) -> None:
    """The order of two topics is unknown: a case of its own is the safe decision."""
    (first,) = normalize(stage, report(parts, MORNING, "a"))
    (second,) = decode_complaints(stage.handle([at(report(parts, AFTERNOON, "b", 1), 10), answer_record(first.id)]))
    assert second.relation == Relation()


def test_a_merge_that_is_read_after_the_closing(parts: Parts, stage: NormalizeStage) -> None:
    """The order of two topics is unknown: the case was open when the router merged. The closing is for both."""
    first, other = normalize(
        stage, report(parts, MORNING, "a"), report(parts, "Sampah menumpuk di Jalan Kenanga.", "b")
    )
    assert relation_kinds((first, other)) == ["new", "new"]
    stage.handle([answer_record(first.id)])
    stage.handle([correction(other.id, Relation(kind="joins", of=first.id))])
    (later,) = normalize(stage, report(parts, "Sampah menumpuk di Jalan Kenanga.", "b", 9), first_offset=10)
    assert later.relation == Relation()


def test_many_closed_copies_do_not_hide_the_open_case(parts: Parts, stage: NormalizeStage) -> None:
    """A report joins the open case, however many equal reports belong to the closed one."""
    closed_reports = [report(parts, MORNING, f"d{number}", number / 60) for number in range(12)]
    first, *joins = normalize(stage, *closed_reports)
    assert {join.relation.of for join in joins} == {first.id}
    stage.handle([answer_record(first.id)])
    second, third = normalize(stage, report(parts, MORNING, "y", 20), report(parts, MORNING, "z", 21), first_offset=100)
    assert (second.relation, third.relation.of) == (Relation(), second.id)


def test_a_decision_stays_after_the_close(parts: Parts, stage: NormalizeStage) -> None:
    """Records that are processed again give the same bytes, before and after the close."""
    batch = [at(report(parts, MORNING, "a"), 1), at(report(parts, AFTERNOON, "b", 1), 2)]
    outputs = stage.handle(batch)
    assert relation_kinds(decode_complaints(outputs)) == ["new", "joins"]
    closing = answer_record(decode_complaints(outputs)[0].id)
    stage.handle([closing])
    stage.handle([closing])
    assert stage.handle(batch) == outputs
    later = [at(report(parts, AFTERNOON, "c", 2), 3)]
    assert stage.handle(later) == stage.handle(later)


@pytest.mark.parametrize("outcome", ["repeated", "late", "not-accepted"])
def test_an_answer_that_does_not_count_closes_nothing(
    parts: Parts, stage: NormalizeStage, outcome: AnswerOutcomeKind
) -> None:
    """The router knows if the agency has the case, and if this verdict may follow the earlier ones."""
    (first,) = normalize(stage, report(parts, MORNING, "a"))
    stage.handle([answer_record(first.id, outcome=outcome)])
    (join,) = normalize(stage, report(parts, AFTERNOON, "b", 1), first_offset=10)
    assert join.relation.of == first.id


def test_an_unreadable_outcome_is_rejected(parts: Parts, stage: NormalizeStage) -> None:
    """The router wrote it: it is a dead letter of this stage alone."""
    (first,) = normalize(stage, report(parts, MORNING, "a"))
    record = answer_record(first.id)
    with pytest.raises(Reject):
        stage.handle([Record(record.topic, 0, 9, 0, record.key, b"{", record.headers)])


def test_each_later_victim_is_in_a_queue(
    parts: Parts, stage: NormalizeStage, engine: Engine, now: Callable[[], datetime]
) -> None:
    """The path from the channel to the queue and the ledger, with a close in between.

    The agency has a new case for each of: the same text of another citizen, a near copy, and a message of the first
    sender. None of them is `selesai` at birth.
    """
    router, ledger = make_router(engine, fixed_rules_source(), now), make_case_stage(engine)
    addressed = "Kemenkes tolong. {}"
    offset = 0

    def arrive(text: str, device: str, hours: float) -> Dispatch:
        nonlocal offset
        offset += 1
        outputs = stage.handle([at(report(parts, text, device, hours), offset)])
        (dispatch,) = _dispatches(router.handle([at(output, offset) for output in outputs]))
        ledger.handle([at(output, offset) for output in outputs])
        return dispatch

    first = arrive(addressed.format(MORNING), "a", 0)
    for number, (text, device) in enumerate(((MORNING, "b"), (AFTERNOON, "c"), (f"Masih. {MORNING}", "a")), start=1):
        stage.handle([answer_record(first.complaint_id)])
        dispatch = arrive(addressed.format(text), device, number)
        assert (dispatch.own_case, dispatch.hop, dispatch.relation.of) == (True, 0, None)
        assert dispatch.agency == first.agency
        first = dispatch


def _dispatches(outputs: Sequence[Outgoing]) -> list[Dispatch]:
    """Return the dispatches among the outputs."""
    queued = [output for output in outputs if output.topic.startswith("agency-")]
    return [codec.decode(Dispatch, output.value, output.headers) for output in queued]
