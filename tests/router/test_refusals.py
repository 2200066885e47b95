"""Refused complaints: the next agency, the reasons so far, and the events for oversight."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count, pairwise
from typing import Any, Literal
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from bus.errors import Reject
from bus.port import Outgoing, Record
from messages import codec, ids
from messages.sealing import Sealed
from messages.shapes import AgencyAnswer, Complaint, Dispatch, OversightEvent, Reason, Relation, Report
from messages.topics import AGENCY_ANSWERS, ANSWER_OUTCOMES, COMPLAINTS, OVERSIGHT, TRIAGE
from router.decision import NO_CANDIDATE
from router.lifecycle.refusal import MAX_HOPS, next_agency, refusal_event
from router.stage import RouterStage
from tests.conftest import NOW
from tests.support.agency_answers import signed
from tests.support.records import at
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_router
from tests.support.triage_confidence import check_confidence_at_triage

HEALTH, PASSPORTS, PLN = "kementerian-kemenkes", "kementerian-kemenimipas", "bumn-pln"
SLEMAN, YOGYA, SEMARANG, CENTRAL = "kabupaten-3404", "provinsi-34", "kota-3374", "provinsi-33"
AGENCIES = (HEALTH, PASSPORTS, PLN, SLEMAN, YOGYA, SEMARANG, CENTRAL, "kabupaten-3322", TRIAGE)
Verdict = Literal["accepted", "refused", "responded", "closed"]


@dataclass
class CaseRun:
    """One complaint at a router, its dispatches and the events for oversight."""

    stage: RouterStage
    dispatches: list[Dispatch] = field(default_factory=list)
    events: list[OversightEvent] = field(default_factory=list)
    offset: int = 0

    def route(self, text: str, of: UUID | None = None) -> UUID:
        """Route a citizen's complaint; `of` is the complaint that it repeats. Return its id."""
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
        self.route_record(self._record(COMPLAINTS, codec.encode(complaint, str(of or id_), "/test")))
        return id_

    def refuse(self, suggested_agency: str | None = None, text: str = "bukan urusan kami", actor: str = "") -> Dispatch:
        """Let the present agency refuse; return the latest dispatch."""
        self.route_record(self.answer_record(self.dispatches[-1], "refused", suggested_agency, text, actor))
        return self.dispatches[-1]

    def answer_record(
        self,
        dispatch: Dispatch,
        verdict: Verdict,
        suggested_agency: str | None = None,
        text: str = "",
        actor: str = "",
        answering_agency: str = "",
    ) -> Record:
        """Return the record of an answer; `answering_agency` is the agency of the dispatch by default."""
        answer = AgencyAnswer(
            id=ids.answer_id(dispatch.id, verdict, text, suggested_agency),
            message_id=dispatch.message_id,
            at=NOW,
            complaint_id=dispatch.complaint_id,
            dispatch_id=dispatch.id,
            agency=answering_agency or dispatch.agency,
            verdict=verdict,
            text=text,
            suggested_agency=suggested_agency,
            actor=actor,
        )
        return self._record(AGENCY_ANSWERS, codec.encode(signed(answer), str(answer.complaint_id), "/test"))

    def route_record(self, record: Record) -> Sequence[Outgoing]:
        """Route a record; a rejected one leads to nothing, as the worker writes a dead letter."""
        try:
            outputs = self.stage.handle([record])
        except Reject:
            return ()
        check_confidence_at_triage(outputs)
        known_ids = {dispatch.id for dispatch in self.dispatches}
        queued_dispatches = [
            codec.decode(Dispatch, output.value, output.headers)
            for output in outputs
            if output.topic.startswith("agency-")
        ]
        self.dispatches += [dispatch for dispatch in queued_dispatches if dispatch.id not in known_ids]
        self.events += [
            codec.decode(OversightEvent, output.value, output.headers)
            for output in outputs
            if output.topic == OVERSIGHT
        ]
        return outputs

    def _record(self, topic: str, encoded: Any) -> Record:
        self.offset += 1
        return at(Outgoing(topic, *encoded), self.offset)


@pytest.fixture
def run(engine: Engine, now: Callable[[], datetime]) -> CaseRun:
    """A router on each kind of database, before the first complaint."""
    return CaseRun(make_router(engine, fixed_rules_source(), now))


def rules(dispatch: Dispatch) -> list[str]:
    """Return the rules of a dispatch's reasons."""
    return [reason.rule for reason in dispatch.reasons]


def test_each_hop_has_all_earlier_reasons_in_order(run: CaseRun) -> None:
    """The next agency reads who refused, why, and which agency each one suggested."""
    run.route("Mohon Kemenkes datang ke Kab. Sleman")
    run.refuse(text="puskesmas milik kabupaten")
    run.refuse(suggested_agency=PLN, text="listriknya padam")
    latest = run.refuse()
    assert [dispatch.agency for dispatch in run.dispatches] == [HEALTH, SLEMAN, PLN, YOGYA]
    assert [reason.text for reason in latest.reasons[1:]] == [
        "Kementerian Kesehatan menyatakan bukan kewenangannya: puskesmas milik kabupaten",
        "Kabupaten Sleman menyatakan bukan kewenangannya: listriknya padam (menunjuk PT PLN (Persero))",
        "PT PLN (Persero) menyatakan bukan kewenangannya: bukan urusan kami",
    ]
    assert rules(latest)[1:] == ["next-alternative", "named-by-refusal", "next-alternative"]
    assert all(later.reasons[:-1] == earlier.reasons for earlier, later in pairwise(run.dispatches))


def test_only_an_answer_moves_a_case(run: CaseRun) -> None:
    """Other messages meanwhile do not move it. A refusal moves it to the suggested agency."""
    first = run.route("jalan rusak di Provinsi Daerah Istimewa Yogyakarta")
    run.route_record(run.answer_record(run.dispatches[-1], "accepted"))
    run.route("belum ada kabar", of=first)
    assert {dispatch.agency for dispatch in run.dispatches} == {YOGYA}
    repeated = run.dispatches.pop()
    assert repeated.own_case is False
    run.refuse(suggested_agency=SLEMAN, text="jalan kabupaten")
    case = [dispatch for dispatch in run.dispatches if dispatch.own_case]
    assert [dispatch.agency for dispatch in case] == [YOGYA, SLEMAN]
    run.route_record(
        run.answer_record(case[-1], "refused", suggested_agency=HEALTH, text="halaman rumah sakit kementerian")
    )
    assert [dispatch.agency for dispatch in run.dispatches if dispatch.own_case] == [YOGYA, SLEMAN, HEALTH]


def test_a_decision_of_a_person_names_the_person(run: CaseRun) -> None:
    """The dispatch has the person and their reason. The next refusal is no person's decision."""
    run.route("lampu mati")
    sent = run.refuse(suggested_agency=SEMARANG, text="nama jalan ada di kota itu", actor="petugas-1")
    assert (sent.agency, sent.actor, sent.confidence) == (SEMARANG, "petugas-1", 1.0)
    assert sent.reasons[-1] == Reason(
        rule="named-by-triage", text="Diputuskan oleh petugas: nama jalan ada di kota itu"
    )
    assert run.events[-1].actor == "petugas-1"
    refused = run.refuse(suggested_agency=PLN, text="bukan aset kami")
    assert (refused.agency, refused.actor) == (TRIAGE, "")
    assert rules(refused) == ["no-evidence", "named-by-triage", "refused-after-triage"]
    assert "(menunjuk PT PLN (Persero))" in refused.reasons[-1].text


def test_a_case_without_suggestion_stays_at_triage(run: CaseRun) -> None:
    """There are alternatives, but nobody decided between them."""
    run.route("Kota Semarang atau Kabupaten Semarang, mohon dicek")
    assert run.dispatches[-1].alternatives
    run.refuse()
    run.refuse(suggested_agency="tidak-ada")
    assert [dispatch.agency for dispatch in run.dispatches] == [TRIAGE]
    assert [event.reason for event in run.events] == ["kept-by-triage", "kept-by-triage"]


def test_a_former_institution_as_suggestion_means_its_successor(run: CaseRun) -> None:
    """Institutions and triage may use an old name."""
    run.route("Mohon Kemenkes datang ke Kab. Sleman")
    moved = run.refuse(suggested_agency="kementerian-kemenkumham")
    assert (moved.agency, rules(moved)[-1]) == ("kementerian-kemenkum", "named-by-refusal")
    assert "(menunjuk Kementerian Hukum dan Hak Asasi Manusia)" in moved.reasons[-1].text
    run.route("lampu mati")
    assert run.refuse(suggested_agency="kementerian-kemenkumham", actor="petugas-1").agency == "kementerian-kemenkum"


def test_an_accompanying_repeat_names_the_person(run: CaseRun) -> None:
    """A repeat moves with its case by the same decision and with the same confidence."""
    first = run.route("lampu mati")
    case = run.dispatches[-1]
    run.route("masih mati", of=first)
    run.route_record(run.answer_record(case, "refused", suggested_agency=PLN, actor="petugas-1"))
    moved = run.dispatches[-2:]
    assert [(dispatch.agency, dispatch.actor, dispatch.confidence, dispatch.own_case) for dispatch in moved] == [
        (PLN, "petugas-1", 1.0, True),
        (PLN, "petugas-1", 1.0, False),
    ]


def test_confidence_after_a_refusal(run: CaseRun) -> None:
    """The evidence spoke for the first agency. At triage the rules have no agency left to propose."""
    run.route("Mohon PLN datang")
    assert run.refuse(suggested_agency=SLEMAN).confidence == 0.5
    assert run.refuse().confidence == NO_CANDIDATE
    assert run.dispatches[-1].agency == TRIAGE
    decided = run.refuse(suggested_agency=SEMARANG, actor="petugas-1")
    assert (decided.agency, decided.confidence) == (SEMARANG, 1.0)
    back = run.refuse()
    assert (back.agency, back.confidence) == (TRIAGE, NO_CANDIDATE)


def test_events_for_oversight(run: CaseRun) -> None:
    """A second refusal is ping-pong, also one that suggests an agency that refused; the hop limit is the gravest."""
    run.route("Mohon Kemenkes datang ke Kab. Sleman")
    run.refuse(suggested_agency=PLN)
    run.refuse(suggested_agency=HEALTH)
    run.refuse()
    run.refuse(suggested_agency=SEMARANG)
    run.refuse(suggested_agency=CENTRAL)
    assert [(event.event, event.reason) for event in run.events] == [
        ("refused", "named-by-refusal"),
        ("ping-pong", "names-one-that-refused"),
        ("ping-pong", "refused-again"),
        ("ping-pong", "refused-again"),
        ("hop-limit", "hop-limit"),
    ]
    assert run.dispatches[-1].agency == TRIAGE
    assert len({event.id for event in run.events}) == 5


@pytest.mark.parametrize("suggested_agency", [None, PLN, HEALTH])
def test_a_decision_of_triage_is_no_ping_pong(suggested_agency: str | None) -> None:
    """A person decided, whatever number of agencies refused before."""
    chosen = next_agency([HEALTH, PLN, TRIAGE], (), suggested_agency, AGENCIES)
    earlier = [Reason(rule="next-alternative", text="x")]
    assert refusal_event(chosen, [HEALTH, PLN, TRIAGE], suggested_agency, earlier).event == "refused"


# Steps: the answered dispatch (counted from the latest), the verdict, the suggested agency, the answering agency if it
# is another one, and whether the record comes twice.
STEPS = st.lists(
    st.tuples(
        st.sampled_from((0, 0, 0, 0, 0, 1, 2, 5)),
        st.sampled_from(("refused", "refused", "refused", "accepted", "responded", "closed")),
        st.sampled_from((None, None, "tidak-ada", "", *AGENCIES)),
        st.sampled_from((*[""] * 30, *AGENCIES)),
        st.booleans(),
    ),
    max_size=14,
)
TEXTS = ("Mohon Kemenkes datang ke Kab. Sleman", "lampu mati", "banjir di semarang", "Mohon PLN datang")


@pytest.mark.slow
def test_any_sequence_of_answers_ends(engine: Engine) -> None:
    """A case is accepted, closed or in triage within the hop limit, never twice at an agency; its reasons only grow.

    Agencies accept, refuse, suggest agencies that exist or not, answer late, and answer for others. Records come twice.
    """
    # Each run has its own records: decisions are stored by their positions.
    offsets = count(step=1000)

    @hypothesis_settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(st.sampled_from(TEXTS), STEPS, st.sampled_from(("accepted", "refused")))
    def any_answers(text: str, steps: list[tuple[int, Verdict, str | None, str, bool]], final_verdict: str) -> None:
        run = CaseRun(make_router(engine, fixed_rules_source(), lambda: NOW), offset=next(offsets))
        run.route(text)
        closed_ids = set()
        for number, (steps_back, verdict, suggested_agency, answering_agency, is_repeated) in enumerate(steps):
            dispatch = run.dispatches[max(0, len(run.dispatches) - 1 - steps_back)]
            record = run.answer_record(
                dispatch, verdict, suggested_agency, f"alasan {number}", answering_agency=answering_agency
            )
            is_of_holder = dispatch is run.dispatches[-1] and answering_agency in {"", dispatch.agency}
            if verdict == "closed" and is_of_holder:
                closed_ids.add(dispatch.id)
            first = run.route_record(record)
            if is_repeated:
                assert run.route_record(record) == first
        if run.dispatches[-1].id in closed_ids:
            refuse_closed_case(run)
        else:
            finish(run, accepts=final_verdict == "accepted")
        check_invariants(run.dispatches)

    any_answers()
    engine.dispose()


def refuse_closed_case(run: CaseRun) -> None:
    """Check that a closed case stays at its agency."""
    count_before = len(run.dispatches)
    run.refuse(AGENCIES[0], "ternyata bukan")
    assert len(run.dispatches) == count_before


def finish(run: CaseRun, *, accepts: bool) -> None:
    """Let the last agency accept, or all refuse and suggest another one until triage has the case."""
    for suggested_agency in AGENCIES[: MAX_HOPS + 2]:
        if run.dispatches[-1].agency == TRIAGE:
            return
        if accepts:
            outputs = run.route_record(run.answer_record(run.dispatches[-1], "accepted"))
            assert [output.topic for output in outputs] == [ANSWER_OUTCOMES]
            return
        count_before = len(run.dispatches)
        run.refuse(suggested_agency, "tetap bukan")
        assert len(run.dispatches) == count_before + 1
    assert run.dispatches[-1].agency == TRIAGE


def check_invariants(dispatches: Sequence[Dispatch]) -> None:
    """Check the rules that hold for the dispatches of every case."""
    assert [dispatch.hop for dispatch in dispatches] == list(range(len(dispatches)))
    hops_without_person = 0
    for hop, (earlier, later) in enumerate(pairwise(dispatches), start=1):
        assert later.agency != earlier.agency
        assert later.reasons[:-1] == earlier.reasons
        assert bool(later.actor) == (earlier.agency == TRIAGE)
        if later.agency != TRIAGE and not later.actor:
            assert later.agency not in {dispatch.agency for dispatch in dispatches[:hop]}
        hops_without_person = 0 if later.actor else hops_without_person + 1
        assert hops_without_person <= MAX_HOPS + 1
