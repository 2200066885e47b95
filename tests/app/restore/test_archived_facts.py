"""Facts that a restore takes from dead letters and events."""

from dataclasses import replace
from pathlib import Path

from app.operations.restore.archived_facts import read_facts
from bus.port import Outgoing
from messages.topics import dead_letter_topic
from sinks.archive.contents import ArchiveContents
from tests.conftest import NOW
from tests.sinks.archive.archived_bus import ArchivedBus
from tests.support.written_bus import arrival


def test_a_letter_of_an_earlier_numbering_makes_no_other_record_dead(tmp_path: Path) -> None:
    """After a restore to Kafka another record may have the position that a dead letter names. It is not left out.

    A letter without the bytes of a large record is known by its position alone.
    """
    bus = ArchivedBus(tmp_path)
    bus.publish(arrival(1), arrival(4), at=NOW)
    first, second = (record for record in bus.records() if record.topic.startswith("raw-"))
    for record, position in ((first, first.position), (first, second.position)):
        letter = Outgoing(dead_letter_topic("normalize"), record.key, record.value, record.headers)
        explanation = (("dead_stage", b"normalize"), ("dead_position", position.encode()))
        bus.publish(replace(letter, headers=letter.headers + explanation), at=NOW)
    stub_headers = (("dead_stage", b"router"), ("dead_position", second.position.encode()))
    bus.publish(Outgoing(dead_letter_topic("router"), b"", b"9 bytes, sha256 0", stub_headers), at=NOW)
    bus.run()
    facts = read_facts(ArchiveContents(bus.archive))
    assert [facts.dead_stages_of(record) for record in (first, second)] == [{"normalize"}, {"router"}]
