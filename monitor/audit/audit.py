"""Counts the outcome of every accepted message from the topics and the ledger, and lists each difference.

Every topic is read once. The rows to be joined are stored on disk (`temp_store.py`), so that the memory does not grow
with the number of messages.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from bus.port import Reader
from messages import topics
from messages.shapes import Channel
from monitor.audit import facts
from monitor.audit.bus_snapshot import BusSnapshot
from monitor.audit.differences import DIFFERENCE_RULES, DifferenceRule, Kind
from monitor.audit.temp_store import TempStore

# Of each rule, at most this many differences are listed. All are counted.
MAX_LISTED = 1_000

_STAGES = ("normalize", "router", "sinks")
_DEAD_LETTERS = [topics.dead_letter_topic(stage) for stage in _STAGES]
# Consumer groups whose committed offsets show whether the outcome of a record is still pending.
_AUDITED_GROUPS = frozenset({"normalize", "router", "ledger"})
_KINDS: tuple[Kind, ...] = ("lost", "doubled", "misfiled", "miscounted")
_MS_PER_SECOND = 1_000
_COUNT_DISPATCHED = "SELECT count(*), count(*) FILTER (WHERE agency = 'triage') FROM latest_dispatch"
_COUNT_DELIVERED_AGAIN = """
SELECT (SELECT coalesce(sum(deliveries) - count(*), 0) FROM message)
  + (SELECT count(*) FROM complaint WHERE redriven)
  + (SELECT count(*) FROM hop WHERE redriven)
  + (SELECT count(*) FROM answer WHERE redriven)
"""


class Difference(NamedTuple):
    """A difference. `text` describes it.

    `id` is that of its message, complaint or answer, or `topic/partition`, or the agency's code.
    """

    kind: Kind
    name: str
    id: str
    text: str


@dataclass(slots=True)
class Audit:
    """Result of an audit.

    `differences` lists at most `MAX_LISTED` of each name; `counts` counts all of them by name. All other fields are
    numbers of messages, and JSON keys of `satupintu audit --json`:
    accepted = complaints + repeats + joins + not_complaints + quarantined + dead + pending + lost messages.

    A message that was released from quarantine counts as the arrival that was made of it, not as quarantined. Repeats
    and joins count as the normalizer decided, also if a person corrected them later. `delivered_again` counts arrivals
    that were delivered more than once, and records that were redriven from the dead letters.
    """

    accepted: int = 0
    complaints: int = 0
    repeats: int = 0
    joins: int = 0
    not_complaints: int = 0
    quarantined: int = 0
    dead: int = 0
    pending: int = 0
    delivered_again: int = 0
    at_agencies: int = 0
    at_triage: int = 0
    differences: list[Difference] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def clean(self) -> bool:
        """True if there is no difference."""
        return not self.counts

    def counts_by_kind(self) -> dict[str, int]:
        """Return the number of differences of each kind."""
        return {kind: sum(self.counts[rule.name] for rule in DIFFERENCE_RULES if rule.kind == kind) for kind in _KINDS}

    def as_json(self) -> dict[str, object]:
        """Return all numbers, the numbers of differences by kind and by name, and the listed differences."""
        numbers = {number.name: getattr(self, number.name) for number in fields(self) if number.type is int}
        listed = [
            {
                "id": difference.id,
                "difference": difference.kind,
                "name": difference.name,
                "what": difference.text,
            }
            for difference in self.differences
        ]
        return {**numbers, **self.counts_by_kind(), "named": dict(self.counts), "differences": listed}


class LedgerContent(NamedTuple):
    """Content of the ledger: id and time of receipt of each complaint, and the id of each dispatch.

    `read_miscounted` returns the agencies whose unanswered cases are miscounted, and by how many.
    """

    read_complaints: Callable[[], Iterable[tuple[UUID, datetime]]]
    read_dispatches: Callable[[], Iterable[UUID]]
    read_miscounted: Callable[[], Iterable[tuple[str, int]]] = tuple


class Auditor:
    """Audits one bus. `channels` are the names of all channels, `queues` the agencies' topics.

    Retention has deleted nothing that is younger than `horizon` from any topic.
    """

    def __init__(
        self,
        reader: Reader,
        channels: Iterable[Channel],
        queues: Iterable[str],
        ledger: LedgerContent,
        horizon: datetime,
    ) -> None:
        self._reader = reader
        self._arrivals = list(map(topics.raw_topic, channels))
        self._queues = list(queues)
        self._groups = {
            group.name: group.topics_with(self._queues)
            for group in topics.consumer_groups(channels)
            if group.name in _AUDITED_GROUPS
        }
        self._ledger = ledger
        self._horizon = horizon

    def run(self) -> Audit:
        """Read all topics once. A record that is appended during the audit never causes a difference.

        Raises the reader's errors, and `Stop` if the disk is full or a record is newer than this program.
        """
        decisions = [topics.COMPLAINTS, topics.AGENCY_ANSWERS, topics.OVERSIGHT, topics.QUARANTINE]
        topic_names = [*self._arrivals, *decisions, *_DEAD_LETTERS, *self._queues]
        bus = BusSnapshot(self._reader, self._groups, topic_names, self._horizon)
        with closing(TempStore()) as store:
            self._store_outcomes(store, bus)
            self._store_messages(store, bus)
            store.add("since", [self._complete_since(bus)])
            store.add("expired", bus.expired_unread())
            store.join()
            return _evaluate(store)

    def _store_outcomes(self, store: TempStore, bus: BusSnapshot) -> None:
        """Store dead letters, events, quarantine and ledger.

        They are read before the arrivals and complaints that they belong to: each was written after its message, so
        the message of every outcome that is read here is read later.
        """
        for stage, topic in zip(_STAGES, _DEAD_LETTERS, strict=True):
            letter_keys = (
                (stage, key) for record in bus.read_records([topic]) for key in facts.dead_letter_keys(record)
            )
            store.add("letter", letter_keys)
        store.add("event", (row for record in bus.read_records([topics.OVERSIGHT]) if (row := facts.event(record))))
        store.add("held", (facts.quarantined(record) for record in bus.read_records([topics.QUARANTINE])))
        complaints = self._ledger.read_complaints()
        store.add("ledger", ((id_.bytes, int(at.timestamp() * _MS_PER_SECOND)) for id_, at in complaints))
        store.add("recorded_dispatch", ((id_.bytes,) for id_ in self._ledger.read_dispatches()))
        store.add("miscounted", self._ledger.read_miscounted())

    def _store_messages(self, store: TempStore, bus: BusSnapshot) -> None:
        """Store arrivals, complaints, dispatches and answers.

        They are read in the order of the pipeline: what follows from a record that was read is read later.
        """
        arrivals = (
            (*facts.arrival(record), bus.is_pending("normalize", record)) for record in bus.read_records(self._arrivals)
        )
        store.add("arrival", arrivals)
        complaints = (
            (*row, bus.is_pending("router", record), bus.is_pending("ledger", record))
            for record in bus.read_records([topics.COMPLAINTS])
            if (row := facts.complaint(record))
        )
        store.add("complaint", complaints)
        dispatches = (
            (*row, bus.is_late(record), bus.is_pending("ledger", record))
            for record in bus.read_records(self._queues)
            if (row := facts.dispatch(record))
        )
        store.add("hop", dispatches)
        answers = (
            (*row, bus.is_pending("router", record))
            for record in bus.read_records([topics.AGENCY_ANSWERS])
            if (row := facts.answer(record))
        )
        store.add("answer", answers)

    def _complete_since(self, bus: BusSnapshot) -> tuple[int, ...]:
        """Return the row of the table `since`, in the order of its columns."""
        outcomes = [topics.COMPLAINTS, topics.OVERSIGHT, *_DEAD_LETTERS]
        topics_of_columns = (
            self._arrivals,
            outcomes,
            [topics.COMPLAINTS],
            [*self._queues, *_DEAD_LETTERS],
            _DEAD_LETTERS,
        )
        return tuple(bus.complete_since(names) for names in topics_of_columns)


def _evaluate(store: TempStore) -> Audit:
    message_fates = dict(store.query("SELECT fate, count(*) FROM message GROUP BY fate"))
    complaint_fates = dict(store.query("SELECT fate, count(*) FROM complaint_fate GROUP BY fate"))
    ((quarantined,),) = store.query("SELECT count(*) FROM held WHERE id NOT IN (SELECT held FROM released)")
    ((not_complaints,),) = store.query("SELECT count(*) FROM (SELECT 1 FROM aside GROUP BY message)")
    ((delivered_again,),) = store.query(_COUNT_DELIVERED_AGAIN)
    ((dispatched, at_triage),) = store.query(
        "SELECT count(*), count(*) FILTER (WHERE agency = 'triage') FROM latest_dispatch"
    )
    audit = Audit(
        complaints=complaint_fates.get("new", 0),
        repeats=complaint_fates.get("repeat", 0),
        joins=complaint_fates.get("joins", 0),
        not_complaints=not_complaints,
        quarantined=quarantined,
        dead=message_fates.get("dead", 0) + complaint_fates.get("dead", 0),
        pending=message_fates.get("pending", 0) + complaint_fates.get("pending", 0),
        delivered_again=delivered_again,
        at_agencies=dispatched - at_triage,
        at_triage=at_triage,
    )
    for rule in DIFFERENCE_RULES:
        _add_differences(audit, rule, store.query(rule.query))
    arrived = sum(count for fate, count in message_fates.items() if fate != "past")
    audit.accepted = arrived + quarantined + audit.counts["released_nowhere"]
    return audit


def _add_differences(audit: Audit, rule: DifferenceRule, rows: Iterable[tuple[facts.Key | int, ...]]) -> None:
    for subject, *values in rows:
        audit.counts[rule.name] += 1
        if audit.counts[rule.name] <= MAX_LISTED:
            text = rule.text.format(*map(_format_value, values))
            audit.differences.append(Difference(rule.kind, rule.name, _format_value(subject), text))


def _format_value(value: facts.Key | int) -> str:
    return str(UUID(bytes=value)) if isinstance(value, bytes) else str(value)
