"""What a person decides moves complaints: taken apart they go their own way, put together they go one way."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from bus.errors import Reject
from bus.port import Outgoing, Record
from config.database import read_transaction, write_transaction
from messages import codec, ids
from messages.shapes import MERGED, SPLIT, Correction, Dispatch, Relation
from messages.topics import CORRECTIONS, REPLIES, TRIAGE
from router.lifecycle.linked import follow
from router.lifecycle.transfer import case_of, move
from router.store import dispatch_history
from tests.conftest import NOW
from tests.router.test_linked import Desk, dispatches, replies, said
from tests.support.records import at, value_of
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_router

SLEMAN = "kabupaten-3404"
KEMENKES = "kementerian-kemenkes"


def id_of(number: int) -> UUID:
    """The id of the complaint with this number."""
    return said(number, "x").id


def correction(number: int, relation: Relation, apart_from: int | None = None, after: int = 0) -> Correction:
    """What a person decided about the complaint with this number; `after` tells it from the same decided before."""
    one = said(number, "x")
    return Correction(
        id=ids.correction_id(one.id, f"{relation.kind}:{relation.of}", UUID(int=after)),
        message_id=one.message_id,
        at=NOW,
        complaint_id=one.id,
        tracking=one.tracking,
        relation=relation,
        apart_from=id_of(apart_from) if apart_from else None,
        actor="petugas-1",
        reason="lokasinya berbeda",
    )


class Office(Desk):
    """A router whose office corrects what it found."""

    def corrected(self, one: Correction) -> Record:
        """The correction at the next offset."""
        self.offset += 1
        return at(Outgoing(CORRECTIONS, *codec.encode(one, str(one.complaint_id), "/test")), self.offset)

    def split(self, number: int, apart_from: int = 1, after: int = 0) -> list[Dispatch]:
        """Take a complaint apart from another."""
        decided = correction(number, Relation(evidence=(SPLIT,)), apart_from, after)
        return dispatches(self.work(self.corrected(decided)))

    def merge(self, number: int, of: int, kind: Literal["repeat", "joins"] = "joins", after: int = 0) -> list[Dispatch]:
        """Put a complaint to another."""
        decided = correction(number, Relation(kind=kind, of=id_of(of), evidence=(MERGED,)), after=after)
        return dispatches(self.work(self.corrected(decided)))

    def door(self, text: str, number: int, of: int | None = None, kind: Literal["repeat", "joins"] = "repeat") -> str:
        """The door of a new complaint."""
        return dispatches(self.tell(said(number, text, of=of, kind=kind)))[-1].agency


@pytest.fixture
def office(engine: Engine, now: Callable[[], datetime]) -> Office:
    """A router on each kind of database."""
    return Office(make_router(engine, fixed_rules_source(), now))


def places(found: Sequence[Dispatch]) -> dict[UUID, tuple[str, int, UUID | None, bool]]:
    """Of each complaint: its door, hop, the complaint it belongs to, and whether it is a case."""
    return {each.complaint_id: (each.agency, each.hop, each.relation.of, each.own_case) for each in found}


def test_what_is_taken_apart_goes_to_its_own_door(office: Office) -> None:
    """By its own words, a case of its own, with the reason that an officer reads; the other one stays."""
    office.door("Kemenkes tolong", 1)
    assert office.door("Mohon PLN datang ke Kab. Sleman", 2, of=1) == KEMENKES
    (apart,) = office.split(2)
    assert places([apart]) == {id_of(2): ("bumn-pln", 1, None, True)}
    assert (apart.relation.kind, apart.relation.evidence) == ("new", (SPLIT,))
    assert apart.alternatives == (SLEMAN, "provinsi-34")
    assert [reason.rule for reason in apart.reasons] == ["named", "split"]
    assert apart.reasons[-1].says == "Dipisahkan dari laporan NOMOR1 oleh petugas: lokasinya berbeda"
    # Its way is its own from here: the door of the other has not refused it, and may be its next.
    (moved,) = dispatches(office.answer(apart, theirs=KEMENKES))
    assert places([moved]) == {id_of(2): (KEMENKES, 2, None, True)}


@pytest.mark.parametrize("kind", ["repeat", "joins"])
def test_where_it_lies_at_its_own_door_already_the_agency_learns_of_it(
    office: Office, kind: Literal["repeat", "joins"]
) -> None:
    """There is one case more in its queue."""
    office.door("Kemenkes tolong", 1)
    office.door("Kemenkes, kami juga", 2, of=1, kind=kind)
    assert places(office.split(2)) == {id_of(2): (KEMENKES, 1, None, True)}


def test_what_lies_elsewhere_and_only_joins_is_taken_apart(office: Office) -> None:
    """It stays at the door of its own words, and belongs to nothing any more; what repeats it has not moved."""
    office.door("Kemenkes tolong", 1)
    office.door("Mohon PLN datang", 2, of=1, kind="joins")
    office.door("lagi", 3, of=2)
    assert places(office.split(2)) == {id_of(2): ("bumn-pln", 1, None, True)}


def test_what_repeats_it_is_taken_apart_with_it(office: Office) -> None:
    """The rest of an SMS goes with its beginning; who only joined it goes where their own words lead, or nowhere."""
    office.door("Kemenkes tolong", 1)
    office.door("tolong", 2, of=1, kind="joins")
    office.door("Mohon PLN datang", 3, of=2)
    office.door("Kemenkes, kami juga", 4, of=2, kind="joins")
    office.door("kami juga", 5, of=2, kind="joins")
    assert places(office.split(2)) == {
        id_of(2): (TRIAGE, 1, None, True),
        id_of(3): (TRIAGE, 1, id_of(2), False),
        id_of(5): (TRIAGE, 1, id_of(2), False),
    }
    # What stayed with the other one is that one's from here.
    office.door("Kab. Sleman", 6)
    office.door("Kota Semarang", 7)
    for head in (6, 7):
        assert {each.complaint_id for each in office.merge(2, of=head, after=head)} == {id_of(2), id_of(3), id_of(5)}


def test_what_is_put_together_goes_one_way(office: Office) -> None:
    """It and all that followed it lie where the first lies, by its date, and go along when that moves."""
    office.door("Mohon Kemenkes datang ke Kab. Sleman", 1)
    office.door("foto", 2, of=1)
    office.door("Mohon PLN datang", 3)
    office.door("lagi", 4, of=3)
    office.door("kami juga", 5, of=3, kind="joins")
    moved = office.merge(3, of=2)
    here = (KEMENKES, 1, id_of(1), False)
    assert places(moved) == {id_of(3): here, id_of(4): here, id_of(5): here}
    (put,) = [each for each in moved if each.complaint_id == id_of(3)]
    assert (put.relation.kind, put.relation.evidence) == ("joins", (MERGED,))
    assert [reason.rule for reason in put.reasons] == ["merged", "named"]
    assert put.reasons[0].says == "Disatukan dengan laporan NOMOR1 oleh petugas: lokasinya berbeda"
    # An answer to any of them is one to the first.
    along = dispatches(office.answer(put))
    assert {each.agency for each in along} == {SLEMAN}
    assert {each.complaint_id for each in along} == {id_of(number) for number in range(1, 6)}
    assert office.door("PLN lagi", 6, of=3) == SLEMAN


def test_what_is_put_elsewhere_takes_its_own_along(office: Office) -> None:
    """A repeat of what followed one complaint follows another with it; what else followed the one stays."""
    (first,) = dispatches(office.tell(said(1, "Kemenkes tolong")))
    office.door("tolong", 2, of=1, kind="joins")
    office.door("lagi", 3, of=2)
    office.door("foto", 4, of=1)
    office.door("Mohon PLN datang", 5)
    here = ("bumn-pln", 1, id_of(5), False)
    assert places(office.merge(2, of=5)) == {id_of(2): here, id_of(3): here}
    moved = dispatches(office.answer(first))
    assert {each.complaint_id for each in moved} == {id_of(1), id_of(4)}


def test_what_was_put_to_it_is_taken_apart_with_it(office: Office) -> None:
    """A person put the third to the second: where that goes, it goes."""
    for number, said_of in enumerate(("Kemenkes tolong", "Mohon PLN datang", "tiang miring"), start=1):
        office.door(said_of, number)
    office.merge(3, of=2)
    office.merge(2, of=1)
    assert places(office.split(2)) == {
        id_of(2): ("bumn-pln", 2, None, True),
        id_of(3): ("bumn-pln", 3, id_of(2), False),
    }


def test_what_a_person_put_there_stays_when_its_sender_says_more(office: Office) -> None:
    """Nobody could place either; the person has decided that they are one case."""
    office.door("jalan rusak parah", 1)
    office.door("jalan rusak parah di", 2)
    office.merge(2, of=1)
    decided = {"relation": Relation(kind="joins", of=id_of(1), evidence=(MERGED,))}
    office.tell(said(3, "jalan rusak parah di").model_copy(update=decided))
    for number in (2, 3):
        assert office.door("jalan rusak parah di Kab. Sleman", number + 2, of=number) == TRIAGE


def test_apart_together_and_apart_again(office: Office) -> None:
    """Each is decided anew; what repeats it goes each way with it."""
    office.door("Kemenkes tolong", 1)
    office.door("Mohon PLN datang", 2, of=1)
    office.door("lagi", 3, of=2)
    ways = [office.split(2), office.merge(2, of=1, after=1), office.split(2, after=2)]
    assert [places(each) for each in ways] == [
        {id_of(2): ("bumn-pln", 1, None, True), id_of(3): ("bumn-pln", 1, id_of(2), False)},
        {id_of(2): (KEMENKES, 2, id_of(1), False), id_of(3): (KEMENKES, 2, id_of(1), False)},
        {id_of(2): ("bumn-pln", 3, None, True), id_of(3): ("bumn-pln", 3, id_of(2), False)},
    ]


def test_it_does_not_go_back_to_a_door_that_refused_it(office: Office) -> None:
    """Taken apart again it goes on from where it was before it was put to the other."""
    office.door("Mohon PLN datang", 1)
    (second,) = dispatches(office.tell(said(2, "Mohon Kemenkes datang ke Kab. Sleman")))
    office.answer(second)
    office.merge(2, of=1)
    (apart,) = office.split(2)
    assert (apart.agency, apart.alternatives) == (SLEMAN, (SLEMAN, "provinsi-34"))
    assert [reason.rule for reason in apart.reasons] == ["named", "next-alternative", "split"]
    (moved,) = dispatches(office.answer(apart))
    assert moved.agency == "provinsi-34"


def test_a_late_answer_is_to_what_it_was_given_for(office: Office) -> None:
    """A refusal of what was taken apart since is none of the complaint it belonged to, nor of where it is now."""
    office.door("Mohon Kemenkes datang ke Kab. Sleman", 1)
    (second,) = dispatches(office.tell(said(2, "Mohon PLN datang", of=1)))
    office.split(2)
    assert dispatches(office.answer(second)) == []
    office.merge(2, of=1, after=1)
    assert {each.complaint_id for each in dispatches(office.answer(second))} == {id_of(1), id_of(2)}


def test_the_same_record_says_the_same(office: Office) -> None:
    """Byte for byte, after all that came later; and another record of the same correction changes nothing."""
    office.door("Kemenkes tolong", 1)
    office.door("Mohon PLN datang", 2)
    for number in range(3, 9):
        office.door("lagi", number, of=2)
    merged = office.corrected(correction(2, Relation(kind="joins", of=id_of(1), evidence=(MERGED,))))
    apart = office.corrected(correction(2, Relation(evidence=(SPLIT,)), apart_from=1))
    first, second = office.work(merged), office.work(apart)
    assert [len(dispatches(each)) for each in (first, second)] == [7, 7]
    assert (office.work(merged), office.work(apart)) == (first, second)
    assert office.stage.handle([merged, apart]) == [*first, *second]
    assert office.merge(2, of=1) == []
    assert office.split(2) == []


def test_what_changes_nothing_is_harmless(office: Office) -> None:
    """A circle, itself, what is together, what is apart: nothing moves, also when the record is worked again."""
    office.door("Kemenkes tolong", 1)
    office.door("foto", 2, of=1)
    office.door("lagi", 3, of=1)
    assert office.merge(1, of=2) == []
    assert office.merge(1, of=1, after=1) == []
    assert office.merge(2, of=3) == []
    assert office.split(1, apart_from=2) == []
    assert [each.agency for each in office.split(2)] == [TRIAGE]


@pytest.mark.parametrize(
    ("number", "of", "field"), [(9, 1, "complaint_id"), (1, 9, "relation.of"), (9, None, "complaint_id")]
)
def test_what_the_router_does_not_know_is_rejected(office: Office, number: int, of: int | None, field: str) -> None:
    """A dead letter, not a silence; worked again, it is one again."""
    office.door("Kemenkes tolong", 1)
    relation = Relation(kind="joins", of=id_of(of)) if of else Relation()
    record = office.corrected(correction(number, relation, apart_from=None if of else 1))
    for _ in range(2):
        with pytest.raises(Reject, match=f"unknown_complaint at {field}"):
            office.work(record)


def test_a_broken_correction_is_rejected(office: Office) -> None:
    """What can't be read is put aside by the worker."""
    record = office.corrected(correction(1, Relation()))
    with pytest.raises(Reject):
        office.work(Record(record.topic, 0, record.offset, 0, b"", b"{", record.headers))


def test_who_is_told(office: Office) -> None:
    """Who repeated was told nothing of a way of its own, and is told now, once; who is put to another hears with it."""
    office.tell(said(1, "Kemenkes tolong", channel="sms"))
    office.tell(said(2, "Mohon PLN datang ke Kab. Sleman", of=1, channel="sms"))
    record = office.corrected(correction(2, Relation(evidence=(SPLIT,)), apart_from=1))
    outputs = office.work(record)
    assert replies(outputs) == ["NOMOR2"]
    (apart,) = dispatches(outputs)
    dispatch_to_next_agency = office.answer(apart)
    told = [value_of(each)["id"] for each in (*outputs, *dispatch_to_next_agency) if each.topic == REPLIES]
    assert len(set(told)) == 1
    (put,) = office.merge(2, of=1)
    assert replies(office.answer(put, "responded")) == ["NOMOR1", "NOMOR2"]


def test_what_comes_while_the_case_moves_lies_where_it_lies(office: Office, engine: Engine) -> None:
    """Two routers at one moment, one with a repeat and one with a refusal: neither leaves the repeat behind."""
    (first,) = dispatches(office.tell(said(1, "Mohon Kemenkes datang ke Kab. Sleman")))
    other = threading.Thread(target=office.work, args=[office.answered(first, "refused")])
    repeat = {"complaint_id": id_of(2), "relation": Relation(kind="repeat", of=id_of(1))}
    with write_transaction(engine) as connection:
        case = case_of(connection, id_of(1))
        assert case
        # The other moves the case now, or waits until we have said what we say.
        other.start()
        while other.is_alive() and not waits(engine):
            other.join(0.01)
        assert move(connection, "a repeat", follow(first.model_copy(update=repeat), case), (), case)
    other.join()
    with read_transaction(engine) as connection:
        assert [each.agency for each in dispatch_history(connection, id_of(2))] == [KEMENKES, SLEMAN]


def waits(engine: Engine) -> bool:
    """Whether somebody waits for a lock; on SQLite a second writer always does."""
    if engine.dialect.name == "sqlite":
        return True
    with read_transaction(engine) as connection:
        return bool(connection.execute(text("SELECT 1 FROM pg_locks WHERE NOT granted LIMIT 1")).first())
