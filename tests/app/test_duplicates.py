"""Suggestions of likely duplicates as staff decides about them: the list, both decisions, two persons at once."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text, update
from sqlmodel import col

from app.assembly.parts import Parts
from app.clock import utc_now
from app.operations.audit.log import AuditLog
from app.operations.corrections import Corrections
from app.operations.duplicates.decision_publisher import DecisionPublisher
from app.operations.duplicates.decisions import DuplicateDecisions, labelled_pairs
from app.operations.duplicates.suggested_pairs import SuggestedPairs
from app.operations.duplicates.tables import Outcome
from app.operations.not_possible import NotPossible
from bus.errors import Retry
from bus.port import Outgoing
from cases.facts.tables import ComplaintFact
from config.database import write_transaction
from config.settings import Settings
from language.masking import mask_with_labels
from messages import codec
from messages.ids import complaint_id
from messages.shapes import KEPT_APART, Correction, Dispatch, Relation, Reply, iso
from messages.topics import AGENCY_ANSWERS, CORRECTIONS, REPLIES
from normalize.decision_store import Decision
from sinks.ledger.own.own_report import OwnReports, possible_acts
from tests.app.test_corrections import EVIDENCE, HEALTH, PLN, CorrectionHarness, message_of, number
from tests.conftest import NOW
from tests.support import program
from tests.support.agency_answers import unsigned_answer
from tests.support.deadlines import DEADLINES
from tests.support.service import REGISTRY

WHY = "pohon lain di jalan yang sama"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with a registry of a few agencies."""
    return settings.model_copy(update={"reference_folder": REGISTRY})


class DuplicateHarness(CorrectionHarness):
    """Operator who decides about suggestions."""

    def __init__(self, parts: Parts, engine: Engine) -> None:
        super().__init__(parts, engine)
        self.pairs = SuggestedPairs(engine)
        self.decisions = DuplicateDecisions(engine, self.corrections, AuditLog(engine))

    def open_numbers(self) -> list[tuple[str, str]]:
        """Return the numbers of the open suggestions."""
        return [(pair.number, pair.suggested_number) for pair in self.pairs.open_pairs(NOW - timedelta(days=1))]

    def state(self, index: int) -> str:
        """Return the state of the suggestion for a report."""
        return self.pairs.require(number(index)).state

    def decided_corrections(self) -> list[Correction]:
        """Return the published corrections."""
        return [codec.decode(Correction, record.value, record.headers) for record in self.records(CORRECTIONS)]

    def close(self, index: int) -> None:
        """Let the agency of a report close it."""
        record = next(
            record
            for record in self.records("agency-kementerian-kemenkes")
            if codec.decode(Dispatch, record.value, record.headers).tracking == number(index)
        )
        closing = unsigned_answer(codec.decode(Dispatch, record.value, record.headers), "closed")
        signed = self.parts.keys.answer_keys.sign(closing)
        self.producer.publish([Outgoing(AGENCY_ANSWERS, *codec.encode(signed, str(signed.complaint_id), "/test"))])
        self.work()


@pytest.fixture
def harness(parts: Parts, engine: Engine) -> Iterator[DuplicateHarness]:
    """A case, one that is perhaps the same at the same agency, and one at another agency."""
    harness = DuplicateHarness(parts, engine)
    harness.write(1, "Kemenkes tolong")
    harness.write(2, "Kemenkes, puskesmas tutup", like=1)
    harness.write(3, "PLN, tiang miring", like=1)
    harness.work()
    yield harness
    harness.producer.close()


def test_open_suggestions_are_listed(harness: DuplicateHarness) -> None:
    """With the number of the case that the suggested report belongs to, agencies, score and evidence."""
    harness.write(4, "Kemenkes belum dijawab", of=1)
    harness.write(5, "Kemenkes, masih tutup", like=4)
    harness.work()
    assert set(harness.open_numbers()) == {(number(index), number(1)) for index in (2, 3, 5)}
    pair = harness.pairs.require(number(3))
    assert (pair.agency, pair.suggested_agency) == ("bumn-pln", "kementerian-kemenkes")
    assert (pair.score, pair.evidence, pair.state, pair.outcome) == (0.75, EVIDENCE, "open", None)
    assert harness.pairs.open_pairs(NOW + timedelta(minutes=1)) == []
    with pytest.raises(NotPossible, match="No other report is suggested"):
        harness.pairs.require(number(1))


def test_the_likeliest_suggestion_is_listed_first(harness: DuplicateHarness) -> None:
    """Whatever came first. A confirmed and a denied one are counted."""
    with write_transaction(harness.engine) as connection:
        is_third = col(ComplaintFact.tracking) == number(3)
        connection.execute(update(ComplaintFact).where(is_third).values(suggestion_score=0.9))
    assert harness.open_numbers() == [(number(3), number(1)), (number(2), number(1))]
    assert harness.pairs.counts(NOW - timedelta(days=1)) == (2, 0, 0)
    harness.decisions.decide(number(3), "same", "Sari", WHY, NOW)
    harness.decisions.decide(number(2), "different", "Sari", WHY, NOW)
    harness.work()
    assert harness.pairs.counts(NOW - timedelta(days=1)) == (2, 1, 1)
    assert harness.pairs.counts(NOW + timedelta(minutes=1)) == (0, 0, 0)


def test_a_confirmed_suggestion_merges(harness: DuplicateHarness) -> None:
    """As a join, with the audit log and the labelled pair. The same decision again changes nothing."""
    for _ in range(2):
        assert harness.decisions.decide(number(3), "same", "Sari", WHY, NOW) == number(1)
    harness.work()
    assert harness.decisions.decide(number(3), "same", "Sari", WHY, NOW) == number(1)
    assert harness.relation_and_agencies(3)[0] == "joins"
    assert [correction.relation.kind for correction in harness.decided_corrections()] == ["joins"]
    with AuditLog(harness.engine).rows() as rows:
        assert [(row.act.action, row.act.actor, row.act.why) for row in rows] == [("duplicates.confirm", "Sari", WHY)]
    assert harness.open_numbers() == [(number(2), number(1))]
    assert harness.audit().clean


def test_a_denied_suggestion_moves_nothing(harness: DuplicateHarness) -> None:
    """Both stay cases of their own. The correction keeps them apart and is in the ledger with its evidence."""
    before = [harness.status(index) for index in (1, 2)]
    harness.decisions.decide(number(2), "different", "Sari", WHY, NOW)
    harness.work()
    assert [harness.status(index) for index in (1, 2)] == before
    (correction,) = harness.decided_corrections()
    assert (correction.tracking, correction.is_denial, correction.relation.kind) == (number(2), True, "new")
    assert correction.apart_from == harness.pairs.require(number(2)).suggested_id
    with harness.engine.connect() as connection:
        rows = connection.execute(text("SELECT relation, evidence FROM case_correction")).all()
    assert [tuple(row) for row in rows] == [("new", KEPT_APART)]
    assert (harness.state(2), harness.open_numbers()) == ("decided", [(number(3), number(1))])
    # The decision is on the topic, too: it stands without the table of decisions.
    with harness.engine.begin() as connection:
        connection.execute(text("DELETE FROM duplicate_decision"))
    assert (harness.state(2), harness.audit().clean) == ("decided", True)


def test_labelled_pairs_have_no_words(harness: DuplicateHarness) -> None:
    """Ids, score, evidence, outcome, person and time: nothing of a report, nothing of the reason."""
    harness.decisions.decide(number(2), "different", "Sari", WHY, NOW)
    harness.decisions.decide(number(3), "same", "Budi", WHY, NOW + timedelta(minutes=1))
    pairs = list(labelled_pairs(harness.engine))
    assert [(pair["outcome"], pair["actor"], pair["score"], pair["evidence"]) for pair in pairs] == [
        ("different", "Sari", 0.75, list(EVIDENCE)),
        ("same", "Budi", 0.75, list(EVIDENCE)),
    ]
    assert set(pairs[0]) == {"complaint", "suggested", "score", "evidence", "outcome", "actor", "decided_at"}
    with harness.engine.connect() as connection:
        stored = str(connection.execute(text("SELECT * FROM duplicate_decision")).all())
    assert not [words for words in (WHY, "puskesmas", "tiang", number(2)) if words in stored]


def _close_suggested(harness: DuplicateHarness) -> None:
    harness.close(1)


def _close_own(harness: DuplicateHarness) -> None:
    harness.close(2)


def _merge_elsewhere(harness: DuplicateHarness) -> None:
    harness.merge(3, 2)


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (_close_suggested, "closed"),
        (_close_own, "closed"),
        (_merge_elsewhere, "elsewhere"),
    ],
)
def test_a_suggestion_that_is_over_cannot_be_decided(
    harness: DuplicateHarness, change: Callable[[DuplicateHarness], None], state: str
) -> None:
    """Nothing is recorded, published or labelled."""
    change(harness)
    published = len(harness.decided_corrections())
    assert harness.state(2) == state
    outcomes: tuple[Outcome, ...] = ("same", "different")
    for outcome in outcomes:
        with pytest.raises(NotPossible) as caught:
            harness.decisions.decide(number(2), outcome, "Sari", WHY, NOW)
        assert caught.value.fault == "suggestion-not-open"
    assert len(harness.decided_corrections()) == published
    assert list(labelled_pairs(harness.engine)) == []
    assert number(2) not in str(harness.open_numbers())


def test_an_agency_decides_about_its_own_cases_only(harness: DuplicateHarness) -> None:
    """Both cases must be there."""
    with pytest.raises(NotPossible) as caught:
        harness.decisions.decide(number(3), "same", "Sari", WHY, NOW, "bumn-pln")
    assert caught.value.fault == "other-agency"
    assert harness.decisions.decide(number(2), "same", "Sari", WHY, NOW, "kementerian-kemenkes") == number(1)


def test_who_was_merged_hears_of_the_closing_and_may_object(harness: DuplicateHarness) -> None:
    """The report that a confirmed suggestion merged is not closed with the other one: its sender says if it is done."""
    harness.write(4, "Kemenkes, puskesmas tutup sejak pagi", like=1, channel="sms")
    harness.work()
    harness.decisions.decide(number(4), "same", "Sari", WHY, NOW)
    harness.work()
    harness.close(1)
    replies = [codec.decode(Reply, record.value, record.headers) for record in harness.records(REPLIES)]
    assert [reply.kind for reply in replies if reply.tracking == number(4)] == ["dispatched", "answered"]
    report = OwnReports(harness.engine, harness.ledger, mask_with_labels).read(message_of(4))
    assert report is not None
    assert report.status.state == "dijawab"
    # The bus has a clock of its own.
    later = utc_now() + timedelta(hours=1)
    assert "objects" in possible_acts(report.status.state, report.answered_at, later, DEADLINES)
    # The sender objects: the report becomes a case of its own at the agency. The other citizen's case stays closed.
    harness.write(5, "Belum selesai", of=4, act="objects", at=later)
    harness.work()
    assert [harness.status(index).state for index in (1, 4)] == ["selesai", "dibuka-lagi"]
    assert harness.audit().clean


def test_of_two_persons_at_once_one_decides(harness: DuplicateHarness) -> None:
    """Each begins before the other has finished. One correction is published; the other person reads who decided."""
    barrier, lock = threading.Barrier(2), threading.Lock()
    outcomes: list[Any] = []

    class WaitingLog:
        """Audit log that waits until both persons have read the open suggestion."""

        def append(self, *act: Any) -> None:
            """Append when the other person is here, too."""
            barrier.wait(timeout=30)
            # The log refuses two writers at one time on SQLite.
            with lock:
                AuditLog(harness.engine).append(*act)

    decisions = DuplicateDecisions(harness.engine, harness.corrections, WaitingLog())

    def decide(outcome: Any, actor: str) -> None:
        try:
            outcomes.append(decisions.decide(number(2), outcome, actor, WHY, NOW))
        except NotPossible as error:
            outcomes.append((error.fault, error.values["actor"]))

    threads = [threading.Thread(target=decide, args=pair) for pair in (("same", "Sari"), ("different", "Budi"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (pair,) = labelled_pairs(harness.engine)
    assert sorted(outcomes, key=str) == [("suggestion-decided", pair["actor"]), number(1)]
    corrections = harness.decided_corrections()
    # The second person may publish the first decision again. It has one id, and so one effect.
    assert len({correction.id for correction in corrections}) == 1
    assert corrections[0].is_denial is (pair["outcome"] == "different")


def test_a_decision_that_the_bus_did_not_take_is_published_by_the_next_attempt(harness: DuplicateHarness) -> None:
    """Also by an attempt of another person to decide otherwise: the first decision stands."""

    class AwayProducer:
        """Producer of a bus that is away."""

        def publish(self, *_: object) -> None:
            """Raise what an outage leads to."""
            raise Retry("away")

    log = AuditLog(harness.engine)
    away = DuplicateDecisions(harness.engine, Corrections(harness.engine, AwayProducer(), log), log)  # type: ignore[arg-type]
    with pytest.raises(Retry):
        away.decide(number(2), "different", "Sari", WHY, NOW)
    assert harness.decided_corrections() == []
    assert (number(2), number(1)) in harness.open_numbers()
    with pytest.raises(NotPossible, match="Sari has decided before you"):
        harness.decisions.decide(number(2), "same", "Budi", WHY, NOW)
    (correction,) = harness.decided_corrections()
    assert (correction.is_denial, correction.reason, harness.state(2)) == (True, WHY, "decided")
    # Without a further attempt the stage publishes it, once the request of the person has had its time.
    with pytest.raises(Retry):
        away.decide(number(3), "same", "Sari", WHY, NOW)
    clock = [NOW + timedelta(seconds=29)]
    engine, stopping = harness.engine, threading.Event()
    publisher = DecisionPublisher(engine, harness.corrections.publish, lambda: clock[0], stopping, 0.0)
    publisher.publish_waiting()
    assert harness.state(3) == "open"
    clock[0] = NOW + timedelta(seconds=31)
    unreachable = Corrections(engine, AwayProducer(), log)  # type: ignore[arg-type]
    DecisionPublisher(engine, unreachable.publish, lambda: clock[0], stopping, 0.0).publish_waiting()
    assert harness.state(3) == "open"
    for _ in range(2):
        publisher.publish_waiting()
    assert (harness.state(3), len(harness.decided_corrections())) == ("decided", 2)


def test_a_plain_merge_and_split_keep_a_labelled_pair(harness: DuplicateHarness) -> None:
    """Of a suggested pair in either direction, and of one that the normalizer joined. A pair without a score has none.

    The first decision about a pair stays.
    """
    harness.merge(1, 2)
    assert harness.state(2) == "decided"
    harness.split(2)
    harness.write(4, "Kemenkes, sama", of=1, kind="joins")
    harness.write(5, "Kemenkes, lain")
    harness.work()
    joined = Relation(kind="joins", of=complaint_id(message_of(1)), evidence=("same-names", "score-0.91"))
    row = {"message_id": message_of(4), "position": "", "relation": joined.model_dump_json(), "language_version": ""}
    with harness.engine.begin() as connection:
        connection.execute(insert(Decision), [{**row, "follow_up": ""}])
    harness.merge(2, 5)
    harness.split(4)
    harness.merge(3, 1)
    pairs = {(pair["complaint"], pair["outcome"]): pair for pair in labelled_pairs(harness.engine)}
    ids_ = [str(complaint_id(message_of(index))) for index in range(6)]
    assert set(pairs) == {(ids_[2], "same"), (ids_[3], "same"), (ids_[4], "different")}
    assert {pair["suggested"] for pair in pairs.values()} == {ids_[1]}
    assert (pairs[ids_[4], "different"]["score"], pairs[ids_[4], "different"]["evidence"]) == (0.91, ["same-names"])


@pytest.mark.slow
def test_from_the_command_line(parts: Parts) -> None:
    """List, show, confirm, deny, export, status and trace: agencies by name, masked texts, exit codes."""
    harness = DuplicateHarness(parts, parts.engine)
    harness.write(1, "Kemenkes tolong")
    harness.write(2, "Kemenkes, puskesmas tutup, hubungi 0812 3456 7890", like=1)
    harness.write(3, "PLN, tiang miring", like=1, again=2)
    harness.work()
    tables = {"SATUPINTU_REFERENCE_FOLDER": str(REGISTRY), "COLUMNS": "200"}
    variables = {**program.environment_of(parts.settings), **tables}

    def run(*arguments: str, code: int = 0) -> str:
        result = program.run(arguments, variables, parts.settings.home)
        assert result.returncode == code, result.stderr
        assert "Traceback" not in result.stderr
        return result.stdout if code == 0 else " ".join(result.stderr.split())

    by = ("--actor", "Sari", "--why", WHY)
    rows = {row["number"]: row for row in json.loads(run("duplicates", "list", "--since", "7000d", "--json"))}
    assert set(rows) == {number(2), number(3)}
    assert (rows[number(3)]["agency"], rows[number(3)]["suggested_agency"]) == (PLN, HEALTH)
    listed = run("duplicates", "list", "--since", "7000d")
    assert (PLN in listed, "place-same-topics" in listed) == (True, True)
    shown = run("duplicates", "show", number(2))
    assert "score 0.75, open" in shown
    assert "hubungi •••" in shown
    assert json.loads(run("status", number(2), "--json"))["suggestion"]["of"] == number(1)
    assert f"perhaps the same as {number(1)} (open)" in run("status", number(2))
    assert "perhaps the same as" in run("trace", number(2), "--since", "7000d")
    assert json.loads(run("status", number(3), "--json"))["similar_closed_case"] == {
        "of": number(2),
        "closed_at": iso(NOW),
    }
    assert f"like {number(2)}, closed {NOW:%Y-%m-%d}" in run("status", number(3))
    assert "; like the closed case of" in run("trace", number(3), "--since", "7000d")
    assert "--why is missing" in run("duplicates", "deny", number(2), "--actor", "Sari", "--why", " ", code=2)
    assert run("duplicates", "deny", number(2), *by) == f"{number(2)}: kept apart from {number(1)}\n"
    confirmed = json.loads(run("duplicates", "confirm", number(3), *by, "--json"))
    assert confirmed == {"number": number(3), "outcome": "same", "other": number(1)}
    assert "Sari has decided before you" in run(
        "duplicates", "confirm", number(2), "--actor", "B", "--why", "x", code=1
    )
    assert "No other report is suggested" in run("duplicates", "show", number(1), code=1)
    assert "(decided: different)" in run("status", number(2))
    assert "kept apart from" in run("trace", number(2), "--since", "7000d")
    exported = [json.loads(line) for line in run("duplicates", "export").splitlines()]
    assert [pair["outcome"] for pair in exported] == ["different", "same"]
    harness.producer.close()
