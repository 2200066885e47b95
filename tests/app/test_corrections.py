"""Splitting and merging as an operator does: what is said, what the ledger and the audit show, and what is refused."""

import json
from collections.abc import Callable, Iterator
from itertools import permutations
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
import requests
from sqlalchemy import Engine, text

from app.assembly.channels import DIRECTORY
from app.assembly.http import build
from app.assembly.parts import Parts
from app.assembly.process_health import http_doors
from app.operations.audit_log import AuditLog
from app.operations.corrections import Corrections, NotPossible
from bus.port import Membership, Outgoing, Record
from bus.worker import Stage
from config.database import read_transaction
from config.settings import Settings
from messages import codec, ids
from messages.sealing import Sealed
from messages.shapes import Complaint, Correction, Dispatch, Relation, Report
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, CORRECTIONS
from messages.tracking import tracking_number
from monitor.audit.audit import Audit, Auditor
from monitor.health import ProcessHealth
from sinks.ledger.status import ReportStatus, StatusReader
from tests.bus.test_worker import wait_for
from tests.conftest import NOW
from tests.ingest.door_client import DoorServer
from tests.support import program
from tests.support.rules import fixed_rules_source
from tests.support.service import REGISTRY, Whole
from tests.support.stages import make_ledger_sink, make_router

_IDS = UUID(int=1708)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With a registry of a few agencies."""
    return settings.model_copy(update={"reference_folder": REGISTRY})


def number(place: int) -> str:
    """A tracking number."""
    return tracking_number(_message(place), b"k" * 64)


def _message(place: int) -> UUID:
    return uuid5(_IDS, f"message {place}")


def _id(place: int) -> UUID:
    return ids.complaint_id(_message(place))


class Desk:
    """An operator before the embedded bus, with the router and the ledger behind it on one database."""

    def __init__(self, parts: Parts, engine: Engine) -> None:
        self.parts = parts
        self.engine = engine
        self.producer = parts.bus.producer()
        self.relating = Corrections(engine, self.producer, AuditLog(engine))
        self.ledger = StatusReader(engine, {code: each.name for code, each in parts.registry.agencies.items()})

    def write(self, place: int, said: str, of: int | None = None, kind: str = "repeat") -> None:
        """A citizen's complaint, as the normalizer publishes it."""
        relation = Relation.model_validate({"kind": kind, "of": _id(of)} if of else {})
        complaint = Complaint(
            id=_id(place),
            message_id=_message(place),
            at=NOW,
            tracking=number(place),
            channel="web",
            sender="sender",
            report=Report(text=said),
            contact=Sealed("sealed"),
            relation=relation,
        )
        self.producer.publish([Outgoing(COMPLAINTS, *codec.encode(complaint, str(relation.of or _id(place)), "/test"))])

    def work(self) -> None:
        """Let the router and the ledger work all there is."""
        self.batch(
            "router",
            make_router(self.engine, fixed_rules_source(self.parts.settings.reference_folder), lambda: NOW),
            (),
        )
        self.batch("ledger", make_ledger_sink(self.engine), self.parts.queues)

    def batch(self, group: str, stage: Stage, more: Any) -> None:
        """Let one of them."""
        membership = Membership(group, "test", (COMPLAINTS, AGENCY_ANSWERS, CORRECTIONS, *more))
        consumer = self.parts.bus.consumer(membership)
        consumer.commit(stage.handle(consumer.poll(0.0, 1000)))
        consumer.close()

    def split(self, place: int) -> Correction:
        """Take it apart, and let that be worked."""
        decided = self.relating.split(number(place), "petugas-1", "lokasinya berbeda", NOW)
        self.work()
        return decided.correction

    def merge(self, head: int, place: int) -> Correction:
        """Put it to another, and let that be worked."""
        decided = self.relating.merge(number(head), number(place), "joins", "petugas-2", "pipa yang sama", NOW)
        self.work()
        return decided.correction

    def status(self, place: int) -> ReportStatus:
        """What the ledger says of it."""
        found = self.ledger.status(number(place))
        assert found
        return found

    def shown(self, place: int) -> tuple[str, str | None, list[str]]:
        """Its relation, the number it belongs to, and the agencies on its way."""
        found = self.status(place)
        return found.relation, found.repeated_number, [step.agency for step in found.steps if step.kind == "dispatched"]

    def audit(self) -> Audit:
        """The audit of this bus and this ledger."""
        reader = self.parts.bus.reader()
        with read_transaction(self.engine) as connection:
            ids = connection.execute(text("SELECT id FROM ledger_complaint")).scalars()
            recorded = [(UUID(str(one)), NOW) for one in ids]
        try:
            return Auditor(reader, DIRECTORY.names, self.parts.queues, lambda: recorded, NOW).run()
        finally:
            reader.close()

    def records(self, topic: str) -> list[Record]:
        """What stands on a topic."""
        reader = self.parts.bus.reader()
        try:
            return list(reader.read([topic]))
        finally:
            reader.close()


@pytest.fixture
def desk(parts: Parts, engine: Engine) -> Iterator[Desk]:
    """Four reports: one, its repeat, one that joins it and lies at its own door, and one about something else."""
    made = Desk(parts, engine)
    made.write(1, "Kemenkes tolong")
    made.write(2, "Mohon PLN datang ke Kab. Sleman", of=1)
    made.write(3, "Kab. Sleman, jalan rusak", of=1, kind="joins")
    made.write(4, "PLN, tiang miring")
    made.work()
    yield made
    made.producer.close()


HEALTH, PLN, SLEMAN = "Kementerian Kesehatan", "PT PLN (Persero)", "Kabupaten Sleman"


def test_each_shows_its_own_way_or_that_of_its_case(desk: Desk) -> None:
    """What joins another's and lies at its own door goes its own way; its page does not say that it is one with it."""
    assert desk.shown(2) == ("repeat", number(1), [HEALTH])
    assert desk.shown(3) == ("joins", None, [SLEMAN])
    assert [desk.status(place).belongs_to_case for place in (1, 2, 3)] == [False, True, False]


def test_nobody_gets_anothers_number_by_repeating(desk: Desk) -> None:
    """Who joins another's complaint and writes again is shown their own first number, and the way of both."""
    desk.write(5, "Kemenkes, puskesmas tutup", of=1, kind="joins")
    desk.write(6, "masih tutup", of=5)
    desk.work()
    assert desk.shown(5) == ("joins", None, [HEALTH])
    assert desk.shown(6) == ("repeat", number(5), [HEALTH])


def test_apart_together_and_apart_again(desk: Desk) -> None:
    """The ledger shows each: the way of its own, then that of its head; the audit finds nothing wrong at any time."""
    ways = [desk.shown(2)]
    for head in (None, 4, None):
        _ = desk.merge(head, 2) if head else desk.split(2)
        ways.append(desk.shown(2))
        audit = desk.audit()
        assert (audit.clean, audit.at_agencies, audit.repeats) == (True, 4, 1), audit.differences
    assert ways == [
        ("repeat", number(1), [HEALTH]),
        ("new", None, [HEALTH, PLN]),
        ("joins", None, [PLN]),
        ("new", None, [HEALTH, PLN, PLN, PLN]),
    ]


def test_who_and_why_and_when_are_kept(desk: Desk) -> None:
    """A row for each decision, written once, in whatever order and however often it comes."""
    desk.split(2)
    desk.merge(4, 2)
    for order in permutations(desk.records(CORRECTIONS)):
        make_ledger_sink(desk.engine).handle([*order, *order])
    with read_transaction(desk.engine) as connection:
        query = text("SELECT actor, reason, relation FROM ledger_correction ORDER BY actor")
        assert [tuple(row) for row in connection.execute(query)] == [
            ("petugas-1", "lokasinya berbeda", "new"),
            ("petugas-2", "pipa yang sama", "joins"),
        ]


def test_what_is_said_names_no_citizen(desk: Desk) -> None:
    """The correction carries ids, numbers, and what the operator typed."""
    desk.split(2)
    (record,) = desk.records(CORRECTIONS)
    said = codec.decode(Correction, record.value, record.headers)
    assert (record.key.decode(), said.complaint_id, said.tracking) == (str(_id(2)), _id(2), number(2))
    assert (said.relation.kind, said.apart_from, said.message_id) == ("new", _id(1), _message(2))
    assert b"sender" not in record.value
    assert b"PLN" not in record.value


def test_a_command_given_twice_says_one_thing(desk: Desk) -> None:
    """Before the stages have worked it, it has the same id; once they have, there is nothing left to do."""
    twice = [desk.relating.split(number(2), "petugas-1", "x", NOW).correction.id for _ in range(2)]
    assert twice[0] == twice[1]
    desk.work()
    assert desk.audit().clean
    assert desk.shown(2) == ("new", None, [HEALTH, PLN])
    with pytest.raises(NotPossible):
        desk.split(2)


def test_the_same_decision_later_is_another_one(desk: Desk) -> None:
    """Apart, together, apart: three ids; else the last would be taken for the first."""
    made = [desk.split(2), desk.merge(1, 2), desk.split(2), desk.merge(1, 2)]
    assert len({each.id for each in made}) == 4
    assert desk.shown(2)[:2] == ("joins", None)


def test_it_is_put_to_the_head(desk: Desk) -> None:
    """Who names a repeat means the case it belongs to; who names what lies at its own door means that."""
    assert desk.merge(2, 4).relation.of == _id(1)
    assert desk.shown(4) == ("joins", None, [HEALTH])
    desk.split(4)
    assert desk.merge(3, 4).relation.of == _id(3)
    assert desk.shown(4) == ("joins", None, [SLEMAN])


def test_what_joins_from_its_own_door_is_put_to_it(desk: Desk) -> None:
    """A person decides that it is one case after all: it lies there, whatever its own words say."""
    desk.merge(1, 3)
    assert desk.shown(3) == ("joins", None, [HEALTH])
    assert desk.audit().clean


@pytest.mark.parametrize(
    ("decide", "says"),
    [
        (lambda desk: desk.split(1), "neither repeats nor joins"),
        (lambda desk: desk.split(9), "is not in the ledger (yet)"),
        (lambda desk: desk.merge(9, 1), "is not in the ledger (yet)"),
        (lambda desk: desk.merge(1, 9), "is not in the ledger (yet)"),
        (lambda desk: desk.merge(1, 1), "cannot be merged with itself"),
        (lambda desk: desk.merge(1, 2), "belong together already"),
        (lambda desk: desk.merge(2, 1), "would make a circle"),
    ],
)
def test_what_can_not_be_is_refused(desk: Desk, decide: Callable[[Desk], object], says: str) -> None:
    """Why, and nothing is said on the topic."""
    with pytest.raises(NotPossible) as caught:
        decide(desk)
    assert says in str(caught.value)
    assert desk.records(CORRECTIONS) == []


def test_each_decision_stands_in_the_log(desk: Desk) -> None:
    """By the ids of both reports, before it is said; what can't be done is no act."""
    desk.merge(1, 3)
    desk.split(3)
    with pytest.raises(NotPossible):
        desk.split(3)
    with AuditLog(desk.engine).rows() as rows:
        assert [(row.act.action, row.act.subject, row.act.actor, row.act.why) for row in rows] == [
            ("complaints.merge", f"{_id(3)} {_id(1)}", "petugas-2", "pipa yang sama"),
            ("complaints.split", f"{_id(3)} {_id(1)}", "petugas-1", "lokasinya berbeda"),
        ]


def test_what_is_at_no_door_yet_waits(desk: Desk) -> None:
    """The router would not know it."""
    desk.write(5, "Kemenkes lagi", of=1)
    desk.batch("ledger", make_ledger_sink(desk.engine), desk.parts.queues)
    with pytest.raises(NotPossible, match="not in an agency's queue"):
        desk.split(5)


def test_from_the_command_line(tmp_path: Path) -> None:
    """`merge`, `split` and `status` against a running service; scripts get JSON and exit codes."""
    whole = Whole(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        found = program.run(arguments, whole.environment, tmp_path)
        return found.returncode, found.stdout, found.stderr

    def shows(one: str) -> tuple[str, str | None]:
        found = json.loads(run("status", one, "--json")[1])
        return found["relation"], found["of"]

    who = ("--actor", "petugas-1", "--reason", "pipa yang sama")
    try:
        whole.start()
        url = f"http://127.0.0.1:{whole.settings.port}/web/reports"
        sent = [requests.post(url, json={"text": said}, timeout=10) for said in ("Kemenkes tolong", "Mohon PLN datang")]
        one, two = (answer.json()["tracking"] for answer in sent)
        assert whole.audit().clean

        code, out, _ = run("merge", one, two.lower(), *who, "--json")
        said = json.loads(out)
        assert (code, said["tracking"], said["kind"], said["other"]) == (0, two, "joins", one)
        wait_for(lambda: shows(two) == ("joins", None))
        assert run("split", two, *who)[:2] == (0, f"{two}: split from {one}\n")
        wait_for(lambda: shows(two) == ("new", None))
        assert run("merge", one, two, *who, "--repeat")[:2] == (0, f"{two}: repeat of {one}\n")
        wait_for(lambda: shows(two) == ("repeat", one))
        audit = whole.audit()
        assert (audit.clean, audit.complaints, audit.dead) == (True, 2, 0)

        for arguments, fails, says in (
            (("merge", two, one, *who), 1, "would make a circle"),
            (("split", one, *who), 1, "nothing to split"),
            (("split", "ABCD", *who), 2, "not a tracking number"),
            (("split", two), 2, "--actor"),
            (("split", two, "--actor", " ", "--reason", "x"), 2, "--actor and --reason are missing"),
            (("split", two, "--actor", "x", "--reason", "x" * 501), 2, "--reason at most 500"),
        ):
            code, _, err = run(*arguments)
            assert (code, says in " ".join(err.split()), "Traceback" in err) == (fails, True, False), err
        assert whole.stop() == [0]
    finally:
        whole.close()


def test_the_page_says_which_way_it_shows(parts: Parts) -> None:
    """Only what has no way of its own is shown as handled together with another number."""
    desk = Desk(parts, parts.engine)
    desk.write(1, "Kemenkes tolong")
    desk.write(2, "lagi", of=1)
    desk.write(3, "Kab. Sleman, jalan rusak", of=1, kind="joins")
    desk.work()
    host = DoorServer()
    host.app = build(parts, desk.producer, ProcessHealth(), http_doors(parts))
    with host.serving():
        status = f"http://127.0.0.1:{host.port}/status/"
        pages = [requests.get(status + number(place), timeout=10).text for place in (1, 2, 3)]
        desk.split(2)
        pages.append(requests.get(status + number(2), timeout=10).text)
    desk.producer.close()
    assert [number(1) in page.partition("<main")[2] for page in pages] == [True, True, False, False]
    assert ["bersama laporan" in page for page in pages] == [False, True, False, False]


def test_dispatches_say_whose_case_it_is(desk: Desk) -> None:
    """An agency's program reads it from its queue: which are cases, and which belong to one."""
    queue = desk.records("agency-kementerian-kemenkes")
    found = [codec.decode(Dispatch, record.value, record.headers) for record in queue]
    assert [(each.tracking, each.own_case) for each in found] == [(number(1), True), (number(2), False)]
