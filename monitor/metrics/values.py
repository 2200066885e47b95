"""What the metrics are at this moment: of a process, and of what the monitor saw. Pure."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from monitor.alert_conditions import NAMES, usual_silence
from monitor.metrics import catalog as m
from monitor.metrics.catalog import Metric
from monitor.monitor_loop import View
from monitor.snapshot import ChannelState, Heap, ProcessState, Snapshot, StageState
from monitor.snapshot_collector import Groups

# What a label may hold: a name of ours. A record that somebody else wrote could say anything of itself.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}")
# A heap without a channel, or with a reason that is no name.
_NONE = "none"
_OTHER = "other"


class Measured(NamedTuple):
    """One value; `labels` in the order of the metric's."""

    metric: Metric
    labels: tuple[str, ...]
    value: float


def of_itself(own: ProcessState, now: datetime) -> Iterator[Measured]:
    """What a process says when it is asked; `now` is when it was."""
    yield Measured(m.PROCESS_TIME, (_named(own.instance),), now.timestamp())
    yield from of_process(own)


def of_process(state: ProcessState) -> Iterator[Measured]:
    """How a process is, as it says itself or as the monitor heard it at an address."""
    who = (_named(state.instance), _where(state.address))
    for door, says in state.doors.items():
        yield Measured(m.DOOR_OPEN, (*who, _named(door)), not says.why)
    for door, reasons in state.refused.items():
        for reason, many in reasons.items():
            yield Measured(m.REFUSED, (*who, _named(door), _named(reason)), many)
    if state.doors:
        yield Measured(m.SPOOLED, who, state.spooled)
        yield Measured(m.SPOOL_USED, who, state.spool_share)
        yield Measured(m.SPOOL_ASIDE, who, state.spool_aside)
    for part, one in state.parts.items():
        worker = (*who, _named(part))
        yield Measured(m.WORKED, worker, one.worked)
        yield Measured(m.REJECTED, worker, one.rejected)
        yield Measured(m.RETRIED, worker, one.retried)
        yield Measured(m.FENCED, worker, one.fenced)
        if one.fenced_seconds is not None:
            yield Measured(m.FENCED_AGE, worker, one.fenced_seconds)
        yield Measured(m.WAITING, worker, bool(one.waits_for))
        yield Measured(m.SILENT, worker, one.silent_seconds)


def of_view(view: View, now: datetime, groups: Groups) -> Iterator[Measured]:
    """What the monitor saw; ages are those of its look."""
    seen = view.seen
    yield Measured(m.LOOK_AGE, (), (now - seen.at).total_seconds())
    yield Measured(m.LOOKS, (), view.number)
    yield Measured(m.BUS_UP, (), "bus" not in seen.away)
    yield Measured(m.DATABASE_UP, (), "database" not in seen.away)
    yield Measured(m.JUMPED, (), seen.jumped)
    yield from _concerns(view)
    for process in seen.processes:
        yield from _asked(process)
    for channel in seen.channels:
        yield from _channel(channel, seen.at)
    for stage in seen.stages:
        yield from _stage(stage, groups.get(stage.stage, ()), seen.at)
    yield from _aside(seen)
    for queue in seen.queues:
        agency = (_named(queue.agency),)
        yield Measured(m.QUEUE, agency, queue.waiting.many)
        yield Measured(m.OVERDUE, agency, queue.overdue)
        yield Measured(m.QUEUE_OLDEST, agency, queue.waiting.seconds(seen.at))
    for kind, many in (seen.differences or {}).items():
        yield Measured(m.DIFFERENCES, (_named(kind),), many)


def _concerns(view: View) -> Iterator[Measured]:
    for name in NAMES:
        since = [one.since for one in view.standing if one.name == name]
        yield Measured(m.CONCERNS, (name,), len(since))
        if since:
            yield Measured(m.CONCERN_AGE, (name,), (view.seen.at - min(since)).total_seconds())


def _asked(process: ProcessState) -> Iterator[Measured]:
    yield Measured(m.REACHED, (_where(process.address),), not process.unreached)
    if not process.unreached:
        who = (_named(process.instance), _where(process.address))
        yield Measured(m.AHEAD, who, process.ahead)
        # The monitor's own process too, once more: by its name it can't be told from others on its host.
        yield from of_process(process)


def _channel(state: ChannelState, at: datetime) -> Iterator[Measured]:
    channel = (state.channel,)
    yield Measured(m.ACCEPTED, channel, state.total)
    yield Measured(m.ACCEPTED_MINUTE, channel, state.minute)
    yield Measured(m.ACCEPTED_HOUR, channel, state.hour)
    yield Measured(m.ACCEPTED_USUAL, channel, state.usual)
    yield Measured(m.USUAL_SILENCE, channel, usual_silence(state.usual))
    if state.newest:
        yield Measured(m.NEWEST_AGE, channel, (at - state.newest).total_seconds())


def _stage(state: StageState, topics: tuple[str, ...], at: datetime) -> Iterator[Measured]:
    yield Measured(m.MEMBERS, (state.stage,), len(state.members))
    for topic in dict.fromkeys((*topics, *state.topics)):
        waiting = state.topics.get(topic)
        place = (state.stage, topic)
        yield Measured(m.STAGE_WAITING, place, waiting.many if waiting else 0)
        yield Measured(m.STAGE_OLDEST, place, waiting.seconds(at) if waiting else 0.0)


def _aside(seen: Snapshot) -> Iterator[Measured]:
    for heaps, many, oldest in ((seen.letters, m.LETTERS, m.LETTERS_OLDEST), (seen.quarantine, m.HELD, m.HELD_OLDEST)):
        for labels, together in _by_reason(heaps).items():
            yield Measured(many, labels, sum(heap.waiting.many for heap in together))
            yield Measured(oldest, labels, max(heap.waiting.seconds(seen.at) for heap in together))
    for labels, together in _by_reason(seen.quarantine).items():
        newest = max(heap.newest for heap in together)
        yield Measured(m.HELD_NEWEST, labels, (seen.at - newest).total_seconds())


def _by_reason(heaps: tuple[Heap, ...]) -> dict[tuple[str, str], list[Heap]]:
    """Whatever field was at fault."""
    found: dict[tuple[str, str], list[Heap]] = {}
    for heap in heaps:
        found.setdefault((_named(heap.place), _named(heap.reason)), []).append(heap)
    return found


def _named(text: str) -> str:
    if not text:
        return _NONE
    return text if _NAME.fullmatch(text) else _OTHER


def _where(address: str) -> str:
    """An address without scheme and password."""
    return address.rsplit("//", maxsplit=1)[-1].rsplit("@", maxsplit=1)[-1]
