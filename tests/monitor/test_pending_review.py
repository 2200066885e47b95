"""Dead letters and quarantined messages are counted by reason until a person decides."""

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
from messages.topics import OVERSIGHT, QUARANTINE, dead_letter_topic
from monitor.pending_review import PendingReviewTracker
from tests.conftest import NOW

Publish = Callable[..., None]


@pytest.fixture
def publish(parts: Parts) -> Iterator[Publish]:
    """Return a function that publishes records."""
    producer = parts.bus.producer()
    yield lambda *messages: producer.publish(messages)
    producer.close()


@pytest.fixture
def reader(parts: Parts) -> Iterator[Reader]:
    """Yield a reader of the bus."""
    opened = parts.bus.reader()
    yield opened
    opened.close()


def letter(position: str, reason: str = "not_the_shape", field: str = "at", stage: str = "router") -> Outgoing:
    """Return a dead letter as a worker publishes it."""
    headers = {"dead_stage": stage, "dead_reason": reason, "dead_field": field, "dead_position": position}
    return Outgoing(
        dead_letter_topic(stage), b"", b"{}", tuple((name, text.encode()) for name, text in headers.items())
    )


def quarantined_sms(parts: Parts, sid: str, reason: str = "bad_signature") -> Outgoing:
    """Return the record of a quarantined SMS."""
    return quarantine_record(parts.wrapper.wrap("sms", sid, "", b"Body=x", NOW, "text/plain"), reason)


def test_dead_letters_are_counted_by_stage_reason_and_field(publish: Publish, reader: Reader) -> None:
    """The most frequent reason comes first."""
    publish(letter("complaints/0/1"), letter("complaints/0/2"), letter("complaints/0/3", "unexpected", "KeyError"))
    tracker = PendingReviewTracker()
    tracker.update(reader)
    counts = [(review.place, review.reason, review.field, review.waiting.many) for review in tracker.dead_letters]
    assert counts == [("router", "not_the_shape", "at", 2), ("router", "unexpected", "KeyError", 1)]
    assert tracker.quarantined == ()


def test_a_dead_letter_that_is_published_twice_counts_once(publish: Publish, reader: Reader) -> None:
    """A stage may publish it again after a crash. A dead letter of another stage counts separately."""
    publish(letter("complaints/0/1"), letter("complaints/0/1"), letter("complaints/0/1", stage="cases"))
    tracker = PendingReviewTracker()
    tracker.update(reader)
    assert {(review.place, review.waiting.many) for review in tracker.dead_letters} == {("router", 1), ("cases", 1)}


@pytest.mark.parametrize("event", ["released", "dropped"])
def test_a_decided_message_is_no_longer_pending(parts: Parts, publish: Publish, reader: Reader, event: str) -> None:
    """The decision may come between two updates. A message that was only revealed is still pending."""
    publish(quarantined_sms(parts, "SM1"), quarantined_sms(parts, "SM2"), quarantined_sms(parts, "SM3", "unsigned"))
    tracker = PendingReviewTracker()
    tracker.update(reader)
    assert [(review.place, review.reason, review.waiting.many) for review in tracker.quarantined] == [
        ("sms", "bad_signature", 2),
        ("sms", "unsigned", 1),
    ]
    quarantine = Quarantine(parts.bus, parts.wrapper, parts.sealer, parts.audit_log)
    first, second, _ = quarantine.undecided(QuarantineFilter())
    assert list(
        (quarantine.release if event == "released" else quarantine.drop)(
            QuarantineFilter(ids=(str(first.raw.id),)), "Sari", "checked", NOW
        )
    )
    quarantine.reveal(second, "Sari", "checked", NOW)
    tracker.update(reader)
    assert sum(review.waiting.many for review in tracker.quarantined) == 2


def test_a_decision_may_be_read_before_its_dead_letter(publish: Publish, reader: Reader) -> None:
    """Topics are read one after the other."""
    position = "complaints/0/7"
    subject = ids.dead_letter_id("router", position)
    event = OversightEvent(id=UUID(int=1), message_id=subject, at=NOW, event="dropped", subject=subject, reason="x")
    publish(Outgoing(OVERSIGHT, *codec.encode(event, str(subject), "/satu-pintu/operations")))
    tracker = PendingReviewTracker()
    tracker.update(reader)
    publish(letter(position))
    tracker.update(reader)
    assert tracker.dead_letters == ()


def test_an_undecodable_quarantined_record_is_pending(publish: Publish, reader: Reader) -> None:
    """A person must look at it. An undecodable event changes nothing."""
    publish(Outgoing(QUARANTINE, b"", b"\xff"), Outgoing(OVERSIGHT, b"", b"\xff"))
    tracker = PendingReviewTracker()
    tracker.update(reader)
    assert [(review.reason, review.waiting.many) for review in tracker.quarantined] == [("unreadable", 1)]


def test_each_record_is_read_once(publish: Publish, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second update reads only the new records."""
    publish(*(letter(f"complaints/0/{number}") for number in range(20)))
    tracker, original = PendingReviewTracker(), reader.read
    records: list[Record] = []

    def counting_read(*topics: Any, **options: Any) -> Iterator[Record]:
        for record in original(*topics, **options):
            records.append(record)
            yield record

    monkeypatch.setattr(reader, "read", counting_read)
    tracker.update(reader)
    publish(letter("complaints/0/99"))
    tracker.update(reader)
    assert len(records) == 21
    assert tracker.dead_letters[0].waiting.many == 21


class MarkerReader:
    """A reader as Kafka's: the last offset of each partition is a transaction marker, not a record."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.first_records, self.offsets_since = reader.first_records, reader.offsets_since
        self.records_at = reader.records_at
        self.members, self.retention_seconds = reader.members, reader.retention_seconds
        self.topics, self.committed, self.close = reader.topics, reader.committed, reader.close
        self.start_offsets: list[Mapping[Partition, int]] = []

    def offset_ranges(self, topics: Iterable[str]) -> Mapping[Partition, OffsetRange]:
        """See the port."""
        ranges = self._reader.offset_ranges(topics)
        return {partition: OffsetRange(range_.start, range_.end + 1) for partition, range_ in ranges.items()}

    def read(
        self, topics: Iterable[str], *, follow: bool = False, start_offsets: Mapping[Partition, int] | None = None
    ) -> Iterator[Record]:
        """See the port."""
        offsets = start_offsets or {}
        self.start_offsets.append(dict(offsets))
        return self._reader.read(topics, follow=follow, start_offsets=offsets)


def test_a_transaction_marker_is_skipped(publish: Publish, reader: Reader) -> None:
    """The next update has nothing to read. Otherwise every update would open a consumer for nothing."""
    publish(letter("complaints/0/1"))
    marked, tracker = MarkerReader(reader), PendingReviewTracker()
    tracker.update(marked)
    tracker.update(marked)
    assert marked.start_offsets == [{}]
    assert tracker.dead_letters[0].waiting.many == 1
