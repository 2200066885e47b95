"""The desk for what nobody could place: what waits there, what is known of it, and what a person decides."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import Engine, text

from app.assembly.parts import Parts
from app.operations.audit_log import AuditLog
from app.operations.corrections import NotPossible
from app.operations.triage import TriageDecision, TriageDesk
from bus.errors import Stop
from bus.port import Outgoing
from config.database import read_transaction
from config.settings import Settings
from messages import codec
from messages.shapes import AgencyAnswer, Dispatch
from messages.topics import AGENCY_ANSWERS, OVERSIGHT, TRIAGE, agency_topic
from tests.app.test_corrections import Desk, number
from tests.bus.test_worker import wait_for
from tests.conftest import NOW
from tests.support import program
from tests.support.agency_answers import answer
from tests.support.service import REGISTRY, Whole
from tests.support.stages import make_ledger_sink

HEALTH, PLN, SLEMAN, YOGYA, SEMARANG = (
    "kementerian-kemenkes",
    "bumn-pln",
    "kabupaten-3404",
    "provinsi-34",
    "kota-3374",
)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With a registry of a few agencies."""
    return settings.model_copy(update={"reference_folder": REGISTRY})


@pytest.fixture
def before(parts: Parts, engine: Engine) -> Iterator[Desk]:
    """Two that nobody could place, of which the second may be for one of two, and one at an institution."""
    parts.engine = engine
    made = Desk(parts, engine)
    made.write(1, "lampu mati, hubungi 0812 3456 7890 atau budi@contoh.id")
    made.work()
    made.write(2, "Kota Semarang atau Kabupaten Semarang, mohon dicek")
    made.write(3, "Kemenkes tolong")
    made.work()
    yield made
    made.producer.close()


def triage(before: Desk) -> TriageDesk:
    """The desk of this ledger."""
    return TriageDesk(before.engine, before.parts.registry, AuditLog(before.engine))


def decided(before: Desk, place: int, to: str, why: str = "jalannya di kota itu") -> TriageDecision:
    """A person gives it to an institution."""
    return triage(before).decide(number(place), to, "petugas-1", why, NOW, before.producer)


def refused(before: Desk, place: int, says: str, theirs: str | None = None) -> None:
    """The institution where it lies refuses it, and all is worked."""
    answer(before.parts, number(place), "refused", says, theirs)
    before.work()


def waits(before: Desk, **only: str) -> list[str]:
    """The numbers that wait, in the order in which they are listed."""
    return [one.triage_case.tracking for one in triage(before).undecided(**only)]


def why_not(before: Desk, place: int) -> list[tuple[str, str]]:
    """The candidates of a number, and why they do not have it."""
    return [(one.agency, one.why) for one in triage(before).show(number(place)).candidates]


def test_what_nobody_could_place_waits(before: Desk) -> None:
    """The first that came here is the first; with its date, and who it may be for."""
    assert sorted(waits(before)) == sorted([number(1), number(2)])
    ambiguous = next(one for one in triage(before).undecided() if one.triage_case.tracking == number(2))
    assert {each.agency for each in ambiguous.candidates} == {SEMARANG, "kabupaten-3322"}
    assert {each.why for each in ambiguous.candidates} == {"Mungkin berwenang; buktinya tidak cukup untuk memilihnya."}
    assert ambiguous.triage_case.due_at > ambiguous.triage_case.at_triage_since == NOW


def test_an_institution_that_is_no_more_is_given_nothing(before: Desk) -> None:
    """Whoever tries is told whom its matters belong to now; and where one refers to it, that one is the candidate."""
    with pytest.raises(NotPossible, match="Give the case to kementerian-kemenkum"):
        decided(before, 1, "kementerian-kemenkumham")
    decided(before, 1, SEMARANG)
    before.work()
    refused(before, 1, "bukan kami", "kementerian-kemenkumham")
    assert why_not(before, 1)[0] == ("kementerian-kemenkum", "Ditunjuk oleh Kota Semarang; belum diputuskan.")


def test_the_oldest_is_first(before: Desk) -> None:
    """By when it came to triage, not by when its citizen wrote."""
    with before.engine.begin() as connection:
        moved = {"at": NOW - timedelta(days=2), "number": number(2)}
        connection.execute(
            text(
                "UPDATE ledger_dispatch SET dispatched_at = :at "
                "WHERE complaint_id IN (SELECT id FROM ledger_complaint WHERE tracking = :number)"
            ),
            moved,
        )
    assert waits(before) == [number(2), number(1)]


def test_what_is_given_on_waits_no_more(before: Desk) -> None:
    """Neither while the router has not worked it, nor after; twice can't be said."""
    decided(before, 1, SEMARANG)
    before.work()
    assert waits(before) == [number(2)]
    with pytest.raises(NotPossible, match=f"is at {SEMARANG}, not at triage"):
        decided(before, 1, PLN)
    assert before.audit().clean


def test_what_is_said_and_not_worked_yet_is_decided(before: Desk) -> None:
    """The ledger may have the decision before the router moves the complaint."""
    decided(before, 1, SEMARANG)
    before.batch("ledger", make_ledger_sink(before.engine), before.parts.queues)
    assert waits(before) == [number(2)]
    assert triage(before).show(number(1)).decision == SEMARANG
    with pytest.raises(NotPossible, match=f"was given to {SEMARANG} already"):
        decided(before, 1, PLN)


def test_a_decision_makes_a_dispatch_that_says_who(before: Desk) -> None:
    """At the institution's queue lies who decided, why, and all reasons before."""
    decided(before, 1, SEMARANG)
    before.work()
    (record,) = before.records(agency_topic(SEMARANG))
    sent = codec.decode(Dispatch, record.value, record.headers)
    assert (sent.actor, sent.hop) == ("petugas-1", 1)
    assert [reason.says for reason in sent.reasons][1:] == ["Diputuskan oleh petugas: jalannya di kota itu"]
    with read_transaction(before.engine) as connection:
        said = connection.execute(text("SELECT verdict, theirs, actor, text FROM ledger_answer")).one()
        kept = connection.execute(text("SELECT actor FROM ledger_dispatch WHERE hop = 1")).scalar_one()
    assert tuple(said) == ("refused", SEMARANG, "petugas-1", "jalannya di kota itu")
    assert kept == "petugas-1"
    assert b"petugas-1" in before.records(OVERSIGHT)[-1].value


def test_a_decision_that_is_refused_comes_back_with_its_history(before: Desk) -> None:
    """Whom it pointed to is the first candidate, who refused the last, and the way says all; no number is shown."""
    decided(before, 2, SEMARANG)
    before.work()
    refused(before, 2, "wilayah kabupaten, hubungi 0812 3456 7890", "kabupaten-3322")
    assert sorted(waits(before)) == sorted([number(1), number(2)])
    assert why_not(before, 2) == [
        ("kabupaten-3322", "Ditunjuk oleh Kota Semarang; belum diputuskan."),
        (SEMARANG, "Sudah menolak: wilayah kabupaten, hubungi •••"),
    ]
    way = triage(before).show(number(2)).history
    assert [(step.kind, step.agency, step.actor) for step in way] == [
        ("dispatched", "Admin Pusat", ""),
        ("dispatched", "Kota Semarang", "petugas-1"),
        ("dispatched", "Admin Pusat", ""),
        ("refused", "Admin Pusat", "petugas-1"),
        ("refused", "Kota Semarang", ""),
    ]
    assert not any("3456" in step.text for step in way)
    assert decided(before, 2, SEMARANG, "tetap di kota itu").refused_before
    before.work()
    assert before.audit().clean


def test_words_are_shown_without_who(before: Desk) -> None:
    """As `tail` shows them."""
    case = triage(before).show(number(1)).case
    assert case.text == "lampu mati, hubungi ••• atau •••"
    assert (case.agency, case.topic, case.region, case.confidence) == (TRIAGE, "", "", 1.0)
    assert len(case.reasons) == 1


def test_what_goes_along_is_decided_with_its_case(before: Desk) -> None:
    """A repeat is not listed, but counted; whoever decides about it decides about both."""
    before.write(4, "lampunya masih mati", of=1)
    before.work()
    assert number(4) not in waits(before)
    assert [
        one.triage_case.followers for one in triage(before).undecided() if one.triage_case.tracking == number(1)
    ] == [1]
    assert triage(before).show(number(4)).case.tracking == number(1)
    decided(before, 4, SEMARANG)
    before.work()
    assert before.shown(4)[2][-1] == before.shown(1)[2][-1] == "Kota Semarang"
    assert before.audit().clean


def test_a_refusal_by_who_never_had_it_counts_for_nothing(before: Desk) -> None:
    """The router puts it aside; the ledger has it, and the desk does not show it."""
    (record,) = [one for one in before.records(agency_topic(TRIAGE)) if number(1).encode() in one.value]
    sent = codec.decode(Dispatch, record.value, record.headers)
    answer = AgencyAnswer(
        id=sent.complaint_id,
        message_id=sent.message_id,
        at=NOW,
        complaint_id=sent.complaint_id,
        dispatch_id=sent.id,
        agency=PLN,
        verdict="refused",
        theirs=HEALTH,
    )
    before.producer.publish([Outgoing(AGENCY_ANSWERS, *codec.encode(answer, str(sent.complaint_id), "/test"))])
    before.batch("ledger", make_ledger_sink(before.engine), before.parts.queues)
    assert why_not(before, 1) == []
    assert number(1) in waits(before)


@pytest.mark.parametrize(
    ("topic", "region", "there"),
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
def test_a_desk_for_a_topic_or_a_region(before: Desk, topic: str, region: str, there: str) -> None:
    """A region and all that it holds; not one whose code begins alike."""
    with before.engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE ledger_dispatch SET topic = 'banjir', region = '33.74' "
                "WHERE complaint_id IN (SELECT id FROM ledger_complaint WHERE tracking = :number)"
            ),
            {"number": number(2)},
        )
    assert waits(before, topic=topic, region=region) == ([number(2)] if there == "yes" else [])


def test_what_triage_answered_itself_waits_no_more(before: Desk) -> None:
    """Closed is decided; accepted and responded are not, nor is a refusal that names nobody."""
    for place, verdict in ((1, "accepted"), (1, "responded"), (1, "refused"), (2, "closed")):
        answer(before.parts, number(place), verdict, "", None, "petugas-1")
    before.work()
    assert waits(before) == [number(1)]


def test_accepted_is_recorded_with_who_said_so(before: Desk) -> None:
    """As every answer is."""
    answer(before.parts, number(3), "accepted", "kami kerjakan", None, "petugas kementerian")
    before.work()
    with read_transaction(before.engine) as connection:
        said = connection.execute(text("SELECT verdict, actor, theirs, text FROM ledger_answer")).one()
    assert tuple(said) == ("accepted", "petugas kementerian", None, "kami kerjakan")


def test_triage_says_who_decides(before: Desk) -> None:
    """Also where it answers as any agency does."""
    with pytest.raises(Stop, match="--actor is missing"):
        answer(before.parts, number(1), "refused", "", PLN)
    assert before.records(AGENCY_ANSWERS) == []


@pytest.mark.parametrize(
    ("work", "says"),
    [
        (lambda before: decided(before, 1, "kota-9999"), "There is no agency kota-9999"),
        (lambda before: decided(before, 1, TRIAGE), "There is no agency triage"),
        (lambda before: decided(before, 3, PLN), f"is at {HEALTH}, not at triage"),
        (lambda before: decided(before, 9, PLN), "is not in the ledger (yet)"),
        (lambda before: triage(before).show(number(9)), "is not in the ledger (yet)"),
    ],
)
def test_what_can_not_be_decided_is_refused(before: Desk, work: Callable[[Desk], Any], says: str) -> None:
    """Why, and nothing is said on the topic."""
    with pytest.raises(NotPossible) as caught:
        work(before)
    assert says in str(caught.value)
    assert before.records(AGENCY_ANSWERS) == []


def test_each_decision_stands_in_the_log(before: Desk) -> None:
    """Who gave which complaint to whom, and why; what can't be decided is no act."""
    complaint = decided(before, 1, SEMARANG).answer.complaint_id
    before.work()
    with pytest.raises(NotPossible):
        decided(before, 1, PLN)
    with AuditLog(before.engine).rows() as rows:
        (act,) = [row.act for row in rows]
    assert (act.action, act.subject) == ("triage.decide", f"{complaint} {SEMARANG}")
    assert (act.actor, act.why) == ("petugas-1", "jalannya di kota itu")


def test_an_answer_stands_in_the_log_where_somebody_gave_it(before: Desk) -> None:
    """By its dispatch and what was said of it; the words of an agency may name a citizen, and are not in it."""
    answer(before.parts, number(1), "responded", "sudah kami tangani, Pak Budi", None, "petugas-4")
    answer(before.parts, number(1), "closed", "selesai", None)
    with before.parts.audit_log.rows() as rows:
        (act,) = [row.act for row in rows]
    (said, _) = [codec.decode(AgencyAnswer, one.value, one.headers) for one in before.records(AGENCY_ANSWERS)]
    assert (act.action, act.subject, act.actor, act.why) == (
        "complaints.answer",
        str(said.dispatch_id),
        "petugas-4",
        "responded",
    )


def test_from_the_command_line(tmp_path: Path) -> None:
    """`triage list`, `show`, `decide` and `suggest` against a running service; scripts get JSON and exit codes."""
    whole = Whole(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        found = program.run(arguments, whole.environment, tmp_path)
        return found.returncode, found.stdout, " ".join(found.stderr.split())

    who = ("--actor", "petugas-1", "--why", "jalannya di kota itu")
    try:
        whole.start()
        said = {"text": "mohon dibantu di depan tugu contoh, hubungi 0812 3456 7890"}
        answer = requests.post(f"http://127.0.0.1:{whole.settings.port}/web/reports", json=said, timeout=10)
        one = answer.json()["tracking"]
        assert whole.audit().clean

        (row,) = json.loads(run("triage", "list", "--json")[1])
        assert (row["number"], row["age_hours"], row["candidates"], row["along"]) == (one, 0, [], 0)
        assert json.loads(run("triage", "list", "--json", "--region", "33.74")[1]) == []
        assert one in run("triage", "list", "--newest-first")[1]
        about = json.loads(run("triage", "show", one.lower(), "--json")[1])
        assert (about["text"], about["agency"]) == ("mohon dibantu di depan tugu contoh, hubungi •••", "triage")
        plain = run("triage", "show", one)[1]
        assert "depan tugu contoh" in plain
        assert "3456" not in plain

        copy = str(tmp_path / "usul")
        told = ("triage", "suggest", one, "--phrase", "Tugu Contoh", "--into", copy)
        code, out, err = run(*told, "--alias", SEMARANG)
        assert code == 0
        assert out.startswith(f"{copy}/agencies.csv: kota-3374,kota,Kota Semarang,,tugu contoh,semarang,33.74,")
        assert all(f"satupintu rules {command}" in err for command in (f"lint {copy}", "diff", f"replay --with {copy}"))
        assert "does not occur" not in err

        assert run("triage", "decide", one, SEMARANG, *who)[:2] == (0, f"{one}: given to {SEMARANG}\n")
        wait_for(lambda: json.loads(run("triage", "show", one, "--json")[1])["agency"] == SEMARANG)
        assert json.loads(run("triage", "list", "--json")[1]) == []
        run("answer", one, "refused", "--text", "bukan aset kami", "--theirs", PLN)
        wait_for(lambda: len(json.loads(run("triage", "list", "--json")[1])) == 1)
        found = {row["rule"]: row for row in json.loads(run("rules", "refusals", "--json", "--since", "1d")[1])}
        assert found["named-by-triage"]["pointed"] == {PLN: 1}
        assert "100.0%" in run("rules", "refusals")[1]
        code, out, err = run("triage", "decide", one, SEMARANG, *who, "--json")
        assert (code, json.loads(out)["again"], "refused this case before" in err) == (0, True, True)
        audit = whole.audit()
        assert (audit.clean, audit.complaints, audit.dead) == (True, 1, 0)

        for arguments, fails, says in (
            (("triage", "show", "ABCD"), 2, "not a tracking number"),
            (("triage", "decide", one, SEMARANG), 2, "--actor"),
            (("triage", "decide", one, SEMARANG, "--actor", " ", "--why", "x"), 2, "--actor and --why are missing"),
            (("triage", "decide", one, SEMARANG, "--actor", "x", "--why", "x" * 501), 2, "--why at most 500"),
            (("triage", "decide", one, PLN, *who), 1, "not at triage"),
            ((*told, "--alias", SEMARANG), 1, "already"),
            ((*told, "--place", "99.99"), 1, "no places.csv"),
            ((*told, "--alias", SEMARANG, "--topic", "pju"), 2, "Use one of --alias, --place and --topic"),
            (("triage", "suggest", one, "--phrase", "0812 3456 7890", "--into", copy, "--alias", PLN), 2, "a number"),
        ):
            code, _, err = run(*arguments)
            assert (code, says in err, "Traceback" in err) == (fails, True, False), err
        assert whole.stop() == [0]
    finally:
        whole.close()
