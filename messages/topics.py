"""The one list of topics: what each carries, by which key, for how long, who writes it and who reads it."""

from collections.abc import Iterable
from dataclasses import dataclass

from messages.shapes import (
    AgencyAnswer,
    Channel,
    Complaint,
    Correction,
    Dispatch,
    OversightEvent,
    Quarantined,
    RawMessage,
    Reply,
    WireModel,
)

COMPLAINTS = "complaints"
AGENCY_ANSWERS = "agency-answers"
CORRECTIONS = "corrections"
OVERSIGHT = "oversight"
REPLIES = "replies"
QUARANTINE = "quarantine"
TRIAGE = "triage"

_STAGES = ("normalize", "router", "sinks", "replies")
# Enough for a country's day of 1,500 reports many times over; more partitions only make more idle fetching.
_PARTITIONS = 6
_YEAR = 366


@dataclass(frozen=True, slots=True)
class Topic:
    """`shape` is `None` where the bytes are kept as they were. `retention` is in days.

    Among the writers of what a stage reads is `operations`: whoever gives it a dead letter again.
    """

    name: str
    shape: type[WireModel] | None
    key: str
    partitions: int
    retention: int
    writer: str
    readers: tuple[str, ...]


def raw_topic(channel: Channel) -> str:
    """The topic of a door's arrivals."""
    return f"raw-{channel.value}"


def agency_topic(code: str) -> str:
    """An agency's queue."""
    return f"agency-{code}"


def dead_letter_topic(stage: str) -> str:
    """What a stage could not work."""
    return f"dead-{stage}"


# What the stages could not work.
DEAD_LETTER_TOPICS = tuple(dead_letter_topic(stage) for stage in _STAGES)


def report_topics(queues: Iterable[str]) -> tuple[str, ...]:
    """Where the records of a report may lie, with these queues of agencies, as they follow from each other."""
    before = (*(raw_topic(channel) for channel in Channel), QUARANTINE, COMPLAINTS)
    return (*before, *queues, AGENCY_ANSWERS, CORRECTIONS, REPLIES, OVERSIGHT, *DEAD_LETTER_TOPICS)


def all_topics(agencies: Iterable[str]) -> tuple[Topic, ...]:
    """Every topic of the service, given the codes of the agencies that have a queue (with `triage`)."""
    arrivals = [
        Topic(
            raw_topic(channel), RawMessage, "sender", _PARTITIONS, _YEAR, "ingest, operations", ("normalize", "monitor")
        )
        for channel in Channel
    ]
    queues = [
        Topic(
            agency_topic(code), Dispatch, "complaint_id", 1, _YEAR, "router, operations", ("sinks", "agency", "monitor")
        )
        for code in agencies
    ]
    letters = [
        Topic(dead_letter_topic(stage), None, "as it was", 1, _YEAR, stage, ("monitor", "operations"))
        for stage in _STAGES
    ]
    worked, kept = ("router", "sinks", "monitor"), ("sinks", "monitor")
    corrected = ("normalize", *worked)
    written = "normalize, router, operations"
    return (
        *arrivals,
        Topic(COMPLAINTS, Complaint, "complaint_id", _PARTITIONS, _YEAR, "normalize, operations", worked),
        *queues,
        Topic(AGENCY_ANSWERS, AgencyAnswer, "complaint_id", _PARTITIONS, _YEAR, "agency, operations", worked),
        # One partition: what is decided about a complaint may build on what was decided about another.
        Topic(CORRECTIONS, Correction, "complaint_id", 1, _YEAR, "operations", corrected),
        Topic(REPLIES, Reply, "complaint_id", _PARTITIONS, _YEAR, written, kept),
        Topic(OVERSIGHT, OversightEvent, "subject", 1, _YEAR, "normalize, router, ingest, operations", ("monitor",)),
        Topic(QUARANTINE, Quarantined, "sender", 1, _YEAR, "ingest", ("monitor", "operations")),
        *letters,
    )
