"""The one list of topics and consumer groups: content, key, retention, writer and readers of each topic."""

from collections.abc import Iterable
from dataclasses import dataclass

from messages.forgotten import Forgotten
from messages.recommendation import Recommendation
from messages.shapes import (
    AgencyAnswer,
    AnswerOutcome,
    AuditHead,
    Channel,
    Complaint,
    Correction,
    CorrectionOutcome,
    Dispatch,
    OversightEvent,
    Quarantined,
    RawMessage,
    Reply,
    WireModel,
)

COMPLAINTS = "complaints"
AGENCY_ANSWERS = "agency-answers"
ANSWER_OUTCOMES = "answer-outcomes"
CORRECTIONS = "corrections"
CORRECTION_OUTCOMES = "correction-outcomes"
RECOMMENDATIONS = "recommendations"
OVERSIGHT = "oversight"
REPLIES = "replies"
QUARANTINE = "quarantine"
AUDIT_HEADS = "audit-heads"
FORGOTTEN = "forgotten"
TRIAGE = "triage"

# Enough for a country's day of 1,500 reports many times over; more partitions only make more idle fetching.
_PARTITIONS = 6
RETENTION_DAYS = 366
# A tombstone outlives every archive from which a report could be restored.
TOMBSTONE_DAYS = 36_500
# Anybody can have unsigned messages kept in quarantine. With the doors' daily budget this is two months at least.
_QUARANTINE_BYTES = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Topic:
    """`shape` is `None` where the bytes are kept as they were. `retention` is in days.

    `retention_bytes` is the size of a partition from which the oldest records are deleted earlier; `None`: no limit.
    Of a `compacted` topic the last record of each key stays for ever, whatever its retention.

    Among the writers of what a stage reads is `operations`: whoever gives it a dead letter again.
    """

    name: str
    shape: type[WireModel] | None
    key: str
    partitions: int
    retention: int
    writer: str
    readers: tuple[str, ...]
    retention_bytes: int | None = None
    compacted: bool = False


@dataclass(frozen=True, slots=True)
class ConsumerGroup:
    """One consumer group: its worker, the package that runs it, and what it reads.

    `topics` are those that do not depend on the registry of agencies. `agency_topics`: it reads the queue of every
    agency too; `fills_agency_topics`: it writes to them. `dead_letters` names the stage whose dead-letter topic takes
    what this group rejects.
    """

    name: str
    package: str
    dead_letters: str
    topics: tuple[str, ...]
    agency_topics: bool = False
    fills_agency_topics: bool = False

    def topics_with(self, queues: Iterable[str]) -> tuple[str, ...]:
        """Return every topic of the group, given the agencies' queues."""
        return (*self.topics, *queues) if self.agency_topics else self.topics


def raw_topic(channel: Channel) -> str:
    """Return the topic of a channel's arrivals."""
    return f"raw-{channel}"


def agency_topic(code: str) -> str:
    """Return the topic that is an agency's queue."""
    return f"agency-{code}"


def dead_letter_topic(stage: str) -> str:
    """Return the topic of the records that a stage could not process."""
    return f"dead-{stage}"


def consumer_groups(channels: Iterable[Channel]) -> tuple[ConsumerGroup, ...]:
    """Return every consumer group of the stages, in the order in which they process a report."""
    arrivals = tuple(map(raw_topic, channels))
    routed = (COMPLAINTS, AGENCY_ANSWERS, CORRECTIONS)
    outcomes = (ANSWER_OUTCOMES, CORRECTION_OUTCOMES)
    return (
        ConsumerGroup("normalize", "normalize", "normalize", (*arrivals, *outcomes, OVERSIGHT)),
        ConsumerGroup("router", "router", "router", routed, fills_agency_topics=True),
        ConsumerGroup(
            "cases", "cases", "cases", (*routed, ANSWER_OUTCOMES, OVERSIGHT, RECOMMENDATIONS), agency_topics=True
        ),
        ConsumerGroup("replies", "sinks", "replies", (COMPLAINTS, REPLIES)),
        ConsumerGroup("forget", "sinks", "forget", (COMPLAINTS, FORGOTTEN)),
    )


DEAD_LETTER_TOPICS = tuple(dead_letter_topic(group.dead_letters) for group in consumer_groups(()))


def report_topics(queues: Iterable[str], channels: Iterable[Channel]) -> tuple[str, ...]:
    """Return every topic that may hold a record of a report, in the order in which the records follow each other.

    `queues` are the agencies' topics.
    """
    arrivals = (*map(raw_topic, channels), QUARANTINE, COMPLAINTS)
    answers = (AGENCY_ANSWERS, ANSWER_OUTCOMES, CORRECTIONS, CORRECTION_OUTCOMES, RECOMMENDATIONS)
    return (*arrivals, *queues, *answers, REPLIES, OVERSIGHT, *DEAD_LETTER_TOPICS)


def all_topics(agencies: Iterable[str], channels: Iterable[Channel]) -> tuple[Topic, ...]:
    """Return every topic of the service, given the codes of the agencies that have a queue (with `triage`)."""
    channels = tuple(channels)
    groups = consumer_groups(channels)

    def readers(topic: str, *other_readers: str) -> tuple[str, ...]:
        """Return the packages whose groups read this topic, then the other readers."""
        return (*dict.fromkeys(group.package for group in groups if topic in group.topics), *other_readers)

    def topic(name: str, shape: type[WireModel], key: str, writer: str, partitions: int = _PARTITIONS) -> Topic:
        return Topic(name, shape, key, partitions, RETENTION_DAYS, writer, readers(name, "monitor"))

    queue_readers = (*(group.package for group in groups if group.agency_topics), "agency", "monitor")
    return (
        *(topic(raw_topic(channel), RawMessage, "sender", "ingest, operations") for channel in channels),
        topic(COMPLAINTS, Complaint, "complaint_id", "normalize, router, operations"),
        *(
            Topic(
                agency_topic(code),
                Dispatch,
                "complaint_id",
                1,
                RETENTION_DAYS,
                "router, operations",
                queue_readers,
            )
            for code in agencies
        ),
        topic(AGENCY_ANSWERS, AgencyAnswer, "complaint_id", "agency, operations"),
        topic(ANSWER_OUTCOMES, AnswerOutcome, "case_id", "router, operations"),
        # One partition: what is decided about a complaint may build on what was decided about another.
        topic(CORRECTIONS, Correction, "complaint_id", "desk, operations", 1),
        topic(CORRECTION_OUTCOMES, CorrectionOutcome, "complaint_id", "router, operations", 1),
        topic(RECOMMENDATIONS, Recommendation, "complaint_id", "oversight, desk, operations"),
        topic(REPLIES, Reply, "complaint_id", "normalize, router, oversight, operations"),
        topic(OVERSIGHT, OversightEvent, "subject", "normalize, router, ingest, oversight, operations", 1),
        Topic(
            QUARANTINE,
            Quarantined,
            "sender",
            1,
            RETENTION_DAYS,
            "ingest",
            ("monitor", "operations"),
            retention_bytes=_QUARANTINE_BYTES,
        ),
        Topic(
            FORGOTTEN,
            Forgotten,
            "sender",
            1,
            TOMBSTONE_DAYS,
            "sinks, operations",
            readers(FORGOTTEN, "monitor"),
            compacted=True,
        ),
        Topic(AUDIT_HEADS, AuditHead, "audit-log", 1, RETENTION_DAYS, "operations", ("operations",)),
        *(
            Topic(
                dead_letter_topic(group.dead_letters),
                None,
                "as it was",
                1,
                RETENTION_DAYS,
                group.dead_letters,
                ("monitor", "operations"),
            )
            for group in groups
        ),
    )
