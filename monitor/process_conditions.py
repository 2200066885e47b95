"""Alert conditions of a single process: its address, its doors, its spool, its clock and its workers."""

from collections.abc import Callable, Iterator

from messages.channels import ChannelDirectory
from monitor.alert import Alert, Urgency
from monitor.alert_thresholds import (
    CLOCK_SECONDS,
    DISK_SHARE,
    FENCED_SECONDS,
    FULL_DISK_SHARE,
    HANGING_SECONDS,
    SPOOL_SHARE,
)
from monitor.alert_wording import door_shut_text, format_duration, format_messages
from monitor.snapshot import ProcessState, Snapshot, WorkerState
from pages.translation.message import Message, joined, numbered
from pages.translation.message import message as _


def process_alerts(snapshot: Snapshot, channels: ChannelDirectory) -> Iterator[Alert]:
    """Yield the alerts of every process in the snapshot, and of its workers."""
    yield from _doors_unwatched(snapshot)
    bus_is_up = "bus" not in snapshot.away
    for process in snapshot.processes:
        for condition in _PROCESS_CONDITIONS:
            yield from condition(process)
        yield from _doors_shut(process, channels)
        if process.spool_share >= SPOOL_SHARE:
            yield _spool_filling(process)
        elif process.spooled and bus_is_up:
            yield _spool_waiting(process)
        for worker_name, worker in process.parts.items():
            name = _("{worker} of {process}").filled(worker=worker_name, process=process.instance)
            yield from _worker_alerts(name, worker)


def _doors_unwatched(snapshot: Snapshot) -> Iterator[Alert]:
    """Yield the alert if no watched process has doors. A process that does not answer may have them."""
    processes = snapshot.processes
    if processes and not any(process.doors or process.unreached for process in processes):
        text = _("No watched process has doors: nobody sees if they are shut, or what waits in their spools.")
        yield Alert("doors-unwatched", "", Urgency.SOON, text, {"processes": len(processes)})


def is_fenced_repeatedly(worker: WorkerState) -> bool:
    """Return True if another member took over the worker's batch more than once, the last time just now."""
    return worker.fenced > 1 and was_fenced_recently(worker)


def was_fenced_recently(worker: WorkerState) -> bool:
    """Return True if another member took over the worker's batch within the last `FENCED_SECONDS`."""
    return worker.fenced_seconds is not None and worker.fenced_seconds < FENCED_SECONDS


def _process_name(process: ProcessState) -> str:
    return process.instance or process.address


def _process_away(process: ProcessState) -> Iterator[Alert]:
    if process.unreached:
        text = _("The process at {address} does not answer ({cause}). Check that it is running.")
        text = text.filled(address=process.address, cause=Message(process.unreached))
        yield Alert("process-away", process.address, Urgency.NOW, text, {"cause": process.unreached})


def _doors_shut(process: ProcessState, channels: ChannelDirectory) -> Iterator[Alert]:
    process_name = _process_name(process)
    for door, state in process.doors.items():
        if state.reason:
            text = _("{door} of {process} is shut: {reason}.").filled(
                door=Message(channels.door_title(door)), process=process_name, reason=door_shut_text(state.reason)
            )
            # The provider of a polled door keeps the messages. At every other door, senders are refused.
            urgency = Urgency.SOON if channels.is_polled(door) else Urgency.NOW
            yield Alert("door-shut", f"{door} {process_name}", urgency, text, {"reason": state.reason})


def _disk(process: ProcessState) -> Iterator[Alert]:
    if process.disk_share < DISK_SHARE:
        return
    process_name = _process_name(process)
    is_full = process.disk_share >= FULL_DISK_SHARE
    text = _("The disk of {process} is {share:.1%} full. When it is full, its doors refuse messages.")
    if is_full:
        text = _("The disk of {process} is full ({share:.1%}). What is away may be away for this reason.")
    text = text.filled(process=process_name, share=process.disk_share)
    name, urgency = ("disk-full", Urgency.NOW) if is_full else ("disk-filling", Urgency.SOON)
    yield Alert(name, process_name, urgency, text, {"used_ratio": round(process.disk_share, 3)})


def _spool_aside(process: ProcessState) -> Iterator[Alert]:
    if count := process.spool_aside:
        process_name = _process_name(process)
        text = numbered(
            "1 message accepted by {process} was rejected by the bus; it is kept in `spool.db`, table `aside`.",
            "{count:,} messages accepted by {process} were rejected by the bus; "
            "they are kept in `spool.db`, table `aside`.",
            count,
            process=process_name,
        )
        yield Alert("spool-aside", process_name, Urgency.NOW, text, {"rejected": count})


def _spool_corrupt(process: ProcessState) -> Iterator[Alert]:
    if count := process.spool_corrupt:
        process_name = _process_name(process)
        text = numbered(
            "{process} set aside 1 corrupt spool file. It may hold accepted messages; recover them.",
            "{process} set aside {count} corrupt spool files. They may hold accepted messages; recover them.",
            count,
            process=process_name,
        )
        yield Alert("spool-corrupt", process_name, Urgency.NOW, text, {"files": count})


def _spool_filling(process: ProcessState) -> Alert:
    process_name = _process_name(process)
    text = _("The spool of {process} is {share:.0%} full ({messages}). When it is full, the doors refuse messages.")
    text = text.filled(process=process_name, share=process.spool_share, messages=format_messages(process.spooled))
    figures = {"waiting": process.spooled, "used_ratio": round(process.spool_share, 2)}
    return Alert("spool-filling", process_name, Urgency.NOW, text, figures)


def _spool_waiting(process: ProcessState) -> Alert:
    process_name = _process_name(process)
    text = numbered(
        "1 message waits in the spool of {process} for the bus.",
        "{count:,} messages wait in the spool of {process} for the bus.",
        process.spooled,
        process=process_name,
    )
    return Alert("spool-waiting", process_name, Urgency.LATER, text, {"waiting": process.spooled})


def _clock_differs(process: ProcessState) -> Iterator[Alert]:
    if abs(process.ahead) >= CLOCK_SECONDS:
        process_name = _process_name(process)
        text = _("The clock of {process} is {duration} behind the monitor's clock.")
        if process.ahead > 0:
            text = _("The clock of {process} is {duration} ahead of the monitor's clock.")
        text = text.filled(process=process_name, duration=format_duration(abs(process.ahead)))
        text = joined([text, _("Valid signatures may be refused.")])
        yield Alert("clock", process_name, Urgency.SOON, text, {"offset_seconds": round(process.ahead, 1)})


_PROCESS_CONDITIONS: tuple[Callable[[ProcessState], Iterator[Alert]], ...] = (
    _process_away,
    _disk,
    _spool_aside,
    _spool_corrupt,
    _clock_differs,
)


def _worker_alerts(worker_name: str, worker: WorkerState) -> Iterator[Alert]:
    if is_fenced_repeatedly(worker):
        text = _("{worker} was fenced {count} times in a row. Two processes use the same name.")
        text = text.filled(worker=worker_name, count=worker.fenced)
        yield Alert("started-twice", worker_name, Urgency.NOW, text, {"fenced": worker.fenced})
    elif worker.waits_for:
        text = _("{worker} waits and tries again: {cause}.").filled(worker=worker_name, cause=worker.waits_for)
        yield Alert("stage-waiting", worker_name, Urgency.SOON, text, {"cause": worker.waits_for})
    if worker.silent_seconds >= HANGING_SECONDS:
        text = _("{worker} has been busy with one batch for {duration}. It may hang.")
        text = text.filled(worker=worker_name, duration=format_duration(worker.silent_seconds))
        yield Alert("stage-hanging", worker_name, Urgency.NOW, text, {"silent_seconds": round(worker.silent_seconds)})
