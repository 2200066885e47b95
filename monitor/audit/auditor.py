"""Counts the outcome of every accepted message from the topics and the ledger, and lists each difference.

A full pass reads every topic once. It keeps what it has read in a file (`audit_store.py`). An incremental pass reads
the records since then, and looks up the ledger's rows of what they concern. Both name the same differences, but what
happens to rows of the ledger that were compared before is seen by a full pass alone.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from uuid import UUID

import structlog

from bus.errors import Retry
from bus.port import Partition, Reader, Record
from messages import topics
from messages.shapes import Channel
from monitor.audit import facts
from monitor.audit.audit import MAX_LISTED, Audit, Difference, ProgressReport
from monitor.audit.audit_store import AuditStore, kept_store, new_store
from monitor.audit.bus_snapshot import BusSnapshot
from monitor.audit.checkpoint import CheckpointUnusable, FullReason, check_bus, check_version, store_version
from monitor.audit.database import AuditedLedger, AuditedRouter
from monitor.audit.differences import DIFFERENCE_RULES, DifferenceRule

_STAGES = ("normalize", "router", "sinks")
_DEAD_LETTERS = [topics.dead_letter_topic(stage) for stage in _STAGES]
# Consumer groups whose committed offsets show whether the outcome of a record is still pending.
_AUDITED_GROUPS = frozenset({"normalize", "router", "cases"})
_MS_PER_SECOND = 1_000
_IDS_AT_ONCE = 1_000
_RECORDS_BETWEEN_REPORTS = 1_000
# A full pass also finds what an incremental one does not see: a row that was deleted from the ledger later.
_FULL_EVERY = timedelta(days=1)
# Their subjects are no messages, and every run counts them anew.
_RULES_WITHOUT_KEYS = frozenset({"expired_unread", "queue_miscounted"})
# What to look up in the database. A complaint that has not been read is no new one: it would seem to have no record.
_COMPLAINTS = """
SELECT id FROM complaint WHERE id IN (SELECT key FROM evaluated)
UNION SELECT key FROM unsettled WHERE typeof(key) = 'blob'
"""
_ROUTED = "SELECT key FROM evaluated WHERE typeof(key) = 'blob'"
_DISPATCHES = "SELECT DISTINCT id FROM hop WHERE complaint IN (SELECT key FROM evaluated)"

_log = structlog.get_logger()


class Auditor:
    """Audits one bus. `channels` are the names of all channels, `queues` the agencies' topics.

    Retention has deleted nothing that is younger than `horizon` from any topic. `path` is the file that is kept between
    two runs; without it every run is a full pass. `progress` is called now and then while a run reads.
    """

    def __init__(
        self,
        reader: Reader,
        channels: Iterable[Channel],
        queues: Iterable[str],
        ledger: AuditedLedger,
        router: AuditedRouter,
        horizon: datetime,
        path: Path | None = None,
        progress: ProgressReport | None = None,
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
        self._router = router
        self._horizon = horizon
        self._path = path
        self._progress = progress or (lambda *_: None)

    def run(self, now: datetime, *, full: bool = False) -> Audit:
        """Read what is new since the run before; everything if `full`, once a day, and if that file is of no use.

        A record that is appended during the audit never causes a difference. Raises the reader's errors, `Retry` if
        another audit uses the file, and `Stop` if the disk is full or a record is newer than this program.
        """
        reason: FullReason = "asked"
        if not full:
            try:
                return self._run_incrementally(now)
            except CheckpointUnusable as error:
                reason = error.reason
        audit = self._run_full(now)
        audit.full_reason = reason
        if reason not in {"asked", "first", "daily"}:
            _log.warning("audit.started_again", reason=reason)
        return audit

    def _run_full(self, now: datetime) -> Audit:
        bus = self._bus_snapshot()
        with new_store(self._path) as store:
            recorder = _Recorder(store, bus, self._progress)
            self._add_outcomes(recorder)
            # Before the complaints, so that the complaint of every row is read later.
            self._add_complaints(store, self._ledger.read_complaints())
            store.add("recorded_dispatch", ((id_.bytes,) for id_ in self._ledger.read_dispatches()))
            self._add_messages(recorder)
            # After the queues: the router stores a hop before it publishes it.
            _add_hops(store, self._router.read_hops())
            self._choose(recorder)
            store.add("miscounted", self._ledger.read_miscounted())
            return self._evaluate(recorder, full_at=now)

    def _run_incrementally(self, now: datetime) -> Audit:
        """Raise `CheckpointUnusable` if everything must be read."""
        if self._path is None or not self._path.exists():
            raise CheckpointUnusable("first")
        try:
            with kept_store(self._path) as store:
                return self._continue(store, now)
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
                raise Retry("another audit is running") from error
            raise CheckpointUnusable("damaged") from error

    def _continue(self, store: AuditStore, now: datetime) -> Audit:
        check_version(store, self._horizon)
        state = store.state()
        full_at = datetime.fromisoformat(state["full_at"])
        if abs(now - full_at) >= _FULL_EVERY:
            raise CheckpointUnusable("daily")
        bus = self._bus_snapshot()
        check_bus(store, self._reader, bus.spans, bus.offsets)
        bus.start_after(store)
        recorder = _Recorder(store, bus, self._progress)
        self._add_outcomes(recorder)
        self._add_messages(recorder)
        self._choose(recorder)
        for ids in _chunks(store.query(_COMPLAINTS)):
            self._add_complaints(store, self._ledger.find_complaints(ids))
        for ids in _chunks(store.query(_DISPATCHES)):
            store.add("recorded_dispatch", [(id_.bytes,) for id_ in self._ledger.find_dispatches(ids)])
        for ids in _chunks(store.query(_ROUTED)):
            _add_hops(store, self._router.find_hops(ids))
        if state["miscounted"]:
            store.add("miscounted", self._ledger.read_miscounted())
        return self._evaluate(recorder, full_at)

    def _bus_snapshot(self) -> BusSnapshot:
        decisions = [topics.COMPLAINTS, topics.AGENCY_ANSWERS, topics.OVERSIGHT, topics.QUARANTINE]
        topic_names = [*self._arrivals, *decisions, topics.CORRECTION_OUTCOMES, *_DEAD_LETTERS, *self._queues]
        return BusSnapshot(self._reader, self._groups, topic_names, self._horizon)

    def _add_outcomes(self, recorder: "_Recorder") -> None:
        """Store dead letters, events, divisions and quarantine.

        They are read before the arrivals and complaints that they belong to: each was written after its message, so
        the message of every outcome that is read here is read later.
        """
        for stage, topic in zip(_STAGES, _DEAD_LETTERS, strict=True):
            letters = ((key, stage) for record in recorder.read([topic]) for key in facts.dead_letter_keys(record))
            recorder.store.add("letter", letters)
        recorder.add("event", (facts.event(record) for record in recorder.read([topics.OVERSIGHT])))
        divisions = recorder.read([topics.CORRECTION_OUTCOMES])
        recorder.add("division", (facts.division(record) for record in divisions))
        recorder.add("held", (facts.quarantined(record) for record in recorder.read([topics.QUARANTINE])))

    def _add_messages(self, recorder: "_Recorder") -> None:
        """Store arrivals, complaints, dispatches and answers.

        They are read in the order of the pipeline: what follows from a record that was read is read later.
        """
        for table, names, fact in (
            ("arrival", self._arrivals, facts.arrival),
            ("complaint", [topics.COMPLAINTS], facts.complaint),
            ("hop", self._queues, facts.dispatch),
            ("answer", [topics.AGENCY_ANSWERS], facts.answer),
        ):
            rows = ((fact(record), recorder.place(record)) for record in recorder.read(names))
            recorder.add(table, ((*row, *place) for row, place in rows if row))

    def _add_complaints(self, store: AuditStore, complaints: Iterable[tuple[UUID, datetime]]) -> None:
        store.add("ledger", ((id_.bytes, int(at.timestamp() * _MS_PER_SECOND)) for id_, at in complaints))

    def _choose(self, recorder: "_Recorder") -> None:
        """Store the offsets and find the facts to evaluate."""
        recorder.report_all_read()
        store, bus = recorder.store, recorder.bus
        store.add("committed", ((stage, store.place_id(each), next_) for (stage, each), next_ in bus.offsets.items()))
        spans = ((store.place_id(each), f"{each.topic}/{each.number}", span.end) for each, span in bus.spans.items())
        store.add("span", spans)
        store.add("since", [self._complete_since(bus)])
        store.add("expired", bus.expired_unread())
        store.choose()

    def _evaluate(self, recorder: "_Recorder", full_at: datetime) -> Audit:
        store, bus = recorder.store, recorder.bus
        store.join()
        audit = _audit_of(store)
        audit.records_read = recorder.records
        state = {"version": store_version(), "horizon": bus.horizon_ms, "full_at": full_at.isoformat()}
        store.keep(bus.places(store), bus.offsets, {**state, "miscounted": audit.counts["queue_miscounted"]})
        return audit

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


class _Recorder:
    """Reads records of a bus into a store, and counts them."""

    def __init__(self, store: AuditStore, bus: BusSnapshot, progress: ProgressReport) -> None:
        self.store = store
        self.bus = bus
        self.records = 0
        self._progress = progress
        self._offsets = bus.unread_offsets()

    def read(self, topic_names: Iterable[str]) -> Iterator[Record]:
        """Yield the records of these topics that the store does not have."""
        for record in self.bus.read_records(topic_names):
            self.records += 1
            if self.records % _RECORDS_BETWEEN_REPORTS == 0:
                self._progress(self.records, self._offsets)
            yield record

    def report_all_read(self) -> None:
        """Report that nothing is left to read."""
        self._progress(self.records, self.records)

    def place(self, record: Record) -> tuple[int, int]:
        """Return the columns `place` and `record_offset`."""
        return self.store.place_id(Partition(record.topic, record.partition)), record.offset

    def add(self, table: str, rows: Iterable[facts.Row | None]) -> None:
        """Store the rows of records that have one."""
        self.store.add(table, filter(None, rows))


def _audit_of(store: AuditStore) -> Audit:
    totals = store.update_totals()

    def number(*names: str) -> int:
        return sum(totals.get(name, 0) for name in names)

    audit = Audit(
        complaints=number("complaint new"),
        repeats=number("complaint repeat"),
        joins=number("complaint joins"),
        parts=number("part part"),
        not_complaints=number("not_complaints"),
        quarantined=number("quarantined"),
        dead=number("message dead", "complaint dead"),
        pending=number("message pending", "complaint pending"),
        delivered_again=number("delivered_again", "complaint_redriven", "hop_redriven", "answer_redriven"),
        at_agencies=number("at_agencies"),
        at_triage=number("at_triage"),
    )
    for rule in DIFFERENCE_RULES:
        _add_differences(audit, rule, store)
    arrived = number(*(f"message {fate}" for fate in ("done", "pending", "dead", "lost")))
    audit.accepted = arrived + audit.quarantined + audit.counts["released_nowhere"]
    return audit


def _add_differences(audit: Audit, rule: DifferenceRule, store: AuditStore) -> None:
    has_keys = rule.name not in _RULES_WITHOUT_KEYS
    for subject, *values in store.query(rule.query):
        if has_keys and not store.is_evaluated(subject):
            continue
        if has_keys:
            store.add("unsettled", [(subject,)])
        audit.counts[rule.name] += 1
        if audit.counts[rule.name] <= MAX_LISTED:
            text = rule.text.format(*map(_format_value, values))
            audit.differences.append(Difference(rule.kind, rule.name, _format_value(subject), text))


def _add_hops(store: AuditStore, hops: Iterable[tuple[UUID, int, str]]) -> None:
    store.add("routed", (_routed_row(store, *hop) for hop in hops))


def _routed_row(store: AuditStore, complaint_id: UUID, number: int, position: str) -> facts.Row:
    if not position:
        return complaint_id.bytes, number, None, None
    topic, partition, offset = position.rsplit("/", 2)
    return complaint_id.bytes, number, store.place_id(Partition(topic, int(partition))), int(offset)


def _format_value(value: facts.Key | int) -> str:
    return str(UUID(bytes=value)) if isinstance(value, bytes) else str(value)


def _chunks(rows: Iterator[tuple[bytes]]) -> Iterator[list[UUID]]:
    """Yield the ids in the only column, with a limited number in memory."""
    while chunk := [UUID(bytes=key) for (key,) in islice(rows, _IDS_AT_ONCE)]:
        yield chunk
