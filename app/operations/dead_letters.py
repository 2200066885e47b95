"""What a stage could not work: listed and shown without what it says, given to it again or dropped by a person.

Nothing is taken from the topics. A decision is an event on `oversight` about the letter: deciding twice changes
nothing. How letters are given again stands in `app/operations/redrive.py`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, NamedTuple
from uuid import UUID

from app.operations import topic_view
from app.operations.audit_log import AuditLog
from bus.errors import Stop
from bus.port import Bus, Outgoing, Producer, Record
from bus.worker import oversized_value_stub
from messages import codec, ids
from messages.dead_letters import read_dead_letter
from messages.sealing import Sealer, UnsealError
from messages.shapes import OversightEvent, RawMessage, iso
from messages.topics import OVERSIGHT, Topic, dead_letter_topic

_SOURCE = "/satu-pintu/operations"
_STUB = re.compile(rb"[0-9]+ bytes, sha256 [0-9a-f]{64}")
_TRACE = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter without its bytes. `at` is when it was put aside, `place` where the record stands that it was.

    `stub` is what stands in the place of a value that was too large; empty where the value is there.
    """

    id: UUID
    at: datetime
    kept_in: str
    stage: str
    reason: str
    field: str
    place: str
    message: UUID
    stub: bytes = b""

    @property
    def topic(self) -> str:
        """The topic that the record came by."""
        return self.place.rsplit("/", 2)[0]


class Found(NamedTuple):
    """A letter, and the record that it is."""

    letter: Letter
    record: Record


@dataclass(frozen=True, slots=True)
class Choice:
    """Which of the letters; what is left out does not matter. `since` is within, `until` is not.

    `stage` is who put it aside, or as in `dead-<stage>`; `ids` are letters' ids, or how they begin.
    """

    stage: str | None = None
    reason: str | None = None
    field: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    ids: tuple[str, ...] = ()

    @property
    def everything(self) -> bool:
        """Whether nothing was left out."""
        return self == Choice()

    def takes(self, letter: Letter) -> bool:
        """Whether it is one of them."""
        return (
            (self.stage is None or self.stage in {letter.stage, _suffix(letter.kept_in)})
            and (self.reason is None or letter.reason == self.reason)
            and (self.field is None or letter.field == self.field)
            and (self.since is None or letter.at >= self.since)
            and (self.until is None or letter.at < self.until)
            and (not self.ids or any(begin and str(letter.id).startswith(begin) for begin in self.ids))
        )


def letter_of(record: Record) -> Letter:
    """What a record of a `dead-<stage>` topic says of itself. Total."""
    said = read_dead_letter(record.topic, record.position, record.headers)
    trace = _TRACE.fullmatch(record.header("traceparent"))
    return Letter(
        id=said.id,
        at=datetime.fromtimestamp(record.timestamp / 1000, UTC),
        kept_in=record.topic,
        stage=said.stage,
        reason=said.reason,
        field=said.field,
        place=said.position,
        message=UUID(trace[1]) if trace else said.id,
        stub=record.value if not record.header("ce_type") and _STUB.fullmatch(record.value) else b"",
    )


def row(letter: Letter) -> dict[str, object]:
    """A line of the list."""
    return {
        "id": str(letter.id),
        "at": iso(letter.at),
        "stage": letter.stage,
        "reason": letter.reason,
        "field": letter.field,
        "topic": letter.topic,
    }


def groups(letters: Sequence[Letter]) -> list[dict[str, object]]:
    """How many there are of each stage, reason and field; the most first."""
    counted = Counter((letter.stage, letter.reason, letter.field) for letter in letters)
    most = sorted(counted.items(), key=lambda group: (-group[1], group[0]))
    return [{"stage": stage, "reason": why, "field": field, "letters": n} for (stage, why, field), n in most]


class Letters:
    """Reads the letters of these `topics`, and decides.

    `actor` is who decides, `why` is kept with it, in the `log` first; neither may name a citizen.
    """

    def __init__(self, bus: Bus, sealer: Sealer, topics: Sequence[Topic], log: AuditLog) -> None:
        self._bus = bus
        self._sealer = sealer
        self._names = [topic.name for topic in topics if topic.shape is None]
        self._log = log

    def waiting(self, choice: Choice) -> list[Letter]:
        """What waits for a decision, the oldest first."""
        decided = self.decided()
        return [letter for letter in self.every(choice) if letter.id not in decided]

    def every(self, choice: Choice) -> list[Letter]:
        """What is chosen, decided or not, the oldest first."""
        found = (letter for letter, _ in self.read())
        return sorted((letter for letter in found if choice.takes(letter)), key=lambda letter: letter.at)

    def decided(self) -> Mapping[UUID, str]:
        """What was decided about which letters: `redriven`, which nothing takes back, or `letter-dropped`."""
        found: dict[UUID, str] = {}
        with self.records([OVERSIGHT]) as records:
            for record in records:
                try:
                    told = codec.decode(OversightEvent, record.value, record.headers)
                except codec.CodecError:
                    continue
                if told.event == "redriven" or (told.event == "letter-dropped" and told.subject not in found):
                    found[told.subject] = told.event
        return found

    def read(self) -> Iterator[Found]:
        """Each letter once, stage by stage, and in the order in which its stage put it aside."""
        seen: set[UUID] = set()
        for name in self._names:
            with self.records([name]) as records:
                for record in records:
                    letter = letter_of(record)
                    if letter.id not in seen:
                        seen.add(letter.id)
                        yield Found(letter, record)

    def find(self, begin: str) -> Found:
        """The one letter whose id begins so, decided or not. Raises `Stop`."""
        found = [one for one in self.read() if Choice(ids=(begin,)).takes(one.letter)]
        if len(found) != 1:
            raise Stop(f"{len(found)} dead letters have an id that begins with {begin}; `satupintu letters list --all`")
        return found[0]

    def about(self, found: Found) -> dict[str, object]:
        """What can be said of it without saying what it says."""
        letter, record = found
        decided = {"was_at": letter.place, "decided": self.decided().get(letter.id, ""), "stub": bool(letter.stub)}
        return {**row(letter), **decided, "bytes": len(record.value), **topic_view.outlined(record)}

    def reveal(self, found: Found, actor: str, why: str, at: datetime) -> bytes:
        """What it says; what is sealed in it stays sealed, unless it is a door's arrival, whose body is shown.

        That somebody looked is told to oversight before it is shown.
        """
        letter, record = found
        self._log.append("letters.reveal", str(letter.id), actor, why, at)
        with self.publishing() as producer:
            producer.publish([told_of(letter, "revealed", actor, why, at)])
        if letter.stub:
            record = next(self.originals({letter.place: letter.stub}), record)
        try:
            raw = codec.decode(RawMessage, record.value, record.headers)
            return self._sealer.open(raw.body, raw.id)
        except (codec.CodecError, UnsealError):
            return record.value

    def drop(self, choice: Choice, actor: str, why: str, at: datetime) -> Iterator[Letter]:
        """Decide that what is chosen is not worked any more; its bytes stay until their retention ends."""
        with self.publishing() as producer:
            for letter in self.waiting(choice):
                self._log.append("letters.drop", str(letter.id), actor, why, at)
                producer.publish([told_of(letter, "letter-dropped", actor, why, at)])
                yield letter

    def originals(self, stubs: Mapping[str, bytes]) -> Iterator[Record]:
        """The records at these places that are still there, and still what the stub says of them."""
        with self.records(sorted({place.rsplit("/", 2)[0] for place in stubs})) as records:
            for record in records:
                if record.position in stubs and oversized_value_stub(record.value) == stubs[record.position]:
                    yield record

    @contextmanager
    def records(self, names: Iterable[str]) -> Iterator[Iterator[Record]]:
        """All that stands on these topics."""
        reader = self._bus.reader()
        try:
            yield reader.read(names)
        finally:
            reader.close()

    @contextmanager
    def publishing(self) -> Iterator[Producer]:
        """A producer for a while."""
        producer = self._bus.producer()
        try:
            yield producer
        finally:
            producer.close()


def told_of(
    letter: Letter, event: Literal["redriven", "letter-dropped", "revealed"], actor: str, why: str, at: datetime
) -> Outgoing:
    """The event that says what was done with a letter: each decision once, and each look."""
    key = f"revealed:{actor}:{iso(at)}" if event == "revealed" else event
    told = OversightEvent(
        id=ids.event_id(letter.id, key),
        message_id=letter.message,
        at=at,
        event=event,
        subject=letter.id,
        reason=why,
        actor=actor,
    )
    return Outgoing(OVERSIGHT, *codec.encode(told, str(letter.id), _SOURCE))


def _suffix(dead_topic: str) -> str:
    return dead_topic.removeprefix(dead_letter_topic(""))
