"""An incremental audit names what a full one names, for any sequence of records, crashes and faults."""

import fcntl
import os
import random
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from app.assembly.parts import Parts
from bus.errors import Retry
from bus.local.bus import LocalBus
from bus.port import Bus, Membership, Outgoing, Partition, Record, TopicSpec
from messages.topics import COMPLAINTS, dead_letter_topic, raw_topic
from monitor.audit.audit import Audit
from tests.conftest import NOW
from tests.monitor.audit.test_limits import InterruptedReader
from tests.support.audit_faults import FAULTS, MERGED_TO_1, Fault, clean_bus, listed
from tests.support.written_bus import (
    GROUPS,
    HEALTH,
    PLN,
    QUEUES,
    TRIAGE,
    AuditedBus,
    answer,
    append_messages,
    arrival,
    commit_all,
    complaint,
    complaint_id,
    dead_letter,
    dispatch,
    ledger_row,
    message_id,
    not_a_complaint,
    quarantined,
    redriven,
    released,
)

# Ledger and router are rows in memory, and the bus has a file of its own.
pytestmark = [pytest.mark.slow, pytest.mark.one_kind("runs no statement of the database")]

_STEPS = 14
_MOST_MESSAGES = 6
_READING = {"records_read", "full_reason"}


@pytest.fixture
def bus(parts: Parts) -> AuditedBus:
    """Return a bus without differences."""
    audited = AuditedBus(parts.bus, clean_bus().rows)
    audited.publish(*clean_bus().records)
    commit_all(audited.bus)
    return audited


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the file that is kept between two audits."""
    return tmp_path / "audit.db"


def comparable(audit: Audit) -> dict[str, object]:
    """Return all numbers and differences of an audit, without how much it has read."""
    numbers = {each.name: getattr(audit, each.name) for each in fields(audit) if each.name not in _READING}
    return {**numbers, "differences": sorted(audit.differences)}


def audit_both(bus: AuditedBus, path: Path) -> Audit:
    """Return the incremental audit, which must have the same result as a full one."""
    incremental = bus.audit(path=path)
    assert comparable(incremental) == comparable(bus.audit())
    return incremental


def test_only_new_records_are_read(bus: AuditedBus, path: Path) -> None:
    """The first run reads everything; one without news reads nothing, and one with news reads these."""
    first, second = bus.audit(path=path), bus.audit(path=path)
    assert (first.full_reason, second.full_reason, second.records_read) == ("first", "", 0)
    assert first.records_read == len(clean_bus().records)
    assert comparable(first) == comparable(second)
    bus.publish(arrival(20))
    third = audit_both(bus, path)
    assert (third.records_read, third.pending) == (1, 1)
    bus.rows += [ledger_row(20)]
    fourth = bus.audit_processed(complaint(20), dispatch(20, PLN), path=path)
    assert (fourth.records_read, fourth.pending, fourth.differences) == (2, 0, [])
    assert comparable(fourth) == comparable(bus.audit())


@pytest.mark.parametrize("is_settled", [False, True])
@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_a_fault_is_named_after_a_clean_audit(bus: AuditedBus, path: Path, fault: Fault, *, is_settled: bool) -> None:
    """Each fault comes record by record, with an audit before each. Every further audit names it again.

    `is_settled`: the stages have processed each record before the next one.
    """
    assert audit_both(bus, path).clean
    fault.plant(bus)
    for record in fault.records:
        audit_both(bus, path)
        bus.publish(record)
        if is_settled:
            commit_all(bus.bus)
        if record.topic == COMPLAINTS:
            bus.rows += fault.rows
    if not fault.records:
        bus.rows += fault.rows
    audit_both(bus, path) if fault.records else bus.audit(path=path)
    commit_all(bus.bus)
    if fault.name == "recorded_unknown":
        # It is in the ledger only.
        assert bus.audit(path=path).clean
        path.unlink()
    assert listed(audit_both(bus, path)) == listed(audit_both(bus, path)) != []


class History:
    """Invents messages and what becomes of them, in small steps, with faults."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - examples
        self._numbers = iter(range(100, 10_000))
        self._complaints: list[int] = [1, 3]
        self._waiting: list[Outgoing] = []
        self._hops: dict[int, int] = {}
        self._letters: list[Outgoing] = []

    def records(self) -> Iterator[Outgoing]:
        """Yield the records of one step. Some that belong to them wait for a later step."""
        for _ in range(self.chance.randrange(_MOST_MESSAGES)):
            records = list(self._message(next(self._numbers)))
            kept = self.chance.randrange(len(records) + 1)
            yield from records[:kept]
            self._waiting += records[kept:]
        if self._waiting and self.chance.random() < 1 / 2:
            yield from self._waiting
            self._waiting = []
        yield from self._later()

    @staticmethod
    def dispatches(records: Sequence[Outgoing]) -> list[UUID]:
        """Return the ids of the dispatches among records."""
        return [UUID(dict(record.headers)["ce_id"].decode()) for record in records if record.topic in QUEUES]

    def _message(self, number: int) -> Iterator[Outgoing]:
        """Yield the records of a message; one in three lacks something or has it twice."""
        make = self.chance.choice(
            (self._complaint, self._complaint, self._complaint, self._follower, self._set_aside, self._held, self._dead)
        )
        for record in make(number):
            fault = self.chance.random()
            if fault < 1 / 20:
                continue
            yield record
            if fault > 19 / 20:
                yield self.chance.choice((record, redriven(record)))

    def _complaint(self, number: int) -> Iterator[Outgoing]:
        self._complaints.append(number)
        self._hops[number] = 0
        yield arrival(number)
        yield complaint(number)
        yield dispatch(number, self.chance.choice((PLN, HEALTH, TRIAGE)))

    def _follower(self, number: int) -> Iterator[Outgoing]:
        of = self.chance.choice([*self._complaints, number + 1])
        self._complaints.append(number)
        self._hops[number] = 0
        yield arrival(number)
        yield complaint(number, of=of, kind=self.chance.choice(("repeat", "joins")))
        yield dispatch(number, self.chance.choice((PLN, HEALTH)), of=of)

    def _set_aside(self, number: int) -> Iterator[Outgoing]:
        yield arrival(number)
        yield not_a_complaint(number)

    def _held(self, number: int) -> Iterator[Outgoing]:
        yield quarantined(number)
        if self.chance.random() < 1 / 2:
            yield arrival(number)
            yield not_a_complaint(number)
            yield released(number)

    def _dead(self, number: int) -> Iterator[Outgoing]:
        yield arrival(number)
        yield dead_letter("normalize", arrival(number))
        if self.chance.random() < 1 / 2:
            self._letters.append(arrival(number))

    def _later(self) -> Iterator[Outgoing]:
        """Yield what happens to earlier messages: transfers, merges, answers, letters, double deliveries, redrives."""
        for number in self.chance.sample(self._complaints, min(3, len(self._complaints))):
            yield from self.chance.choice((self._transfer, self._transfer, self._merge, self._answer, self._letter))(
                number
            )
            if self.chance.random() < 1 / 8:
                yield arrival(number)
        if self._letters and self.chance.random() < 1 / 2:
            yield redriven(self._letters.pop())

    def _next_hop(self, number: int) -> int:
        """Return the next hop; sometimes the one after it, so that one is missing."""
        self._hops[number] = hop = self._hops.get(number, 1) + self.chance.choice((1, 1, 1, 2))
        return hop

    def _transfer(self, number: int) -> Iterator[Outgoing]:
        yield dispatch(number, self.chance.choice((PLN, HEALTH, TRIAGE)), hop=self._next_hop(number))

    def _merge(self, number: int) -> Iterator[Outgoing]:
        yield dispatch(number, HEALTH, hop=self._next_hop(number), of=1, relation=MERGED_TO_1)

    def _answer(self, number: int) -> Iterator[Outgoing]:
        hop = self._hops.get(number, 0)
        yield answer(number, PLN, hop=self.chance.choice((0, hop, hop + 1)), verdict="refused")

    def _letter(self, number: int) -> Iterator[Outgoing]:
        hop = self._hops.get(number, 0)
        letters = (
            ("router", complaint(number)),
            ("cases", complaint(number)),
            ("cases", dispatch(number, PLN, hop=hop)),
            ("router", answer(number, PLN, hop=hop + 1, verdict="refused")),
        )
        yield dead_letter(*self.chance.choice(letters))


def commit_some(bus: Bus, chance: random.Random) -> None:
    """Let some stages process some more records."""
    for group, names in GROUPS.items():
        with closing(bus.consumer(Membership(group, "test", names))) as consumer:
            for _ in range(chance.randrange(4)):
                consumer.poll(0.0, chance.randrange(1, 8))
                consumer.commit(())


@pytest.mark.parametrize("seed", range(12))
def test_any_history_has_the_same_audit_both_ways(bus: AuditedBus, path: Path, seed: int) -> None:
    """After every step. The process is killed in some of the runs; the ledger writes rows late or never."""
    history, differences, complaints = History(seed), 0, list[UUID]()
    assert audit_both(bus, path).clean
    for _ in range(_STEPS):
        records = list(history.records())
        bus.publish(*records)
        complaints += [UUID(dict(record.headers)["ce_id"].decode()) for record in records if record.topic == COMPLAINTS]
        bus.rows += [(id_, NOW) for id_ in complaints if history.chance.random() < 2 / 3]
        bus.unrecorded ^= {id_ for id_ in history.dispatches(records) if history.chance.random() < 1 / 10}
        history.chance.choice((commit_all, lambda each: commit_some(each, history.chance)))(bus.bus)
        if history.chance.random() < 1 / 4:
            _die_in_a_run(bus, path, history.chance.randrange(1, 19))
        audit = audit_both(bus, path)
        assert audit.full_reason == ""
        differences += len(audit.differences)
    assert differences


def _die_in_a_run(bus: AuditedBus, path: Path, call_number: int) -> None:
    class ProcessKilledError(Exception):
        pass

    def die() -> None:
        raise ProcessKilledError

    with pytest.raises(ProcessKilledError):
        bus.audit(lambda reader: KilledReader(reader, call_number, die), path)


class KilledReader(InterruptedReader):
    """A reader that ends the run at its n-th call. It also reads first records."""

    def first_records(self, places: Mapping[Partition, int]) -> Mapping[Partition, Record]:
        """See the port."""
        return self._reader.first_records(places)


@pytest.mark.parametrize("call_number", range(1, 19))
def test_records_appended_during_an_incremental_audit_are_no_difference(
    bus: AuditedBus, path: Path, call_number: int
) -> None:
    """New messages are processed and recorded, and a case moves with its repeats, before any call of the audit."""
    assert bus.audit(path=path).clean

    interrupted = bus.audit(lambda reader: KilledReader(reader, call_number, lambda: append_messages(bus)), path)
    assert (interrupted.differences, interrupted.full_reason) == ([], "")
    audit = audit_both(bus, path)
    assert (audit.differences, audit.accepted, audit.full_reason) == ([], 13, "")


def test_a_later_letter_without_the_record_is_found_by_position(bus: AuditedBus, path: Path) -> None:
    """The dead letter of a record that is too large has only its position."""
    bus.publish(replace(arrival(70), topic="raw-web"))
    assert audit_both(bus, path).pending == 1
    commit_all(bus.bus)
    assert listed(audit_both(bus, path)) == [("no_outcome", str(message_id(70)))]
    with closing(bus.bus.reader()) as reader:
        records = reader.read(["raw-web"])
        (position,) = (each.position for each in records if each.header("ce_id") == str(message_id(70)))
    letter = Outgoing(dead_letter_topic("normalize"), b"", b"large", (("dead_position", position.encode()),))
    bus.publish(letter)
    assert (audit_both(bus, path).dead, audit_both(bus, path).differences) == (2, [])
    # A second delivery of the same message lets it be evaluated again.
    bus.publish(replace(arrival(70), topic="raw-web"))
    assert audit_both(bus, path).pending == 1


def _trim(home: Path) -> None:
    LocalBus(home / "bus.db", lambda: NOW.timestamp() + 4e8).ensure([])


def _on_bus(statement: str) -> Callable[[Path], None]:
    def change(home: Path) -> None:
        _execute(home / "bus.db", statement)

    return change


def _on_store(statement: str) -> Callable[[Path], None]:
    def change(home: Path) -> None:
        _execute(home / "audit.db", statement)

    return change


def _execute(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def _overwrite(start: int, length: int) -> Callable[[Path], None]:
    def change(home: Path) -> None:
        with (home / "audit.db").open("r+b") as file:
            file.seek(start)
            file.write(b"\xff" * length)

    return change


def _shorten(length: int) -> Callable[[Path], None]:
    return lambda home: os.truncate(home / "audit.db", length)


CHANGES: Sequence[tuple[str, Callable[[Path], None]]] = (
    ("retention", _trim),
    ("offsets_set_back", _on_bus("UPDATE offsets SET next = next - 1 WHERE \"group\" = 'router'")),
    ("offsets_set_back", _on_bus("DELETE FROM offsets WHERE \"group\" = 'router'")),
    ("topic_changed", _on_bus("UPDATE records SET timestamp = timestamp + 1 WHERE topic = 'complaints'")),
    ("topic_changed", _on_bus("UPDATE partitions SET \"end\" = 0 WHERE topic = 'complaints'")),
    ("topic_changed", _on_bus("DELETE FROM partitions WHERE topic = 'oversight'")),
    ("damaged", _overwrite(0, 200)),
    ("damaged", _overwrite(4096, 40_960)),
    ("damaged", _shorten(0)),
    ("damaged", _shorten(20_000)),
    ("damaged", _on_store("DROP TABLE total")),
    ("other_version", _on_store("UPDATE state SET value = 0 WHERE name = 'version'")),
    ("other_version", _on_store("DELETE FROM state")),
    ("first", lambda home: (home / "audit.db").unlink()),
)


@pytest.mark.parametrize(("reason", "change"), CHANGES, ids=[f"{reason}-{n}" for n, (reason, _) in enumerate(CHANGES)])
def test_everything_is_read_again_if_the_file_is_of_no_use(
    parts: Parts, bus: AuditedBus, reason: str, change: Callable[[Path], None]
) -> None:
    """The audit says why, has the result of a full pass, and the next one is incremental again."""
    home = parts.settings.home
    bus.audit(path=home / "audit.db")
    change(home)
    again = bus.audit(path=home / "audit.db")
    assert again.full_reason == reason
    assert comparable(again) == comparable(bus.audit())
    bus.publish(arrival(70))
    assert audit_both(bus, home / "audit.db").full_reason == ""
    assert not list(home.glob("audit-*"))


def test_everything_is_read_again_once_a_day(bus: AuditedBus, path: Path) -> None:
    """A row that was deleted from the ledger after its audit is named by this full pass, and from then on."""
    bus.audit(path=path)
    bus.rows = [row for row in bus.rows if row[0] != complaint_id(1)]
    assert bus.audit(path=path, now=NOW + timedelta(hours=23)).clean
    daily = bus.audit(path=path, now=NOW + timedelta(hours=24))
    assert (daily.full_reason, listed(daily)) == ("daily", [("not_recorded", str(complaint_id(1)))])
    later = bus.audit(path=path, now=NOW + timedelta(hours=25))
    assert (later.full_reason, listed(later)) == ("", listed(daily))
    bus.rows.append(ledger_row(1))
    assert bus.audit(path=path, now=NOW + timedelta(hours=26)).clean


def test_everything_is_read_again_after_the_retention_was_made_longer(bus: AuditedBus, path: Path) -> None:
    """More is expected of the topics then."""
    bus.audit(path=path)
    bus.horizon -= timedelta(days=1)
    assert bus.audit(path=path).full_reason == "retention"


def test_a_second_audit_at_the_same_time_waits(bus: AuditedBus, path: Path) -> None:
    """It raises `Retry`, and changes nothing."""
    bus.audit(path=path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(Retry, match="another audit"):
            bus.audit(path=path)
    assert audit_both(bus, path).full_reason == ""


def test_only_the_user_of_the_service_may_read_the_file(bus: AuditedBus, path: Path) -> None:
    """Its ids lead to persons through the database. It has no tracking number."""
    bus.audit(path=path)
    bus.audit(path=path)
    assert path.stat().st_mode & 0o077 == 0


def test_what_a_killed_full_pass_left_is_removed(bus: AuditedBus, path: Path) -> None:
    """The file of a full pass that runs at the same time stays."""
    leftover, running = path.with_name("audit-killed.db"), path.with_name("audit-running.db")
    leftover.write_bytes(b"")
    with running.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        bus.audit(path=path)
        assert set(path.parent.glob("audit*")) == {path, running}


def test_new_partitions_are_read_from_their_start(parts: Parts, bus: AuditedBus, path: Path) -> None:
    """A queue of a new agency has been read by no run before."""
    bus.audit(path=path)
    parts.bus.ensure([TopicSpec(raw_topic("web"), 3)])
    arrivals = (replace(arrival(number), topic=raw_topic("web")) for number in range(80, 95))
    bus.publish(*(replace(record, key=str(number).encode()) for number, record in enumerate(arrivals)))
    assert audit_both(bus, path).records_read == 15
    assert {record.partition for record in parts.bus.reader().read([raw_topic("web")])} > {0}
