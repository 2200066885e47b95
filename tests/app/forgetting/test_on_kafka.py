"""The topic of tombstones on a real Kafka, which deletes older tombstones of a sender."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from app.assembly.channels import CHANNELS
from app.assembly.parts import Parts
from app.assembly.safekeeping.archive import archive
from app.assembly.safekeeping.forgetting import forget_stage
from app.assembly.safekeeping.restore import process_all
from app.surroundings import system_surroundings
from bus.port import Outgoing, Partition, Record
from cases.facts.tables import ComplaintFact
from config.database import read_transaction
from config.settings import Settings
from messages import codec
from messages.forgotten import Forgotten
from messages.shapes import RawMessage
from messages.topics import FORGOTTEN, raw_topic
from privacy.tables import ForgottenSender
from sinks.archive.contents import ArchiveContents
from tests.app.forgetting.town import CANARY, Town, complaint_of, rows_with_canary
from tests.bus.kafka.filling import Filler
from tests.bus.kafka.node import Node
from tests.support import records
from tests.support.arrival_ids import ROOT_SECRET
from tests.support.case_stages import make_case_stage
from tests.support.databases import Databases
from tests.support.paths import SMALL_TABLES

pytestmark = [pytest.mark.slow, pytest.mark.one_kind("about Kafka; the other tests of this folder run on both")]

# Patience in seconds with Kafka's compaction, which runs in the background.
_PATIENCE = 120.0
_NEIGHBOUR = "+6281234500001"


@pytest.fixture
def old_town(parts: Parts, database: Databases, tmp_path: Path) -> Iterator[Town]:
    """Return a town whose messages are copied to Kafka."""
    with database.engine(tmp_path / "old") as engine:
        yield Town(parts, engine)


@pytest.fixture
def empty(own_node: Node, database: Databases, tmp_path: Path) -> Iterator[Parts]:
    """Return an empty system with the topics of the service on Kafka."""
    home = tmp_path / "empty"
    kafka = {"bus": "kafka", "kafka_bootstrap": own_node.bootstrap, "reference_folder": SMALL_TABLES}
    with database.settings(home) as values:
        settings = {"home": home, "secret_key": ROOT_SECRET, **kafka, **values}
        parts = Parts(Settings.model_validate(settings), CHANNELS, system_surroundings())
        parts.ensure_topics()
        yield parts
        parts.engine.dispose()


def forget(town: Town, raw: RawMessage) -> None:
    """Let a sender ask to be forgotten, and process it."""
    town.publish(records.followed(town.parts, raw.id, "asks-to-be-forgotten", when=town.now))
    town.now += timedelta(minutes=1)


def copy_to(filler: Filler, log: Sequence[Record]) -> None:
    """Append the records of a town to Kafka, the tombstones in transactions as their stage does."""
    messages = [Outgoing(record.topic, record.key, record.value, record.headers) for record in log]
    filler.append([message for message in messages if message.topic != FORGOTTEN])
    filler.append_in_transactions([message for message in messages if message.topic == FORGOTTEN], 1)


def tombstones_on(parts: Parts) -> Sequence[Record]:
    """Return the tombstones on the bus."""
    with closing(parts.bus.reader()) as reader:
        return list(reader.read([FORGOTTEN]))


def compact(parts: Parts, filler: Filler, deleted: Record, neighbour: Outgoing) -> None:
    """Return when Kafka has deleted a tombstone. It closes and compacts a segment after a later record."""
    filler.compact_soon(FORGOTTEN)
    until = time.monotonic() + _PATIENCE
    while any(record.offset == deleted.offset for record in tombstones_on(parts)):
        assert time.monotonic() < until
        filler.append([neighbour] * 10)


def test_a_stage_that_starts_empty_after_compaction_blanks_all_words(
    old_town: Town, empty: Parts, own_node: Node, tmp_path: Path
) -> None:
    """A person asks twice, and Kafka deletes the first tombstone. The last one names the reports of both.

    Neither the tables of an empty system nor the archive have a word then, and the archive goes on.
    """
    first = old_town.report()
    forget(old_town, first)
    second = old_town.report()
    forget(old_town, second)
    neighbour = old_town.report("Jalan berlubang di Kota Palu", phone=_NEIGHBOUR)
    forget(old_town, neighbour)
    folder = tmp_path / "archive"
    with closing(Filler(own_node.bootstrap)) as filler:
        copy_to(filler, old_town.log)
        # A new Kafka knows of groups after the first one.
        filler.commit_offsets("normalize", {Partition(raw_topic("sms"), 0): 0})
        archive(empty, folder)
        tombstones = tombstones_on(empty)
        (deleted, last) = [record for record in tombstones if record.key == first.sender.encode()]
        of_neighbour = next(record for record in tombstones if record.key == neighbour.sender.encode())
        compact(empty, filler, deleted, Outgoing(FORGOTTEN, of_neighbour.key, of_neighbour.value, of_neighbour.headers))
    remaining = codec.decode(Forgotten, last.value, last.headers)
    assert set(remaining.complaint_ids) >= {complaint_of(first), complaint_of(second)}

    process_all(empty, "forget", forget_stage(empty))
    process_all(empty, "cases", make_case_stage(empty.engine))
    with read_transaction(empty.engine) as connection:
        senders = set(connection.execute(select(col(ForgottenSender.sender))).scalars())
        complaints = set(connection.execute(select(col(ComplaintFact.id))).scalars())
    assert {first.sender, neighbour.sender} <= senders
    assert {complaint_of(raw) for raw in (first, second, neighbour)} <= complaints
    assert rows_with_canary(empty.engine) == {}

    report = archive(empty, folder)
    assert report.records.keys() == {FORGOTTEN}
    contents = ArchiveContents(folder)
    assert list(contents.faults()) == []
    topics = {partition.topic for partition in contents.partitions()}
    values = [record.value.lower() for topic in topics for record in contents.records(topic)]
    assert values
    assert not any(word.encode() in value for value in values for word in CANARY)
