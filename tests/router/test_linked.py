"""What belongs to a complaint goes where that lies: repeats, continuations, and what others say of the same matter."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid5

import pytest
from sqlalchemy import Engine

from bus.port import Outgoing, Record
from messages import codec, ids
from messages.sealing import Sealed
from messages.shapes import AgencyAnswer, Channel, Complaint, Dispatch, Relation, Reply, Report
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, REPLIES
from router.registry.registry import TRIAGE
from router.stage import RouterStage
from tests.conftest import NOW
from tests.support.records import at
from tests.support.rules import SHIPPED, fixed_rules_source
from tests.support.stages import make_router

_SEALED = Sealed("sealed")
_IDS = UUID(int=1708)


def said(
    number: int,
    text: str,
    of: int | None = None,
    kind: Literal["repeat", "joins"] = "repeat",
    channel: Channel = "web",
) -> Complaint:
    """The complaint with this number, which may belong to that of another number."""
    relation = Relation() if of is None else Relation(kind=kind, of=_id(of))
    return Complaint(
        id=_id(number),
        message_id=uuid5(_IDS, f"message {number}"),
        at=NOW,
        tracking=f"NOMOR{number}",
        channel=channel,
        sender="sender",
        report=Report(text=text),
        contact=_SEALED,
        relation=relation,
    )


def _id(number: int) -> UUID:
    return uuid5(_IDS, str(number))


@dataclass
class Desk:
    """A router, and the next offset of what it is given."""

    stage: RouterStage
    offset: int = 0

    def tell(self, complaint: Complaint) -> Sequence[Outgoing]:
        """What the router makes of a complaint."""
        return self.work(self.record(complaint))

    def record(self, complaint: Complaint) -> Record:
        """The complaint at the next offset."""
        self.offset += 1
        key = str(complaint.relation.of or complaint.id)
        return at(Outgoing(COMPLAINTS, *codec.encode(complaint, key, "/test")), self.offset)

    def answer(
        self,
        dispatch: Dispatch,
        verdict: Literal["accepted", "refused", "responded"] = "refused",
        theirs: str | None = None,
    ) -> Sequence[Outgoing]:
        """What the router makes of an agency's answer."""
        return self.work(self.answered(dispatch, verdict, theirs))

    def answered(
        self, dispatch: Dispatch, verdict: Literal["accepted", "refused", "responded"], theirs: str | None = None
    ) -> Record:
        """The answer at the next offset."""
        self.offset += 1
        answer = AgencyAnswer(
            id=ids.answer_id(dispatch.id, verdict, ""),
            message_id=dispatch.message_id,
            at=NOW,
            complaint_id=dispatch.complaint_id,
            dispatch_id=dispatch.id,
            agency=dispatch.agency,
            verdict=verdict,
            theirs=theirs,
        )
        key = str(answer.complaint_id)
        return at(Outgoing(AGENCY_ANSWERS, *codec.encode(answer, key, "/test")), self.offset)

    def work(self, record: Record) -> Sequence[Outgoing]:
        """What the router makes of a record."""
        return self.stage.handle([record])


def dispatches(outputs: Sequence[Outgoing]) -> list[Dispatch]:
    """The dispatches among what was published."""
    queued = [output for output in outputs if output.topic.startswith("agency-")]
    return [codec.decode(Dispatch, output.value, output.headers) for output in queued]


def replies(outputs: Sequence[Outgoing]) -> list[str]:
    """The numbers of those who are told something."""
    told = [output for output in outputs if output.topic == REPLIES]
    return sorted(codec.decode(Reply, output.value, output.headers).tracking for output in told)


@pytest.fixture
def desk(engine: Engine, now: Callable[[], datetime]) -> Desk:
    """A router on each kind of database."""
    return Desk(make_router(engine, fixed_rules_source(), now))


@pytest.mark.parametrize(
    ("kind", "text"),
    [("repeat", "Mohon PLN datang"), ("joins", "saya juga"), ("joins", "Kemenkes, saya juga")],
)
def test_it_goes_where_its_complaint_is(desk: Desk, kind: Literal["repeat", "joins"], text: str) -> None:
    """The agency sees it with the case, and which one that is, by the same date; a repeat whatever its own words say.

    What joins another's complaint goes there if its own words lead there or nowhere.
    """
    (first,) = dispatches(desk.tell(said(1, "Kemenkes tolong")))
    (second,) = dispatches(desk.tell(said(2, text, of=1, kind=kind)))
    assert (second.agency, second.due_at, second.hop) == (first.agency, first.due_at, 0)
    assert (second.relation.kind, second.relation.of) == (kind, first.complaint_id)
    assert (first.own_case, second.own_case) == (True, False)
    assert [reason.rule for reason in second.reasons] == ["follows", "named"]
    assert "NOMOR1" in second.reasons[0].says
    assert second.report.text == text


def test_nobody_draws_anothers_report_to_a_wrong_door(desk: Desk) -> None:
    """Who writes first has no say in it: it goes to the door of its own words, and says where the other one lies."""
    desk.tell(said(1, "Kemenkes tolong"))
    (second,) = dispatches(desk.tell(said(2, "Ini Kemenkes? PLN? Kab. Sleman", of=1, kind="joins")))
    (third,) = dispatches(desk.tell(said(3, "Mohon PLN datang ke Kab. Sleman", of=1, kind="joins")))
    assert (second.agency, second.own_case) == ("kementerian-kemenkes", False)
    assert (third.agency, third.own_case) == ("bumn-pln", True)
    assert third.alternatives == ("kabupaten-3404", "provinsi-34")
    assert (third.relation.kind, third.relation.of) == ("joins", _id(1))
    assert [reason.rule for reason in third.reasons] == ["named", "follows"]
    assert third.reasons[-1].says == (
        "Hal yang sama sudah dilaporkan warga lain dengan nomor NOMOR1, yang berada di Kementerian Kesehatan."
    )


def test_a_case_of_its_own_goes_its_own_way(desk: Desk) -> None:
    """Neither moves the other, and what each agency answers is told to those whose case it is."""
    (first,) = dispatches(desk.tell(said(1, "Mohon Kemenkes datang ke Kab. Sleman", channel="sms")))
    (second,) = dispatches(desk.tell(said(2, "Mohon PLN datang ke Kab. Sleman", of=1, kind="joins", channel="sms")))
    assert [each.complaint_id for each in dispatches(desk.answer(first))] == [_id(1)]
    assert replies(desk.answer(second, "responded")) == ["NOMOR2"]
    (moved,) = dispatches(desk.answer(second))
    assert (moved.complaint_id, moved.agency, moved.own_case) == (_id(2), "kabupaten-3404", True)
    assert (moved.relation.kind, moved.relation.of) == ("joins", _id(1))
    # Both lie at one door now, as two cases: a refusal of one is none of the other.
    (again,) = dispatches(desk.answer(moved))
    assert (again.complaint_id, again.agency) == (_id(2), "provinsi-34")


def test_a_door_that_refused_the_other_may_have_it(desk: Desk) -> None:
    """It is asked, and when it refuses this one too, this one moves: the earlier refusal was of the other."""
    (first,) = dispatches(desk.tell(said(1, "Mohon Kemenkes datang ke Kab. Sleman")))
    desk.answer(first)
    (second,) = dispatches(desk.tell(said(2, "Mohon Kemenkes datang ke Kab. Sleman lagi", of=1, kind="joins")))
    assert (second.agency, second.own_case) == ("kementerian-kemenkes", True)
    (moved,) = dispatches(desk.answer(second))
    assert (moved.complaint_id, moved.agency) == (_id(2), "kabupaten-3404")


def test_a_repeat_of_what_joins_lies_with_that(desk: Desk) -> None:
    """It is the same citizen's: it goes to the door of their complaint, not to that of whoever wrote first."""
    desk.tell(said(1, "Kemenkes tolong"))
    desk.tell(said(2, "Mohon PLN datang", of=1, kind="joins"))
    (third,) = dispatches(desk.tell(said(3, "lagi", of=2)))
    assert (third.agency, third.relation.of, third.own_case) == ("bumn-pln", _id(2), False)


def test_it_keeps_its_order_behind_its_complaint(desk: Desk) -> None:
    """Both have one key, so that a queue of many partitions shows the complaint first."""
    (first,), (second,) = desk.tell(said(1, "Kemenkes tolong")), desk.tell(said(2, "lagi", of=1))
    assert first.key == second.key


def test_a_chain_leads_to_its_beginning(desk: Desk) -> None:
    """What belongs to a repeat belongs to the complaint that was first."""
    desk.tell(said(1, "Kemenkes tolong"))
    desk.tell(said(2, "lagi", of=1))
    (third,) = dispatches(desk.tell(said(3, "masih", of=2)))
    assert (third.agency, third.relation.of) == ("kementerian-kemenkes", _id(1))


def test_it_goes_along_when_the_complaint_moves(desk: Desk) -> None:
    """A refusal moves all that belongs to the complaint; nothing of it stays behind at the agency that refused."""
    (first,) = dispatches(desk.tell(said(1, "Mohon Kemenkes datang ke Kab. Sleman")))
    desk.tell(said(2, "foto lain", of=1))
    desk.tell(said(3, "saya juga", of=1, kind="joins"))
    moved = dispatches(desk.answer(first))
    assert [(each.agency, each.hop) for each in moved] == [("kabupaten-3404", 1)] * 3
    assert moved[0].complaint_id == _id(1)
    assert {each.complaint_id for each in moved[1:]} == {_id(2), _id(3)}
    (late,) = dispatches(desk.tell(said(4, "menyusul", of=1)))
    assert (late.agency, late.hop) == ("kabupaten-3404", 0)


def test_an_answer_to_what_follows_is_one_to_the_complaint(desk: Desk) -> None:
    """An agency may refuse either; the complaint moves once, and what follows goes along."""
    desk.tell(said(1, "Mohon Kemenkes datang ke Kab. Sleman"))
    (second,) = dispatches(desk.tell(said(2, "foto lain", of=1)))
    moved = dispatches(desk.answer(second))
    assert [(each.complaint_id, each.agency) for each in moved] == [
        (_id(1), "kabupaten-3404"),
        (_id(2), "kabupaten-3404"),
    ]


def test_both_refused_is_moved_once(desk: Desk) -> None:
    """A program that answers each dispatch in its queue does not send the complaint two doors on."""
    (first,) = dispatches(desk.tell(said(1, "Mohon Kemenkes datang ke Kab. Sleman")))
    (second,) = dispatches(desk.tell(said(2, "foto lain", of=1)))
    assert len(dispatches(desk.answer(first))) == 2
    assert dispatches(desk.answer(second)) == []


def test_one_that_comes_first_is_not_kept_waiting(desk: Desk) -> None:
    """It finds a door by its own words, and goes to the complaint it belongs to when that has come."""
    (early,) = dispatches(desk.tell(said(2, "Mohon PLN datang", of=1)))
    assert (early.agency, early.relation.of) == ("bumn-pln", _id(1))
    first, moved = dispatches(desk.tell(said(1, "Kemenkes tolong")))
    assert (first.complaint_id, first.agency) == (_id(1), "kementerian-kemenkes")
    assert (moved.complaint_id, moved.agency, moved.hop) == (_id(2), "kementerian-kemenkes", 1)


def test_what_came_first_comes_with_all_that_follows_it(desk: Desk) -> None:
    """A repeat of it too goes to the complaint that both belong to; what joins it stays where its own words led."""
    desk.tell(said(2, "Mohon PLN datang", of=1))
    desk.tell(said(3, "lagi", of=2))
    desk.tell(said(4, "Mohon PLN datang ke sini", of=1, kind="joins"))
    moved = dispatches(desk.tell(said(1, "Kemenkes tolong")))
    assert {each.complaint_id for each in moved} == {_id(1), _id(2), _id(3)}
    assert {(each.agency, each.relation.of) for each in moved[1:]} == {("kementerian-kemenkes", _id(1))}


def test_what_nobody_could_place_is_looked_at_again(desk: Desk) -> None:
    """The rest of an SMS, an edit or a word more may say where: triage need not ask."""
    (first,) = dispatches(desk.tell(said(1, "jalan rusak parah di")))
    assert first.agency == TRIAGE
    moved, second = dispatches(desk.tell(said(2, "jalan rusak parah di Kab. Sleman", of=1)))
    assert (moved.complaint_id, moved.agency, moved.hop) == (_id(1), "kabupaten-3404", 1)
    assert [reason.rule for reason in moved.reasons] == ["jalan", "no-evidence", "jalan"]
    assert (second.complaint_id, second.agency, second.hop) == (_id(2), "kabupaten-3404", 0)
    assert [each.agency for each in dispatches(desk.answer(moved))] == ["provinsi-34"] * 2


def test_a_repeat_of_a_repeat_says_it_too(desk: Desk) -> None:
    """All three are one citizen's: the first is moved, and the second with it."""
    desk.tell(said(1, "jalan rusak parah di"))
    desk.tell(said(2, "tolong", of=1))
    moved = dispatches(desk.tell(said(3, "jalan rusak parah di Kab. Sleman", of=2)))
    assert {(each.complaint_id, each.agency, each.hop) for each in moved} == {
        (_id(1), "kabupaten-3404", 1),
        (_id(2), "kabupaten-3404", 1),
        (_id(3), "kabupaten-3404", 0),
    }


def test_a_word_more_is_read_with_what_was_said(desk: Desk) -> None:
    """One says what, the other where."""
    (first,) = dispatches(desk.tell(said(1, "banjir besar")))
    assert first.agency == TRIAGE
    moved, _ = dispatches(desk.tell(said(2, "maksud saya Kota Semarang", of=1)))
    assert moved.agency == "kota-3374"


def test_somebody_else_does_not_move_it(desk: Desk) -> None:
    """Only who wrote a complaint says where it happened: who joins it says it of their own."""
    desk.tell(said(1, "jalan rusak"))
    (second,) = dispatches(desk.tell(said(2, "jalan rusak di Kab. Sleman", of=1, kind="joins")))
    assert (second.complaint_id, second.agency, second.own_case) == (_id(2), "kabupaten-3404", True)


def test_who_joins_and_says_more_moves_only_their_own(desk: Desk) -> None:
    """Nobody could place either; the second citizen's next words are about the second report, and what repeats that."""
    desk.tell(said(1, "jalan rusak parah"))
    (second,) = dispatches(desk.tell(said(2, "jalan rusak parah di", of=1, kind="joins")))
    (third,) = dispatches(desk.tell(said(3, "tolong", of=2)))
    assert {(each.agency, each.relation.of) for each in (second, third)} == {(TRIAGE, _id(1))}
    moved = dispatches(desk.tell(said(4, "jalan rusak parah di Kab. Sleman", of=2)))
    assert {(each.complaint_id, each.agency, each.hop, each.own_case) for each in moved} == {
        (_id(2), "kabupaten-3404", 1, True),
        (_id(3), "kabupaten-3404", 1, False),
        (_id(4), "kabupaten-3404", 0, False),
    }
    assert {each.relation.of for each in moved if not each.own_case} == {_id(2)}
    assert moved[0].relation.of == _id(1)
    assert [reason.rule for reason in moved[0].reasons] == ["jalan", "follows"]


def test_the_same_record_says_the_same(desk: Desk) -> None:
    """Worked again after all that came later, a record leads to what it led to first; another one of it to nothing."""
    one, two = desk.record(said(1, "jalan rusak parah di")), desk.record(said(2, "di Kab. Sleman", of=1))
    first, second = desk.work(one), desk.work(two)
    record = desk.answered(dispatches(second)[0], "refused")
    third = desk.work(record)
    assert [len(dispatches(each)) for each in (first, second, third)] == [1, 2, 2]
    assert (desk.work(one), desk.work(two), desk.work(record)) == (first, second, third)
    assert desk.tell(said(2, "di Kab. Sleman", of=1)) == []


def test_another_record_of_it_moves_nothing(desk: Desk, engine: Engine) -> None:
    """Not even where the rules know more by now than when it was worked."""
    desk.tell(said(1, "jalan rusak parah di"))
    again = said(2, "jalan rusak parah di Kabupaten Bantul", of=1)
    assert [each.agency for each in dispatches(desk.tell(again))] == [TRIAGE]
    desk.stage = make_router(engine, fixed_rules_source(SHIPPED), lambda: NOW)
    assert desk.tell(again) == []


def test_who_is_told(desk: Desk) -> None:
    """Who joins hears where it went and that it was answered; who repeats has heard it for the first one."""
    (first, *told) = desk.tell(said(1, "Kemenkes tolong", channel="sms"))
    assert replies(told) == ["NOMOR1"]
    assert replies(desk.tell(said(2, "lagi", of=1, channel="sms"))) == []
    assert replies(desk.tell(said(3, "saya juga", of=1, kind="joins", channel="sms"))) == ["NOMOR3"]
    (dispatch,) = dispatches([first])
    assert replies(desk.answer(dispatch, "responded")) == ["NOMOR1", "NOMOR3"]
