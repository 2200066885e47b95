"""Dead letters: listed and shown without their text, revealed or dropped by a person.

Nothing is deleted from the topics. A decision is an event on `oversight`; deciding twice changes nothing.
`app/operations/review/redrive.py` publishes dead letters again.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, NamedTuple
from uuid import UUID

from app.operations.masking import outline_record
from app.operations.recorder import Recorder
from app.operations.review.selection import equals_or_any, is_in_period, matches_id
from app.operations.staff_events import staff_event
from bus.errors import Stop
from bus.port import Bus, Outgoing, Producer, Record
from bus.worker import oversized_value_stub
from messages import codec
from messages.dead_letters import read_dead_letter
from messages.forgotten import FORGOTTEN_TEXT
from messages.reveals import COMMAND_ROLE, reveal_end, reveal_subject
from messages.sealing import Sealer, UnsealError
from messages.shapes import OversightEvent, RawMessage, iso
from messages.topics import OVERSIGHT, Topic, dead_letter_topic
from sinks.archive.tombstones import forgotten_persons

_STUB = re.compile(rb"[0-9]+ bytes, sha256 [0-9a-f]{64}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class StoredDeadLetter:
    """Dead letter without its bytes.

    `at` is the time at which the stage stored it in `dead_topic`. `position` is that of the original record. `stub`
    replaces a value that was too large; it is empty if the value is there.
    """

    id: UUID
    at: datetime
    dead_topic: str
    stage: str
    reason: str
    field: str
    position: str
    message_id: UUID
    stub: bytes = b""

    @property
    def topic(self) -> str:
        """Topic of the original record."""
        return topic_of(self.position)


class DeadLetterRecord(NamedTuple):
    """Dead letter with its record."""

    letter: StoredDeadLetter
    record: Record


@dataclass(frozen=True, slots=True)
class DeadLetterFilter:
    """Choice of dead letters; a condition that is not given does not matter. `since` is included, `until` is not.

    `stage` is the stage that stored it, or the suffix of `dead-<stage>`. `ids` are ids or their beginnings.
    """

    stage: str | None = None
    reason: str | None = None
    field: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    ids: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """True if no condition is given."""
        return self == DeadLetterFilter()

    def matches(self, letter: StoredDeadLetter) -> bool:
        """Return True if the dead letter meets every condition."""
        return (
            self._matches_stage(letter)
            and equals_or_any(self.reason, letter.reason)
            and equals_or_any(self.field, letter.field)
            and is_in_period(letter.at, self.since, self.until)
            and (not self.ids or matches_id(letter.id, self.ids))
        )

    def _matches_stage(self, letter: StoredDeadLetter) -> bool:
        return self.stage is None or self.stage in {letter.stage, letter.dead_topic.removeprefix(dead_letter_topic(""))}


def topic_of(position: str) -> str:
    """Return the topic of a position `topic/partition/offset`."""
    return position.rsplit("/", 2)[0]


def stored_dead_letter(record: Record) -> StoredDeadLetter:
    """Return the dead letter of a record on a `dead-<stage>` topic. Never raises."""
    headers = read_dead_letter(record.topic, record.position, record.headers)
    traceparent = _TRACEPARENT.fullmatch(record.header("traceparent"))
    is_stub = not record.header("ce_type") and _STUB.fullmatch(record.value) is not None
    return StoredDeadLetter(
        id=headers.id,
        at=datetime.fromtimestamp(record.timestamp / 1000, UTC),
        dead_topic=record.topic,
        stage=headers.stage,
        reason=headers.reason,
        field=headers.field,
        position=headers.position,
        message_id=UUID(traceparent[1]) if traceparent else headers.id,
        stub=record.value if is_stub else b"",
    )


def list_row(letter: StoredDeadLetter) -> dict[str, object]:
    """Return the dead letter as a row of the list."""
    return {
        "id": str(letter.id),
        "at": iso(letter.at),
        "stage": letter.stage,
        "reason": letter.reason,
        "field": letter.field,
        "topic": letter.topic,
    }


def count_rows(letters: Sequence[StoredDeadLetter]) -> list[dict[str, object]]:
    """Return the number of dead letters of each stage, reason and field, highest first."""
    counts = Counter((letter.stage, letter.reason, letter.field) for letter in letters)
    highest_first = sorted(counts.items(), key=lambda group: (-group[1], group[0]))
    return [
        {"stage": stage, "reason": reason, "field": field, "count": count}
        for (stage, reason, field), count in highest_first
    ]


class DeadLetters:
    """Reads the dead letters of these `topics`, and decides about them.

    `actor` and `why` are recorded in the `log` first; neither may name a citizen.
    """

    def __init__(self, bus: Bus, sealer: Sealer, topics: Sequence[Topic], log: Recorder) -> None:
        self._bus = bus
        self._sealer = sealer
        self._dead_topics = [topic.name for topic in topics if topic.shape is None]
        self._log = log

    def undecided(self, choice: DeadLetterFilter) -> list[StoredDeadLetter]:
        """Return the chosen dead letters without a decision, oldest first."""
        decisions = self.decisions()
        return [letter for letter in self.chosen(choice) if letter.id not in decisions]

    def chosen(self, choice: DeadLetterFilter) -> list[StoredDeadLetter]:
        """Return the chosen dead letters, with or without a decision, oldest first."""
        letters = (letter for letter, _ in self.read_all())
        return sorted((letter for letter in letters if choice.matches(letter)), key=lambda letter: letter.at)

    def decisions(self) -> Mapping[UUID, str]:
        """Return the decisions by dead letter: `redriven`, which is final, or `dead-letter-dropped`."""
        decisions: dict[UUID, str] = {}
        with self.records([OVERSIGHT]) as records:
            for record in records:
                try:
                    event = codec.decode(OversightEvent, record.value, record.headers)
                except codec.CodecError:
                    continue
                is_first_drop = event.event == "dead-letter-dropped" and event.subject not in decisions
                if event.event == "redriven" or is_first_drop:
                    decisions[event.subject] = event.event
        return decisions

    def read_all(self) -> Iterator[DeadLetterRecord]:
        """Return each dead letter once, stage by stage, in the order in which the stage stored them."""
        known_ids: set[UUID] = set()
        for topic in self._dead_topics:
            with self.records([topic]) as records:
                for record in records:
                    letter = stored_dead_letter(record)
                    if letter.id not in known_ids:
                        known_ids.add(letter.id)
                        yield DeadLetterRecord(letter, record)

    def find(self, id_prefix: str) -> DeadLetterRecord:
        """Return the only dead letter whose id has this prefix, with or without a decision. Raises `Stop`."""
        matches = [entry for entry in self.read_all() if matches_id(entry.letter.id, (id_prefix,))]
        if len(matches) != 1:
            raise Stop(
                f"{len(matches)} dead letters have an id that begins with {id_prefix}. "
                "`satupintu dead-letters list --all` shows the ids."
            )
        return matches[0]

    def describe(self, entry: DeadLetterRecord) -> dict[str, object]:
        """Return the facts about a dead letter without its text."""
        letter, record = entry
        state = {
            "was_at": letter.position,
            "decided": self.decisions().get(letter.id, ""),
            "stub": bool(letter.stub),
        }
        return {**list_row(letter), **state, "bytes": len(record.value), **outline_record(record)}

    def reveal(self, entry: DeadLetterRecord, actor: str, why: str, at: datetime, role: str = COMMAND_ROLE) -> bytes:
        """Return the record's value. Sealed fields stay sealed, except the body of an arrival at a door.

        The oversight event comes first. Of a forgotten person only a sentence is returned: the topic keeps the words
        until its retention ends.
        """
        letter, record = entry
        subject = reveal_subject(str(letter.id), role, iso(reveal_end(role, at)))
        self._log.append("dead_letters.reveal", subject, actor, why, at)
        with self.producer() as producer:
            producer.publish([letter_event(letter, "revealed", actor, why, at)])
        if letter.stub:
            record = next(self.originals({letter.position: letter.stub}), record)
        if self._is_of_forgotten_person(record):
            return FORGOTTEN_TEXT.encode()
        try:
            raw = codec.decode(RawMessage, record.value, record.headers)
            return self._sealer.open(raw.body, raw.id)
        except (codec.CodecError, codec.NewerVersionError, UnsealError):
            return record.value

    def _is_of_forgotten_person(self, record: Record) -> bool:
        with closing(self._bus.reader()) as reader:
            return forgotten_persons(reader).has_record(record)

    def drop(self, choice: DeadLetterFilter, actor: str, why: str, at: datetime) -> Iterator[StoredDeadLetter]:
        """Drop the chosen dead letters: they are not processed any more. Their bytes stay until the retention ends."""
        with self.producer() as producer:
            for letter in self.undecided(choice):
                self._log.append("dead_letters.drop", str(letter.id), actor, why, at)
                producer.publish([letter_event(letter, "dead-letter-dropped", actor, why, at)])
                yield letter

    def originals(self, stubs: Mapping[str, bytes]) -> Iterator[Record]:
        """Return the original records at these positions that still exist and still match their stubs."""
        with self.records(sorted({topic_of(position) for position in stubs})) as records:
            for record in records:
                if record.position in stubs and oversized_value_stub(record.value) == stubs[record.position]:
                    yield record

    @contextmanager
    def records(self, topics: Iterable[str]) -> Iterator[Iterator[Record]]:
        """Open the records of these topics."""
        with closing(self._bus.reader()) as reader:
            yield reader.read(topics)

    @contextmanager
    def producer(self) -> Iterator[Producer]:
        """Open a producer."""
        with closing(self._bus.producer()) as producer:
            yield producer


def letter_event(
    letter: StoredDeadLetter,
    event: Literal["redriven", "dead-letter-dropped", "revealed"],
    actor: str,
    why: str,
    at: datetime,
) -> Outgoing:
    """Return the event about a dead letter: one for each decision, and one for each time it was revealed."""
    return staff_event(event, letter.id, letter.message_id, actor, why, at)
