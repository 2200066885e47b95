"""A system on Kafka is archived, and restored to another Kafka and to PostgreSQL."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.assembly.channels import CHANNELS
from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.assembly.safekeeping.archive import archive
from app.assembly.safekeeping.restore import process_all, restore
from app.surroundings import system_surroundings
from messages.topics import AUDIT_HEADS
from sinks.archive.contents import ArchiveContents
from tests.app.restore.life import Life, live, restored_rows, service_in, settings_of
from tests.bus.kafka.fixture import new_node
from tests.bus.kafka.node import Node
from tests.end_to_end.dialogues.service import stages_of
from tests.support.case_stages import all_cases
from tests.support.databases import Databases

# Topic, partition, time, key, value and headers of a record. Its offset may be another one.
Content = tuple[str, int, int, bytes, bytes, object]


@pytest.fixture
def second_node(formatted: Path) -> Iterator[Node]:
    """A second, empty Kafka."""
    node = new_node(formatted)
    node.start()
    try:
        yield node
    finally:
        node.close()


def contents_of(parts: Parts) -> list[Content]:
    """Return every record on the bus but the heads of the audit log, in the order of each partition."""
    with closing(parts.bus.reader()) as reader:
        names = [spec.name for spec in reader.topics() if spec.name != AUDIT_HEADS]
        records = sorted(reader.read(names), key=lambda record: (record.topic, record.partition, record.offset))
    return [(each.topic, each.partition, each.timestamp, each.key, each.value, each.headers) for each in records]


@pytest.mark.one_kind("about Kafka; tests/app/restore runs on both")
@pytest.mark.slow
@pytest.mark.faults
def test_a_system_on_kafka_is_restored_to_another_one(
    tmp_path: Path, own_node: Node, second_node: Node, database: Databases, blank_database: str, templates: Path
) -> None:
    """Records, decisions and audit are equal though the offsets are new, and the stages publish nothing again."""
    folder = tmp_path / "archive"
    kafka = {"bus": "kafka", "kafka_bootstrap": own_node.bootstrap}
    with (
        database.settings(tmp_path / "old") as database_values,
        service_in(tmp_path / "old", templates, **kafka, **database_values) as service,
    ):
        live(Life(service))
        old = service.parts
        process_all(old, "cases", all_cases(old, silent=True))
        archive(old, folder)
        archive(old, folder)
        assert list(ArchiveContents(folder).faults()) == []
        target = {"bus": "kafka", "kafka_bootstrap": second_node.bootstrap, "database_url": blank_database}
        new = Parts(settings_of(tmp_path / "new", **target), CHANNELS, system_surroundings())
        migrate(new.engine)
        try:
            restore(new, folder, lambda: None)
            restored_contents = contents_of(new)
            assert restored_contents == contents_of(old)
            old_rows = restored_rows(old, with_positions=False)
            new_rows = restored_rows(new, with_positions=False)
            for name, rows in old_rows.items():
                assert new_rows[name] == rows, name
            assert new.audit().as_json() == old.audit().as_json()
            for group, stage in {**stages_of(new), "cases": all_cases(new)}.items():
                process_all(new, group, stage)
            assert contents_of(new) == restored_contents
        finally:
            new.engine.dispose()
