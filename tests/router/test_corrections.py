"""Corrections by a person: a split complaint goes to its own agency, a merged one accompanies its case."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import pytest
from sqlalchemy import Engine

from bus.errors import Reject
from bus.port import Outgoing, Record
from config.database import read_transaction, write_transaction
from messages import codec, ids
from messages.shapes import MERGED, SPLIT, Correction, Dispatch, Relation
from messages.topics import CORRECTIONS, REPLIES, TRIAGE
from router.cases.hops import dispatch_to_case
from router.cases.transfer import CaseTransfer
from router.store import Cause, dispatch_history
from tests.conftest import NOW
from tests.router.test_linked import RouterHarness, complaint_of, dispatches, id_of, replies
from tests.support.deadlines import DEADLINES
from tests.support.records import at, value_of
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_router
from tests.support.waiting import wait_for_lock

SLEMAN = "kabupaten-3404"
KEMENKES = "kementerian-kemenkes"


def correction(number: int, relation: Relation, apart_from: int | None = None, sequence: int = 0) -> Correction:
    """Return a person's correction of the complaint with this number; `sequence` makes equal corrections different."""
    complaint = complaint_of(number, "x")
    return Correction(
        id=ids.correction_id(complaint.id, f"{relation.kind}:{relation.of}", UUID(int=sequence)),
        message_id=complaint.message_id,
        at=NOW,
        complaint_id=complaint.id,
        tracking=complaint.tracking,
        relation=relation,
        apart_from=id_of(apart_from) if apart_from else None,
        actor="petugas-1",
        reason="lokasinya berbeda",
    )


class CorrectionHarness(RouterHarness):
    """A router that also gets corrections."""

    def correction_record(self, applied: Correction) -> Record:
        """Return the record of a correction at the next offset."""
        self.offset += 1
        return at(Outgoing(CORRECTIONS, *codec.encode(applied, str(applied.complaint_id), "/test")), self.offset)

    def split(self, number: int, apart_from: int = 1, sequence: int = 0) -> list[Dispatch]:
        """Split a complaint from another; return the dispatches."""
        decided = correction(number, Relation(evidence=(SPLIT,)), apart_from, sequence)
        return dispatches(self.route_record(self.correction_record(decided)))

    def merge(
        self, number: int, of: int, kind: Literal["repeat", "joins"] = "joins", sequence: int = 0
    ) -> list[Dispatch]:
        """Merge a complaint into another; return the dispatches."""
        decided = correction(number, Relation(kind=kind, of=id_of(of), evidence=(MERGED,)), sequence=sequence)
        return dispatches(self.route_record(self.correction_record(decided)))

    def route_new(
        self, text: str, number: int, of: int | None = None, kind: Literal["repeat", "joins"] = "repeat"
    ) -> str:
        """Route a new complaint; return its agency."""
        return dispatches(self.route(complaint_of(number, text, of=of, kind=kind)))[-1].agency


@pytest.fixture
def router(engine: Engine, now: Callable[[], datetime]) -> CorrectionHarness:
    """A router on each kind of database."""
    return CorrectionHarness(make_router(engine, fixed_rules_source(), now))


def placements(routed: Sequence[Dispatch]) -> dict[UUID, tuple[str, int, UUID | None, bool]]:
    """Return agency, hop, related complaint and `own_case` for each complaint."""
    return {
        dispatch.complaint_id: (dispatch.agency, dispatch.hop, dispatch.relation.of, dispatch.own_case)
        for dispatch in routed
    }


def test_a_split_complaint_goes_to_the_agency_of_its_own_text(router: CorrectionHarness) -> None:
    """It is a case of its own, with a reason for the officer. The other complaint stays."""
    router.route_new("Kemenkes tolong", 1)
    assert router.route_new("Mohon PLN datang ke Kab. Sleman", 2, of=1) == KEMENKES
    (split_dispatch,) = router.split(2)
    assert placements([split_dispatch]) == {id_of(2): ("bumn-pln", 1, None, True)}
    assert (split_dispatch.relation.kind, split_dispatch.relation.evidence) == ("new", (SPLIT,))
    assert split_dispatch.alternatives == (SLEMAN, "provinsi-34")
    assert [reason.rule for reason in split_dispatch.reasons] == ["named", "split"]
    assert split_dispatch.reasons[-1].text == "Dipisahkan dari laporan NOMOR1 oleh petugas: lokasinya berbeda"
    # The agency of the other complaint has not refused this one, and may be its next.
    (moved,) = dispatches(router.route_answer(split_dispatch, suggested_agency=KEMENKES))
    assert placements([moved]) == {id_of(2): (KEMENKES, 2, None, True)}


@pytest.mark.parametrize("kind", ["repeat", "joins"])
def test_a_split_at_the_same_agency_is_dispatched_again(
    router: CorrectionHarness, kind: Literal["repeat", "joins"]
) -> None:
    """The agency gets one more case in its queue."""
    router.route_new("Kemenkes tolong", 1)
    router.route_new("Kemenkes, kami juga", 2, of=1, kind=kind)
    assert placements(router.split(2)) == {id_of(2): (KEMENKES, 1, None, True)}


def test_a_join_at_another_agency_can_be_split(router: CorrectionHarness) -> None:
    """It stays at the agency of its own text and is related to nothing. Its repeat does not move."""
    router.route_new("Kemenkes tolong", 1)
    router.route_new("Mohon PLN datang", 2, of=1, kind="joins")
    router.route_new("lagi", 3, of=2)
    assert placements(router.split(2)) == {id_of(2): ("bumn-pln", 1, None, True)}


def test_repeats_are_split_with_their_complaint(router: CorrectionHarness) -> None:
    """The rest of an SMS goes with its beginning. A join goes along only if its own text leads there or nowhere."""
    router.route_new("Kemenkes tolong", 1)
    router.route_new("tolong", 2, of=1, kind="joins")
    router.route_new("Mohon PLN datang", 3, of=2)
    router.route_new("Kemenkes, kami juga", 4, of=2, kind="joins")
    router.route_new("kami juga", 5, of=2, kind="joins")
    assert placements(router.split(2)) == {
        id_of(2): (TRIAGE, 1, None, True),
        id_of(3): (TRIAGE, 1, id_of(2), False),
        id_of(5): (TRIAGE, 1, id_of(2), False),
    }
    # The join that stayed belongs to the first case from now on.
    router.route_new("Kab. Sleman", 6)
    router.route_new("Kota Semarang", 7)
    for head in (6, 7):
        assert {dispatch.complaint_id for dispatch in router.merge(2, of=head, sequence=head)} == {
            id_of(2),
            id_of(3),
            id_of(5),
        }


def test_a_merged_complaint_moves_with_its_case(router: CorrectionHarness) -> None:
    """It and all that accompany it get the agency and the deadline of the case, and move with it."""
    router.route_new("Mohon Kemenkes datang ke Kab. Sleman", 1)
    router.route_new("foto", 2, of=1)
    router.route_new("Mohon PLN datang", 3)
    router.route_new("lagi", 4, of=3)
    router.route_new("kami juga", 5, of=3, kind="joins")
    moved = router.merge(3, of=2)
    expected = (KEMENKES, 1, id_of(1), False)
    assert placements(moved) == {id_of(3): expected, id_of(4): expected, id_of(5): expected}
    (merged_dispatch,) = [dispatch for dispatch in moved if dispatch.complaint_id == id_of(3)]
    assert (merged_dispatch.relation.kind, merged_dispatch.relation.evidence) == ("joins", (MERGED,))
    assert [reason.rule for reason in merged_dispatch.reasons] == ["merged", "named"]
    assert merged_dispatch.reasons[0].text == "Disatukan dengan laporan NOMOR1 oleh petugas: lokasinya berbeda"
    # An answer to any of them is an answer to the case.
    moved_along = dispatches(router.route_answer(merged_dispatch))
    assert {dispatch.agency for dispatch in moved_along} == {SLEMAN}
    assert {dispatch.complaint_id for dispatch in moved_along} == {id_of(number) for number in range(1, 6)}
    assert router.route_new("PLN lagi", 6, of=3) == SLEMAN


def test_a_merged_join_takes_its_repeat_along(router: CorrectionHarness) -> None:
    """Other complaints that accompany the former case stay with it."""
    (first,) = dispatches(router.route(complaint_of(1, "Kemenkes tolong")))
    router.route_new("tolong", 2, of=1, kind="joins")
    router.route_new("lagi", 3, of=2)
    router.route_new("foto", 4, of=1)
    router.route_new("Mohon PLN datang", 5)
    expected = ("bumn-pln", 1, id_of(5), False)
    assert placements(router.merge(2, of=5)) == {id_of(2): expected, id_of(3): expected}
    moved = dispatches(router.route_answer(first))
    assert {dispatch.complaint_id for dispatch in moved} == {id_of(1), id_of(4)}


def test_a_complaint_merged_into_a_split_one_moves_with_it(router: CorrectionHarness) -> None:
    """A person merged the third complaint into the second: it accompanies the second everywhere."""
    for number, complaint_text in enumerate(("Kemenkes tolong", "Mohon PLN datang", "tiang miring"), start=1):
        router.route_new(complaint_text, number)
    router.merge(3, of=2)
    router.merge(2, of=1)
    assert placements(router.split(2)) == {
        id_of(2): ("bumn-pln", 2, None, True),
        id_of(3): ("bumn-pln", 3, id_of(2), False),
    }


def test_a_merge_holds_when_the_sender_writes_more(router: CorrectionHarness) -> None:
    """Both complaints were undecided. The person has decided that they are one case."""
    router.route_new("jalan rusak parah", 1)
    router.route_new("jalan rusak parah di", 2)
    router.merge(2, of=1)
    decided = {"relation": Relation(kind="joins", of=id_of(1), evidence=(MERGED,))}
    router.route(complaint_of(3, "jalan rusak parah di").model_copy(update=decided))
    for number in (2, 3):
        assert router.route_new("jalan rusak parah di Kab. Sleman", number + 2, of=number) == TRIAGE


def test_split_merge_and_split_again(router: CorrectionHarness) -> None:
    """Each correction is decided anew, and the repeat moves along each time."""
    router.route_new("Kemenkes tolong", 1)
    router.route_new("Mohon PLN datang", 2, of=1)
    router.route_new("lagi", 3, of=2)
    results = [router.split(2), router.merge(2, of=1, sequence=1), router.split(2, sequence=2)]
    assert [placements(result) for result in results] == [
        {id_of(2): ("bumn-pln", 1, None, True), id_of(3): ("bumn-pln", 1, id_of(2), False)},
        {id_of(2): (KEMENKES, 2, id_of(1), False), id_of(3): (KEMENKES, 2, id_of(1), False)},
        {id_of(2): ("bumn-pln", 3, None, True), id_of(3): ("bumn-pln", 3, id_of(2), False)},
    ]


def test_a_split_complaint_does_not_return_to_an_agency_that_refused_it(router: CorrectionHarness) -> None:
    """It goes on from the agency where it was before the merge."""
    router.route_new("Mohon PLN datang", 1)
    (second,) = dispatches(router.route(complaint_of(2, "Mohon Kemenkes datang ke Kab. Sleman")))
    router.route_answer(second)
    router.merge(2, of=1)
    (split_dispatch,) = router.split(2)
    assert (split_dispatch.agency, split_dispatch.alternatives) == (SLEMAN, (SLEMAN, "provinsi-34"))
    assert [reason.rule for reason in split_dispatch.reasons] == ["named", "next-alternative", "split"]
    (moved,) = dispatches(router.route_answer(split_dispatch))
    assert moved.agency == "provinsi-34"


def test_a_late_answer_counts_for_no_complaint(router: CorrectionHarness) -> None:
    """A refusal of a complaint that was split since does not move the former case, nor the present one.

    An answer to its latest dispatch counts for the case that it accompanies.
    """
    router.route_new("Mohon Kemenkes datang ke Kab. Sleman", 1)
    (second,) = dispatches(router.route(complaint_of(2, "Mohon PLN datang", of=1)))
    router.split(2)
    assert dispatches(router.route_answer(second)) == []
    (merged,) = router.merge(2, of=1, sequence=1)
    assert {dispatch.complaint_id for dispatch in dispatches(router.route_answer(merged))} == {id_of(1), id_of(2)}


def test_a_repeated_record_leads_to_equal_output(router: CorrectionHarness) -> None:
    """The output is equal, also after later records. Another record of the same correction changes nothing."""
    router.route_new("Kemenkes tolong", 1)
    router.route_new("Mohon PLN datang", 2)
    for number in range(3, 9):
        router.route_new("lagi", number, of=2)
    merge_record = router.correction_record(correction(2, Relation(kind="joins", of=id_of(1), evidence=(MERGED,))))
    split_record = router.correction_record(correction(2, Relation(evidence=(SPLIT,)), apart_from=1))
    first, second = router.route_record(merge_record), router.route_record(split_record)
    assert [len(dispatches(outputs)) for outputs in (first, second)] == [7, 7]
    assert (router.route_record(merge_record), router.route_record(split_record)) == (first, second)
    assert router.stage.handle([merge_record, split_record]) == [*first, *second]
    assert router.merge(2, of=1) == []
    assert router.split(2) == []


def test_corrections_without_effect_move_nothing(router: CorrectionHarness) -> None:
    """A circle, a merge with itself, a repeated merge and a repeated split change nothing."""
    router.route_new("Kemenkes tolong", 1)
    router.route_new("foto", 2, of=1)
    router.route_new("lagi", 3, of=1)
    assert router.merge(1, of=2) == []
    assert router.merge(1, of=1, sequence=1) == []
    assert router.merge(2, of=3) == []
    assert router.split(1, apart_from=2) == []
    assert [dispatch.agency for dispatch in router.split(2)] == [TRIAGE]


@pytest.mark.parametrize(
    ("number", "of", "field"), [(9, 1, "complaint_id"), (1, 9, "relation.of"), (9, None, "complaint_id")]
)
def test_a_correction_of_an_unknown_complaint_is_rejected(
    router: CorrectionHarness, number: int, of: int | None, field: str
) -> None:
    """It is rejected again when the record is routed again."""
    router.route_new("Kemenkes tolong", 1)
    relation = Relation(kind="joins", of=id_of(of)) if of else Relation()
    record = router.correction_record(correction(number, relation, apart_from=None if of else 1))
    for _ in range(2):
        with pytest.raises(Reject, match=f"unknown_complaint at {field}"):
            router.route_record(record)


def test_an_unreadable_correction_is_rejected(router: CorrectionHarness) -> None:
    """The worker writes it as a dead letter."""
    record = router.correction_record(correction(1, Relation()))
    with pytest.raises(Reject):
        router.route_record(Record(record.topic, 0, record.offset, 0, b"", b"{", record.headers))


def test_replies_after_corrections(router: CorrectionHarness) -> None:
    """A split repeat's sender is told of its agency once; a merged one's gets the replies of the case."""
    router.route(complaint_of(1, "Kemenkes tolong", channel="sms"))
    router.route(complaint_of(2, "Mohon PLN datang ke Kab. Sleman", of=1, channel="sms"))
    record = router.correction_record(correction(2, Relation(evidence=(SPLIT,)), apart_from=1))
    outputs = router.route_record(record)
    assert replies(outputs) == ["NOMOR2"]
    (split_dispatch,) = dispatches(outputs)
    refusal_outputs = router.route_answer(split_dispatch)
    reply_ids = [value_of(output)["id"] for output in (*outputs, *refusal_outputs) if output.topic == REPLIES]
    assert len(set(reply_ids)) == 1
    (merged_dispatch,) = router.merge(2, of=1)
    assert replies(router.route_answer(merged_dispatch, "responded")) == ["NOMOR1", "NOMOR2"]


def test_a_repeat_and_a_refusal_at_the_same_time(router: CorrectionHarness, engine: Engine) -> None:
    """Two routers work at once, one on a repeat and one on a refusal. The repeat is not left behind."""
    (first,) = dispatches(router.route(complaint_of(1, "Mohon Kemenkes datang ke Kab. Sleman")))
    refusing_thread = threading.Thread(target=router.route_record, args=[router.answer_record(first, "refused")])
    repeat = {"complaint_id": id_of(2), "relation": Relation(kind="repeat", of=id_of(1))}
    with write_transaction(engine) as connection:
        transfer = CaseTransfer(connection, Cause("a repeat", id_of(9)), DEADLINES)
        case = transfer.find_case(id_of(1))
        assert case
        # The other router moves the case now, or waits until this transaction ends.
        refusing_thread.start()
        wait_for_lock(engine, lambda: not refusing_thread.is_alive())
        dispatch = dispatch_to_case(first.model_copy(update=repeat), case)
        assert transfer.dispatch_with_accompanying(dispatch, (), case)
    refusing_thread.join()
    with read_transaction(engine) as connection:
        assert [dispatch.agency for dispatch in dispatch_history(connection, id_of(2))] == [KEMENKES, SLEMAN]
