"""Computes the current values of the metrics, of a process and of the monitor's latest observation. No I/O."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from monitor.alert import ALERT_NAMES
from monitor.alert_thresholds import usual_silence_seconds
from monitor.metrics import catalog
from monitor.metrics.catalog import Metric
from monitor.monitor_loop import Observation
from monitor.snapshot import (
    ChannelState,
    PendingReview,
    ProcessState,
    QueueState,
    Snapshot,
    StageState,
    TopicsByGroup,
    WorkerState,
)

# A label holds only our own names. A record of another program could have any text in its headers.
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}")
# Label of an empty text, and of a text that is no name.
_NO_LABEL = "none"
_OTHER_LABEL = "other"


class Sample(NamedTuple):
    """One value of a metric; `labels` are in the order of the metric's labels."""

    metric: Metric
    labels: tuple[str, ...]
    value: float


def own_samples(state: ProcessState, now: datetime) -> Iterator[Sample]:
    """Yield the samples of this process; `now` is the time at which it was scraped."""
    yield Sample(catalog.PROCESS_TIME, (_label(state.instance),), now.timestamp())
    yield from process_samples(state)


def process_samples(state: ProcessState) -> Iterator[Sample]:
    """Yield the samples of a process, from its own state or from the monitor's probe of its address."""
    process = (_label(state.instance), _host(state.address))
    for door, door_state in state.doors.items():
        yield Sample(catalog.DOOR_OPEN, (*process, _label(door)), not door_state.reason)
    for door, counts in state.refused.items():
        for reason, count in counts.items():
            yield Sample(catalog.REFUSED, (*process, _label(door), _label(reason)), count)
    if state.doors:
        yield Sample(catalog.SPOOLED, process, state.spooled)
        yield Sample(catalog.SPOOL_USED, process, state.spool_share)
        yield Sample(catalog.DISK_USED, process, state.disk_share)
        yield Sample(catalog.SPOOL_ASIDE, process, state.spool_aside)
        yield Sample(catalog.SPOOL_CORRUPT, process, state.spool_corrupt)
    for worker_name, worker in state.parts.items():
        yield from _worker_samples((*process, _label(worker_name)), worker)


def monitor_samples(observation: Observation, now: datetime, groups: TopicsByGroup) -> Iterator[Sample]:
    """Yield the samples of the latest observation. Ages are those at the time of its snapshot."""
    snapshot = observation.snapshot
    yield Sample(catalog.SNAPSHOT_AGE, (), (now - snapshot.at).total_seconds())
    yield Sample(catalog.SNAPSHOTS, (), observation.number)
    yield Sample(catalog.BUS_UP, (), "bus" not in snapshot.away)
    yield Sample(catalog.DATABASE_UP, (), "database" not in snapshot.away)
    yield Sample(catalog.CLOCK_JUMP, (), snapshot.jumped)
    yield from _alert_samples(observation)
    for process in snapshot.processes:
        yield from _probe_samples(process)
    for channel in snapshot.channels:
        yield from _channel_samples(channel, snapshot.at)
    for stage in snapshot.stages:
        yield from _stage_samples(stage, groups.get(stage.stage, ()), snapshot.at)
    for topic, seconds in snapshot.retention.items():
        yield Sample(catalog.RETENTION, (topic,), seconds)
    yield from _pending_samples(snapshot)
    for queue in snapshot.queues:
        yield from _queue_samples(queue, snapshot.at)
    for queue in snapshot.dangers:
        yield Sample(catalog.DANGER_OLDEST, (_label(queue.agency),), queue.waiting.seconds(snapshot.at))
    if "database" not in snapshot.away:
        yield Sample(catalog.WEBHOOKS_OFF, (), snapshot.webhooks_off)
    for kind, count in (snapshot.differences or {}).items():
        yield Sample(catalog.AUDIT_DIFFERENCES, (_label(kind),), count)


def _worker_samples(labels: tuple[str, ...], worker: WorkerState) -> Iterator[Sample]:
    yield Sample(catalog.WORKED, labels, worker.worked)
    yield Sample(catalog.REJECTED, labels, worker.rejected)
    yield Sample(catalog.RETRIED, labels, worker.retried)
    yield Sample(catalog.FENCED, labels, worker.fenced)
    if worker.fenced_seconds is not None:
        yield Sample(catalog.FENCED_AGE, labels, worker.fenced_seconds)
    yield Sample(catalog.WAITING, labels, bool(worker.waits_for))
    yield Sample(catalog.SILENT, labels, worker.silent_seconds)


def _alert_samples(observation: Observation) -> Iterator[Sample]:
    for name in ALERT_NAMES:
        start_times = [alert.since for alert in observation.alerts if alert.name == name]
        yield Sample(catalog.ACTIVE_ALERTS, (name,), len(start_times))
        if start_times:
            age_seconds = (observation.snapshot.at - min(start_times)).total_seconds()
            yield Sample(catalog.ALERT_AGE, (name,), age_seconds)


def _probe_samples(process: ProcessState) -> Iterator[Sample]:
    address = _host(process.address)
    yield Sample(catalog.PROCESS_REACHED, (address,), not process.unreached)
    if not process.unreached:
        yield Sample(catalog.CLOCK_OFFSET, (_label(process.instance), address), process.ahead)
        # This includes the monitor's own process a second time: its name alone does not tell it from other processes
        # of the same host.
        yield from process_samples(process)


def _channel_samples(state: ChannelState, at: datetime) -> Iterator[Sample]:
    labels = (state.channel,)
    yield Sample(catalog.ACCEPTED, labels, state.total)
    yield Sample(catalog.ACCEPTED_MINUTE, labels, state.minute)
    yield Sample(catalog.ACCEPTED_HOUR, labels, state.hour)
    yield Sample(catalog.ACCEPTED_USUAL, labels, state.usual)
    yield Sample(catalog.USUAL_SILENCE, labels, usual_silence_seconds(state.usual))
    if state.newest:
        yield Sample(catalog.NEWEST_AGE, labels, (at - state.newest).total_seconds())


def _stage_samples(state: StageState, topic_names: Iterable[str], at: datetime) -> Iterator[Sample]:
    yield Sample(catalog.MEMBERS, (state.stage,), len(state.members))
    for topic in dict.fromkeys((*topic_names, *state.topics)):
        backlog = state.topics.get(topic)
        labels = (state.stage, topic)
        yield Sample(catalog.STAGE_WAITING, labels, backlog.many if backlog else 0)
        yield Sample(catalog.STAGE_OLDEST, labels, backlog.seconds(at) if backlog else 0.0)


def _pending_samples(snapshot: Snapshot) -> Iterator[Sample]:
    for pending, count_metric, oldest_metric in (
        (snapshot.dead_letters, catalog.DEAD_LETTERS, catalog.DEAD_LETTERS_OLDEST),
        (snapshot.quarantine, catalog.QUARANTINED, catalog.QUARANTINED_OLDEST),
    ):
        for labels, reviews in _by_place_and_reason(pending).items():
            yield Sample(count_metric, labels, sum(review.waiting.many for review in reviews))
            yield Sample(oldest_metric, labels, max(review.waiting.seconds(snapshot.at) for review in reviews))
    for labels, reviews in _by_place_and_reason(snapshot.quarantine).items():
        newest = max(review.newest for review in reviews)
        yield Sample(catalog.QUARANTINED_NEWEST, labels, (snapshot.at - newest).total_seconds())


def _queue_samples(queue: QueueState, at: datetime) -> Iterator[Sample]:
    labels = (_label(queue.agency),)
    yield Sample(catalog.QUEUE, labels, queue.waiting.many)
    yield Sample(catalog.OVERDUE, labels, queue.overdue)
    yield Sample(catalog.QUEUE_OLDEST, labels, queue.waiting.seconds(at))


def _by_place_and_reason(pending: Iterable[PendingReview]) -> Mapping[tuple[str, str], list[PendingReview]]:
    """Group by labels. Reviews that differ only in the field are one group."""
    grouped: defaultdict[tuple[str, str], list[PendingReview]] = defaultdict(list)
    for review in pending:
        grouped[_label(review.place), _label(review.reason)].append(review)
    return grouped


def _label(text: str) -> str:
    if not text:
        return _NO_LABEL
    return text if _LABEL.fullmatch(text) else _OTHER_LABEL


def _host(address: str) -> str:
    """Return the address without scheme, user and password."""
    return address.rsplit("//", maxsplit=1)[-1].rsplit("@", maxsplit=1)[-1]
