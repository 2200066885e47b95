"""Gives dead letters again to the stages: to the topic, and with the key and headers, that each came by.

Beside them stands one header, `redriven`, with the letter's id. Whoever reads that topic reads the record again, so the
letters of one record go together. Consumers drop what they know by its id: a record that is published twice, for a
crash came between it and the event that says so, is worked once.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.operations.audit_log import AuditLog
from app.operations.dead_letters import Choice, Letter, Letters, told_of
from bus.errors import Reject
from bus.port import Outgoing, Record
from messages.codec import REDRIVEN, CodecError, decode
from messages.shapes import Correction
from messages.topics import CORRECTIONS, Topic
from messages.upcasts import UPCASTS, Upcasts, upcast

# Why a letter is left where it is.
LEFT = {
    "gone": "the record is not there any more, and was too large to be kept in the letter",
    "unknown_topic": "no topic of this name is read here",
    "unknown_version": "nothing makes a current record of what it says it is",
    "not_the_shape": "made current, it is not what it should be",
    "too_large": "with its new header no bus takes it",
    "overtaken": "a person decided something else about the report since: given again it would stand against that",
    "worked": "it was worked, and what followed from it was too large: given again, it would be dropped as known",
}
# A worker's reason for what a stage made of a record; the stage has decided about that record then.
_FOLLOWED_TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of a record and its letters: it goes `out`, or is `left`, a word of `LEFT`."""

    letters: tuple[Letter, ...]
    out: Outgoing | None
    left: str = ""


class Pace:
    """So many a second, one as long after the other; what was slow is not caught up with."""

    def __init__(self, rate: float) -> None:
        self._apart = 1 / rate
        self._next = float("-inf")

    def wait(self, now: float) -> float:
        """Seconds from `now`, of any clock, until the next may go; it is taken for gone."""
        goes = max(now, self._next)
        self._next = goes + self._apart
        return goes - now


def unhurried() -> None:
    """No pause."""


class Redriving:
    """`topics` are those of the service; `upcasts` make current what was written by an older version of us."""

    def __init__(self, letters: Letters, topics: Sequence[Topic], log: AuditLog, upcasts: Upcasts = UPCASTS) -> None:
        self._letters = letters
        self._shapes = {topic.name: topic.shape for topic in topics if topic.shape}
        self._log = log
        self._upcasts = upcasts

    def redrive(
        self, choice: Choice, actor: str, why: str, at: datetime, pause: Callable[[], None] = unhurried
    ) -> Iterator[Step]:
        """Give again what is chosen, one by one: the record first, then the event that says so.

        `pause` comes before each. What was dropped by mistake is given again where its id is named.
        """
        with self._letters.publishing() as producer:
            for step in self.steps(choice):
                if step.out:
                    pause()
                    for letter in step.letters:
                        self._log.append("letters.redrive", str(letter.id), actor, why, at)
                    producer.publish([step.out])
                    producer.publish([told_of(letter, "redriven", actor, why, at) for letter in step.letters])
                yield step

    def steps(self, choice: Choice) -> Iterator[Step]:
        """What would become of what is chosen. Letters that hold their record come first."""
        left = self._together(choice)
        for place in self._overtaken({place for place, (first, *_) in left.items() if first.topic == CORRECTIONS}):
            yield Step(left.pop(place), None, "overtaken")
        for letter, record in self._letters.read():
            if letter.place in left and not letter.stub:
                yield self._step(left.pop(letter.place), record)
        stubs = {place: letters[0].stub for place, letters in left.items()}
        for record in self._letters.originals(stubs) if stubs else ():
            yield self._step(left.pop(record.position), record)
        for letters in left.values():
            yield Step(letters, None, "gone")

    def _together(self, choice: Choice) -> dict[str, tuple[Letter, ...]]:
        """By the place of their record: what is chosen, and what else of these records waits."""
        decided = self._letters.decided()
        ready = (None, "letter-dropped") if choice.ids else (None,)
        found: dict[str, list[Letter]] = defaultdict(list)
        chosen = set()
        for letter in self._letters.every(Choice()):
            takes = choice.takes(letter) and decided.get(letter.id) in ready
            if takes or letter.id not in decided:
                found[letter.place].append(letter)
            if takes:
                chosen.add(letter.place)
        return {place: tuple(letters) for place, letters in found.items() if place in chosen}

    def _overtaken(self, places: AbstractSet[str]) -> AbstractSet[str]:
        """Of corrections at these places, those after which another one about the same complaint stands."""
        before: dict[UUID, dict[str, UUID]] = defaultdict(dict)
        found: set[str] = set()
        with self._letters.records([CORRECTIONS] if places else []) as records:
            for record in records:
                try:
                    said = decode(Correction, record.value, record.headers)
                except CodecError:
                    continue
                found |= {place for place, id_ in before[said.complaint_id].items() if id_ != said.id}
                if record.position in places:
                    before[said.complaint_id][record.position] = said.id
        return found

    def _step(self, letters: tuple[Letter, ...], record: Record) -> Step:
        first = letters[0]
        shape = self._shapes.get(first.topic)
        if shape is None:
            return Step(letters, None, "unknown_topic")
        if all(letter.reason == _FOLLOWED_TOO_LARGE for letter in letters):
            return Step(letters, None, "worked")
        own = tuple((name, value) for name, value in record.headers if not name.startswith(("dead_", REDRIVEN)))
        try:
            value, headers = upcast(shape, record.value, own, self._upcasts)
            out = Outgoing(first.topic, record.key, value, (*headers, (REDRIVEN, str(first.id).encode())))
            out.check()
        except (CodecError, Reject) as error:
            return Step(letters, None, error.reason)
        return Step(letters, out)
