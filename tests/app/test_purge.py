"""The purge: what nobody needs is gone, and nothing that anybody may still need, however often it is done."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, func, select
from sqlmodel import SQLModel

from app.assembly.channels import DIRECTORY
from app.assembly.parts import Parts
from app.operations.purge import Purge, PurgeReport
from bus.errors import Retry
from bus.local.bus import LocalBus
from bus.port import Outgoing, TopicSpec
from config.database import read_transaction
from ingest.files.attachments import Attachments
from ingest.http.concurrency_limit import ConcurrencyLimit
from ingest.mobile.tables import UploadPart
from ingest.mobile.uploads import Uploads
from ingest.spool import Spool
from ingest.wrap import Wrapper, accepted_record
from messages import topics
from messages.sealing import Sealer
from messages.shapes import Attachment, Channel
from sinks.replies.outbox import ReplyOutbox
from tests.conftest import NOW
from tests.sinks.replies.reply_harness import ReplyHarness, complaint, reply
from tests.sinks.replies.test_sender import RecordingProvider
from tests.support.attachments import find_attachment
from tests.support.records import JSON
from tests.support.service import Whole

DAY = timedelta(days=1)
_SEALER = Sealer([b"k" * 64])


@dataclass
class House:
    """A database, a bus and a spool, with one clock that the test sets; a purge looks back 30 days."""

    engine: Engine
    home: Path
    at: datetime = NOW
    bus: LocalBus = field(init=False)
    spool: Spool = field(init=False)

    def __post_init__(self) -> None:
        """Empty."""
        self.bus = self.another_bus("bus")
        self.spool = Spool(self.home / "spool.db", 1_000_000)
        self.attachments = Attachments(self.engine, _SEALER, ConcurrencyLimit(1, 1, 5.0))
        self.uploads = Uploads(self.engine, _SEALER, self.attachments)
        self.wrapper = Wrapper(_SEALER, b"s" * 32, b"t" * 32)

    def another_bus(self, name: str) -> LocalBus:
        """A bus with the topics of the doors."""
        made = LocalBus(self.home / f"{name}.db", self._time)
        made.ensure([TopicSpec(topics.raw_topic(channel), 2, 366) for channel in DIRECTORY.names])
        return made

    def _time(self) -> float:
        return self.at.timestamp()

    def days_ago(self, days: float) -> None:
        """Set the clock."""
        self.at = NOW - days * DAY

    def keep(self, name: str) -> Attachment:
        """A file comes to a door."""
        return self.attachments.store(b"%PDF-" + name.encode(), self.at).attachment

    def report(self, *attachments: Attachment, sender: str = "tel:+628000000021", channel: Channel = "web") -> Outgoing:
        """A report with these files, on the bus; all of one sender, and so of one partition."""
        raw = self.wrapper.wrap(channel, f"key:{uuid4()}", sender, b"{}", self.at, JSON)
        message = accepted_record(raw.model_copy(update={"attachments": attachments}))
        producer = self.bus.producer()
        producer.publish([message])
        producer.close()
        return message

    def purge(self, days: float = 30, *, dry: bool = False) -> PurgeReport:
        """Now."""
        self.days_ago(0)
        mine = Purge(self.engine, self.bus, self.spool, DIRECTORY.names, timedelta(days=7), dry=dry)
        return mine.run(NOW - days * DAY, NOW)

    def purged(self, days: float = 30) -> int:
        """How many files are taken away now; a dry run says the same, and a second purge finds none."""
        dry = self.purge(days, dry=True).counts["attachments"]
        done, again = (self.purge(days).counts["attachments"] for _ in range(2))
        assert (dry, again) == (done, 0)
        return done

    def there(self, *attachments: Attachment) -> list[bool]:
        """Whether each file is still there."""
        return [find_attachment(self.engine, each.id) is not None for each in attachments]

    def rows(self, table: type[SQLModel]) -> int:
        """How many rows a table has."""
        with read_transaction(self.engine) as connection:
            return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> Iterator[House]:
    """On each kind of database; the first report is a hundred days old."""
    made = House(engine, tmp_path)
    made.days_ago(100)
    made.report()
    yield made
    made.spool.close()


def test_files_of_reports_that_were_never_sent(house: House) -> None:
    """Old ones are gone; what a report names stays for ever, and what is young may still be named."""
    house.days_ago(60)
    named, unnamed = house.keep("named"), house.keep("unnamed")
    house.report(named)
    house.days_ago(29)
    young = house.keep("young")

    assert house.purged() == 1
    assert house.there(named, unnamed, young) == [True, False, True]


def test_file_that_came_again_is_young(house: House) -> None:
    """Equal bytes are one file: who brought them yesterday may be about to send them."""
    house.days_ago(60)
    house.keep("again")
    house.days_ago(1)
    again = house.keep("again")

    assert house.purged() == 0
    assert house.there(again) == [True]


@pytest.mark.parametrize(("age", "gone"), [(9.9, 0), (10.1, 1)])
def test_youngest_file_that_may_go(house: House, age: float, gone: int) -> None:
    """Whatever is asked for: a form carries a picture for a week, and its report may be on its way a while longer."""
    house.days_ago(age)
    house.keep("x")
    assert house.purged(days=0) == gone


def test_files_older_than_the_bus_remembers(house: House) -> None:
    """Where the report may have been forgotten by the bus, the file stays: nobody can say that none named it."""
    house.days_ago(101)
    before = house.keep("before the first record")
    house.days_ago(100.5)
    at_the_edge = house.keep("clocks differ")

    assert house.purged() == 0
    assert house.there(before, at_the_edge) == [True, True]


def test_each_partition_must_remember(house: House) -> None:
    """A partition whose first record is younger may have lost what came before: only what came after is looked at."""
    house.days_ago(60)
    old = house.keep("old")
    house.days_ago(50)
    for number in range(10):
        house.report(sender=f"tel:+62800000{number:04d}")
    house.days_ago(40)
    newer = house.keep("newer")

    assert house.purged() == 1
    assert house.there(old, newer) == [True, False]


def test_nothing_is_taken_on_the_word_of_an_empty_bus(house: House) -> None:
    """A bus that took another's place, or that forgot everything, knows of no report: all files stay."""
    house.days_ago(60)
    kept = house.keep("kept")
    house.bus = house.another_bus("fresh")

    assert house.purged() == 0
    assert house.there(kept) == [True]


def test_nothing_is_taken_where_a_partition_is_emptied(house: House) -> None:
    """Retention has taken all of it, sooner than elsewhere: what it named is not known."""
    house.days_ago(99)
    house.report(channel="sms")
    house.days_ago(60)
    named = house.keep("named")
    house.report(named)
    house.days_ago(40)
    house.bus.ensure([TopicSpec(topics.raw_topic("web"), 2, 10)])

    assert house.purged() == 0
    assert house.there(named) == [True]


def test_reports_in_the_spool_are_not_on_the_bus(house: House) -> None:
    """While anything waits in this host's spool, or stands aside there, no file is looked at, and that is said."""
    house.days_ago(60)
    waiting = house.keep("waiting")
    raw = house.wrapper.wrap("web", "key:1", "", b"{}", house.at, JSON)
    house.spool.append([accepted_record(raw.model_copy(update={"attachments": (waiting,)}))])

    for step in (None, house.spool.set_aside_until):
        if step:
            step(house.spool.oldest_batch()[0])
        found = house.purge()
        assert ("attachments" in found.counts, set(found.skipped)) == (False, {"attachments"})
    assert house.there(waiting) == [True]


def test_more_than_one_batch(house: House) -> None:
    """Hundreds are taken away in several transactions, and all of them."""
    house.days_ago(60)
    kept = house.keep("kept")
    house.report(kept)
    for number in range(501):
        house.keep(str(number))

    assert house.purged() == 501
    assert house.there(kept) == [True]


def test_what_can_not_be_read_stands_in_nobodys_way(house: House) -> None:
    """A record that is no arrival names nothing, and the others are read."""
    house.days_ago(60)
    named = house.keep("named")
    producer = house.bus.producer()
    for value in (b"\xff", b"[]", b'{"attachments": 5}', b'{"attachments": [{"id": "x"}]}', b'{"attachments": [1]}'):
        producer.publish([Outgoing("raw-web", b"a", value)])
    producer.close()
    house.report(named)

    house.purge()
    assert house.there(named) == [True]


def test_uploads_that_ended(house: House) -> None:
    """Half a file is gone when its time has been over for so long; one that may still go on is not."""
    for days, device in ((1, "young"), (34, "old")):
        house.days_ago(days)
        upload = house.uploads.begin(device, UUID(int=1), 10, house.at)
        house.uploads.append(upload, 0, b"%PDF-", house.at)

    assert house.purge(dry=True).counts["uploads"] == house.purge().counts["uploads"] == 1
    assert house.rows(UploadPart) == 1
    assert house.uploads.find_upload("young", UUID(int=1), NOW).offset == 5
    assert house.purge(days=-99).counts["uploads"] == 0


def test_words_of_old_replies(engine: Engine, house: House) -> None:
    """Of what was sent long ago neither words nor address are kept; that it was sent is, so it is never said again."""
    harness, post = ReplyHarness(engine), RecordingProvider()
    told = complaint()
    harness.clock.at = NOW - 40 * DAY
    old = reply(told, at=harness.clock.at)
    harness.take(told, old)
    harness.send(post)
    harness.clock.at = NOW
    new = reply(complaint("new"))
    harness.take(complaint("new"), new)
    harness.send(post)

    assert house.purge(dry=True).counts["replies"] == house.purge().counts["replies"] == 1
    assert house.purge().counts["replies"] == 0
    emptied, kept = harness.row(old), harness.row(new)
    assert (emptied.text, emptied.address, emptied.provider_id, emptied.state) == ("", "", "", "sent")
    assert (kept.text, bool(kept.address)) == (new.text, True)
    # An agency that answers again after months says the same under the same id.
    harness.take(reply(told, at=NOW))
    harness.send(post)
    assert post.sent == [str(old.id), str(new.id)]


@pytest.mark.parametrize("state", ["waiting", "sending"])
def test_replies_in_hand_stay(engine: Engine, house: House, state: str) -> None:
    """What may still be sent keeps its words, however old."""
    harness = ReplyHarness(engine)
    old = reply(complaint(), at=NOW - 400 * DAY)
    harness.take(complaint(), old)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE replies_outbox SET state = '{state}'")  # noqa: S608 - of this test

    assert house.purge().counts["replies"] == 0
    assert harness.row(old).text == old.text


@pytest.mark.parametrize(("age", "emptied"), [(7.9, 0), (8.1, 1)])
def test_youngest_reply_that_is_emptied(engine: Engine, house: House, age: float, emptied: int) -> None:
    """Whatever is asked for: not before it is too old to be sent."""
    harness, post = ReplyHarness(engine), RecordingProvider()
    harness.clock.at = NOW - age * DAY
    harness.take(complaint(), reply(complaint(), at=harness.clock.at))
    harness.send(post)

    assert house.purge(days=0).counts["replies"] == emptied


def test_late_word_of_a_provider(engine: Engine, house: House) -> None:
    """What Twilio says of an emptied reply is still heard; nobody is remembered by an address that is gone."""
    harness, post = ReplyHarness(engine), RecordingProvider()
    harness.clock.at = NOW - 40 * DAY
    old = reply(complaint(), at=harness.clock.at)
    harness.take(complaint(), old)
    harness.send(post)
    house.purge()

    assert ReplyOutbox(engine).record_status(old.id, "SM1", "undelivered", "21610", NOW)
    assert harness.state(old)[0] == "failed"


def test_bus_that_is_away(house: House) -> None:
    """It says so; the rest was done, and doing it again does no harm."""
    house.days_ago(60)
    kept = house.keep("x")

    class _Away:
        def reader(self) -> Any:
            """See `bus.port.Bus`."""
            raise Retry("away")

    mine = Purge(house.engine, _Away(), house.spool, DIRECTORY.names, timedelta(days=7), dry=False)  # type: ignore[arg-type]
    with pytest.raises(Retry):
        mine.run(NOW - 30 * DAY, NOW)
    assert house.there(kept) == [True]
    assert house.purged() == 1


def test_the_command(parts: Parts, tmp_path: Path) -> None:
    """Counts for people and for programs; a dry run changes nothing, and who purges is kept."""
    long_ago = NOW - 3000 * DAY
    parts.attachments.store(b"%PDF-x", long_ago)
    Uploads(parts.engine, parts.sealer, parts.attachments).begin("d", uuid4(), 10, long_ago)
    settings = {"HOME": str(parts.settings.home), "SECRET_KEY": parts.settings.secret_key.get_secret_value()}
    mine = {f"SATUPINTU_{name}": said for name, said in settings.items()}
    environment = {**Whole(tmp_path / "none").environment, **mine}

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "app.cli", "purge", "--older-than", "30d", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120).stdout

    with pytest.raises(subprocess.CalledProcessError, match="exit status 2"):
        run()

    counts = {"replies": 0, "uploads": 1, "attachments": 0}
    assert json.loads(run("--dry-run", "--json")) == {"counts": counts, "left": {}}
    assert run("--actor", "petugas-1", "--why", "setiap bulan") == "replies 0\nuploads 1\nattachments 0\n"
    assert json.loads(run("--dry-run", "--json")) == {"counts": counts | {"uploads": 0}, "left": {}}
    with parts.audit_log.rows() as rows:
        assert [(row.act.action, row.act.actor, row.act.why) for row in rows] == [
            ("purge", "petugas-1", "setiap bulan")
        ]
