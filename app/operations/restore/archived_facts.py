"""Facts of an archive that are few: dead letters, and events of oversight. They are in memory during a restore."""

from collections import defaultdict
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

from bus.port import Record
from messages import codec, ids
from messages.shapes import AnswerOutcome, AnswerOutcomeKind, Dispatch, OversightEvent
from messages.topics import ANSWER_OUTCOMES, OVERSIGHT, dead_letter_topic
from sinks.archive.contents import ArchiveContents

_STAGES = ("normalize", "router")
_ID = "ce_id"
_UNCOUNTED: dict[str, AnswerOutcomeKind] = {"late": "late", "not-accepted": "not-accepted"}


@dataclass(slots=True)
class ArchivedFacts:
    """`dead_stages`: the stages that could not process a record, by its archived position and its id.

    `undelivered`: dispatches that are dead letters because their queue was refused, by the position of the letter.
    `set_aside`: arrivals that are no complaints. `event_ids`: ids of all events about answers. `uncounted`: outcomes of
    answers that changed nothing, by the id of the event that such an answer has if its agency is late.
    """

    dead_stages: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    undelivered: dict[str, Dispatch] = field(default_factory=dict)
    set_aside: set[UUID] = field(default_factory=set)
    event_ids: set[UUID] = field(default_factory=set)
    uncounted: dict[UUID, AnswerOutcomeKind] = field(default_factory=dict)

    def dead_stages_of(self, archived: Record) -> frozenset[str]:
        """Return the stages that could not process an archived record.

        A letter of a system that was restored to Kafka names the position of its record in the system before. Another
        record may have that position since: it has another id. A letter without the bytes of a large record has none.
        """
        record_keys = {(archived.position, record_id) for record_id in (archived.header(_ID), "")}
        return frozenset().union(*(self.dead_stages.get(record_key, ()) for record_key in record_keys))


def read_facts(contents: ArchiveContents) -> ArchivedFacts:
    """Return the facts of an archive."""
    facts, stages = ArchivedFacts(), defaultdict[tuple[str, str], AbstractSet[str]](frozenset)
    for stage in _STAGES:
        for letter in contents.records(dead_letter_topic(stage)):
            record_key = letter.header("dead_position"), letter.header(_ID)
            stages[record_key] = stages[record_key] | {stage}
            try:
                facts.undelivered[letter.position] = codec.decode(Dispatch, letter.value, letter.headers)
            except codec.CodecError:
                continue
    facts.dead_stages = {record_key: frozenset(names) for record_key, names in stages.items()}
    for record in contents.records(ANSWER_OUTCOMES):
        with suppress(codec.CodecError):
            judged = codec.decode(AnswerOutcome, record.value, record.headers)
            if judged.outcome != "counted":
                facts.uncounted[ids.event_id(judged.answer_id, "answer-not-counted")] = judged.outcome
    for record in contents.records(OVERSIGHT):
        try:
            event = codec.decode(OversightEvent, record.value, record.headers)
        except codec.CodecError:
            continue
        _add_event(facts, event)
    return facts


def _add_event(facts: ArchivedFacts, event: OversightEvent) -> None:
    if event.event == "not-a-complaint":
        facts.set_aside.add(event.subject)
    elif event.event == "answer-not-counted":
        facts.event_ids.add(event.id)
        facts.uncounted.setdefault(event.id, _UNCOUNTED.get(event.reason.partition(":")[0], "not-accepted"))
    elif event.event in {"refused", "ping-pong", "hop-limit"}:
        facts.event_ids.add(event.id)
