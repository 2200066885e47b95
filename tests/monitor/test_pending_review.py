"""What was put aside: counted by reason until a person decides, and read once."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

import pytest

from app.assembly.parts import Parts
from app.operations.review.quarantine import Quarantine, QuarantineFilter
from bus.port import OffsetRange, Outgoing, Partition, Reader, Record
from ingest.wrap import quarantine_record
from messages import codec, ids
from messages.shapes import OversightEvent
from messages.topics import DEAD_LETTER_TOPICS, OVERSIGHT, QUARANTINE, dead_letter_topic
from monitor.pending_review import PendingReviewTracker
from tests.conftest import NOW

Publish = Callable[..., None]


@pytest.fixture
def publish(parts: Parts) -> Iterator[Publish]:
    """Onto the bus."""
    producer = parts.bus.producer()
    yield lambda *messages: producer.publish(messages)
    producer.close()


@pytest.fixture
def reader(parts: Parts) -> Iterator[Reader]:
    """A look at the bus."""
    made = parts.bus.reader()
    yield made
    made.close()


def letter(position: str, reason: str = "not_the_shape", field: str = "at", stage: str = "router") -> Outgoing:
    """As a worker puts it aside."""
    says = {"dead_stage": stage, "dead_reason": reason, "dead_field": field, "dead_position": position}
    return Outgoing(dead_letter_topic(stage), b"", b"{}", tuple((name, text.encode()) for name, text in says.items()))


def kept(parts: Parts, sid: str, reason: str = "bad_signature") -> Outgoing:
    """An SMS that its door holds."""
    return quarantine_record(parts.wrapper.wrap("sms", sid, "", b"Body=x", NOW, "text/plain"), reason)


def test_dead_letters_lie_by_stage_reason_and_field(publish: Publish, reader: Reader) -> None:
    """The largest heap first."""
    publish(letter("complaints/0/1"), letter("complaints/0/2"), letter("complaints/0/3", "unexpected", "KeyError"))
    heaps = PendingReviewTracker()
    heaps.update(reader)
    found = [(heap.place, heap.reason, heap.field, heap.waiting.many) for heap in heaps.dead_letters]
    assert found == [("router", "not_the_shape", "at", 2), ("router", "unexpected", "KeyError", 1)]
    assert heaps.quarantined == ()


def test_a_letter_that_is_written_twice_lies_once(publish: Publish, reader: Reader) -> None:
    """The same record of the same stage, as after a crash; of another stage it is another letter."""
    publish(letter("complaints/0/1"), letter("complaints/0/1"), letter("complaints/0/1", stage="sinks"))
    heaps = PendingReviewTracker()
    heaps.update(reader)
    assert [(heap.place, heap.waiting.many) for heap in heaps.dead_letters] == [("router", 1), ("sinks", 1)]


@pytest.mark.parametrize("event", ["released", "dropped"])
def test_what_somebody_decided_about_waits_no_more(parts: Parts, publish: Publish, reader: Reader, event: str) -> None:
    """The decision may come between two looks; what only was looked at still waits."""
    publish(kept(parts, "SM1"), kept(parts, "SM2"), kept(parts, "SM3", "unsigned"))
    heaps = PendingReviewTracker()
    heaps.update(reader)
    assert [(heap.place, heap.reason, heap.waiting.many) for heap in heaps.quarantined] == [
        ("sms", "bad_signature", 2),
        ("sms", "unsigned", 1),
    ]
    mine = Quarantine(parts.bus, parts.wrapper, parts.sealer, parts.audit_log)
    first, second, _ = mine.undecided(QuarantineFilter())
    assert list(
        (mine.release if event == "released" else mine.drop)(
            QuarantineFilter(ids=(str(first.raw.id),)), "Sari", "checked", NOW
        )
    )
    mine.reveal(second, "Sari", "checked", NOW)
    heaps.update(reader)
    assert sum(heap.waiting.many for heap in heaps.quarantined) == 2


def test_a_decision_that_is_read_first_counts(publish: Publish, reader: Reader) -> None:
    """Topics are read one after the other: the letter may be seen after its decision."""
    position = "complaints/0/7"
    subject = ids.dead_letter_id("router", position)
    told = OversightEvent(id=UUID(int=1), message_id=subject, at=NOW, event="dropped", subject=subject, reason="x")
    publish(Outgoing(OVERSIGHT, *codec.encode(told, str(subject), "/satu-pintu/operations")))
    heaps = PendingReviewTracker()
    heaps.update(reader)
    publish(letter(position))
    heaps.update(reader)
    assert heaps.dead_letters == ()


def test_what_cannot_be_read_lies_there_too(publish: Publish, reader: Reader) -> None:
    """A quarantined message that is none is for a person; an event that is none changes nothing."""
    publish(Outgoing(QUARANTINE, b"", b"\xff"), Outgoing(OVERSIGHT, b"", b"\xff"))
    heaps = PendingReviewTracker()
    heaps.update(reader)
    assert [(heap.reason, heap.waiting.many) for heap in heaps.quarantined] == [("unreadable", 1)]


def test_each_record_is_read_once(publish: Publish, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second look reads only what came since."""
    publish(*(letter(f"complaints/0/{number}") for number in range(20)))
    heaps, original = PendingReviewTracker(), reader.read
    read: list[Record] = []

    def reading(*topics: Any, **named: Any) -> Iterator[Record]:
        for record in original(*topics, **named):
            read.append(record)
            yield record

    monkeypatch.setattr(reader, "read", reading)
    heaps.update(reader)
    publish(letter("complaints/0/99"))
    heaps.update(reader)
    assert len(read) == 21
    assert heaps.dead_letters[0].waiting.many == 21


class Marked:
    """A reader as Kafka's is: behind the last record of each partition stands a mark that nobody reads."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.first_records, self.offsets_since = reader.first_records, reader.offsets_since
        self.members = reader.members
        self.topics, self.committed, self.close = reader.topics, reader.committed, reader.close
        self.asked: list[Mapping[Partition, int]] = []

    def offset_ranges(self, topics: Iterable[str]) -> Mapping[Partition, OffsetRange]:
        """See the port."""
        ranges = self._reader.offset_ranges(topics)
        return {partition: OffsetRange(range_.start, range_.end + 1) for partition, range_ in ranges.items()}

    def read(
        self, topics: Iterable[str], *, follow: bool = False, start_offsets: Mapping[Partition, int] | None = None
    ) -> Iterator[Record]:
        """See the port."""
        known = start_offsets or {}
        self.asked.append(dict(known))
        return self._reader.read(topics, follow=follow, start_offsets=known)


def test_where_only_a_mark_is_left_nothing_is_read(publish: Publish, reader: Reader) -> None:
    """The next look begins behind it: else each would open a consumer for nothing."""
    publish(letter("complaints/0/1"))
    marked, heaps = Marked(reader), PendingReviewTracker()
    heaps.update(marked)
    heaps.update(marked)
    ranges = marked.offset_ranges([*DEAD_LETTER_TOPICS, QUARANTINE, OVERSIGHT])
    assert marked.asked[-1] == {partition: range_.end for partition, range_ in ranges.items()}
    assert heaps.dead_letters[0].waiting.many == 1
