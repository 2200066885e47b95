"""What becomes of a complaint that an institution says is not its own: the next door, with all that was said."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count, pairwise
from typing import Any, Literal
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st
from sqlalchemy import Engine

from app.database import open_database
from bus.errors import Reject
from bus.port import Outgoing, Record
from messages import codec, ids
from messages.sealing import Sealed
from messages.shapes import AgencyAnswer, Complaint, Dispatch, OversightEvent, Reason, Relation, Report
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, OVERSIGHT
from router.lifecycle.refusal import MAX_HOPS, next_agency, refusal_event
from router.registry.registry import TRIAGE
from router.stage import RouterStage
from tests.conftest import NOW
from tests.support.records import at
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_router

HEALTH, PASSPORTS, PLN = "kementerian-kemenkes", "kementerian-kemenimipas", "bumn-pln"
SLEMAN, YOGYA, SEMARANG, CENTRAL = "kabupaten-3404", "provinsi-34", "kota-3374", "provinsi-33"
DOORS = (HEALTH, PASSPORTS, PLN, SLEMAN, YOGYA, SEMARANG, CENTRAL, "kabupaten-3322", TRIAGE)
Verdict = Literal["accepted", "refused", "responded", "closed"]


@dataclass
class Walk:
    """One complaint before a router, the dispatches it had and what oversight was told."""

    stage: RouterStage
    way: list[Dispatch] = field(default_factory=list)
    told: list[OversightEvent] = field(default_factory=list)
    offset: int = 0

    def tell(self, text: str, of: UUID | None = None) -> UUID:
        """What a citizen says; `of` is the complaint that it repeats."""
        id_ = uuid4()
        complaint = Complaint(
            id=id_,
            message_id=uuid4(),
            at=NOW,
            tracking="NOMOR",
            channel="web",
            sender="sender",
            report=Report(text=text),
            contact=Sealed("sealed"),
            relation=Relation(kind="repeat", of=of) if of else Relation(),
        )
        self.work(self._record(COMPLAINTS, codec.encode(complaint, str(of or id_), "/test")))
        return id_

    def refuse(self, theirs: str | None = None, text: str = "bukan urusan kami", actor: str = "") -> Dispatch:
        """The agency where it lies says that it is not its own; returns where it is then."""
        self.work(self.answered(self.way[-1], "refused", theirs, text, actor))
        return self.way[-1]

    def answered(
        self,
        dispatch: Dispatch,
        verdict: Verdict,
        theirs: str | None = None,
        text: str = "",
        actor: str = "",
        by: str = "",
    ) -> Record:
        """An answer to a dispatch, as its own record; `by` is who gives it, where it is not whose dispatch it is."""
        answer = AgencyAnswer(
            id=ids.answer_id(dispatch.id, verdict, text),
            message_id=dispatch.message_id,
            at=NOW,
            complaint_id=dispatch.complaint_id,
            dispatch_id=dispatch.id,
            agency=by or dispatch.agency,
            verdict=verdict,
            text=text,
            theirs=theirs,
            actor=actor,
        )
        return self._record(AGENCY_ANSWERS, codec.encode(answer, str(answer.complaint_id), "/test"))

    def work(self, record: Record) -> Sequence[Outgoing]:
        """Let the router work a record; what it rejects leads to nothing, as the worker puts it aside."""
        try:
            outputs = self.stage.handle([record])
        except Reject:
            return ()
        known = {each.id for each in self.way}
        queued = [codec.decode(Dispatch, out.value, out.headers) for out in outputs if out.topic.startswith("agency-")]
        self.way += [each for each in queued if each.id not in known]
        self.told += [codec.decode(OversightEvent, out.value, out.headers) for out in outputs if out.topic == OVERSIGHT]
        return outputs

    def _record(self, topic: str, encoded: Any) -> Record:
        self.offset += 1
        return at(Outgoing(topic, *encoded), self.offset)


@pytest.fixture
def walk(engine: Engine, now: Callable[[], datetime]) -> Walk:
    """A router on each kind of database, before the first complaint."""
    return Walk(make_router(engine, fixed_rules_source(), now))


def rules(dispatch: Dispatch) -> list[str]:
    """The rules of its reasons."""
    return [reason.rule for reason in dispatch.reasons]


def test_each_hop_carries_who_refused_and_why_in_order(walk: Walk) -> None:
    """The next institution reads the whole history, and whom each of them pointed to."""
    walk.tell("Mohon Kemenkes datang ke Kab. Sleman")
    walk.refuse(text="puskesmas milik kabupaten")
    walk.refuse(theirs=PLN, text="listriknya padam")
    last = walk.refuse()
    assert [each.agency for each in walk.way] == [HEALTH, SLEMAN, PLN, YOGYA]
    assert [reason.says for reason in last.reasons[1:]] == [
        "Kementerian Kesehatan menyatakan bukan kewenangannya: puskesmas milik kabupaten",
        "Kabupaten Sleman menyatakan bukan kewenangannya: listriknya padam (menunjuk PT PLN (Persero))",
        "PT PLN (Persero) menyatakan bukan kewenangannya: bukan urusan kami",
    ]
    assert rules(last)[1:] == ["next-alternative", "named-by-refusal", "next-alternative"]
    assert all(later.reasons[:-1] == earlier.reasons for earlier, later in pairwise(walk.way))


def test_a_province_passes_down_and_the_regency_back_to_the_centre_by_answer(walk: Walk) -> None:
    """Nothing moves until one of them answers, whatever comes in meanwhile; then it goes where that one says."""
    first = walk.tell("jalan rusak di Provinsi Daerah Istimewa Yogyakarta")
    walk.work(walk.answered(walk.way[-1], "accepted"))
    walk.tell("belum ada kabar", of=first)
    assert {each.agency for each in walk.way} == {YOGYA}
    repeated = walk.way.pop()
    assert repeated.own_case is False
    walk.refuse(theirs=SLEMAN, text="jalan kabupaten")
    case = [each for each in walk.way if each.own_case]
    assert [each.agency for each in case] == [YOGYA, SLEMAN]
    walk.work(walk.answered(case[-1], "refused", theirs=HEALTH, text="halaman rumah sakit kementerian"))
    assert [each.agency for each in walk.way if each.own_case] == [YOGYA, SLEMAN, HEALTH]


def test_what_a_person_decided_says_so(walk: Walk) -> None:
    """The dispatch has the person, and the reason that person's words; the next refusal is nobody's decision."""
    walk.tell("lampu mati")
    sent = walk.refuse(theirs=SEMARANG, text="nama jalan ada di kota itu", actor="petugas-1")
    assert (sent.agency, sent.actor, sent.confidence) == (SEMARANG, "petugas-1", 1.0)
    assert sent.reasons[-1] == Reason(
        rule="named-by-triage", says="Diputuskan oleh petugas: nama jalan ada di kota itu"
    )
    assert walk.told[-1].actor == "petugas-1"
    back = walk.refuse(theirs=PLN, text="bukan aset kami")
    assert (back.agency, back.actor) == (TRIAGE, "")
    assert rules(back) == ["no-evidence", "named-by-triage", "refused-after-triage"]
    assert "(menunjuk PT PLN (Persero))" in back.reasons[-1].says


def test_without_a_name_triage_keeps_it(walk: Walk) -> None:
    """Though there are candidates: which of them it is, nobody decided."""
    walk.tell("Kota Semarang atau Kabupaten Semarang, mohon dicek")
    assert walk.way[-1].alternatives
    walk.refuse()
    walk.refuse(theirs="tidak-ada")
    assert [each.agency for each in walk.way] == [TRIAGE]
    assert [told.reason for told in walk.told] == ["kept-by-triage", "kept-by-triage"]


def test_who_is_no_more_is_named_for_its_successor(walk: Walk) -> None:
    """An institution that goes on using an old name is understood; so is triage."""
    walk.tell("Mohon Kemenkes datang ke Kab. Sleman")
    moved = walk.refuse(theirs="kementerian-kemenkumham")
    assert (moved.agency, rules(moved)[-1]) == ("kementerian-kemenkum", "named-by-refusal")
    assert "(menunjuk Kementerian Hukum dan Hak Asasi Manusia)" in moved.reasons[-1].says
    walk.tell("lampu mati")
    assert walk.refuse(theirs="kementerian-kemenkumham", actor="petugas-1").agency == "kementerian-kemenkum"


def test_what_goes_along_says_who_decided(walk: Walk) -> None:
    """A repeat goes with its case, by the same person's decision, as sure."""
    first = walk.tell("lampu mati")
    case = walk.way[-1]
    walk.tell("masih mati", of=first)
    walk.work(walk.answered(case, "refused", theirs=PLN, actor="petugas-1"))
    moved = walk.way[-2:]
    assert [(each.agency, each.actor, each.confidence, each.own_case) for each in moved] == [
        (PLN, "petugas-1", 1.0, True),
        (PLN, "petugas-1", 1.0, False),
    ]


def test_a_door_after_a_refusal_is_less_sure(walk: Walk) -> None:
    """The evidence spoke for the first one; that nobody is left to ask is certain."""
    walk.tell("Mohon PLN datang")
    assert walk.refuse(theirs=SLEMAN).confidence == 0.5
    assert walk.refuse().confidence == 1.0
    assert walk.way[-1].agency == TRIAGE


def test_oversight_sees_ping_pong(walk: Walk) -> None:
    """A second refusal is ping-pong, all the more where it names who refused before; the limit is the gravest."""
    walk.tell("Mohon Kemenkes datang ke Kab. Sleman")
    walk.refuse(theirs=PLN)
    walk.refuse(theirs=HEALTH)
    walk.refuse()
    walk.refuse(theirs=SEMARANG)
    walk.refuse(theirs=CENTRAL)
    assert [(told.event, told.reason) for told in walk.told] == [
        ("refused", "named-by-refusal"),
        ("ping-pong", "names-one-that-refused"),
        ("ping-pong", "refused-again"),
        ("ping-pong", "refused-again"),
        ("hop-limit", "hop-limit"),
    ]
    assert walk.way[-1].agency == TRIAGE
    assert len({told.id for told in walk.told}) == 5


@pytest.mark.parametrize("theirs", [None, PLN, HEALTH])
def test_a_decision_of_triage_is_no_ping_pong(theirs: str | None) -> None:
    """However many refused before: a person decided."""
    door = next_agency([HEALTH, PLN, TRIAGE], (), theirs, DOORS)
    earlier = [Reason(rule="next-alternative", says="x")]
    assert refusal_event(door, [HEALTH, PLN, TRIAGE], theirs, earlier).event == "refused"


# Who answers what: whose dispatch (by its place on the way, from the end), what, whom it names, whether as another
# agency, whether the record comes twice.
STEPS = st.lists(
    st.tuples(
        st.sampled_from((0, 0, 0, 0, 0, 1, 2, 5)),
        st.sampled_from(("refused", "refused", "refused", "accepted", "responded", "closed")),
        st.sampled_from((None, None, "tidak-ada", "", *DOORS)),
        st.sampled_from((*[""] * 30, *DOORS)),
        st.booleans(),
    ),
    max_size=14,
)
TEXTS = ("Mohon Kemenkes datang ke Kab. Sleman", "lampu mati", "banjir di semarang", "Mohon PLN datang")


def test_whatever_agencies_answer_it_ends(tables: Any, tmp_path: Any) -> None:
    """Accepted or in triage, within the hop limit, never twice at a door, and the reasons only grow.

    Agencies accept, refuse, name others that there are or are not, answer late to what they had, and speak for others;
    records come twice.
    """
    path = tmp_path / "walks.db"
    path.write_bytes(tables.read_bytes())
    engine = open_database(f"sqlite:///{path}")
    # Each walk its own records: decisions are kept by their positions.
    positions = count(step=1000)

    @tried(suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(st.sampled_from(TEXTS), STEPS, st.sampled_from(("accepted", "refused")))
    def any_answers(text: str, steps: list[tuple[int, Verdict, str | None, str, bool]], last: str) -> None:
        walk = Walk(make_router(engine, fixed_rules_source(), lambda: NOW), offset=next(positions))
        walk.tell(text)
        for number, (back, verdict, theirs, by, twice) in enumerate(steps):
            dispatch = walk.way[max(0, len(walk.way) - 1 - back)]
            record = walk.answered(dispatch, verdict, theirs, f"alasan {number}", by=by)
            first = walk.work(record)
            if twice:
                assert walk.work(record) == first
        end(walk, takes=last == "accepted")
        holds(walk.way)

    any_answers()
    engine.dispose()


def end(walk: Walk, *, takes: bool) -> None:
    """Whoever has it last takes it, or all refuse and name another; then nobody has it but triage."""
    for theirs in DOORS[: MAX_HOPS + 2]:
        if walk.way[-1].agency == TRIAGE:
            return
        if takes:
            assert [out.topic for out in walk.work(walk.answered(walk.way[-1], "accepted"))] == []
            return
        before = len(walk.way)
        walk.refuse(theirs, "tetap bukan")
        assert len(walk.way) == before + 1
    assert walk.way[-1].agency == TRIAGE


def holds(way: Sequence[Dispatch]) -> None:
    """What is true of any way."""
    assert [each.hop for each in way] == list(range(len(way)))
    by_itself = 0
    for place, (earlier, later) in enumerate(pairwise(way), start=1):
        assert later.agency != earlier.agency
        assert later.reasons[:-1] == earlier.reasons
        assert bool(later.actor) == (earlier.agency == TRIAGE)
        if later.agency != TRIAGE and not later.actor:
            assert later.agency not in {each.agency for each in way[:place]}
        by_itself = 0 if later.actor else by_itself + 1
        assert by_itself <= MAX_HOPS + 1
