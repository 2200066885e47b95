"""Words of forgotten persons leave the files of an archive; whatever interrupts it, each record stays."""

import json
import shutil
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow.parquet as pq
import pytest

from bus.errors import Stop
from bus.local import log
from bus.port import Outgoing
from messages import codec, ids
from messages.forgotten import Forgotten
from messages.recommendation import Recommendation
from messages.sealing import Sealed
from messages.shapes import AgencyAnswer, Correction, Quarantined, Relation, Reply, Report, WireModel
from messages.topics import (
    AGENCY_ANSWERS,
    CORRECTIONS,
    FORGOTTEN,
    QUARANTINE,
    RECOMMENDATIONS,
    REPLIES,
    dead_letter_topic,
)
from sinks.archive.columns import RECORD_COLUMNS
from sinks.archive.contents import ArchiveContents
from sinks.archive.durable_files import DurableFiles
from sinks.archive.forgotten_records import ForgottenRecords, decode_tombstones
from sinks.archive.manifest import ArchiveFolder
from sinks.archive.person_keys_file import ArchivedKey
from sinks.archive.tombstones import read_tombstones, redraw_archive
from tests.conftest import NOW
from tests.sinks.archive.archived_bus import TOPICS, ArchivedBus
from tests.sinks.archive.test_archiver import (
    APRIL,
    MARCH,
    Killed,
    archived_records,
    die,
    files_of,
    kill_at,
    no_sync,
)
from tests.support.stages import ANSWER_CHECK, ANSWER_KEYS
from tests.support.written_bus import (
    HEALTH,
    PLN,
    TRIAGE,
    arrival,
    complaint,
    complaint_id,
    dispatch,
    message_id,
    not_a_complaint,
    record_at,
    tracking,
)

CANARY = "Sekarwangi Kenaridewi"
REPORT = Report(text=f"Lampu padam, saya {CANARY}")
PERSON, NEIGHBOUR, LATE = 4, 8, 12
# Arrivals have the time NOW.
REQUESTED = NOW + timedelta(days=1)


def message(topic: str, value: WireModel, key: str = "key") -> Outgoing:
    """Return a message of any shape."""
    return Outgoing(topic, *codec.encode(value, key, "/tests"))


def signed_answer(number: int) -> AgencyAnswer:
    """Return an answer that quotes the person."""
    text, dispatch_id = f"Kepada {CANARY}", ids.dispatch_id(complaint_id(number), 0)
    answer = AgencyAnswer(
        id=ids.answer_id(dispatch_id, "responded", text),
        message_id=message_id(number),
        at=NOW,
        complaint_id=complaint_id(number),
        dispatch_id=dispatch_id,
        agency=PLN,
        verdict="responded",
        text=text,
    )
    return ANSWER_KEYS.sign(answer)


def life_of(number: int) -> Iterable[Outgoing]:
    """Yield a record on each topic, all with the canary. The dead letters are a complaint and a broken dispatch."""
    raw = arrival(number, body=Sealed(CANARY), provider_id=CANARY)
    yield raw
    reading = complaint(number, report=REPORT, contact=Sealed(CANARY))
    yield from (reading, dispatch(number, PLN, report=REPORT))
    yield message(AGENCY_ANSWERS, signed_answer(number))
    facts: dict[str, Any] = {"message_id": message_id(number), "at": NOW, "complaint_id": complaint_id(number)}
    facts["tracking"] = tracking(number)
    yield message(REPLIES, Reply(**facts, id=UUID(int=number + 100), channel="sms", kind="answered", text=CANARY))
    relation = Relation()
    correction = Correction(
        **facts, id=UUID(int=number + 200), relation=relation, apart_from=UUID(int=1), actor="petugas-1", reason=CANARY
    )
    yield message(CORRECTIONS, correction)
    recommended = Recommendation(
        **facts, id=UUID(int=number + 400), recommendation_id=UUID(int=number + 400), agency=PLN, text=CANARY
    )
    yield message(RECOMMENDATIONS, recommended)
    raw_value = Quarantined.model_validate({"id": message_id(number), "message_id": message_id(number), "at": NOW,
        "reason": "no_signature", "raw": json.loads(raw.value)})  # fmt: skip
    yield message(QUARANTINE, raw_value, f"sender-{number}")
    yield replace(reading, topic=dead_letter_topic("router"))
    broken = dispatch(number, PLN)
    yield replace(broken, topic=dead_letter_topic("cases"), value=CANARY.encode())


def tombstone(number: int, *complaint_ids: UUID) -> Outgoing:
    """Return the tombstone of a sender."""
    value = Forgotten(
        id=UUID(int=number + 300),
        message_id=message_id(number),
        at=REQUESTED,
        sender=f"sender-{number}",
        requested_by="sender",
        complaint_ids=complaint_ids,
    )
    return message(FORGOTTEN, value, value.sender)


def compact(bus: ArchivedBus, topic: str) -> None:
    """Delete all records of a topic but the last one of each key, as Kafka does."""
    connection = log.connect(bus.path)
    connection.execute(
        "DELETE FROM records WHERE topic = ?1 AND offset NOT IN"
        " (SELECT max(offset) FROM records WHERE topic = ?1 GROUP BY key)",
        (topic,),
    )
    connection.close()


@pytest.fixture
def bus(tmp_path: Path) -> ArchivedBus:
    """The archive of a person and of a neighbour with the same words. An arrival of the person is not decided yet."""
    bus = ArchivedBus(tmp_path)
    bus.publish(*life_of(PERSON), arrival(LATE, body=Sealed(CANARY)), at=MARCH)
    bus.publish(*life_of(NEIGHBOUR), not_a_complaint(1), dispatch(NEIGHBOUR, HEALTH, hop=1), at=MARCH)
    bus.run()
    return bus


def numbers_with_canary(folder: Path) -> set[str]:
    """Return the topics whose records have the canary, and check that no column besides the values has it."""
    topics = set()
    for path in folder.glob("*/date=*/*.parquet"):
        for row in pq.read_table(path, partitioning=None).to_pylist():
            assert CANARY not in str({name: value for name, value in row.items() if name != "value"})
            if CANARY.encode() in row["value"]:
                topics.add(path.relative_to(folder).parts[0])
    return topics


def query_columns(folder: Path) -> list[dict[str, Any]]:
    """Return all columns but the value of each record, as a query over the files reads them."""
    paths = sorted(folder.glob("*/date=*/*.parquet"), key=lambda path: path.name.split(".")[0] + str(path.parent))
    rows = [row for path in paths for row in pq.read_table(path, partitioning=None).to_pylist()]
    return [{name: value for name, value in row.items() if name != "value"} for row in rows]


def test_words_leave_the_files_and_everything_else_stays(bus: ArchivedBus) -> None:
    """Positions, headers and flat columns stay equal; the manifest says that and when, and names nobody."""
    before, rows = archived_records(bus.archive), query_columns(bus.archive)
    manifest = next(ArchiveFolder(bus.archive).days())
    neighbour = complaint_id(NEIGHBOUR)
    bus.publish(tombstone(PERSON, complaint_id(PERSON)), tombstone(LATE), at=APRIL)
    report = bus.run().redrawn
    assert report.records == 11
    assert list(ArchiveContents(bus.archive).faults()) == []
    assert [row for row in query_columns(bus.archive) if row["shape"] != "id.lapor.forgotten.v1"] == rows
    redrawn = next(ArchiveFolder(bus.archive).days())
    assert redrawn.records == manifest.records
    facts = [file.redrawn for file in redrawn.files if file.redrawn]
    assert (sum(fact.records for fact in facts), {fact.at for fact in facts}) == (11, {APRIL})
    assert "sender-" not in redrawn.model_dump_json()
    after = [record for record in archived_records(bus.archive) if record.topic != FORGOTTEN]
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert len(changed) == 11
    assert all(CANARY.encode() in old.value and CANARY.encode() not in new.value for old, new in changed)
    assert all(old.position == new.position and str(neighbour).encode() not in old.value for old, new in changed)
    # An answer without its text is believed; nobody else can make one.
    (redrawn_answer,) = (new for _, new in changed if new.topic == AGENCY_ANSWERS)
    answer = codec.decode(AgencyAnswer, redrawn_answer.value, redrawn_answer.headers)
    assert ANSWER_CHECK.fault(answer, {PLN}) is None
    assert answer.id == signed_answer(PERSON).id
    forged = ANSWER_KEYS.sign(answer).model_copy(update={"key_generation": 0})
    assert ANSWER_CHECK.fault(forged, {PLN}) == "withdrawn_key"


def test_a_compacted_tombstone_is_still_archived(bus: ArchivedBus) -> None:
    """Kafka deletes the first of two tombstones of a person. The archive has it, and takes the second one."""
    bus.publish(tombstone(PERSON), at=APRIL)
    bus.run()
    bus.publish(tombstone(PERSON, complaint_id(PERSON)), at=APRIL)
    compact(bus, FORGOTTEN)
    assert bus.run().records == {FORGOTTEN: 1}
    assert [record.offset for record in ArchiveContents(bus.archive).records(FORGOTTEN)] == [0, 1]
    assert list(ArchiveContents(bus.archive).faults()) == []


def test_a_second_run_changes_nothing_and_a_third_redraws_what_came_since(bus: ArchivedBus) -> None:
    """Old tombstones are applied to new files, new ones to all files."""
    bus.publish(tombstone(PERSON, complaint_id(PERSON)), at=APRIL)
    assert bus.run().redrawn.files
    files = files_of(bus.archive)
    assert bus.run().redrawn.files == 0
    assert files_of(bus.archive) == files
    # A stage was slow: words of the person come after the request, and an arrival that nobody could read.
    unread = arrival(PERSON + 1, body=Sealed(CANARY))
    letter = replace(unread, topic=dead_letter_topic("normalize"), key=f"sender-{PERSON}".encode())
    bus.publish(dispatch(PERSON, HEALTH, hop=1, report=REPORT), letter, at=APRIL)
    assert bus.run().redrawn.records == 2
    bus.publish(tombstone(NEIGHBOUR, complaint_id(NEIGHBOUR)), tombstone(LATE), at=APRIL)
    assert bus.run().redrawn.records == 12
    assert numbers_with_canary(bus.archive) == set()
    twice = [file for day in ArchiveFolder(bus.archive).days() for file in day.files if file.redrawn]
    assert max(file.redrawn.times for file in twice if file.redrawn) == 2
    assert list(ArchiveContents(bus.archive).faults()) == []


def test_without_forgotten_persons_no_file_is_opened(bus: ArchivedBus) -> None:
    """A file that cannot be read does not disturb a run. With a tombstone it ends the run, and is named."""
    (path,) = bus.archive.glob(f"agency-{HEALTH}/date=*/*.parquet")
    path.write_bytes(b"damaged")
    bus.publish(complaint(16), at=APRIL)
    assert bus.run().files == 1
    bus.publish(tombstone(PERSON, complaint_id(PERSON)), at=APRIL)
    with pytest.raises(Stop, match="cannot be read, so it may still have words"):
        bus.run()


def test_an_archive_elsewhere_is_redrawn_with_its_keys(bus: ArchivedBus, tmp_path: Path) -> None:
    """The copy loses words and the key of the person; the key of a new life stays. Another folder is refused."""
    bus.keys = [
        ArchivedKey("p1", f"sender-{PERSON}", "wrapped-1", "root", MARCH, None),
        ArchivedKey("p2", f"sender-{PERSON}", "wrapped-2", "root", REQUESTED + timedelta(seconds=1), None),
    ]
    bus.run()
    copy, newer = tmp_path / "copy", tmp_path / "newer"
    shutil.copytree(bus.archive, copy)
    bus.publish(tombstone(PERSON, complaint_id(PERSON)), tombstone(NEIGHBOUR, complaint_id(NEIGHBOUR)), at=APRIL)
    bus.publish(tombstone(LATE), at=APRIL)
    bus.run(folder=newer)
    tombstones = read_tombstones(newer)
    (file,) = newer.glob("forgotten/date=*/*.parquet")
    assert read_tombstones(file) == tombstones
    with pytest.raises(Stop, match="neither an archive nor a Parquet file"):
        read_tombstones(copy / "archive.json")
    decoded = [codec.decode(Forgotten, record.value, record.headers) for record in tombstones]
    report = redraw_archive(copy, DurableFiles(), TOPICS, decoded, ANSWER_CHECK, APRIL)
    assert report.records == 22
    assert numbers_with_canary(copy) == set()
    assert [key.wrapped for key in ArchiveContents(copy).person_keys()] == ["", "wrapped-2"]
    assert not any(b"wrapped-1" in content for content in files_of(copy).values())
    assert list(ArchiveContents(copy).faults()) == []
    files = files_of(copy)
    assert redraw_archive(copy, DurableFiles(), TOPICS, decoded, ANSWER_CHECK, APRIL).files == 0
    assert files_of(copy) == files
    with pytest.raises(Stop, match="no complete archive"):
        redraw_archive(tmp_path / "empty", DurableFiles(), TOPICS, decoded, ANSWER_CHECK, APRIL)


@pytest.mark.slow
def test_a_redraw_that_is_killed_at_any_step_is_repeated(tmp_path: Path) -> None:
    """Before each step on the disk every record is in the archive, and the next run leads to the same files."""
    bus, archived, complete = ArchivedBus(tmp_path), tmp_path / "archived", tmp_path / "complete"
    bus.publish(dispatch(PERSON, TRIAGE, report=REPORT), dispatch(NEIGHBOUR, TRIAGE), at=MARCH)
    bus.publish(dispatch(PERSON, HEALTH, hop=1, report=REPORT), at=MARCH)
    bus.keys = [ArchivedKey("p1", f"sender-{PERSON}", "wrapped-1", "root", MARCH, None)]
    bus.run(folder=archived)
    read = len(archived_records(archived))
    bus.publish(tombstone(PERSON, complaint_id(PERSON)), at=APRIL)
    bus.keys = [ArchivedKey("p1", f"sender-{PERSON}", "", "", MARCH, APRIL)]
    steps: list[int] = []
    shutil.copytree(archived, complete)
    bus.run(DurableFiles(lambda: steps.append(1), no_sync), folder=complete)
    expected = files_of(complete)
    assert not any(CANARY.encode() in record.value for record in archived_records(complete))
    for step in range(len(steps)):
        shutil.copytree(archived, bus.archive)
        with pytest.raises(Killed):
            bus.run(kill_at(step, die))
        assert {fault.name for fault in ArchiveContents(bus.archive).faults()} <= {"leftover", "newer"}, step
        assert len([r for r in archived_records(bus.archive) if r.topic != FORGOTTEN]) == read, step
        bus.run(DurableFiles(sync=no_sync))
        assert files_of(bus.archive) == expected, step
        shutil.rmtree(bus.archive)


def test_the_columns_of_a_record_are_those_of_the_bus() -> None:
    """A redrawn file is written from these columns alone."""
    assert RECORD_COLUMNS == ("partition", "offset", "timestamp", "key", "headers", "value")


def test_a_record_of_a_newer_program_is_left_and_named() -> None:
    """Its words cannot be removed without its shape, and an empty value would lose the case."""
    value = complaint(PERSON, report=REPORT)
    newer = tuple((name, text.replace(b".v1", b".v9")) for name, text in value.headers)
    forgotten = ForgottenRecords(
        decode_tombstones([record_at(tombstone(PERSON, complaint_id(PERSON)), 0)]), ANSWER_CHECK
    )
    with pytest.raises(Stop, match="install the newer version"):
        forgotten.redraw(record_at(replace(value, headers=newer), 0))
