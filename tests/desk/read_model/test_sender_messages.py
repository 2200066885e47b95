"""Messages of a case's own sender: which ones are, whatever way and order they come to the case in."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import pytest
from sqlalchemy import delete

from bus.errors import Reject
from bus.port import Outgoing
from cases.course.sender_chain import is_from_case_sender
from config.database import read_transaction, write_transaction
from desk.read_model.case_view import CaseView, read_case
from desk.read_model.rebuild import rebuild
from desk.units.tiers import Tier
from messages import codec
from messages.shapes import MERGED, SPLIT, Complaint, Correction, FollowUp, Relation, SenderAct
from messages.topics import CORRECTIONS, TRIAGE
from sinks.ledger.status import StatusReader
from tests.conftest import NOW
from tests.desk.harness import READ_MODEL, DeskHarness, stored_rows
from tests.desk.read_model.test_derivation import HEALTH, PLN, answer
from tests.router.test_linked import complaint_of, id_of
from tests.support.case_stages import make_case_stage
from tests.support.deadlines import DEADLINES
from tests.support.records import at

ASKED_AT = NOW - timedelta(hours=3)


def view(desk: DeskHarness, number: str = "NOMOR1", agency: str = HEALTH) -> CaseView:
    """Return a case as its agency sees it."""
    with read_transaction(desk.engine) as connection:
        case = read_case(connection, Tier(agency), number)
    assert case is not None
    return case


def ask(desk: DeskHarness) -> None:
    """Let the agency of the first case wait for its sender."""
    (dispatch,) = desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    desk.answer(answer(dispatch, "asked", text="Puskesmas mana?"), taken_at=ASKED_AT)


def correct(desk: DeskHarness, number: int, kind: Literal["new", "repeat", "joins"], of: int) -> None:
    """Merge a complaint with another one, or split it from that one."""
    is_split = kind == "new"
    relation = Relation(evidence=(SPLIT,)) if is_split else Relation(kind=kind, of=id_of(of), evidence=(MERGED,))
    correction = Correction(
        id=UUID(int=1_000 + desk.router.offset),
        message_id=UUID(int=number),
        at=NOW + timedelta(seconds=desk.router.offset),
        complaint_id=id_of(number),
        tracking=f"NOMOR{number}",
        relation=relation,
        apart_from=id_of(of) if is_split else None,
        actor="Budi Petugas",
        reason="Sama.",
    )
    desk.router.offset += 1
    encoded = codec.encode(correction, str(correction.complaint_id), "/test")
    desk.follow(at(Outgoing(CORRECTIONS, *encoded), desk.router.offset))


def written(desk: DeskHarness) -> list[str]:
    """Return what the sender of the first case wrote, the oldest first."""
    return [event.text for event in view(desk).events if event.kind == "wrote"]


def kinds(desk: DeskHarness) -> list[str]:
    """Return the changes that agencies were told of."""
    return [change.kind for change in desk.changes]


def status(desk: DeskHarness) -> str:
    """Return the state of the first case on the citizen's page."""
    ledger = make_case_stage(desk.engine)
    for record in desk.records:
        ledger.handle([record])
    first = StatusReader(desk.engine, {}).status("NOMOR1")
    assert first is not None
    return first.state


def test_a_repeat_of_a_join_is_the_joiners(desk: DeskHarness) -> None:
    """It does not end the wait for the sender of the case, and stands among the reports of other citizens."""
    ask(desk)
    desk.send(complaint_of(2, "saya juga", of=1, kind="joins"))
    desk.send(complaint_of(3, "tolong cepat", of=2))
    case = view(desk)
    assert (case.case.state, case.case.version) == ("tunda", 1)
    assert [(report.tracking, report.relation) for report in case.reports] == [("NOMOR2", "joins"), ("NOMOR3", "joins")]
    assert (written(desk), kinds(desk)[-1], status(desk)) == ([], "answered", "menunggu-anda")


def test_a_chain_of_repeats_is_the_senders(desk: DeskHarness) -> None:
    """A repeat of a repeat ends the wait."""
    ask(desk)
    desk.send(complaint_of(2, "Puskesmas Mawar", of=1))
    desk.send(complaint_of(3, "yang di Kebumen", of=2))
    assert (view(desk).case.state, view(desk).case.version) == ("proses", 3)
    assert sorted(written(desk)) == ["Puskesmas Mawar", "yang di Kebumen"]
    assert (kinds(desk)[-2:], status(desk)) == (["citizen-wrote", "citizen-wrote"], "ditangani")


def follow_up_of(number: int, act: SenderAct, text: str) -> Complaint:
    """Return a follow-up of the sender of the first complaint, a minute later."""
    fields = {"follow_up": FollowUp(act=act, rating=0), "at": NOW + timedelta(minutes=1)}
    return complaint_of(number, text, of=1).model_copy(update=fields)


def test_a_rating_answers_no_question(desk: DeskHarness) -> None:
    """The agency waits until the sender tells something. What the sender does is an event of its own kind."""
    ask(desk)
    acts: Sequence[SenderAct] = ("rates", "confirms", "withdraws", "asks-to-be-forgotten")
    for number, act in enumerate(acts, start=2):
        desk.send(follow_up_of(number, act, "."))
    case = view(desk)
    assert (case.case.state, case.case.version) == ("tunda", 5)
    assert [event.kind for event in case.events][-4:] == list(acts)
    assert written(desk) == []
    desk.send(follow_up_of(6, "adds", "Puskesmas Mawar"))
    assert (view(desk).case.state, written(desk)) == ("proses", ["Puskesmas Mawar"])


def test_an_objection_opens_the_case_again(desk: DeskHarness) -> None:
    """The agency has a new case of the same report, with the objection."""
    (dispatch,) = desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    desk.answer(answer(dispatch, "closed", text="Sudah dibuka."))
    desk.send(follow_up_of(2, "objects", "Masih tutup."))
    case = view(desk)
    assert (case.case.state, case.case.tab, case.case.reopened) == ("terdisposisi", "new", 1)
    assert [(report.follow_up.act, report.report.text) for report in case.reports] == [("objects", "Masih tutup.")]


def test_a_merge_by_staff_ends_the_wait(desk: DeskHarness) -> None:
    """A report that staff found to be of the same sender is a message of that sender, with all that repeat it."""
    ask(desk)
    desk.send(complaint_of(2, "Yang di Puskesmas Mawar"))
    desk.send(complaint_of(3, "halo?", of=2))
    desk.changes.clear()
    correct(desk, 2, "repeat", of=1)
    assert (view(desk).case.state, view(desk).case.version) == ("proses", 3)
    assert [change.number for change in desk.changes if change.kind == "citizen-wrote"] == ["NOMOR1", "NOMOR1"]
    assert sorted(written(desk)) == ["Yang di Puskesmas Mawar", "halo?"]
    assert status(desk) == "ditangani"


def test_a_merge_of_another_citizens_report_does_not(desk: DeskHarness) -> None:
    """Neither does what that citizen adds to it."""
    ask(desk)
    desk.send(complaint_of(2, "Yang di Puskesmas Mawar"))
    desk.send(complaint_of(3, "halo?", of=2))
    correct(desk, 2, "joins", of=1)
    assert (view(desk).case.state, written(desk), status(desk)) == ("tunda", [], "menunggu-anda")
    correct(desk, 2, "new", of=1)
    (report,) = view(desk, "NOMOR2", TRIAGE).reports
    assert (report.tracking, report.relation) == ("NOMOR3", "repeat")


def test_a_message_moves_with_its_case_and_is_none_again(desk: DeskHarness) -> None:
    """The next agency reads it with the time at which it was written, and no question of its own is answered."""
    (first,) = desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    desk.send(complaint_of(2, "Puskesmas Mawar", of=1))
    (moved, *_) = desk.answer(answer(first, "refused", PLN))
    desk.answer(answer(moved, "asked", text="Meteran mana?"))
    case = view(desk, agency=PLN)
    assert (case.case.state, case.case.version) == ("tunda", 1)
    (report,) = case.reports
    assert (report.relation, report.at) == ("repeat", first.at)
    assert kinds(desk).count("citizen-wrote") == 1


def test_all_messages_are_shown_newest_first(desk: DeskHarness) -> None:
    """Other citizens' reports do not hide them: those have a limit of their own."""
    desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    for number in range(2, 24):
        desk.send(complaint_of(number, f"pesan {number}", of=1))
    for number in range(24, 46):
        desk.send(complaint_of(number, "saya juga", of=1, kind="joins"))
    case = view(desk)
    relations = [report.relation for report in case.reports]
    assert (relations.count("repeat"), relations.count("joins"), case.report_count) == (22, 20, 44)
    assert len(written(desk)) == 22
    times = [report.at for report in case.reports if report.relation == "repeat"]
    assert times == sorted(times, reverse=True)


def test_complaints_may_come_after_their_dispatches(desk: DeskHarness) -> None:
    """The message ends the wait, and is told once, as soon as its sender is known."""
    ask(desk)
    record = desk.router.complaint_record(complaint_of(2, "Puskesmas Mawar", of=1))
    queued = [at(output, 900) for output in desk.router.route_record(record) if output.topic.startswith("agency-")]
    desk.sink.handle(queued)
    assert view(desk).case.state == "tunda"
    desk.sink.handle([record])
    assert (view(desk).case.state, kinds(desk)[-1]) == ("proses", "citizen-wrote")
    desk.sink.handle([record, *queued])
    assert kinds(desk).count("citizen-wrote") == 1


@pytest.mark.parametrize("taken_at", [NOW + timedelta(hours=3), NOW - timedelta(minutes=5)])
def test_a_former_agency_reads_nothing_later(desk: DeskHarness, taken_at: datetime) -> None:
    """It sees the case as it left: no words of the next agency, also if the router's clock is ahead of the bus's."""
    (first,) = desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    (moved,) = desk.answer(answer(first, "refused", PLN, "bukan kami"))
    desk.answer(answer(moved, "responded", text="untuk warga saja"), taken_at=taken_at)
    former = view(desk)
    assert [(event.kind, event.agency) for event in former.events] == [
        ("dispatched", HEALTH),
        ("refused", HEALTH),
        ("dispatched", PLN),
    ]
    assert "untuk warga saja" in repr(view(desk, agency=PLN).events)


def test_an_answer_to_another_dispatch_is_none(desk: DeskHarness) -> None:
    """It has the id that the answer of the right agency will have, and does not take its place."""
    (dispatch,) = desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    (second,) = desk.send(complaint_of(2, "Kemenkes, puskesmas lain"))
    right = answer(dispatch, "accepted")
    for changed in ({"agency": PLN}, {"complaint_id": second.complaint_id}):
        with suppress(Reject):
            desk.sink.handle([desk.answer_record(right, **changed)])
    case = view(desk)
    assert (case.case.state, case.answer_ids, len(case.events)) == ("terdisposisi", frozenset(), 1)
    assert kinds(desk) == ["received", "received"]
    desk.answer(right)
    assert (view(desk).case.state, view(desk).answer_ids) == ("proses", frozenset({right.id}))


def test_a_rebuild_tells_nobody_anything(desk: DeskHarness) -> None:
    """It gives the same rows, also after rows were lost, and its readers see rows all the time."""
    desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    (second,) = desk.send(complaint_of(2, "Kemenkes, puskesmas lain"))
    desk.answer(answer(second, "accepted"))
    desk.answer(answer(second, "refused", PLN))
    expected = stored_rows(desk.engine)
    desk.changes.clear()
    assert rebuild(desk.engine, DEADLINES) == len(expected["desk_case"])
    assert stored_rows(desk.engine) == expected
    with write_transaction(desk.engine) as connection:
        for table in READ_MODEL:
            connection.execute(delete(table))
    rebuild(desk.engine, DEADLINES)
    assert stored_rows(desk.engine) == expected
    assert desk.changes == []


@pytest.mark.parametrize(
    ("parents", "is_own"),
    [
        ({2: 1, 1: None}, True),
        ({2: 3, 3: 1, 1: None}, True),
        ({2: 3, 3: None, 1: 3}, True),
        ({2: 3, 3: None, 1: None}, False),
        ({2: None, 1: None}, False),
        ({1: None}, False),
        ({2: 3, 3: 2, 1: None}, False),
    ],
)
def test_a_chain_has_one_sender(parents: Mapping[int, int | None], *, is_own: bool) -> None:
    """It reaches the case, or begins where the case's own chain begins."""
    by_id = {UUID(int=number): None if of is None else UUID(int=of) for number, of in parents.items()}
    assert is_from_case_sender(UUID(int=2), UUID(int=1), by_id) == is_own
