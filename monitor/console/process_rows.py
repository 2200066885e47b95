"""Texts and figures of the console's cards for channels, doors, processes and workers. No I/O."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from messages.channels import ChannelDirectory
from messages.shapes import Channel
from monitor.alert_thresholds import CLOCK_SECONDS, HANGING_SECONDS
from monitor.alert_wording import door_shut_text, format_duration, format_messages
from monitor.process_conditions import was_fenced_recently
from monitor.snapshot import ChannelState, ProcessState, Snapshot, WorkerState
from pages.translation.message import Message, formatted_number, joined, numbered
from pages.translation.message import message as _

# A smaller share of the spool is shown as "less than 1%".
_SMALLEST_SHARE = 0.01
# A process's card has space for this many refusal reasons.
_MAX_REASONS = 8
# Counts of a worker by their field in `WorkerState`.
_COUNTS = {"worked": _("worked"), "rejected": _("rejected"), "retried": _("retried"), "fenced": _("fenced")}
_UNKNOWN = "?"


class DoorRow(NamedTuple):
    """A door. `state` is `open`, `shut` or `unknown`."""

    name: str
    state: str
    text: str


class ChannelRow(NamedTuple):
    """Arrivals of a channel, and its doors."""

    key: str
    name: str
    doors: Sequence[DoorRow]
    minute: str
    hour: str
    usual: str
    newest: str


class WorkerRow(NamedTuple):
    """A worker of a process. `healthy` is False if it waits, hangs or was fenced. `counts` are pairs (number, name)."""

    name: str
    counts: Sequence[tuple[str, str]]
    healthy: bool
    text: str


class ProcessRow(NamedTuple):
    """A process; `problems` are sentences about the process as a whole."""

    key: str
    name: str
    address: str
    problems: Sequence[str]
    spool: str
    doors: Sequence[DoorRow]
    networks: str
    refused: str
    workers: Sequence[WorkerRow]


def channel_row(state: ChannelState, snapshot: Snapshot, channels: ChannelDirectory) -> ChannelRow:
    """Return the arrivals of a channel with the doors of all processes."""
    return ChannelRow(
        key=state.channel,
        name=channels.label_of(state.channel),
        doors=_channel_doors(state.channel, snapshot, channels),
        minute=formatted_number(state.minute),
        hour=formatted_number(state.hour),
        usual=formatted_number(state.usual, ",.1f"),
        newest=_("{age} ago").filled(age=_age(state.newest, snapshot.at)) if state.newest else _("never"),
    )


def unknown_channel_row(channel: Channel, snapshot: Snapshot, channels: ChannelDirectory) -> ChannelRow:
    """Return the row of a channel while the bus is away: only its doors are known."""
    return ChannelRow(
        key=channel,
        name=channels.label_of(channel),
        doors=_channel_doors(channel, snapshot, channels),
        minute=_UNKNOWN,
        hour=_UNKNOWN,
        usual=_UNKNOWN,
        newest=_UNKNOWN,
    )


def process_row(state: ProcessState, channels: ChannelDirectory) -> ProcessRow:
    """Return the state of a process as it reported it."""
    return ProcessRow(
        key=state.address,
        name=state.instance or state.address,
        address=state.address,
        problems=list(_problems(state)),
        spool=_spool_text(state) if state.doors else "",
        doors=[_door_row(channels.door_label(name), door.reason) for name, door in state.doors.items()],
        networks=_networks_text(state),
        refused=_refused_text(state),
        workers=[_worker_row(name, worker) for name, worker in sorted(state.parts.items())],
    )


def _problems(state: ProcessState) -> Iterable[str]:
    if state.unreached:
        yield _("The process does not answer ({cause}).").filled(cause=Message(state.unreached))
    if abs(state.ahead) >= CLOCK_SECONDS:
        text = _("The clock is {duration} behind the monitor's clock.")
        if state.ahead > 0:
            text = _("The clock is {duration} ahead of the monitor's clock.")
        yield text.filled(duration=format_duration(abs(state.ahead)))


def _spool_text(state: ProcessState) -> str:
    texts: list[str] = [_("empty")]
    if state.spooled:
        share = _("less than 1%")
        if state.spool_share >= _SMALLEST_SHARE:
            share = formatted_number(state.spool_share, ".0%")
        texts = [_("{messages}, {share} of the space").filled(messages=format_messages(state.spooled), share=share)]
    if state.spool_aside:
        texts.append(_("{messages} rejected by the bus").filled(messages=format_messages(state.spool_aside)))
    if state.spool_corrupt:
        texts.append(numbered("1 corrupt file set aside", "{count} corrupt files set aside", state.spool_corrupt))
    return joined(texts, "; ")


def _refused_text(state: ProcessState) -> str:
    """Return the most frequent refusals of the process's doors, the most frequent first."""
    counts = [(count, door, reason) for door, reasons in state.refused.items() for reason, count in reasons.items()]
    counts.sort(key=lambda refusal: (-refusal[0], refusal[1:]))
    texts = (joined([door, reason, formatted_number(count)]) for count, door, reason in counts[:_MAX_REASONS])
    return joined(texts, ", ")


def _networks_text(state: ProcessState) -> str:
    """Return the largest networks of the process's doors. It is shown here alone: no log and no metric has it."""
    texts = (
        _("{network} sent {share:.0%} of {requests} to {door}").filled(
            network=network.network,
            share=network.share,
            requests=numbered("1 request", "{count:,} requests", network.requests),
            door=door,
        )
        for door, network in sorted(state.networks.items())
    )
    return joined(texts, "; ")


def _channel_doors(channel: Channel, snapshot: Snapshot, channels: ChannelDirectory) -> Sequence[DoorRow]:
    """Return all doors of a channel, of every process."""
    doors = [door for process in snapshot.processes for door in process.doors if channels.channel_of(door) == channel]
    rows = [
        _door_of_all_processes(door, channels.door_label(door), snapshot.processes) for door in dict.fromkeys(doors)
    ]
    return rows or [DoorRow(channels.label_of(channel), "unknown", _("unknown: no process with this door answers"))]


def _door_of_all_processes(door: str, label: str, processes: Iterable[ProcessState]) -> DoorRow:
    reasons = {
        process.instance or process.address: process.doors[door].reason
        for process in processes
        if door in process.doors
    }
    shut = [
        _("at {process}: {reason}").filled(process=process, reason=door_shut_text(reason))
        for process, reason in reasons.items()
        if reason
    ]
    if not shut:
        return _door_row(label, "")
    count = _("shut")
    if len(shut) < len(reasons):
        count = _("{shut} of {doors} shut").filled(shut=len(shut), doors=len(reasons))
    return DoorRow(label, "shut", joined([count, joined(shut, "; ")]))


def _door_row(label: str, reason: str) -> DoorRow:
    if reason:
        return DoorRow(label, "shut", _("shut: {reason}").filled(reason=door_shut_text(reason)))
    return DoorRow(label, "open", _("open"))


def _worker_row(name: str, worker: WorkerState) -> WorkerRow:
    counts = [(formatted_number(getattr(worker, field)), label) for field, label in _COUNTS.items()]
    text = _worker_text(worker)
    return WorkerRow(name, counts, not text, text)


def _worker_text(worker: WorkerState) -> str:
    if worker.waits_for:
        return _("waits and tries again: {cause}").filled(cause=worker.waits_for)
    if worker.silent_seconds >= HANGING_SECONDS:
        return _("busy with one batch for {duration}").filled(duration=format_duration(worker.silent_seconds))
    if worker.fenced_seconds is not None and was_fenced_recently(worker):
        return _("was fenced {duration} ago").filled(duration=format_duration(worker.fenced_seconds))
    return ""


def _age(moment: datetime, now: datetime) -> str:
    return format_duration(max(0.0, (now - moment).total_seconds()))
