"""Purge: only data that nobody needs any more are deleted."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, func, insert, select
from sqlmodel import SQLModel

from app.assembly.channels import DIRECTORY
from app.assembly.core import system_user
from app.assembly.parts import Parts
from app.operations.purge import Purge, PurgeReport
from app.operations.retention.old_rows import TIMED, UNUSED
from bus.errors import Retry
from bus.local.bus import LocalBus
from bus.port import Outgoing, TopicSpec
from cases.pictures.tables import AnswerPicture
from config.database import read_transaction, write_transaction
from ingest.files.attachments import Attachments
from ingest.http.concurrency_limit import ConcurrencyLimit
from ingest.mobile.tables import UploadPart
from ingest.mobile.uploads import Uploads
from ingest.spool import Spool
from ingest.web.contact_proof.code_proof import CodeProof
from ingest.web.contact_proof.tables import CodeRow
from ingest.wrap import Wrapper, accepted_record
from messages import topics
from messages.sealing import Sealer
from messages.shapes import Attachment, Channel
from monitor.snapshot import ProcessState
from sinks.replies.outbox import ReplyOutbox
from tests.conftest import NOW
from tests.ingest.files.test_attachments import picture
from tests.sinks.replies.reply_harness import ReplyHarness, complaint, reply
from tests.sinks.replies.test_sender import RecordingProvider
from tests.support import program
from tests.support.attachments import ample_space, find_attachment, no_rate
from tests.support.records import JSON
from tests.support.service import RunningService

DAY = timedelta(days=1)
_SEALER = Sealer([b"k" * 64])


@dataclass
class PurgeHarness:
    """Database, bus and spool with one clock that the test sets. A purge looks back 30 days."""

    engine: Engine
    home: Path
    at: datetime = NOW
    bus: LocalBus = field(init=False)
    spool: Spool = field(init=False)
    others: Sequence[ProcessState] = ()

    def __post_init__(self) -> None:
        """Empty."""
        self.bus = self.another_bus("bus")
        self.spool = Spool(self.home / "spool.db", 1_000_000, lambda: NOW)
        self.attachments = Attachments(self.engine, _SEALER, ConcurrencyLimit(1, 1, 5.0), ample_space(), no_rate)
        self.uploads = Uploads(self.engine, _SEALER, self.attachments)
        self.wrapper = Wrapper(_SEALER, b"s" * 32, b"t" * 32, b"m" * 32)

    def another_bus(self, name: str) -> LocalBus:
        """Return a bus with the doors' topics."""
        bus = LocalBus(self.home / f"{name}.db", self._time)
        bus.ensure([TopicSpec(topics.raw_topic(channel), 2, 366) for channel in DIRECTORY.names])
        return bus

    def _time(self) -> float:
        return self.at.timestamp()

    def set_days_ago(self, days: float) -> None:
        """Set the clock."""
        self.at = NOW - days * DAY

    def store_file(self, name: str) -> Attachment:
        """Store a file as a door does."""
        return self.attachments.store(picture() + name.encode(), self.at).attachment

    def report(self, *attachments: Attachment, sender: str = "tel:+628000000021", channel: Channel = "web") -> Outgoing:
        """Publish a report with these files; all of one sender are in one partition."""
        raw = self.wrapper.wrap(channel, f"key:{uuid4()}", sender, b"{}", self.at, JSON)
        message = accepted_record(raw.model_copy(update={"attachments": attachments}))
        producer = self.bus.producer()
        producer.publish([message])
        producer.close()
        return message

    def purge(self, days: float = 30, *, dry: bool = False) -> PurgeReport:
        """Purge now."""
        self.set_days_ago(0)
        limits = (DIRECTORY.names, timedelta(days=7))
        data = Purge(self.engine, self.bus, self.spool, *limits, lambda: self.others, dry=dry)
        return data.run(NOW - days * DAY, NOW)

    def purge_files(self, days: float = 30) -> int:
        """Purge files now and return their number. A dry run says the same, and a second purge finds none."""
        dry = self.purge(days, dry=True).counts["attachments"]
        count, second_count = (self.purge(days).counts["attachments"] for _ in range(2))
        assert (dry, second_count) == (count, 0)
        return count

    def are_stored(self, *attachments: Attachment) -> list[bool]:
        """Return whether each file is still stored."""
        return [find_attachment(self.engine, attachment.id) is not None for attachment in attachments]

    def rows(self, table: type[SQLModel]) -> int:
        """Return the number of rows of a table."""
        with read_transaction(self.engine) as connection:
            return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


@pytest.fixture
def harness(engine: Engine, tmp_path: Path) -> Iterator[PurgeHarness]:
    """Return a harness on each kind of database; the first report is a hundred days old."""
    harness = PurgeHarness(engine, tmp_path)
    harness.set_days_ago(100)
    harness.report()
    yield harness
    harness.spool.close()


def test_files_of_reports_that_were_never_sent(harness: PurgeHarness) -> None:
    """Old unnamed files are deleted. Named files stay, and so do young ones."""
    harness.set_days_ago(60)
    named_file, unnamed = harness.store_file("named"), harness.store_file("unnamed")
    harness.report(named_file)
    harness.set_days_ago(29)
    young = harness.store_file("young")

    assert harness.purge_files() == 1
    assert harness.are_stored(named_file, unnamed, young) == [True, False, True]


def test_a_file_uploaded_again_is_young(harness: PurgeHarness) -> None:
    """Equal bytes are one file, which is as young as its latest upload."""
    harness.set_days_ago(60)
    harness.store_file("again")
    harness.set_days_ago(1)
    second = harness.store_file("again")

    assert harness.purge_files() == 0
    assert harness.are_stored(second) == [True]


@pytest.mark.parametrize(("age", "expected_count"), [(9.9, 0), (10.1, 1)])
def test_minimum_age_of_a_file(harness: PurgeHarness, age: float, expected_count: int) -> None:
    """A file stays at least ten days: a form carries it for a week, and its report may need some days."""
    harness.set_days_ago(age)
    harness.store_file("x")
    assert harness.purge_files(days=0) == expected_count


def test_files_older_than_the_bus_stay(harness: PurgeHarness) -> None:
    """A file that is older than the bus's first record stays, because its report may be deleted."""
    harness.set_days_ago(101)
    before_first_record = harness.store_file("before the first record")
    harness.set_days_ago(100.5)
    at_the_edge = harness.store_file("clocks differ")

    assert harness.purge_files() == 0
    assert harness.are_stored(before_first_record, at_the_edge) == [True, True]


def test_every_partition_counts(harness: PurgeHarness) -> None:
    """Only files younger than the first record of every partition are examined."""
    harness.set_days_ago(60)
    old = harness.store_file("old")
    harness.set_days_ago(50)
    for number in range(10):
        harness.report(sender=f"tel:+62800000{number:04d}")
    harness.set_days_ago(40)
    newer = harness.store_file("newer")

    assert harness.purge_files() == 1
    assert harness.are_stored(old, newer) == [True, False]


def test_an_empty_bus_keeps_all_files(harness: PurgeHarness) -> None:
    """With an empty bus all files stay."""
    harness.set_days_ago(60)
    file = harness.store_file("kept")
    harness.bus = harness.another_bus("fresh")

    assert harness.purge_files() == 0
    assert harness.are_stored(file) == [True]


def test_an_emptied_partition_keeps_all_files(harness: PurgeHarness) -> None:
    """If retention deleted all records of a partition, all files stay."""
    harness.set_days_ago(99)
    harness.report(channel="sms")
    harness.set_days_ago(60)
    named_file = harness.store_file("named")
    harness.report(named_file)
    harness.set_days_ago(40)
    harness.bus.ensure([TopicSpec(topics.raw_topic("web"), 2, 10)])

    assert harness.purge_files() == 0
    assert harness.are_stored(named_file) == [True]


def test_a_spooled_report_keeps_all_files(harness: PurgeHarness) -> None:
    """While the spool holds reports, no file is examined, and the report says so."""
    harness.set_days_ago(60)
    waiting = harness.store_file("waiting")
    raw = harness.wrapper.wrap("web", "key:1", "", b"{}", harness.at, JSON)
    harness.spool.append([accepted_record(raw.model_copy(update={"attachments": (waiting,)}))])

    for step in (None, harness.spool.set_aside_until):
        if step:
            step(harness.spool.oldest_batch()[0])
        report = harness.purge()
        assert ("attachments" in report.counts, set(report.skipped)) == (False, {"attachments"})
    assert harness.are_stored(waiting) == [True]


@pytest.mark.slow
def test_more_than_one_batch(harness: PurgeHarness) -> None:
    """Hundreds of files are deleted in several transactions."""
    harness.set_days_ago(60)
    named_file = harness.store_file("kept")
    harness.report(named_file)
    for number in range(501):
        harness.store_file(str(number))

    assert harness.purge_files() == 501
    assert harness.are_stored(named_file) == [True]


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"unreached": "ConnectionError"}, "does not answer; its spool may hold reports"),
        ({"spooled": 1}, "holds reports"),
        ({"spool_aside": 1}, "holds reports"),
        ({"spool_corrupt": 1}, "holds reports"),
        ({}, ""),
    ],
)
def test_a_report_in_the_spool_of_another_host_keeps_all_files(
    harness: PurgeHarness, other: dict[str, Any], reason: str
) -> None:
    """Every known host is looked at, and named. A host that does not answer may hold reports."""
    address = "http://10.0.0.8:1710"
    harness.others = (ProcessState(address=address, **other),)
    report = harness.purge()
    assert report.spools == ("this host", address)
    assert ("attachments" in report.counts) == (not reason)
    assert reason in report.skipped.get("attachments", "")


def test_an_unreadable_record_is_skipped(harness: PurgeHarness) -> None:
    """A record that is no arrival names no file; the others are read."""
    harness.set_days_ago(60)
    named_file = harness.store_file("named")
    producer = harness.bus.producer()
    for value in (b"\xff", b"[]", b'{"attachments": 5}', b'{"attachments": [{"id": "x"}]}', b'{"attachments": [1]}'):
        producer.publish([Outgoing("raw-web", b"a", value)])
    producer.close()
    harness.report(named_file)

    harness.purge()
    assert harness.are_stored(named_file) == [True]


def test_expired_uploads_are_deleted(harness: PurgeHarness) -> None:
    """An expired upload is deleted after its age; an unexpired one stays."""
    for days, device in ((1, "young"), (34, "old")):
        harness.set_days_ago(days)
        upload = harness.uploads.begin(device, UUID(int=1), 10, harness.at)
        harness.uploads.append(upload, 0, b"photo", harness.at)

    assert harness.purge(dry=True).counts["uploads"] == harness.purge().counts["uploads"] == 1
    assert harness.rows(UploadPart) == 1
    assert harness.uploads.find_upload("young", UUID(int=1), NOW).offset == 5
    assert harness.purge(days=-99).counts["uploads"] == 0


def test_pictures_that_no_answer_names_are_deleted(harness: PurgeHarness) -> None:
    """An officer attached a picture and sent no answer. One that an answer names stays, and a younger one."""
    row = {"dispatch_id": UUID(int=1), "complaint_id": UUID(int=2), "agency": "bumn-pln", "body": "", "sha256": ""}
    days = [(34, None), (34, NOW - 34 * DAY), (2, None)]
    with write_transaction(harness.engine) as connection:
        for number, (age, named_at) in enumerate(days):
            picture_ = {"id": UUID(int=number), "media_type": "image/png", "size": 1, "kept_at": NOW - age * DAY}
            connection.execute(insert(AnswerPicture).values(**row, **picture_, named_at=named_at))

    counts = [harness.purge(dry=dry).counts["answer-pictures"] for dry in (True, False, False)]
    assert (counts, harness.rows(AnswerPicture)) == ([1, 1, 0], 2)
    # A page of the desk may still be open that names a younger one.
    assert harness.purge(days=-99).counts["answer-pictures"] == 0


def test_old_codes_are_deleted(harness: PurgeHarness) -> None:
    """A code for a phone number is deleted after a day, also where no other code follows and only old data is named."""
    proof = CodeProof(harness.engine, b"k", lambda *_: None, 10, uuid4, lambda: "123456", lambda: harness.at)
    harness.set_days_ago(1.1)
    proof.start("+6281200001708", "test")
    assert harness.purge(dry=True).counts["codes"] == harness.purge().counts["codes"] == 1
    proof.start("+6281200001708", "test")
    assert (harness.purge().counts["codes"], harness.rows(CodeRow)) == (0, 1)


def test_old_replies_are_emptied(engine: Engine, harness: PurgeHarness) -> None:
    """An old reply's text and address are emptied. Its row stays, so the reply is not sent again."""
    reply_harness, provider = ReplyHarness(engine), RecordingProvider()
    complaint_ = complaint()
    reply_harness.clock.at = NOW - 40 * DAY
    old = reply(complaint_, at=reply_harness.clock.at)
    reply_harness.take(complaint_, old)
    reply_harness.send(provider)
    reply_harness.clock.at = NOW
    new = reply(complaint("new"))
    reply_harness.take(complaint("new"), new)
    reply_harness.send(provider)

    assert harness.purge(dry=True).counts["replies"] == harness.purge().counts["replies"] == 1
    assert harness.purge().counts["replies"] == 0
    old_row, new_row = reply_harness.row(old), reply_harness.row(new)
    assert (old_row.text, old_row.address, old_row.provider_id, old_row.state) == ("", "", "", "sent")
    assert (new_row.text, bool(new_row.address)) == (new.text, True)
    # An agency that answers again after months says the same under the same id.
    reply_harness.take(reply(complaint_, at=NOW))
    reply_harness.send(provider)
    assert provider.sent == [str(old.id), str(new.id)]


@pytest.mark.parametrize("state", ["waiting", "sending"])
def test_unsent_replies_stay(engine: Engine, harness: PurgeHarness, state: str) -> None:
    """A reply that may still be sent keeps its text."""
    reply_harness = ReplyHarness(engine)
    old = reply(complaint(), at=NOW - 400 * DAY)
    reply_harness.take(complaint(), old)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE replies_outbox SET state = '{state}'")  # noqa: S608 - of this test

    assert harness.purge().counts["replies"] == 0
    assert reply_harness.row(old).text == old.text


@pytest.mark.parametrize(("age", "emptied"), [(7.9, 0), (8.1, 1)])
def test_minimum_age_of_a_reply(engine: Engine, harness: PurgeHarness, age: float, emptied: int) -> None:
    """A reply is not emptied before it is too old to be sent."""
    reply_harness, provider = ReplyHarness(engine), RecordingProvider()
    reply_harness.clock.at = NOW - age * DAY
    reply_harness.take(complaint(), reply(complaint(), at=reply_harness.clock.at))
    reply_harness.send(provider)

    assert harness.purge(days=0).counts["replies"] == emptied


def test_a_late_status_of_an_emptied_reply(engine: Engine, harness: PurgeHarness) -> None:
    """The status of an emptied reply is stored, and no address is marked as unreachable."""
    reply_harness, provider = ReplyHarness(engine), RecordingProvider()
    reply_harness.clock.at = NOW - 40 * DAY
    old = reply(complaint(), at=reply_harness.clock.at)
    reply_harness.take(complaint(), old)
    reply_harness.send(provider)
    harness.purge()

    assert ReplyOutbox(engine).record_status(old.id, "SM1", "undelivered", "21610", NOW)
    assert reply_harness.state(old)[0] == "failed"


def test_an_unavailable_bus(harness: PurgeHarness) -> None:
    """The purge raises the error after the other kinds were purged; it can be repeated."""
    harness.set_days_ago(60)
    file = harness.store_file("x")

    class _Away:
        def reader(self) -> Any:
            """See `bus.port.Bus`."""
            raise Retry("away")

    data = Purge(harness.engine, _Away(), harness.spool, DIRECTORY.names, timedelta(days=7), tuple, dry=False)  # type: ignore[arg-type]
    with pytest.raises(Retry):
        data.run(NOW - 30 * DAY, NOW)
    assert harness.are_stored(file) == [True]
    assert harness.purge_files() == 1


def test_the_command(parts: Parts, tmp_path: Path) -> None:
    """Counts for people and for programs. A dry run changes nothing, and the actor is recorded."""
    long_ago = NOW - 3000 * DAY
    parts.doors.attachments.store(picture(), long_ago)
    Uploads(parts.engine, parts.sealer, parts.doors.attachments).begin("d", uuid4(), 10, long_ago)
    environment = {**RunningService(tmp_path / "none").environment, **program.environment_of(parts.settings)}

    def run(*arguments: str) -> str:
        return program.run(("purge", *arguments), environment, tmp_path, check=True).stdout

    with pytest.raises(subprocess.CalledProcessError, match="exit status 2"):
        run()

    spools = ["this host"]
    names = (
        "cases",
        "no-reports",
        "files",
        *TIMED,
        *UNUSED,
        "person-keys",
        "replies",
        "uploads",
        "answer-pictures",
        "codes",
        "attachments",
    )
    # No report of any age names the file, and it is older than the retention of the files of reports.
    counts = {**dict.fromkeys(names, 0), "uploads": 1, "files": 1}
    assert json.loads(run("--dry-run", "--json")) == {"counts": counts, "left": {}, "spools": spools}
    assert run("--older-than", "30d", "--actor", "petugas-1", "--why", "setiap bulan").splitlines() == [
        f"{name} {count}" for name, count in counts.items()
    ]
    assert json.loads(run("--dry-run", "--json"))["counts"] == dict.fromkeys(names, 0)
    with parts.audit_log.rows() as rows:
        (act,) = [row.act for row in rows]
    assert (act.action, act.actor, act.why) == ("purge", f"petugas-1 ({system_user()})", "setiap bulan")
    assert act.subject.endswith("after 30 days")
