"""Alert conditions of a single process: its address, its doors, its spool, its clock and its workers."""

from collections.abc import Callable, Iterator

from messages.channels import ChannelDirectory
from monitor.alert import Alert, Urgency
from monitor.alert_thresholds import CLOCK_SECONDS, FENCED_SECONDS, HANGING_SECONDS, SPOOL_SHARE
from monitor.alert_wording import door_shut_text, format_duration, format_messages
from monitor.snapshot import ProcessState, Snapshot, WorkerState


def process_alerts(snapshot: Snapshot, channels: ChannelDirectory) -> Iterator[Alert]:
    """Yield the alerts of every process in the snapshot, and of its workers."""
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
            yield from _worker_alerts(f"{worker_name} of {process.instance}", worker)


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
        text = f"The process at {process.address} does not answer ({process.unreached}). Check that it is running."
        yield Alert("process-away", process.address, Urgency.NOW, text, {"cause": process.unreached})


def _doors_shut(process: ProcessState, channels: ChannelDirectory) -> Iterator[Alert]:
    process_name = _process_name(process)
    for door, state in process.doors.items():
        if state.why:
            text = f"{channels.door_title(door)} of {process_name} is shut: {door_shut_text(state.why)}."
            # The provider of a polled door keeps the messages. At every other door, senders are refused.
            urgency = Urgency.SOON if channels.is_polled(door) else Urgency.NOW
            yield Alert("door-shut", f"{door} {process_name}", urgency, text, {"reason": state.why})


def _spool_aside(process: ProcessState) -> Iterator[Alert]:
    if count := process.spool_aside:
        process_name = _process_name(process)
        were, are = ("was", "it is") if count == 1 else ("were", "they are")
        text = (
            f"{format_messages(count)} accepted by {process_name} {were} rejected by the bus; "
            f"{are} kept in `spool.db`, table `aside`."
        )
        yield Alert("spool-aside", process_name, Urgency.NOW, text, {"rejected": count})


def _spool_corrupt(process: ProcessState) -> Iterator[Alert]:
    if count := process.spool_corrupt:
        process_name = _process_name(process)
        files, they = ("1 corrupt spool file", "It") if count == 1 else (f"{count} corrupt spool files", "They")
        text = f"{process_name} set aside {files}. {they} may hold accepted messages; recover them."
        yield Alert("spool-corrupt", process_name, Urgency.NOW, text, {"files": count})


def _spool_filling(process: ProcessState) -> Alert:
    process_name = _process_name(process)
    text = (
        f"The spool of {process_name} is {process.spool_share:.0%} full ({format_messages(process.spooled)}). "
        "When it is full, the doors refuse messages."
    )
    figures = {"waiting": process.spooled, "used_ratio": round(process.spool_share, 2)}
    return Alert("spool-filling", process_name, Urgency.NOW, text, figures)


def _spool_waiting(process: ProcessState) -> Alert:
    process_name = _process_name(process)
    verb = "waits" if process.spooled == 1 else "wait"
    text = f"{format_messages(process.spooled)} {verb} in the spool of {process_name} for the bus."
    return Alert("spool-waiting", process_name, Urgency.LATER, text, {"waiting": process.spooled})


def _clock_differs(process: ProcessState) -> Iterator[Alert]:
    if abs(process.ahead) >= CLOCK_SECONDS:
        process_name = _process_name(process)
        direction = "ahead of" if process.ahead > 0 else "behind"
        text = (
            f"The clock of {process_name} is {format_duration(abs(process.ahead))} {direction} the monitor's clock. "
            "Valid signatures may be refused."
        )
        yield Alert("clock", process_name, Urgency.SOON, text, {"offset_seconds": round(process.ahead, 1)})


_PROCESS_CONDITIONS: tuple[Callable[[ProcessState], Iterator[Alert]], ...] = (
    _process_away,
    _spool_aside,
    _spool_corrupt,
    _clock_differs,
)


def _worker_alerts(worker_name: str, worker: WorkerState) -> Iterator[Alert]:
    if is_fenced_repeatedly(worker):
        text = f"{worker_name} was fenced {worker.fenced} times in a row. Two processes use the same name."
        yield Alert("started-twice", worker_name, Urgency.NOW, text, {"fenced": worker.fenced})
    elif worker.waits_for:
        text = f"{worker_name} waits and tries again: {worker.waits_for}."
        yield Alert("stage-waiting", worker_name, Urgency.SOON, text, {"cause": worker.waits_for})
    if worker.silent_seconds >= HANGING_SECONDS:
        silence = format_duration(worker.silent_seconds)
        text = f"{worker_name} has been busy with one batch for {silence}. It may hang."
        yield Alert("stage-hanging", worker_name, Urgency.NOW, text, {"silent_seconds": round(worker.silent_seconds)})
