"""Redrive: dead letters are published again to their original topics, with their original keys and headers.

One header is added: `redriven`, with the dead letter's id. Every reader of the topic reads the record again, so all
dead letters of one record are redriven together. Consumers drop messages with a known id: a record that is published
twice, because of a crash between it and its event, is processed once.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from app.operations.recorder import Recorder
from app.operations.review.dead_letters import DeadLetterFilter, DeadLetters, StoredDeadLetter, letter_event
from bus.errors import Reject
from bus.port import Outgoing, Record
from messages.codec import REDRIVEN, CodecError, decode, upcast
from messages.shapes import Correction, CorrectionOutcome
from messages.topics import CORRECTION_OUTCOMES, CORRECTIONS, Topic

# Reasons for which a dead letter is not redriven, with their explanation.
NOT_REDRIVEN = {
    "gone": "The original record is deleted, and it was too large for the dead letter.",
    "unknown_topic": "No topic of this name is read here.",
    "unknown_version": "Nothing converts a record of its version into a current one.",
    "not_the_shape": "Converted into a current record, it does not have the shape of its topic.",
    "too_large": "With the additional header it is too large for the bus.",
    "overtaken": "A person decided something else about the report since then: a redrive would overrule that decision.",
    "worked": "The stage processed it, and its output was too large: a redrive would be dropped as already processed.",
}
# Records of one batch, and seconds that its pauses take at most: a person waits for the answer.
_MAX_BATCH_RECORDS = 200
_MAX_BATCH_SECONDS = 20
# Reason of a worker for an output of a stage; the stage has decided about the record then.
_OUTPUT_TOO_LARGE = "too_large"
_CORRECTION_SHAPES: Mapping[str, type[Correction | CorrectionOutcome]] = MappingProxyType(
    {CORRECTIONS: Correction, CORRECTION_OUTCOMES: CorrectionOutcome}
)
# Decisions after which a chosen dead letter may be redriven. A dropped one is redriven only by its id.
_UNDECIDED = (None,)
_UNDECIDED_OR_DROPPED = (None, "dead-letter-dropped")


@dataclass(frozen=True, slots=True)
class RedriveStep:
    """Outcome for one original record and its dead letters: the message `out`, or a reason of `NOT_REDRIVEN`."""

    letters: tuple[StoredDeadLetter, ...]
    out: Outgoing | None
    reason: str = ""


class Pace:
    """Spacing of redriven records: `rate` a second. A delay is not made up for."""

    def __init__(self, rate: float) -> None:
        self._interval = 1 / rate
        self._next = float("-inf")

    def wait(self, now: float) -> float:
        """Return the seconds until the next record may be published, and count it. `now` is of any clock."""
        due = max(now, self._next)
        self._next = due + self._interval
        return due - now


def no_pause() -> None:
    """Return at once."""


class Redrive:
    """Redrives dead letters. `topics` are those of the service. Records of older versions are converted."""

    def __init__(self, letters: DeadLetters, topics: Sequence[Topic], log: Recorder) -> None:
        self._letters = letters
        self._shapes = {topic.name: topic.shape for topic in topics if topic.shape}
        self._log = log

    def run(
        self,
        choice: DeadLetterFilter,
        actor: str,
        why: str,
        at: datetime,
        pause: Callable[[], None] = no_pause,
    ) -> Generator[RedriveStep, None, None]:
        """Redrive the chosen dead letters one by one: the record first, then its events. `pause` comes before each.

        A dead letter that was dropped by mistake is redriven if its id is given.
        """
        with self._letters.producer() as producer:
            for step in self.plan(choice):
                if step.out:
                    pause()
                    for letter in step.letters:
                        self._log.append("dead_letters.redrive", str(letter.id), actor, why, at)
                    producer.publish([step.out])
                    producer.publish([letter_event(letter, "redriven", actor, why, at) for letter in step.letters])
                yield step

    def plan(self, choice: DeadLetterFilter) -> Iterator[RedriveStep]:
        """Return the steps of a redrive without publishing. Dead letters that hold their record come first."""
        pending = self._letters_by_position(choice)
        corrections = {position for position, (letter, *_) in pending.items() if letter.topic in _CORRECTION_SHAPES}
        for position in self._overtaken_corrections(corrections):
            yield RedriveStep(pending.pop(position), None, "overtaken")
        for record_letters, record in self._records_of(pending):
            yield self._step(record_letters, record)
        for letters in pending.values():
            yield RedriveStep(letters, None, "gone")

    def _records_of(
        self, pending: dict[str, tuple[StoredDeadLetter, ...]]
    ) -> Iterator[tuple[tuple[StoredDeadLetter, ...], Record]]:
        """Return each record that still exists, with its dead letters, and remove these from `pending`."""
        for letter, record in self._letters.read_all():
            if letter.position in pending and not letter.stub:
                yield pending.pop(letter.position), record
        stubs = {position: letters[0].stub for position, letters in pending.items()}
        for record in self._letters.originals(stubs) if stubs else ():
            yield pending.pop(record.position), record

    def _letters_by_position(self, choice: DeadLetterFilter) -> dict[str, tuple[StoredDeadLetter, ...]]:
        """Return the chosen dead letters and the undecided ones of the same records, by the record's position."""
        decisions = self._letters.decisions()
        redrivable = _UNDECIDED_OR_DROPPED if choice.ids else _UNDECIDED
        letters_by_position: dict[str, list[StoredDeadLetter]] = defaultdict(list)
        chosen_positions = set()
        for letter in self._letters.chosen(DeadLetterFilter()):
            is_chosen = choice.matches(letter) and decisions.get(letter.id) in redrivable
            if is_chosen or letter.id not in decisions:
                letters_by_position[letter.position].append(letter)
            if is_chosen:
                chosen_positions.add(letter.position)
        return {
            position: tuple(letters)
            for position, letters in letters_by_position.items()
            if position in chosen_positions
        }

    def _overtaken_corrections(self, positions: AbstractSet[str]) -> AbstractSet[str]:
        """Return the positions of corrections and outcomes after which another one of the same complaint exists."""
        earlier: dict[tuple[str, UUID], dict[str, UUID]] = defaultdict(dict)
        overtaken: set[str] = set()
        with self._letters.records([*_CORRECTION_SHAPES] if positions else []) as records:
            for record in records:
                try:
                    correction = decode(_CORRECTION_SHAPES[record.topic], record.value, record.headers)
                except CodecError:
                    continue
                # A denied suggestion is about one pair. It overrides no merge or split, and none overrides it.
                if correction.relation.is_denial:
                    continue
                of_complaint = earlier[record.topic, correction.complaint_id]
                overtaken |= {position for position, id_ in of_complaint.items() if id_ != correction.id}
                if record.position in positions:
                    of_complaint[record.position] = correction.id
        return overtaken

    def _step(self, letters: tuple[StoredDeadLetter, ...], record: Record) -> RedriveStep:
        first = letters[0]
        shape = self._shapes.get(first.topic)
        if shape is None:
            return RedriveStep(letters, None, "unknown_topic")
        if all(letter.reason == _OUTPUT_TOO_LARGE for letter in letters):
            return RedriveStep(letters, None, "worked")
        original_headers = tuple(
            (name, value) for name, value in record.headers if not name.startswith(("dead_", REDRIVEN))
        )
        try:
            value, headers = upcast(shape, record.value, original_headers)
            out = Outgoing(first.topic, record.key, value, (*headers, (REDRIVEN, str(first.id).encode())))
            out.check()
        except (CodecError, Reject) as error:
            return RedriveStep(letters, None, error.reason)
        return RedriveStep(letters, out)


@dataclass(frozen=True, slots=True)
class RedriveCounts:
    """`published` are the records by topic, `left` the dead letters by the reason of `NOT_REDRIVEN`.

    `is_complete`: False if the limit of one batch was reached. What it left out is still without a decision.
    """

    published: Mapping[str, int]
    left: Mapping[str, int]
    is_complete: bool = True


class RedriveBatches:
    """Plans redrives, and does them in batches of a limited time.

    `sleep` waits seconds, `clock` gives seconds that never go back.
    """

    def __init__(self, redrive: Redrive, sleep: Callable[[float], None], clock: Callable[[], float]) -> None:
        self._redrive = redrive
        self._sleep = sleep
        self._clock = clock

    def plan(self, choice: DeadLetterFilter) -> RedriveCounts:
        """Return what a redrive of all chosen dead letters would do. Publishes nothing."""
        return _counts(self._redrive.plan(choice))

    def run(self, choice: DeadLetterFilter, rate: float | None, actor: str, why: str, at: datetime) -> RedriveCounts:
        """Redrive the first of the chosen dead letters, at most `rate` records a second. Raises the bus's errors."""
        pace = Pace(rate) if rate else None
        pause = (lambda: self._sleep(pace.wait(self._clock()))) if pace else no_pause
        limit = min(_MAX_BATCH_RECORDS, int(rate * _MAX_BATCH_SECONDS)) if rate else _MAX_BATCH_RECORDS
        with closing(self._redrive.run(choice, actor, why, at, pause)) as steps:
            return _counts(steps, limit)


def _counts(steps: Iterator[RedriveStep], limit: int | None = None) -> RedriveCounts:
    """Return the counts of the steps; of the first ones, if there are more records than the limit."""
    published: Counter[str] = Counter()
    left: Counter[str] = Counter()
    for step in steps:
        if step.out:
            published[step.out.topic] += 1
        else:
            left[step.reason] += len(step.letters)
        if published.total() == limit:
            return RedriveCounts(published, left, is_complete=False)
    return RedriveCounts(published, left)
