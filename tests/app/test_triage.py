"""Triage: the list of undecided cases, the facts about each, and the decision."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import Engine, text

from app.assembly.parts import Parts
from app.operations.audit.log import AuditLog
from app.operations.not_possible import NotPossible
from app.operations.triage import TriageDecision, TriageDesk
from app.operations.triage_decisions import describe_answer
from bus.errors import Reject, Stop
from bus.port import Outgoing
from config.database import read_transaction
from config.settings import Settings
from desk.acts.openings import UnopenedDangers, read_unopened_dangers
from messages import codec, ids
from messages.shapes import AgencyAnswer, Dispatch
from messages.topics import AGENCY_ANSWERS, OVERSIGHT, TRIAGE, agency_topic
from tests.app.test_corrections import CorrectionHarness, number
from tests.conftest import NOW
from tests.support import program
from tests.support.agency_answers import answer
from tests.support.case_stages import make_case_stage
from tests.support.records import at
from tests.support.service import REGISTRY, RunningService
from tests.support.waiting import wait_for

HEALTH, PLN, SLEMAN, YOGYA, SEMARANG = (
    "kementerian-kemenkes",
    "bumn-pln",
    "kabupaten-3404",
    "provinsi-34",
    "kota-3374",
)

# The answers with the words and persons of each.
_ANSWERS = "FROM case_answer JOIN case_words ON fact_id = id"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with a registry of a few agencies."""
    return settings.model_copy(update={"reference_folder": REGISTRY})


@pytest.fixture
def harness(parts: Parts, engine: Engine) -> Iterator[CorrectionHarness]:
    """Two cases at triage, one of them with two candidates, and one case at an agency."""
    parts.core.engine = engine
    harness = CorrectionHarness(parts, engine)
    harness.write(1, "lampu mati, hubungi 0812 3456 7890 atau budi@contoh.id")
    harness.work()
    harness.write(2, "Kota Semarang atau Kabupaten Semarang, mohon dicek")
    harness.write(3, "Kemenkes tolong")
    harness.work()
    yield harness
    harness.producer.close()


def triage_desk(harness: CorrectionHarness) -> TriageDesk:
    """Return the triage desk of this ledger."""
    parts, log = harness.parts, AuditLog(harness.engine)
    return TriageDesk(harness.engine, parts.registry, log, parts.keys.answer_keys, parts.keys.answer_check)


def decide_case(
    harness: CorrectionHarness,
    index: int,
    to: str,
    why: str = "jalannya di kota itu",
    actor: str = "petugas-1",
    shown_dispatch: str = "",
) -> TriageDecision:
    """Let a person give a case to an agency."""
    with closing(harness.parts.bus.reader()) as reader:
        return triage_desk(harness).decide(number(index), to, actor, why, NOW, harness.producer, reader, shown_dispatch)


def refuse_case(harness: CorrectionHarness, index: int, text_: str, suggested_agency: str | None = None) -> None:
    """Let the agency refuse the case, and all stages process it."""
    answer(harness.parts, number(index), "refused", text_, suggested_agency)
    harness.work()


def undecided_numbers(harness: CorrectionHarness, **filters: str) -> list[str]:
    """Return the numbers of the undecided cases in their order."""
    return [
        case.triage_case.tracking
        for case in triage_desk(harness).undecided(filters.get("topic", ""), filters.get("region", ""))
    ]


def candidates_of(harness: CorrectionHarness, index: int) -> list[tuple[str, str]]:
    """Return the candidates of a case with their reasons."""
    return [(candidate.agency, candidate.why) for candidate in triage_desk(harness).show(number(index)).candidates]


def test_undecided_cases_are_listed(harness: CorrectionHarness) -> None:
    """Undecided cases are listed oldest first with due date and candidates."""
    assert sorted(undecided_numbers(harness)) == sorted([number(1), number(2)])
    ambiguous = next(case for case in triage_desk(harness).undecided() if case.triage_case.tracking == number(2))
    assert {candidate.agency for candidate in ambiguous.candidates} == {SEMARANG, "kabupaten-3322"}
    assert {candidate.why for candidate in ambiguous.candidates} == {
        "Mungkin berwenang; buktinya tidak cukup untuk memilihnya."
    }
    assert ambiguous.triage_case.due_at > ambiguous.triage_case.at_triage_since == NOW


def test_an_agency_without_a_queue_is_refused(harness: CorrectionHarness) -> None:
    """An agency without a queue is refused with its representative, which is also the candidate of a refusal."""
    with pytest.raises(NotPossible, match="Give the case to kementerian-kemenkum"):
        decide_case(harness, 1, "kementerian-kemenkumham")
    decide_case(harness, 1, SEMARANG)
    harness.work()
    refuse_case(harness, 1, "bukan kami", "kementerian-kemenkumham")
    assert candidates_of(harness, 1)[0] == ("kementerian-kemenkum", "Ditunjuk oleh Kota Semarang; belum diputuskan.")


def test_the_oldest_case_is_first(harness: CorrectionHarness) -> None:
    """The order follows the arrival at triage."""
    with harness.engine.begin() as connection:
        parameters = {"at": NOW - timedelta(days=2), "number": number(2)}
        connection.execute(
            text(
                "UPDATE case_dispatch SET at = :at "
                "WHERE complaint_id IN (SELECT id FROM case_complaint WHERE tracking = :number)"
            ),
            parameters,
        )
    assert undecided_numbers(harness) == [number(2), number(1)]


def test_a_decided_case_is_not_listed(harness: CorrectionHarness) -> None:
    """A decided case is not listed, before and after the router processed it, and cannot be decided again."""
    decide_case(harness, 1, SEMARANG)
    harness.work()
    assert undecided_numbers(harness) == [number(2)]
    with pytest.raises(NotPossible, match=f"is at {SEMARANG}, not at triage"):
        decide_case(harness, 1, PLN)
    assert harness.audit().clean


@pytest.mark.parametrize("why", ["jalannya di kota itu", "sudah ditelepon"])
def test_the_second_of_two_persons_learns_of_the_first_decision(harness: CorrectionHarness, why: str) -> None:
    """Nothing has processed the first decision yet. The second one has no effect, and its person is told so."""
    assert decide_case(harness, 1, SEMARANG).earlier_decision is None
    second = decide_case(harness, 1, PLN, why, "petugas-2")
    assert second.earlier_decision
    assert describe_answer(second.earlier_decision) == f"petugas-1 gave it to {SEMARANG}"
    harness.work()
    assert triage_desk(harness).show(number(1)).case.agency == SEMARANG
    with pytest.raises(NotPossible, match=f"petugas-1 gave it to {SEMARANG}"):
        decide_case(harness, 1, PLN, actor="petugas-2")


def test_a_forged_decision_is_no_earlier_one(harness: CorrectionHarness) -> None:
    """Somebody who writes to the topic is not triage: the person's decision is the first."""
    (record,) = [record for record in harness.records(agency_topic(TRIAGE)) if number(1).encode() in record.value]
    dispatch = codec.decode(Dispatch, record.value, record.headers)
    forged = AgencyAnswer(
        id=ids.answer_id(dispatch.id, "closed", ""),
        message_id=dispatch.message_id,
        at=NOW,
        complaint_id=dispatch.complaint_id,
        dispatch_id=dispatch.id,
        agency=TRIAGE,
        verdict="closed",
    )
    harness.producer.publish([Outgoing(AGENCY_ANSWERS, *codec.encode(forged, str(dispatch.complaint_id), "/test"))])
    assert decide_case(harness, 1, SEMARANG).earlier_decision is None


def test_a_case_that_was_decided_and_returned_must_be_shown_again(harness: CorrectionHarness) -> None:
    """A person who saw the first dispatch to triage does not know that an agency refused meanwhile."""
    shown = str(triage_desk(harness).show(number(1)).case.dispatch_id)
    decide_case(harness, 1, SEMARANG, actor="petugas-2")
    harness.work()
    refuse_case(harness, 1, "bukan kami")
    with pytest.raises(NotPossible, match="was decided after you saw it"):
        decide_case(harness, 1, SEMARANG, shown_dispatch=shown)
    shown_again = str(triage_desk(harness).show(number(1)).case.dispatch_id)
    assert decide_case(harness, 1, PLN, shown_dispatch=shown_again).earlier_decision is None


def test_an_unprocessed_decision_counts(harness: CorrectionHarness) -> None:
    """A decision that only the ledger has counts already."""
    decide_case(harness, 1, SEMARANG)
    harness.batch("cases", make_case_stage(harness.engine, harness.parts.keys.answer_check), harness.parts.queues)
    assert undecided_numbers(harness) == [number(2)]
    assert triage_desk(harness).show(number(1)).decision == SEMARANG
    with pytest.raises(NotPossible, match=f"was given to {SEMARANG} already, by petugas-1"):
        decide_case(harness, 1, PLN)


def test_a_dispatch_names_the_actor(harness: CorrectionHarness) -> None:
    """The dispatch has the actor, the reason and all earlier reasons."""
    decide_case(harness, 1, SEMARANG)
    harness.work()
    (record,) = harness.records(agency_topic(SEMARANG))
    dispatch = codec.decode(Dispatch, record.value, record.headers)
    assert (dispatch.actor, dispatch.hop) == ("petugas-1", 1)
    assert [reason.text for reason in dispatch.reasons][1:] == ["Diputuskan oleh petugas: jalannya di kota itu"]
    with read_transaction(harness.engine) as connection:
        answer_row = connection.execute(text(f"SELECT verdict, suggested_agency, actor, text {_ANSWERS}")).one()
        actor = connection.execute(
            text("SELECT actor FROM case_words JOIN case_dispatch ON fact_id = id WHERE hop = 1")
        ).scalar_one()
    assert tuple(answer_row) == ("refused", SEMARANG, "petugas-1", "jalannya di kota itu")
    assert actor == "petugas-1"
    assert b"petugas-1" in harness.records(OVERSIGHT)[-1].value


def test_a_refused_decision_returns_with_its_history(harness: CorrectionHarness) -> None:
    """After a refusal the suggested agency is the first candidate, and the history has every step without numbers."""
    decide_case(harness, 2, SEMARANG)
    harness.work()
    refuse_case(harness, 2, "wilayah kabupaten, hubungi 0812 3456 7890", "kabupaten-3322")
    assert sorted(undecided_numbers(harness)) == sorted([number(1), number(2)])
    assert candidates_of(harness, 2) == [
        ("kabupaten-3322", "Ditunjuk oleh Kota Semarang; belum diputuskan."),
        (SEMARANG, "Sudah menolak: wilayah kabupaten, hubungi •••"),
    ]
    history = triage_desk(harness).show(number(2)).history
    assert [(event.kind, event.agency, event.actor) for event in history] == [
        ("dispatched", "Admin Pusat", ""),
        ("dispatched", "Kota Semarang", "petugas-1"),
        ("dispatched", "Admin Pusat", ""),
        ("refused", "Admin Pusat", "petugas-1"),
        ("refused", "Kota Semarang", "petugas-1"),
    ]
    assert not any("3456" in event.text for event in history)
    assert decide_case(harness, 2, SEMARANG, "tetap di kota itu").refused_before
    harness.work()
    assert harness.audit().clean


def test_the_text_is_masked(harness: CorrectionHarness) -> None:
    """The text is masked as `tail` masks it."""
    case = triage_desk(harness).show(number(1)).case
    assert case.text == "lampu mati, hubungi ••• atau •••"
    assert (case.agency, case.topic, case.region, case.confidence) == (TRIAGE, "", "", 0.0)
    assert len(case.reasons) == 1


def test_a_repeat_is_decided_with_its_case(harness: CorrectionHarness) -> None:
    """A repeat is counted with its case and not listed; a decision about it decides the case."""
    harness.write(4, "lampunya masih mati", of=1)
    harness.work()
    assert number(4) not in undecided_numbers(harness)
    assert [
        case.triage_case.followers
        for case in triage_desk(harness).undecided()
        if case.triage_case.tracking == number(1)
    ] == [1]
    assert triage_desk(harness).show(number(4)).case.tracking == number(1)
    decide_case(harness, 4, SEMARANG)
    harness.work()
    assert harness.relation_and_agencies(4)[2][-1] == harness.relation_and_agencies(1)[2][-1] == "Kota Semarang"
    assert harness.audit().clean


def test_a_refusal_by_a_foreign_agency_is_not_shown(harness: CorrectionHarness) -> None:
    """A refusal by an agency that never had the case is not shown."""
    (record,) = [record for record in harness.records(agency_topic(TRIAGE)) if number(1).encode() in record.value]
    dispatch = codec.decode(Dispatch, record.value, record.headers)
    agency_answer = AgencyAnswer(
        id=ids.answer_id(dispatch.id, "refused", "", HEALTH),
        message_id=dispatch.message_id,
        at=NOW,
        complaint_id=dispatch.complaint_id,
        dispatch_id=dispatch.id,
        agency=PLN,
        verdict="refused",
        suggested_agency=HEALTH,
    )
    signed = harness.parts.keys.answer_keys.sign(agency_answer)
    sink = make_case_stage(harness.engine, harness.parts.keys.answer_check)
    with pytest.raises(Reject, match="unknown_dispatch"):
        sink.handle([at(Outgoing(AGENCY_ANSWERS, *codec.encode(signed, str(dispatch.complaint_id), "/test")))])
    assert candidates_of(harness, 1) == []
    assert number(1) in undecided_numbers(harness)


@pytest.mark.parametrize(
    ("topic", "region", "is_listed"),
    [
        ("", "33", "yes"),
        ("", "33.74", "yes"),
        ("", "33.7", "no"),
        ("", "33.74.01", "no"),
        ("banjir", "", "yes"),
        ("banjir", "33.74", "yes"),
        ("banjir", "34", "no"),
        ("pju", "", "no"),
        ("", "3%", "no"),
    ],
)
def test_filters_by_topic_and_region(harness: CorrectionHarness, topic: str, region: str, is_listed: str) -> None:
    """A region includes its parts, and not a region whose code begins alike."""
    with harness.engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE case_dispatch SET topic = 'banjir', region = '33.74' "
                "WHERE complaint_id IN (SELECT id FROM case_complaint WHERE tracking = :number)"
            ),
            {"number": number(2)},
        )
    assert undecided_numbers(harness, topic=topic, region=region) == ([number(2)] if is_listed == "yes" else [])


def test_a_closed_case_is_not_listed(harness: CorrectionHarness) -> None:
    """Closing decides a case; accepting, responding and refusing without an agency do not."""
    for index, verdict in ((1, "accepted"), (1, "responded"), (1, "refused"), (2, "closed")):
        answer(harness.parts, number(index), verdict, "sudah", None)
    harness.work()
    assert undecided_numbers(harness) == [number(1)]


def test_an_accepted_answer_has_its_actor(harness: CorrectionHarness) -> None:
    """An accepted answer is stored with its actor."""
    answer(harness.parts, number(3), "accepted", "kami kerjakan", None, "petugas kementerian")
    harness.work()
    with read_transaction(harness.engine) as connection:
        answer_row = connection.execute(text(f"SELECT verdict, actor, suggested_agency, text {_ANSWERS}")).one()
    assert tuple(answer_row) == ("accepted", "petugas kementerian", None, "kami kerjakan")


@pytest.mark.parametrize(("text_", "actor"), [("jalannya di kota itu", " "), ("", "petugas-1")])
def test_an_answer_needs_an_actor_and_a_text(harness: CorrectionHarness, text_: str, actor: str) -> None:
    """Nobody answers without a name and a word."""
    with pytest.raises(Stop, match="needs its actor and its text"):
        answer(harness.parts, number(1), "refused", text_, PLN, actor)
    assert harness.records(AGENCY_ANSWERS) == []


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda harness: decide_case(harness, 1, "kota-9999"), "There is no agency kota-9999"),
        (lambda harness: decide_case(harness, 1, TRIAGE), "There is no agency triage"),
        (lambda harness: decide_case(harness, 3, PLN), f"is at {HEALTH}, not at triage"),
        (lambda harness: decide_case(harness, 9, PLN), "is not in the ledger (yet)"),
        (lambda harness: triage_desk(harness).show(number(9)), "is not in the ledger (yet)"),
    ],
)
def test_an_impossible_decision_is_refused(
    harness: CorrectionHarness, action: Callable[[CorrectionHarness], Any], message: str
) -> None:
    """An impossible decision is refused with the reason, and nothing is published."""
    with pytest.raises(NotPossible) as caught:
        action(harness)
    assert message in str(caught.value)
    assert harness.records(AGENCY_ANSWERS) == []


def test_each_decision_is_recorded(harness: CorrectionHarness) -> None:
    """Each decision is recorded with actor and reason; a refused one is not."""
    complaint = decide_case(harness, 1, SEMARANG).answer.complaint_id
    harness.work()
    with pytest.raises(NotPossible):
        decide_case(harness, 1, PLN)
    with AuditLog(harness.engine).rows() as rows:
        (recorded,) = [row.act for row in rows]
    assert (recorded.action, recorded.subject) == ("triage.decide", f"{complaint} {SEMARANG}")
    assert (recorded.actor, recorded.why) == ("petugas-1", "jalannya di kota itu")


def test_an_answer_with_an_actor_is_recorded(harness: CorrectionHarness) -> None:
    """An answer with an actor is recorded with dispatch and verdict, without the agency's text."""
    answer(harness.parts, number(1), "responded", "sudah kami tangani, Pak Budi", None, "petugas-4")
    with harness.parts.audit_log.rows() as rows:
        (recorded,) = [row.act for row in rows]
    (agency_answer,) = [
        codec.decode(AgencyAnswer, record.value, record.headers) for record in harness.records(AGENCY_ANSWERS)
    ]
    assert (recorded.action, recorded.subject, recorded.why) == (
        "complaints.answer",
        str(agency_answer.dispatch_id),
        "responded",
    )
    assert recorded.actor.startswith("petugas-4 (uid ")


def unopened_dangers(engine: Engine) -> Sequence[UnopenedDangers]:
    """Return the cases with danger that nobody has opened."""
    with read_transaction(engine) as connection:
        return read_unopened_dangers(connection)


def check_danger(service: RunningService, run: Callable[..., tuple[int, str, str]]) -> None:
    """Report a danger: it stands before the case that waits, with whom to call, and is opened by `show` alone."""
    danger = {"text": "tolong ada orang tidak sadarkan diri di depan tugu contoh"}
    response = requests.post(f"http://127.0.0.1:{service.settings.port}/web/reports", json=danger, timeout=60)
    urgent = response.json()["tracking"]
    engine = service.parts.engine
    wait_for(lambda: [item.agency for item in unopened_dangers(engine)] == [TRIAGE])
    rows = json.loads(run("triage", "list", "--json")[1])
    assert rows[0]["number"] == urgent
    assert [bool(row["advice"]) for row in rows] == [True, False]
    assert "medical: Telepon 119 (ambulans) atau 112 sekarang" in run("triage", "list", "--newest-first")[2]
    assert unopened_dangers(engine)
    assert "  NOW: Telepon 119 (ambulans) atau 112 sekarang" in run("triage", "show", urgent)[1]
    assert unopened_dangers(engine) == []


def test_from_the_command_line(process_database: Mapping[str, str], tmp_path: Path) -> None:
    """`triage list`, `show` and `decide` with a running service: JSON and exit codes."""
    service = RunningService(tmp_path, **process_database)

    def run(*arguments: str) -> tuple[int, str, str]:
        result = program.run(arguments, service.environment, tmp_path)
        return result.returncode, result.stdout, " ".join(result.stderr.split())

    actor_and_reason = ("--actor", "petugas-1", "--why", "jalannya di kota itu")
    try:
        service.start()
        report = {"text": "mohon dibantu di depan tugu contoh, hubungi 0812 3456 7890"}
        response = requests.post(f"http://127.0.0.1:{service.settings.port}/web/reports", json=report, timeout=60)
        tracking = response.json()["tracking"]
        assert service.audit().clean

        (row,) = json.loads(run("triage", "list", "--json")[1])
        assert (row["number"], row["age_hours"], row["candidates"], row["along"]) == (tracking, 0, [], 0)
        assert json.loads(run("triage", "list", "--json", "--region", "33.74")[1]) == []
        assert tracking in run("triage", "list", "--newest-first")[1]
        case_json = json.loads(run("triage", "show", tracking.lower(), "--json")[1])
        assert (case_json["text"], case_json["agency"]) == ("mohon dibantu di depan tugu contoh, hubungi •••", "triage")
        case_text = run("triage", "show", tracking)[1]
        assert "depan tugu contoh" in case_text
        assert "3456" not in case_text

        assert run("triage", "decide", tracking, SEMARANG, *actor_and_reason)[:2] == (
            0,
            f"{tracking}: given to {SEMARANG}\n",
        )
        wait_for(lambda: json.loads(run("triage", "show", tracking, "--json")[1])["agency"] == SEMARANG)
        assert json.loads(run("triage", "list", "--json")[1]) == []
        run("answer", tracking, "refused", "--text", "bukan aset kami", "--suggested-agency", PLN, "--actor", "p")
        wait_for(lambda: len(json.loads(run("triage", "list", "--json")[1])) == 1)
        result = {row["rule"]: row for row in json.loads(run("rules", "refusals", "--json", "--since", "1d")[1])}
        assert result["named-by-triage"]["pointed"] == {PLN: 1}
        assert "100.0%" in run("rules", "refusals")[1]

        check_danger(service, run)
        code, out, err = run("triage", "decide", tracking, SEMARANG, *actor_and_reason, "--json")
        assert (code, json.loads(out)["refused_before"], "refused this case before" in err) == (0, True, True)
        audit = service.audit()
        assert (audit.clean, audit.complaints, audit.dead) == (True, 2, 0)

        for arguments, exit_code, message in (
            (("triage", "show", "ABCD"), 2, "not a tracking number"),
            (("triage", "decide", tracking, SEMARANG), 2, "--actor"),
            (
                ("triage", "decide", tracking, SEMARANG, "--actor", " ", "--why", "x"),
                2,
                "--actor is missing",
            ),
            (("triage", "decide", tracking, SEMARANG, "--actor", "x", "--why", "x" * 501), 2, "--why at most 500"),
            (("triage", "decide", tracking, PLN, *actor_and_reason), 1, "not at triage"),
        ):
            code, _, err = run(*arguments)
            assert (code, message in err, "Traceback" in err) == (exit_code, True, False), err
        assert service.stop() == [0]
    finally:
        service.close()
