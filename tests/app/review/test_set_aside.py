"""A message that was set aside by a rule becomes a report by a person's release, once, under its number and link."""

from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func
from sqlmodel import SQLModel, select
from typer.testing import CliRunner

from app.assembly.core import system_user
from app.assembly.parts import Parts
from app.cli import app
from app.operations.review.set_aside import NotReleasable, SetAside, SetAsideFilter, describe
from bus.errors import Stop
from bus.local.bus import LocalBus
from bus.port import Membership, Outgoing, Record, TopicSpec
from bus.worker import Stage
from cases.facts.tables import ComplaintFact, DispatchFact, EventFact
from config.database import DatabaseUnavailable
from language.masking import mask_with_labels
from messages import codec, ids
from messages.sealing import Sealer
from messages.shapes import Complaint, Contact, OversightEvent, RawMessage
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, CORRECTIONS, OVERSIGHT
from sinks.ledger.own.own_report import OwnReports
from sinks.ledger.status import ReportStatus
from tests.conftest import NOW
from tests.ingest.door_client import raw_messages
from tests.support import program, records
from tests.support.case_stages import make_case_stage
from tests.support.log_capture import captured_log
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_normalizer, make_router

PHONE = "+628000000031"
# A complaint that quotes an advertisement.
QUOTING = "Promo! Diskon 50% dan gratis ongkir, klik bit.ly/contoh. Kemenkes tolong, hubungi 0812 3456 7890"
LATER = NOW + timedelta(hours=5)
_DAY_SECONDS = 86_400


class Service:
    """Normalizer, router and ledger on the embedded bus, and the operation of staff."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.set_aside = SetAside(parts.engine, parts.bus, parts.sealer, parts.normalizer.readers, parts.audit_log)
        rules = fixed_rules_source(parts.settings.reference_folder)
        router = make_router(parts.engine, rules, lambda: NOW, parts.keys.answer_check)
        ledger = make_case_stage(parts.engine, parts.keys.answer_check)
        routed = (COMPLAINTS, AGENCY_ANSWERS, CORRECTIONS)
        self._stages: Sequence[tuple[str, Stage, tuple[str, ...]]] = (
            ("normalize", self.normalizer(), ("raw-web", "raw-sms", "raw-twitter", "raw-mobile")),
            ("router", router, routed),
            ("cases", ledger, (*routed, OVERSIGHT, *parts.queues)),
        )

    def normalizer(self, *, classifies: bool = True) -> Stage:
        """Return a normalizer with the shipped rules, or one that sets nothing aside by them."""
        return make_normalizer(
            self.parts.engine, self.parts.sealer, classifier=self.parts.reading.classifier if classifies else None
        )

    def accept(self, message: Outgoing) -> RawMessage:
        """Publish a message as its door does, and let the stages process it."""
        self.publish([message])
        self.work()
        return codec.decode(RawMessage, message.value, message.headers)

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """Publish messages."""
        with closing(self.parts.bus.producer()) as producer:
            producer.publish(messages)

    def work(self) -> None:
        """Let each stage process what waits."""
        for group, stage, topics in self._stages:
            with closing(self.parts.bus.consumer(Membership(group, "test", topics))) as consumer:
                consumer.commit(stage.handle(consumer.poll(0.0, 1000)))

    def release(self, number: str) -> RawMessage:
        """Release a message."""
        return self.set_aside.release(number, "petugas-1", "keluhan", LATER)

    def numbers(self, reason: str | None = None) -> list[str]:
        """Return the numbers of the list."""
        return [message.tracking for message in self.set_aside.unreleased(SetAsideFilter(reason))]

    def status(self, number: str) -> ReportStatus:
        """Return the status of a number, which has one."""
        status = self.parts.ledger.status(number)
        assert status
        return status

    def records(self, topic: str) -> list[Record]:
        """Return the records of a topic."""
        with closing(self.parts.bus.reader()) as reader:
            return list(reader.read([topic]))

    def complaints(self, number: str) -> list[Complaint]:
        """Return the complaints with a number on their topic."""
        decoded = (codec.decode(Complaint, record.value, record.headers) for record in self.records(COMPLAINTS))
        return [complaint for complaint in decoded if complaint.tracking == number]

    def rows(self, table: type[SQLModel]) -> int:
        """Return the number of rows of a table."""
        with self.parts.engine.begin() as connection:
            return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


@pytest.fixture
def service(parts: Parts) -> Service:
    """The service with a complaint and an SMS that asks for a status."""
    running = Service(parts)
    running.accept(records.web(parts, "Kemenkes tolong"))
    running.accept(records.sms(parts, "STATUS", "+628000000032"))
    return running


def test_a_released_message_is_the_report_of_its_arrival(service: Service) -> None:
    """Number, sender, times, contact and link stay; its agency gets it; the audit counts both messages."""
    parts = service.parts
    raw = service.accept(records.sms(parts, QUOTING, PHONE, proof="twilio-signature"))
    assert (service.status(raw.tracking).state, service.numbers()) == ("bukan-laporan", [raw.tracking])
    shown = describe(service.set_aside.find(raw.tracking))
    assert (shown["reason"], shown["channel"]) == ("fraud", "sms")
    assert "Kemenkes tolong" in str(shown["text"])
    assert "3456" not in str(shown)

    released = service.release(raw.tracking)
    assert released == service.release(raw.tracking)
    assert service.numbers() == []
    service.work()

    (complaint,) = service.complaints(raw.tracking)
    assert complaint.id == ids.complaint_id(raw.id)
    same = {"message_id", "at", "tracking", "channel", "sender"}
    assert complaint.model_dump(include=same) == raw.model_dump(include=same)
    assert (complaint.reviewed, complaint.report.kind, service.rows(ComplaintFact)) == (True, "pengaduan", 2)
    opened = parts.sealer.open(complaint.contact, complaint.message_id)
    assert Contact.model_validate_json(opened).phone == PHONE
    status = service.status(raw.tracking)
    assert (status.state, status.set_aside, status.agency) == ("diteruskan", "", "Kementerian Kesehatan")
    assert service.numbers() == []

    audit = parts.audit()
    assert (audit.clean, audit.accepted, audit.complaints, audit.not_complaints) == (True, 4, 2, 2)
    # The door's message, and one message that was published twice.
    assert audit.delivered_again == 1
    events = [codec.decode(OversightEvent, record.value, record.headers) for record in service.records(OVERSIGHT)]
    assert {(event.subject, event.actor, event.reason, event.at) for event in events if event.actor} == {
        (raw.id, "petugas-1", "keluhan", LATER)
    }
    with parts.audit_log.rows() as rows:
        acts = {(row.act.action, row.act.subject, row.act.actor, row.act.why) for row in rows}
    assert acts == {("set_aside.release", str(raw.id), f"petugas-1 ({system_user()})", "keluhan")}
    with pytest.raises(NotReleasable, match=f"{raw.tracking} is a report already"):
        service.release(raw.tracking)


def test_the_link_of_the_arrival_leads_to_the_report(service: Service) -> None:
    """The sender reads the report by the first link, and what they add by it reaches the agency."""
    parts = service.parts
    raw = service.accept(records.sms(parts, QUOTING, PHONE))
    service.release(raw.tracking)
    service.work()
    addition = service.accept(records.followed(parts, raw.id, "adds", "Sudah dua hari."))

    report = OwnReports(parts.engine, parts.ledger, mask_with_labels).read(raw.id)
    assert report
    assert report.status.agency == "Kementerian Kesehatan"
    assert [entry.text for entry in report.entries if entry.act] == [QUOTING, "Sudah dua hari."]
    (added,) = service.complaints(addition.tracking)
    assert (added.relation.kind, added.relation.of) == ("repeat", ids.complaint_id(raw.id))
    assert service.rows(DispatchFact) == 3
    audit = parts.audit()
    assert (audit.clean, audit.complaints, audit.repeats) == (True, 2, 1)


@pytest.mark.parametrize("classifies", [True, False], ids=["the same rules", "rules that set nothing aside"])
def test_a_replay_doubles_nothing(service: Service, *, classifies: bool) -> None:
    """After the message and its released copy are processed again there is one report with one dispatch."""
    raw = service.accept(records.sms(service.parts, QUOTING, PHONE))
    service.release(raw.tracking)
    service.work()
    (complaint,) = service.complaints(raw.tracking)
    state = service.status(raw.tracking)

    service.publish(service.normalizer(classifies=classifies).handle(service.records("raw-sms")))
    service.work()

    again = service.complaints(raw.tracking)
    assert {copy.id for copy in again} == {complaint.id}
    assert again.count(complaint) == 2
    assert (service.rows(ComplaintFact), service.rows(DispatchFact)) == (2, 2)
    assert service.status(raw.tracking) == state
    named = service.parts.audit().as_json()["named"]
    # As after any replay, the audit names the copies; nothing is lost.
    copies = {"set_aside_twice": 2} if classifies else {"set_aside_twice": 1, "two_outcomes": 1}
    assert named == {"complaint_twice": 1} | copies


def test_a_replay_with_other_rules_may_come_first(service: Service) -> None:
    """A message that a replay made a report of is not in the list, and its release is refused."""
    raw = service.accept(records.sms(service.parts, QUOTING, PHONE))
    service.publish(service.normalizer(classifies=False).handle(service.records("raw-sms")))
    service.work()
    assert service.numbers() == []
    with pytest.raises(NotReleasable, match="is a report already"):
        service.release(raw.tracking)


def test_what_cannot_be_released_is_refused_with_the_reason(service: Service) -> None:
    """A request, a report, an unknown number and a message past its retention: each error says what to do."""
    parts = service.parts
    (request,) = (raw for raw in raw_messages(parts, "sms") if raw.channel == "sms")
    (report,) = raw_messages(parts, "web")
    raw = service.accept(records.sms(parts, QUOTING, PHONE))
    assert (service.numbers(), service.numbers("status-request")) == ([raw.tracking], [request.tracking])
    assert describe(service.set_aside.find(request.tracking))["text"] == ""
    with pytest.raises(NotReleasable, match=r"no text of a complaint \(status-request\)"):
        service.release(request.tracking)
    with pytest.raises(NotReleasable, match=f"`satupintu status {report.tracking}`"):
        service.release(report.tracking)
    with pytest.raises(NotReleasable, match="`satupintu trace 2VA8-SD70-3330`"):
        service.release("2VA8-SD70-3330")
    with pytest.raises(Stop, match="SATUPINTU_SECRET_KEY"):
        _with_sealer(parts, Sealer([b"o" * 64])).release(raw.tracking, "petugas-1", "x", LATER)

    delete_expired(parts)
    with pytest.raises(NotReleasable, match=r"no longer on the topic.*report again"):
        service.release(raw.tracking)
    assert service.complaints(raw.tracking) == []
    with parts.audit_log.rows() as rows:
        assert list(rows) == []


def test_the_command_releases_a_message(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """It needs actor and reason, prints the number and the id of the copy, and may be repeated."""
    raw = service.accept(records.sms(service.parts, QUOTING, PHONE))
    settings = service.parts.settings
    program.set_environment(monkeypatch, settings)

    def release(number: str, why: str) -> tuple[int, str, str]:
        with captured_log():
            result = CliRunner().invoke(app, ["set-aside", "release", number, "--actor", "Sari", "--why", why])
        return result.exit_code, result.stdout, result.stderr

    code, _, fault = release(raw.tracking, " ")
    assert (code, "--why is missing" in fault, len(raw_messages(service.parts, "sms"))) == (2, True, 2)
    for typed in (raw.tracking, raw.tracking.lower().replace("-", " ")):
        code, released, note = release(typed, "keluhan")
        assert (code, released.split()) == (0, [raw.tracking, str(ids.reviewed_message_id(raw.id))])
        assert f"satupintu status {raw.tracking}" in note
    service.work()
    assert service.status(raw.tracking).agency == "Kementerian Kesehatan"
    code, released, fault = release(raw.tracking, "keluhan")
    assert (code, released, f"{raw.tracking} is a report already" in fault) == (1, "", True)


def test_a_new_service_has_an_empty_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command needs no service that ran before."""
    monkeypatch.setenv("SATUPINTU_HOME", str(tmp_path))
    with captured_log():
        result = CliRunner().invoke(app, ["set-aside", "list", "--json"])
        unknown = CliRunner().invoke(app, ["set-aside", "show", "2VA8-SD70-3330"])
    assert (result.exit_code, result.stdout) == (0, "[]\n")
    assert (unknown.exit_code, "No message with the number 2VA8-SD70-3330" in unknown.stderr) == (1, True)


def test_an_unrecorded_release_is_not_done(service: Service) -> None:
    """Without the audit log nothing is published."""
    raw = service.accept(records.sms(service.parts, QUOTING, PHONE))
    with service.parts.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE audit_log")
    with pytest.raises(DatabaseUnavailable):
        service.release(raw.tracking)
    assert len(raw_messages(service.parts, "sms")) == 2
    assert service.numbers() == [raw.tracking]


def test_a_message_without_an_arrival_is_listed_by_the_audit(service: Service) -> None:
    """A release whose message is on no topic is a loss."""
    raw = service.accept(records.sms(service.parts, QUOTING, PHONE))
    event_id = UUID(int=7)
    event = OversightEvent(
        id=event_id, message_id=raw.id, at=NOW, event="set-aside-released", subject=raw.id, reason="x"
    )
    service.publish([Outgoing(OVERSIGHT, *codec.encode(event, str(raw.id), "/test"))])
    assert service.parts.audit().as_json()["named"] == {"released_nowhere": 1}


def test_the_period_limits_the_list(service: Service) -> None:
    """Messages that arrived earlier are left out."""
    raw = service.accept(records.sms(service.parts, QUOTING, PHONE))
    listed = [service.set_aside.unreleased(SetAsideFilter(since=since)) for since in (NOW, LATER)]
    assert [[message.tracking for message in messages] for messages in listed] == [[raw.tracking], []]
    assert service.rows(EventFact) == 2


def _with_sealer(parts: Parts, sealer: Sealer) -> SetAside:
    return SetAside(parts.engine, parts.bus, sealer, parts.normalizer.readers, parts.audit_log)


def delete_expired(parts: Parts) -> None:
    """Let the embedded bus delete what is past its retention in two years."""
    with closing(parts.bus.reader()) as reader:
        specs = [TopicSpec(spec.name, spec.partitions, spec.retention) for spec in reader.topics()]
        now = max(record.timestamp for record in reader.read([COMPLAINTS])) / 1000
    LocalBus(parts.settings.home / "bus.db", lambda: now + 2 * 366 * _DAY_SECONDS).ensure(specs)
