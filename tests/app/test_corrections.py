"""Split and merge as an operator does: the correction, the ledger, the audit, and refused ones."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import permutations
from pathlib import Path
from typing import Any, Literal
from uuid import UUID, uuid5

import pytest
import requests
from sqlalchemy import Engine, text

from app.assembly.channels import DIRECTORY
from app.assembly.http import build
from app.assembly.parts import Parts
from app.assembly.process_health import http_doors
from app.operations.audit.log import AuditLog
from app.operations.corrections import Corrections
from app.operations.not_possible import NotPossible
from bus.port import Membership, Outgoing, Record
from bus.worker import Stage
from config.database import read_transaction
from config.settings import Settings
from messages import codec, ids
from messages.replies.reply_texts import TRIAGE_NAME
from messages.sealing import Sealed
from messages.shapes import (
    Channel,
    ClosedCase,
    Complaint,
    Correction,
    Danger,
    Dispatch,
    FollowUp,
    Relation,
    Report,
    SenderAct,
    Suggestion,
)
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, CORRECTIONS
from messages.tracking import tracking_number
from monitor.audit.audit import Audit
from monitor.audit.auditor import Auditor
from monitor.health import ProcessHealth
from router.audited_router import SqlRouter
from sinks.ledger.status import ReportStatus, StatusReader
from tests.conftest import NOW
from tests.ingest.door_client import DoorServer
from tests.support import program
from tests.support.agency_answers import unsigned_answer
from tests.support.case_stages import make_case_stage
from tests.support.rules import fixed_rules_source
from tests.support.service import REGISTRY, RunningService
from tests.support.stages import make_router
from tests.support.waiting import wait_for
from tests.support.written_bus import PlantedLedger

_IDS = UUID(int=1708)
# Evidence of each suggestion.
EVIDENCE = ("place-same-topics", "same-names")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with a registry of a few agencies."""
    return settings.model_copy(update={"reference_folder": REGISTRY})


def number(index: int) -> str:
    """Return a tracking number."""
    return tracking_number(message_of(index), b"k" * 64)


def message_of(index: int) -> UUID:
    """Return the id of the raw message of a report."""
    return uuid5(_IDS, f"message {index}")


def _id(index: int) -> UUID:
    return ids.complaint_id(message_of(index))


class CorrectionHarness:
    """Operator at the embedded bus, with the router and the ledger on one database."""

    def __init__(self, parts: Parts, engine: Engine) -> None:
        self.parts = parts
        self.engine = engine
        self.producer = parts.bus.producer()
        self.corrections = Corrections(engine, self.producer, AuditLog(engine))
        self.ledger = StatusReader(engine, {code: agency.name for code, agency in parts.registry.agencies.items()})

    def write(
        self,
        index: int,
        text_: str,
        of: int | None = None,
        kind: str = "repeat",
        *,
        anonim: bool = False,
        danger: Danger = "",
        like: int | None = None,
        again: int | None = None,
        channel: Channel = "web",
        act: SenderAct = "reports",
        at: datetime = NOW,
    ) -> None:
        """Publish a citizen's complaint as the normalizer does. `like` is the report that it is perhaps the same as.

        `again` is a report whose case was closed.
        """
        relation = Relation.model_validate({"kind": kind, "of": _id(of)} if of else {})
        complaint = Complaint(
            id=_id(index),
            message_id=message_of(index),
            at=at,
            tracking=number(index),
            channel=channel,
            sender="sender",
            report=Report(text=text_, anonim=anonim),
            contact=Sealed("sealed"),
            relation=relation,
            danger=danger,
            follow_up=FollowUp(act=act),
            suggestion=Suggestion(of=_id(like), score=0.75, evidence=EVIDENCE) if like else None,
            similar_closed_case=ClosedCase(of=_id(again), closed_at=NOW) if again else None,
        )
        self.producer.publish([Outgoing(COMPLAINTS, *codec.encode(complaint, str(relation.of or _id(index)), "/test"))])

    def work(self) -> None:
        """Let the router and the ledger process everything."""
        self.batch(
            "router",
            make_router(
                self.engine,
                fixed_rules_source(self.parts.settings.reference_folder),
                lambda: NOW,
                self.parts.keys.answer_check,
            ),
            (),
        )
        self.batch("cases", make_case_stage(self.engine, self.parts.keys.answer_check), self.parts.queues)

    def batch(self, group: str, stage: Stage, more_topics: Any) -> None:
        """Let one stage process everything."""
        membership = Membership(group, "test", (COMPLAINTS, AGENCY_ANSWERS, CORRECTIONS, *more_topics))
        consumer = self.parts.bus.consumer(membership)
        consumer.commit(stage.handle(consumer.poll(0.0, 1000)))
        consumer.close()

    def split(self, index: int) -> Correction:
        """Split a report, and let the stages process the correction."""
        published = self.corrections.split(number(index), "petugas-1", "lokasinya berbeda", NOW)
        self.work()
        return published.correction

    def merge(self, target: int, index: int, kind: Literal["repeat", "joins"] = "joins") -> Correction:
        """Merge a report into another, and let the stages process the correction."""
        published = self.corrections.merge(number(target), number(index), kind, "petugas-2", "pipa yang sama", NOW)
        self.work()
        return published.correction

    def status(self, index: int) -> ReportStatus:
        """Return the status of a report."""
        status = self.ledger.status(number(index))
        assert status
        return status

    def relation_and_agencies(self, index: int) -> tuple[str, str | None, list[str]]:
        """Return a report's relation, the number that it repeats, and the agencies of its dispatches."""
        status = self.status(index)
        return (
            status.relation,
            status.repeated_number,
            [step.agency for step in status.steps if step.kind == "dispatched"],
        )

    def audit(self) -> Audit:
        """Return the audit of this bus and ledger."""
        reader = self.parts.bus.reader()
        with read_transaction(self.engine) as connection:
            complaint_ids = connection.execute(text("SELECT id FROM case_complaint")).scalars()
            recorded = [(UUID(str(complaint_id)), NOW) for complaint_id in complaint_ids]
            dispatch_ids = connection.execute(text("SELECT id FROM case_dispatch")).scalars()
            dispatched = [UUID(str(dispatch_id)) for dispatch_id in dispatch_ids]
        try:
            ledger = PlantedLedger(recorded, lambda: dispatched)
            router = SqlRouter(self.engine)
            return Auditor(reader, DIRECTORY.names, self.parts.queues, ledger, router, NOW).run(NOW)
        finally:
            reader.close()

    def records(self, topic: str) -> list[Record]:
        """Return the records of a topic."""
        reader = self.parts.bus.reader()
        try:
            return list(reader.read([topic]))
        finally:
            reader.close()


@pytest.fixture
def harness(parts: Parts, engine: Engine) -> Iterator[CorrectionHarness]:
    """Four reports: a complaint, its repeat, a join at its own agency, and a separate one."""
    harness = CorrectionHarness(parts, engine)
    harness.write(1, "Kemenkes tolong")
    harness.write(2, "Mohon PLN datang ke Kab. Sleman", of=1)
    harness.write(3, "Kab. Sleman, jalan rusak", of=1, kind="joins")
    harness.write(4, "PLN, tiang miring")
    harness.work()
    yield harness
    harness.producer.close()


HEALTH, PLN, SLEMAN = "Kementerian Kesehatan", "PT PLN (Persero)", "Kabupaten Sleman"


def test_a_report_shows_its_own_steps_or_those_of_its_case(harness: CorrectionHarness) -> None:
    """A join at its own agency shows its own steps, and not the number that it joins."""
    assert harness.relation_and_agencies(2) == ("repeat", number(1), [HEALTH])
    assert harness.relation_and_agencies(3) == ("joins", None, [SLEMAN])
    assert [harness.status(index).belongs_to_case for index in (1, 2, 3)] == [False, True, False]


def test_a_repeat_of_a_join_shows_the_own_number(harness: CorrectionHarness) -> None:
    """A repeat of a join shows the sender's own first number, and the way of the repeat itself."""
    harness.write(5, "Kemenkes, puskesmas tutup", of=1, kind="joins")
    harness.write(6, "masih tutup", of=5)
    harness.work()
    assert harness.relation_and_agencies(5) == ("joins", None, [HEALTH])
    assert harness.relation_and_agencies(6) == ("repeat", number(5), [TRIAGE_NAME, HEALTH])


def test_split_merge_and_split_again(harness: CorrectionHarness) -> None:
    """Each split and merge shows in the ledger, and the audit stays clean."""
    shown_states = [harness.relation_and_agencies(2)]
    for target in (None, 4, None):
        _ = harness.merge(target, 2) if target else harness.split(2)
        shown_states.append(harness.relation_and_agencies(2))
        audit = harness.audit()
        assert (audit.clean, audit.at_agencies, audit.repeats) == (True, 4, 1), audit.differences
    assert shown_states == [
        ("repeat", number(1), [HEALTH]),
        ("new", None, [HEALTH, PLN]),
        ("joins", None, [HEALTH, PLN, PLN]),
        ("new", None, [HEALTH, PLN, PLN, PLN]),
    ]


def test_each_correction_has_one_row(harness: CorrectionHarness) -> None:
    """Each correction has one row, in any order and however often it arrives."""
    harness.split(2)
    harness.merge(4, 2)
    for order in permutations(harness.records(CORRECTIONS)):
        make_case_stage(harness.engine, harness.parts.keys.answer_check).handle([*order, *order])
    with read_transaction(harness.engine) as connection:
        query = text("SELECT actor, text, relation FROM case_correction JOIN case_words ON fact_id = id ORDER BY actor")
        assert [tuple(row) for row in connection.execute(query)] == [
            ("petugas-1", "lokasinya berbeda", "new"),
            ("petugas-2", "pipa yang sama", "joins"),
        ]


def test_a_correction_names_no_citizen(harness: CorrectionHarness) -> None:
    """A correction has ids, numbers and the operator's text only."""
    harness.split(2)
    (record,) = harness.records(CORRECTIONS)
    correction = codec.decode(Correction, record.value, record.headers)
    assert (record.key.decode(), correction.complaint_id, correction.tracking) == (str(_id(2)), _id(2), number(2))
    assert (correction.relation.kind, correction.apart_from, correction.message_id) == ("new", _id(1), message_of(2))
    assert b"sender" not in record.value
    assert b"PLN" not in record.value


def test_a_repeated_command_publishes_one_correction(harness: CorrectionHarness) -> None:
    """A repeated split has the same id until it is processed; then it is refused."""
    correction_ids = [harness.corrections.split(number(2), "petugas-1", "x", NOW).correction.id for _ in range(2)]
    assert correction_ids[0] == correction_ids[1]
    harness.work()
    assert harness.audit().clean
    assert harness.relation_and_agencies(2) == ("new", None, [HEALTH, PLN])
    with pytest.raises(NotPossible):
        harness.split(2)


def test_the_same_decision_later_is_a_new_correction(harness: CorrectionHarness) -> None:
    """Repeated splits and merges have different ids."""
    corrections = [harness.split(2), harness.merge(1, 2), harness.split(2), harness.merge(1, 2)]
    assert len({correction.id for correction in corrections}) == 4
    assert harness.relation_and_agencies(2)[:2] == ("joins", None)


def test_a_merge_goes_to_the_case(harness: CorrectionHarness) -> None:
    """A merge into a repeat goes to its case; a merge into a join at its own agency goes to that join."""
    assert harness.merge(2, 4).relation.of == _id(1)
    assert harness.relation_and_agencies(4) == ("joins", None, [PLN, HEALTH])
    harness.split(4)
    assert harness.merge(3, 4).relation.of == _id(3)
    assert harness.relation_and_agencies(4)[2][-1] == SLEMAN


def test_a_merge_moves_a_join_to_the_case(harness: CorrectionHarness) -> None:
    """A merge moves a join from its own agency to the case's agency."""
    harness.merge(1, 3)
    assert harness.relation_and_agencies(3) == ("joins", None, [SLEMAN, HEALTH])
    assert harness.audit().clean


@pytest.mark.parametrize(
    ("decide", "message"),
    [
        (lambda harness: harness.split(1), "neither repeats nor joins"),
        (lambda harness: harness.split(9), "is not in the ledger (yet)"),
        (lambda harness: harness.merge(9, 1), "is not in the ledger (yet)"),
        (lambda harness: harness.merge(1, 9), "is not in the ledger (yet)"),
        (lambda harness: harness.merge(1, 1), "cannot be merged with itself"),
        (lambda harness: harness.merge(1, 2), "belong together already"),
        (lambda harness: harness.merge(2, 1), "would make a circle"),
    ],
)
def test_an_impossible_correction_is_refused(
    harness: CorrectionHarness, decide: Callable[[CorrectionHarness], object], message: str
) -> None:
    """An impossible correction is refused with the reason, and nothing is published."""
    with pytest.raises(NotPossible) as caught:
        decide(harness)
    assert message in str(caught.value)
    assert harness.records(CORRECTIONS) == []


def test_a_report_is_not_merged_into_a_closed_case(harness: CorrectionHarness) -> None:
    """Nobody would read it there. The sentence names the case, whatever report of it was meant."""
    record = harness.records("agency-kementerian-kemenkes")[0]
    dispatch = codec.decode(Dispatch, record.value, record.headers)
    closing = harness.parts.keys.answer_keys.sign(unsigned_answer(dispatch, "closed"))
    encoded = codec.encode(closing, str(closing.complaint_id), "/test")
    harness.producer.publish([Outgoing(AGENCY_ANSWERS, *encoded)])
    harness.work()
    for target in (1, 2):
        with pytest.raises(NotPossible, match=f"The case {number(1)} is closed") as caught:
            harness.merge(target, 4)
        assert caught.value.fault == "case-closed"
    assert harness.records(CORRECTIONS) == []


def test_an_anonymous_report_is_not_merged_as_a_repeat_of_an_open_one(harness: CorrectionHarness) -> None:
    """The agency would see who wrote it. As a join it may be merged."""
    harness.write(5, "Kemenkes, petugas puskesmas minta uang", anonim=True)
    harness.work()
    with pytest.raises(NotPossible, match="anonymous"):
        harness.merge(1, 5, "repeat")
    assert harness.records(CORRECTIONS) == []
    harness.merge(1, 5, "joins")
    assert len(harness.records(CORRECTIONS)) == 1


def test_each_correction_is_recorded(harness: CorrectionHarness) -> None:
    """Each correction is recorded with the ids of both reports; a refused one is not."""
    harness.merge(1, 3)
    harness.split(3)
    with pytest.raises(NotPossible):
        harness.split(3)
    with AuditLog(harness.engine).rows() as rows:
        assert [(row.act.action, row.act.subject, row.act.actor, row.act.why) for row in rows] == [
            ("complaints.merge", f"{_id(3)} {_id(1)}", "petugas-2", "pipa yang sama"),
            ("complaints.split", f"{_id(3)} {_id(1)}", "petugas-1", "lokasinya berbeda"),
        ]


def test_an_undispatched_report_cannot_be_corrected(harness: CorrectionHarness) -> None:
    """A report that is not dispatched yet cannot be corrected."""
    harness.write(5, "Kemenkes lagi", of=1)
    harness.batch("cases", make_case_stage(harness.engine, harness.parts.keys.answer_check), harness.parts.queues)
    with pytest.raises(NotPossible, match="not in an agency's queue"):
        harness.split(5)


def test_from_the_command_line(process_database: Mapping[str, str], tmp_path: Path) -> None:
    """`merge`, `split` and `status` with a running service: JSON and exit codes."""
    service = RunningService(tmp_path, **process_database)

    def run(*arguments: str) -> tuple[int, str, str]:
        result = program.run(arguments, service.environment, tmp_path)
        return result.returncode, result.stdout, result.stderr

    def shows(first: str) -> tuple[str, str | None]:
        result = json.loads(run("status", first, "--json")[1])
        return result["relation"], result["of"]

    actor_and_reason = ("--actor", "petugas-1", "--why", "pipa yang sama")
    try:
        service.start()
        url = f"http://127.0.0.1:{service.settings.port}/web/reports"
        responses = [
            requests.post(url, json={"text": correction}, timeout=60)
            for correction in ("Kemenkes tolong", "Mohon PLN datang")
        ]
        first, second = (response.json()["tracking"] for response in responses)
        assert service.audit().clean

        code, out, _ = run("merge", first, second.lower(), *actor_and_reason, "--json")
        correction = json.loads(out)
        assert (code, correction["tracking"], correction["kind"], correction["other"]) == (0, second, "joins", first)
        wait_for(lambda: shows(second) == ("joins", None))
        assert run("split", second, *actor_and_reason)[:2] == (0, f"{second}: split from {first}\n")
        wait_for(lambda: shows(second) == ("new", None))
        assert run("merge", first, second, *actor_and_reason, "--repeat")[:2] == (0, f"{second}: repeat of {first}\n")
        wait_for(lambda: shows(second) == ("repeat", first))
        audit = service.audit()
        assert (audit.clean, audit.complaints, audit.dead) == (True, 2, 0)

        for arguments, exit_code, message in (
            (("merge", second, first, *actor_and_reason), 1, "would make a circle"),
            (("split", first, *actor_and_reason), 1, "nothing to split"),
            (("split", "ABCD", *actor_and_reason), 2, "not a tracking number"),
            (("split", second), 2, "--actor"),
            (("split", second, "--actor", " ", "--why", "x"), 2, "--actor is missing"),
            (("split", second, "--actor", "x", "--why", "x" * 501), 2, "--why at most 500"),
        ):
            code, _, err = run(*arguments)
            assert (code, message in " ".join(err.split()), "Traceback" in err) == (exit_code, True, False), err
        assert service.stop() == [0]
    finally:
        service.close()


def test_the_status_page_names_the_case(parts: Parts) -> None:
    """Only a report without steps of its own is shown as handled with another number."""
    harness = CorrectionHarness(parts, parts.engine)
    harness.write(1, "Kemenkes tolong")
    harness.write(2, "lagi", of=1)
    harness.write(3, "Kab. Sleman, jalan rusak", of=1, kind="joins")
    harness.work()
    host = DoorServer()
    host.app = build(parts, harness.producer, ProcessHealth(), http_doors(parts))
    with host.serving():
        status = f"http://127.0.0.1:{host.port}/status/"
        pages = [requests.get(status + number(index), timeout=60).text for index in (1, 2, 3)]
        harness.split(2)
        pages.append(requests.get(status + number(2), timeout=60).text)
    harness.producer.close()
    assert [number(1) in page.partition("<main")[2] for page in pages] == [True, True, False, False]
    assert ["bersama laporan" in page for page in pages] == [False, True, False, False]


def test_a_dispatch_says_if_it_is_a_case(harness: CorrectionHarness) -> None:
    """A dispatch says whether it is a case or belongs to one."""
    queue = harness.records("agency-kementerian-kemenkes")
    dispatches = [codec.decode(Dispatch, record.value, record.headers) for record in queue]
    assert [(dispatch.tracking, dispatch.own_case) for dispatch in dispatches] == [
        (number(1), True),
        (number(2), False),
    ]
