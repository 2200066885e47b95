"""Repeats, continuations and joins accompany their case from agency to agency."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid5

import pytest
from sqlalchemy import Engine

from bus.port import Outgoing, Record
from config.database import write_transaction
from messages import codec, ids
from messages.sealing import Sealed
from messages.shapes import Channel, ClosedCase, Complaint, Dispatch, Relation, Reply, Report, Verdict
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, REPLIES, TRIAGE
from router.stage import RouterStage
from router.store import DISPATCHES_PER_CHUNK, Cause, store_dispatches_once
from tests.conftest import NOW
from tests.support.agency_answers import signed, unsigned_answer
from tests.support.deadlines import DEADLINES
from tests.support.records import at
from tests.support.rules import SHIPPED, fixed_rules_source
from tests.support.stages import make_router
from tests.support.triage_confidence import check_confidence_at_triage

_SEALED = Sealed("sealed")
_IDS = UUID(int=1708)


def complaint_of(
    number: int,
    text: str,
    of: int | None = None,
    kind: Literal["repeat", "joins"] = "repeat",
    channel: Channel = "web",
) -> Complaint:
    """Return the complaint with this number, which may belong to that of another number."""
    relation = Relation() if of is None else Relation(kind=kind, of=id_of(of))
    return Complaint(
        id=id_of(number),
        message_id=uuid5(_IDS, f"message {number}"),
        at=NOW,
        tracking=f"NOMOR{number}",
        channel=channel,
        sender="sender",
        report=Report(text=text),
        contact=_SEALED,
        relation=relation,
    )


def id_of(number: int) -> UUID:
    """Return the id of the complaint with this number."""
    return uuid5(_IDS, str(number))


@dataclass
class RouterHarness:
    """A router, and the offset of the last record that it got."""

    stage: RouterStage
    offset: int = 0

    def route(self, complaint: Complaint) -> Sequence[Outgoing]:
        """Route a complaint; return the messages."""
        return self.route_record(self.complaint_record(complaint))

    def complaint_record(self, complaint: Complaint) -> Record:
        """Return the record of a complaint at the next offset."""
        self.offset += 1
        key = str(complaint.relation.of or complaint.id)
        return at(Outgoing(COMPLAINTS, *codec.encode(complaint, key, "/test")), self.offset)

    def route_answer(
        self,
        dispatch: Dispatch,
        verdict: Verdict = "refused",
        suggested_agency: str | None = None,
    ) -> Sequence[Outgoing]:
        """Route an agency's answer; return the messages."""
        return self.route_record(self.answer_record(dispatch, verdict, suggested_agency))

    def answer_record(
        self,
        dispatch: Dispatch,
        verdict: Verdict,
        suggested_agency: str | None = None,
    ) -> Record:
        """Return the record of an answer at the next offset."""
        self.offset += 1
        answer = unsigned_answer(dispatch, verdict, suggested_agency)
        key = str(answer.complaint_id)
        return at(Outgoing(AGENCY_ANSWERS, *codec.encode(signed(answer), key, "/test")), self.offset)

    def route_record(self, record: Record) -> Sequence[Outgoing]:
        """Route a record; return the messages, whose confidence at triage is checked."""
        outputs = self.stage.handle([record])
        check_confidence_at_triage(outputs)
        return outputs


def dispatches(outputs: Sequence[Outgoing]) -> list[Dispatch]:
    """Return the dispatches among the messages."""
    queued = [output for output in outputs if output.topic.startswith("agency-")]
    return [codec.decode(Dispatch, output.value, output.headers) for output in queued]


def replies(outputs: Sequence[Outgoing]) -> list[str]:
    """Return the tracking numbers of the replies, sorted."""
    reply_outputs = [output for output in outputs if output.topic == REPLIES]
    return sorted(codec.decode(Reply, output.value, output.headers).tracking for output in reply_outputs)


@pytest.fixture
def router(engine: Engine, now: Callable[[], datetime]) -> RouterHarness:
    """A router on each kind of database."""
    return RouterHarness(make_router(engine, fixed_rules_source(), now))


@pytest.mark.parametrize(
    ("kind", "text"),
    [("repeat", "Mohon PLN datang"), ("joins", "saya juga"), ("joins", "Kemenkes, saya juga")],
)
def test_a_repeat_or_join_accompanies_its_case(
    router: RouterHarness, kind: Literal["repeat", "joins"], text: str
) -> None:
    """The agency sees it with the case and the same deadline. A repeat goes there whatever its own text says.

    A join goes there if its own text leads there or nowhere.
    """
    (first,) = dispatches(router.route(complaint_of(1, "Kemenkes tolong")))
    (second,) = dispatches(router.route(complaint_of(2, text, of=1, kind=kind)))
    assert (second.agency, second.due_at, second.hop) == (first.agency, first.due_at, 0)
    assert (second.relation.kind, second.relation.of) == (kind, first.complaint_id)
    assert (first.own_case, second.own_case) == (True, False)
    assert [reason.rule for reason in second.reasons] == ["follows", "named"]
    assert "NOMOR1" in second.reasons[0].text
    assert second.report.text == text


@pytest.mark.parametrize(("text", "is_case"), [("saya juga", True), ("Kemenkes, saya juga", False)])
def test_a_join_without_an_agency_does_not_follow_an_anonymous_case(
    engine: Engine, text: str, *, is_case: bool
) -> None:
    """Its sender would learn where the copied report lies. The deadline is always that of the own dispatch."""
    times = iter([NOW, NOW + timedelta(days=2)])
    router = RouterHarness(make_router(engine, fixed_rules_source(), lambda: next(times)))
    anonymous = complaint_of(1, "Kemenkes tolong")
    router.route(anonymous.model_copy(update={"report": Report(text="Kemenkes tolong", anonim=True)}))
    (second,) = dispatches(router.route(complaint_of(2, text, of=1, kind="joins")))
    assert (second.own_case, second.agency) == (is_case, TRIAGE if is_case else "kementerian-kemenkes")
    assert second.due_at == DEADLINES.answer_deadline(NOW + timedelta(days=2), second.agency)


def test_a_case_names_the_closed_case_that_it_is_like(router: RouterHarness) -> None:
    """At every agency, without the sender's part in it. A report that accompanies another one names none.

    What repeats or joins a case that was closed meanwhile is a case of its own, which names it, too.
    """
    closed_case = ClosedCase(of=id_of(9), closed_at=NOW, is_own=True)
    like = complaint_of(1, "Mohon PLN datang").model_copy(update={"similar_closed_case": closed_case})
    (first,) = dispatches(router.route(like))
    assert first.similar_closed_case == ClosedCase(of=id_of(9), closed_at=NOW)
    (moved,) = dispatches(router.route_answer(first, suggested_agency="kementerian-kemenkes"))
    assert moved.similar_closed_case == first.similar_closed_case
    (beside,) = dispatches(
        router.route(complaint_of(2, "saya juga", of=1).model_copy(update={"similar_closed_case": closed_case}))
    )
    assert (beside.own_case, beside.similar_closed_case) == (False, None)
    router.route_answer(moved, "closed")
    for number, kind in enumerate(("repeat", "joins"), start=3):
        (late,) = dispatches(router.route(complaint_of(number, "saya juga", of=1, kind=kind)))  # type: ignore[arg-type]
        assert (late.own_case, late.similar_closed_case) == (True, ClosedCase(of=id_of(1), closed_at=NOW))


def test_a_join_never_overrides_its_own_agency(router: RouterHarness) -> None:
    """An earlier complaint cannot draw it to another agency. A reason names the agency of the earlier one."""
    router.route(complaint_of(1, "Kemenkes tolong"))
    (second,) = dispatches(router.route(complaint_of(2, "Ini Kemenkes? PLN? Kab. Sleman", of=1, kind="joins")))
    (third,) = dispatches(router.route(complaint_of(3, "Mohon PLN datang ke Kab. Sleman", of=1, kind="joins")))
    assert (second.agency, second.own_case) == ("kementerian-kemenkes", False)
    assert (third.agency, third.own_case) == ("bumn-pln", True)
    assert third.alternatives == ("kabupaten-3404", "provinsi-34")
    assert (third.relation.kind, third.relation.of) == ("joins", id_of(1))
    assert [reason.rule for reason in third.reasons] == ["named", "follows"]
    assert third.reasons[-1].text == (
        "Hal yang sama sudah dilaporkan warga lain dengan nomor NOMOR1, yang berada di Kementerian Kesehatan."
    )


def test_a_join_with_its_own_case_moves_alone(router: RouterHarness) -> None:
    """Neither moves the other, and replies go to the sender of the answered case."""
    (first,) = dispatches(router.route(complaint_of(1, "Mohon Kemenkes datang ke Kab. Sleman", channel="sms")))
    (second,) = dispatches(
        router.route(complaint_of(2, "Mohon PLN datang ke Kab. Sleman", of=1, kind="joins", channel="sms"))
    )
    assert [dispatch.complaint_id for dispatch in dispatches(router.route_answer(first))] == [id_of(1)]
    assert replies(router.route_answer(second, "responded")) == ["NOMOR2"]
    (moved,) = dispatches(router.route_answer(second))
    assert (moved.complaint_id, moved.agency, moved.own_case) == (id_of(2), "kabupaten-3404", True)
    assert (moved.relation.kind, moved.relation.of) == ("joins", id_of(1))
    # Both lie at one agency now, as two cases: a refusal of one does not move the other.
    (moved_again,) = dispatches(router.route_answer(moved))
    assert (moved_again.complaint_id, moved_again.agency) == (id_of(2), "provinsi-34")


def test_a_refusal_of_another_case_does_not_count(router: RouterHarness) -> None:
    """The agency is asked again. When it refuses this complaint too, this complaint moves."""
    (first,) = dispatches(router.route(complaint_of(1, "Mohon Kemenkes datang ke Kab. Sleman")))
    router.route_answer(first)
    (second,) = dispatches(
        router.route(complaint_of(2, "Mohon Kemenkes datang ke Kab. Sleman lagi", of=1, kind="joins"))
    )
    assert (second.agency, second.own_case) == ("kementerian-kemenkes", True)
    (moved,) = dispatches(router.route_answer(second))
    assert (moved.complaint_id, moved.agency) == (id_of(2), "kabupaten-3404")


def test_a_repeat_of_a_join_accompanies_the_join(router: RouterHarness) -> None:
    """It is from the same citizen, so it goes to the agency of their complaint, not to that of the first one."""
    router.route(complaint_of(1, "Kemenkes tolong"))
    router.route(complaint_of(2, "Mohon PLN datang", of=1, kind="joins"))
    (third,) = dispatches(router.route(complaint_of(3, "lagi", of=2)))
    assert (third.agency, third.relation.of, third.own_case) == ("bumn-pln", id_of(2), False)


def test_a_repeat_has_the_key_of_its_case(router: RouterHarness) -> None:
    """A queue of several partitions shows the case first."""
    (first, *_), (second,) = (
        router.route(complaint_of(1, "Kemenkes tolong")),
        router.route(complaint_of(2, "lagi", of=1)),
    )
    assert first.key == second.key


def test_a_chain_of_repeats_leads_to_the_first(router: RouterHarness) -> None:
    """A repeat of a repeat belongs to the first complaint."""
    router.route(complaint_of(1, "Kemenkes tolong"))
    router.route(complaint_of(2, "lagi", of=1))
    (third,) = dispatches(router.route(complaint_of(3, "masih", of=2)))
    assert (third.agency, third.relation.of) == ("kementerian-kemenkes", id_of(1))


def test_accompanying_complaints_move_with_the_case(router: RouterHarness) -> None:
    """A refusal moves all of them. None stays at the agency that refused."""
    (first,) = dispatches(router.route(complaint_of(1, "Mohon Kemenkes datang ke Kab. Sleman")))
    router.route(complaint_of(2, "foto lain", of=1))
    router.route(complaint_of(3, "saya juga", of=1, kind="joins"))
    moved = dispatches(router.route_answer(first))
    assert [(dispatch.agency, dispatch.hop) for dispatch in moved] == [("kabupaten-3404", 1)] * 3
    assert moved[0].complaint_id == id_of(1)
    assert {dispatch.complaint_id for dispatch in moved[1:]} == {id_of(2), id_of(3)}
    (late_dispatch,) = dispatches(router.route(complaint_of(4, "menyusul", of=1)))
    assert (late_dispatch.agency, late_dispatch.hop) == ("kabupaten-3404", 0)


def test_a_refusal_of_a_repeat_moves_the_case(router: RouterHarness) -> None:
    """An agency may refuse either of them: the case moves once, and the repeat goes along."""
    router.route(complaint_of(1, "Mohon Kemenkes datang ke Kab. Sleman"))
    (second,) = dispatches(router.route(complaint_of(2, "foto lain", of=1)))
    moved = dispatches(router.route_answer(second))
    assert [(dispatch.complaint_id, dispatch.agency) for dispatch in moved] == [
        (id_of(1), "kabupaten-3404"),
        (id_of(2), "kabupaten-3404"),
    ]


def test_refusals_of_case_and_repeat_move_it_once(router: RouterHarness) -> None:
    """A program that answers each dispatch does not move the case twice."""
    (first,) = dispatches(router.route(complaint_of(1, "Mohon Kemenkes datang ke Kab. Sleman")))
    (second,) = dispatches(router.route(complaint_of(2, "foto lain", of=1)))
    assert len(dispatches(router.route_answer(first))) == 2
    assert dispatches(router.route_answer(second)) == []


def test_a_repeat_that_arrives_first_does_not_wait(router: RouterHarness) -> None:
    """It goes to the agency of its own text, and moves to its case when that arrives."""
    (early,) = dispatches(router.route(complaint_of(2, "Mohon PLN datang", of=1)))
    assert (early.agency, early.relation.of) == ("bumn-pln", id_of(1))
    first, moved = dispatches(router.route(complaint_of(1, "Kemenkes tolong")))
    assert (first.complaint_id, first.agency) == (id_of(1), "kementerian-kemenkes")
    assert (moved.complaint_id, moved.agency, moved.hop) == (id_of(2), "kementerian-kemenkes", 1)


def test_an_early_repeat_takes_its_own_repeat_along(router: RouterHarness) -> None:
    """Both go to the case when it arrives. A join stays at the agency of its own text."""
    router.route(complaint_of(2, "Mohon PLN datang", of=1))
    router.route(complaint_of(3, "lagi", of=2))
    router.route(complaint_of(4, "Mohon PLN datang ke sini", of=1, kind="joins"))
    moved = dispatches(router.route(complaint_of(1, "Kemenkes tolong")))
    assert {dispatch.complaint_id for dispatch in moved} == {id_of(1), id_of(2), id_of(3)}
    assert {(dispatch.agency, dispatch.relation.of) for dispatch in moved[1:]} == {("kementerian-kemenkes", id_of(1))}


def test_an_undecided_complaint_is_decided_again(router: RouterHarness) -> None:
    """The rest of an SMS, an edit or one more message may name the place. Triage need not ask."""
    (first,) = dispatches(router.route(complaint_of(1, "jalan rusak parah di")))
    assert first.agency == TRIAGE
    moved, second = dispatches(router.route(complaint_of(2, "jalan rusak parah di Kab. Sleman", of=1)))
    assert (moved.complaint_id, moved.agency, moved.hop) == (id_of(1), "kabupaten-3404", 1)
    assert [reason.rule for reason in moved.reasons] == ["place-missing", "no-evidence", "jalan"]
    assert (second.complaint_id, second.agency, second.hop) == (id_of(2), "kabupaten-3404", 0)
    assert [dispatch.agency for dispatch in dispatches(router.route_answer(moved))] == ["provinsi-34"] * 2


def test_a_repeat_of_a_repeat_clarifies_the_first(router: RouterHarness) -> None:
    """All three are from one citizen: the first moves, and the second with it."""
    router.route(complaint_of(1, "jalan rusak parah di"))
    router.route(complaint_of(2, "tolong", of=1))
    moved = dispatches(router.route(complaint_of(3, "jalan rusak parah di Kab. Sleman", of=2)))
    assert {(dispatch.complaint_id, dispatch.agency, dispatch.hop) for dispatch in moved} == {
        (id_of(1), "kabupaten-3404", 1),
        (id_of(2), "kabupaten-3404", 1),
        (id_of(3), "kabupaten-3404", 0),
    }


def test_a_later_message_is_read_with_the_first(router: RouterHarness) -> None:
    """One names the matter, the other the place."""
    (first,) = dispatches(router.route(complaint_of(1, "banjir besar")))
    assert first.agency == TRIAGE
    moved, _ = dispatches(router.route(complaint_of(2, "maksud saya Kota Semarang", of=1)))
    assert moved.agency == "kota-3374"


def test_a_join_does_not_clarify_the_case(router: RouterHarness) -> None:
    """Only the sender of a complaint can tell where it is: a join tells it of its own matter."""
    router.route(complaint_of(1, "jalan rusak"))
    (second,) = dispatches(router.route(complaint_of(2, "jalan rusak di Kab. Sleman", of=1, kind="joins")))
    assert (second.complaint_id, second.agency, second.own_case) == (id_of(2), "kabupaten-3404", True)


def test_a_repeat_of_a_join_clarifies_only_the_join(router: RouterHarness) -> None:
    """Both complaints were undecided. The second citizen's next message is about the second complaint."""
    router.route(complaint_of(1, "jalan rusak parah"))
    (second,) = dispatches(router.route(complaint_of(2, "jalan rusak parah di", of=1, kind="joins")))
    (third,) = dispatches(router.route(complaint_of(3, "tolong", of=2)))
    assert {(dispatch.agency, dispatch.relation.of) for dispatch in (second, third)} == {(TRIAGE, id_of(1))}
    moved = dispatches(router.route(complaint_of(4, "jalan rusak parah di Kab. Sleman", of=2)))
    assert {(dispatch.complaint_id, dispatch.agency, dispatch.hop, dispatch.own_case) for dispatch in moved} == {
        (id_of(2), "kabupaten-3404", 1, True),
        (id_of(3), "kabupaten-3404", 1, False),
        (id_of(4), "kabupaten-3404", 0, False),
    }
    assert {dispatch.relation.of for dispatch in moved if not dispatch.own_case} == {id_of(2)}
    assert moved[0].relation.of == id_of(1)
    assert [reason.rule for reason in moved[0].reasons] == ["jalan", "follows"]


def test_a_repeated_record_leads_to_equal_output(router: RouterHarness) -> None:
    """A record leads to the same output after later ones. A second record of the complaint leads to nothing."""
    first_record, second_record = (
        router.complaint_record(complaint_of(1, "jalan rusak parah di")),
        router.complaint_record(complaint_of(2, "di Kab. Sleman", of=1)),
    )
    first, second = router.route_record(first_record), router.route_record(second_record)
    record = router.answer_record(dispatches(second)[0], "refused")
    third = router.route_record(record)
    assert [len(dispatches(outputs)) for outputs in (first, second, third)] == [1, 2, 2]
    assert (router.route_record(first_record), router.route_record(second_record), router.route_record(record)) == (
        first,
        second,
        third,
    )
    assert router.route(complaint_of(2, "di Kab. Sleman", of=1)) == []


def test_a_second_record_of_a_repeat_moves_nothing(router: RouterHarness, engine: Engine) -> None:
    """That holds even if the rules know more by now."""
    router.route(complaint_of(1, "jalan rusak parah di"))
    repeat = complaint_of(2, "jalan rusak parah di Kabupaten Bantul", of=1)
    assert [dispatch.agency for dispatch in dispatches(router.route(repeat))] == [TRIAGE]
    router.stage = make_router(engine, fixed_rules_source(SHIPPED), lambda: NOW)
    assert router.route(repeat) == []


def test_replies_to_joins_and_repeats(router: RouterHarness) -> None:
    """The sender of a join is told of agency and answer; the sender of a repeat was told for the first complaint."""
    (first, *other_outputs) = router.route(complaint_of(1, "Kemenkes tolong", channel="sms"))
    assert replies(other_outputs) == ["NOMOR1"]
    assert replies(router.route(complaint_of(2, "lagi", of=1, channel="sms"))) == []
    assert replies(router.route(complaint_of(3, "saya juga", of=1, kind="joins", channel="sms"))) == ["NOMOR3"]
    (dispatch,) = dispatches([first])
    assert replies(router.route_answer(dispatch, "responded")) == ["NOMOR1", "NOMOR3"]


def store_followers(engine: Engine, case: Dispatch, count: int) -> None:
    """Store the dispatches of complaints that accompany a case."""
    with write_transaction(engine) as connection:
        for start in range(0, count, 1000):
            followers = []
            for number in range(start, min(start + 1000, count)):
                complaint_id = id_of(1000 + number)
                fields = {
                    "id": ids.dispatch_id(complaint_id, 0),
                    "complaint_id": complaint_id,
                    "message_id": complaint_id,
                    "tracking": f"NOMOR{number}",
                    "relation": Relation(kind="joins", of=case.complaint_id),
                    "own_case": False,
                }
                followers.append(case.model_copy(update=fields))
            store_dispatches_once(connection, Cause("complaints/0/0", id_of(0)), followers)


def test_a_refusal_moves_a_case_with_more_complaints_than_a_chunk(router: RouterHarness, engine: Engine) -> None:
    """Each complaint moves once with its case, the case first. The record processed again gives the same bytes.

    A complaint that a person has put elsewhere meanwhile stays there.
    """
    count = 2 * DISPATCHES_PER_CHUNK + 10
    (first,) = dispatches(router.route(complaint_of(1, "Kemenkes tolong")))
    store_followers(engine, first, count)
    elsewhere = first.model_copy(
        update={"complaint_id": id_of(1000), "hop": 1, "own_case": True, "id": ids.dispatch_id(id_of(1000), 1)}
    )
    with write_transaction(engine) as connection:
        store_dispatches_once(connection, Cause("corrections/0/0", id_of(0)), [elsewhere])
    refusal = router.answer_record(first, "refused", "bumn-pln")

    outputs = router.route_record(refusal)

    moved = dispatches(outputs)
    assert moved[0].complaint_id == first.complaint_id
    assert {dispatch.agency for dispatch in moved} == {"bumn-pln"}
    assert [dispatch.complaint_id for dispatch in moved[1:]] == sorted(id_of(1000 + n) for n in range(1, count))
    assert router.route_record(refusal) == outputs
