"""Snapshots of an invented service: a healthy one, one for each alert at its threshold, and ones just below."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app.assembly.channels import DIRECTORY
from messages.shapes import Channel
from messages.topics import TRIAGE
from monitor import alert_thresholds as thresholds
from monitor.snapshot import (
    Backlog,
    ChannelState,
    DoorState,
    PendingReview,
    ProcessState,
    QueueState,
    Snapshot,
    StageState,
    WorkerState,
)
from tests.conftest import NOW
from tests.support.stages import WATCHED_TOPICS

ADDRESS = "http://10.0.0.7:1710"
OTHER_ADDRESS = "http://10.0.0.8:1710"
_MARGIN = 0.01
# The invented channels have 60 messages in a usual hour.
_MANY_FORGED = int(thresholds.min_forged_messages(60.0))
_RETENTION_SECONDS = 600.0


def ago(seconds: float) -> datetime:
    """Return the time this many seconds before the snapshot."""
    return NOW - timedelta(seconds=seconds)


def shift_time(snapshot: Snapshot, at: datetime) -> Snapshot:
    """Return the snapshot with all its times shifted so that it is taken at `at`."""

    def shifted(value: Any) -> Any:
        match value:
            case datetime():
                return value + (at - snapshot.at)
            case dict():
                return {name: shifted(inner) for name, inner in value.items()}
            case list() | tuple():
                return [shifted(inner) for inner in value]
        return value

    return Snapshot.model_validate(shifted(snapshot.model_dump()))


def channel(channel: Channel = "web", **changed: Any) -> ChannelState:
    """Return a channel with one message a minute, changed by `changed`."""
    usual = {"minute": 1, "hour": 58, "usual": 60.0, "newest": ago(20), "total": 9_000}
    return ChannelState.model_validate({"channel": channel, **usual, **changed})


def stage(name: str = "router", **changed: Any) -> StageState:
    """Return a stage with a worker and two new records, changed by `changed`."""
    usual = {"stage": name, "members": ("host-a",), "topics": {WATCHED_TOPICS[name][0]: Backlog(many=2, oldest=ago(1))}}
    return StageState.model_validate(usual | changed)


def process(**changed: Any) -> ProcessState:
    """Return a healthy process with two doors and a worker, changed by `changed`."""
    doors = {"web": DoorState(), "sms": DoorState()}
    usual = {"address": ADDRESS, "instance": "host-a", "doors": doors, "parts": {"router": WorkerState(worked=7)}}
    return ProcessState.model_validate(usual | changed)


def worker_process(**changed: Any) -> ProcessState:
    """Return a process whose worker has this state."""
    return process(parts={"router": WorkerState.model_validate(changed)})


def queue(agency: str = "kota-3374", many: int = 3, age: float = 7_200, overdue: int = 0) -> QueueState:
    """Return the queue of an agency; `age` is that of its oldest case, in seconds."""
    waiting = Backlog(many=many, oldest=ago(age))
    return QueueState(agency=agency, name="Pemerintah Kota Semarang", waiting=waiting, overdue=overdue)


def pending(place: str, reason: str, many: int = 1, newest: float = 60, field: str = "") -> PendingReview:
    """Return messages put aside for one reason; the oldest one hour ago, the newest `newest` seconds ago."""
    waiting = Backlog(many=many, oldest=ago(3_600))
    return PendingReview(place=place, reason=reason, field=field, waiting=waiting, newest=ago(newest))


def forged(many: int = _MANY_FORGED, newest: float = 60) -> PendingReview:
    """Return quarantined SMS with a wrong signature."""
    return pending("sms", "bad_signature", many, newest)


def waiting_records(age: float) -> dict[str, Backlog]:
    """Return nine records that wait for the router; `age` is that of the oldest, in seconds."""
    return {"complaints": Backlog(many=9, oldest=ago(age))}


HEALTHY = Snapshot(
    at=NOW,
    channels=tuple(channel(name) for name in DIRECTORY.names),
    stages=tuple(stage(name) for name in WATCHED_TOPICS),
    queues=(queue(), queue("triage", age=thresholds.TRIAGE_SECONDS - 1)),
    processes=(process(), process(address=OTHER_ADDRESS, instance="host-b", doors={})),
    differences={"lost": 0, "doubled": 0, "misfiled": 0, "miscounted": 0},
    retention={topic: _RETENTION_SECONDS for names in WATCHED_TOPICS.values() for topic in names},
)


def snapshot_with(**changed: Any) -> Snapshot:
    """Return the healthy snapshot, changed by `changed`."""
    return HEALTHY.model_copy(update=changed)


def _with(*processes: ProcessState) -> Snapshot:
    return snapshot_with(processes=processes)


def _quarantine(*reviews: PendingReview, newest: float | None = 20) -> Snapshot:
    """Return a snapshot with quarantined SMS; `newest` is the age of the newest valid SMS."""
    sms = channel("sms", newest=None if newest is None else ago(newest))
    return snapshot_with(quarantine=reviews, channels=(channel(), sms))


_SPOOLED = process(spooled=4, spool_share=thresholds.SPOOL_SHARE - _MARGIN)
_USUAL_SILENCE = thresholds.usual_silence_seconds(60.0)

# One alert each, just at its threshold. The key begins with the alert's name.
RAISED: Mapping[str, Snapshot] = {
    "bus-away": snapshot_with(away={"bus": "can't be reached"}, channels=(), stages=(), processes=(_SPOOLED,)),
    "database-away": snapshot_with(away={"database": "can't be reached"}, queues=()),
    "process-away": _with(process(), ProcessState(address=OTHER_ADDRESS, unreached="ConnectionError")),
    "doors-unwatched": _with(process(doors={})),
    "door-shut": _with(process(doors={"web": DoorState(), "sms": DoorState(reason="spool_full")})),
    "door-shut at X": _with(process(doors={"web": DoorState(), "twitter": DoorState(reason="rate_limited")})),
    "disk-full": _with(process(disk_share=thresholds.FULL_DISK_SHARE)),
    "disk-filling": _with(process(disk_share=thresholds.DISK_SHARE)),
    "spool-aside": _with(process(spool_aside=2)),
    "spool-corrupt": _with(process(spool_corrupt=1)),
    "spool-filling": _with(process(spooled=4, spool_share=thresholds.SPOOL_SHARE)),
    "spool-waiting": _with(_SPOOLED),
    "clock": _with(process(ahead=-thresholds.CLOCK_SECONDS)),
    "clock after a jump": snapshot_with(jumped=thresholds.CLOCK_SECONDS),
    "clock of the bus": snapshot_with(channels=(channel(newest=ago(-thresholds.CLOCK_SECONDS)), channel("sms"))),
    "started-twice": _with(
        worker_process(fenced=2, fenced_seconds=thresholds.FENCED_SECONDS - _MARGIN, waits_for="fenced")
    ),
    "stage-waiting": _with(worker_process(waits_for="can't be reached", fenced=1, fenced_seconds=1.0)),
    "stage-hanging": _with(worker_process(silent_seconds=thresholds.HANGING_SECONDS)),
    "stage-stopped": snapshot_with(stages=(stage(members=()),)),
    "stage-stopped without backlog": snapshot_with(stages=(stage(members=(), topics={}), stage("cases"))),
    "stage-behind": snapshot_with(stages=(stage(topics=waiting_records(thresholds.BEHIND_SECONDS)),)),
    "retention-near": snapshot_with(
        stages=(stage(topics=waiting_records(thresholds.RETENTION_SHARE * _RETENTION_SECONDS)),)
    ),
    "dead-letters": snapshot_with(
        dead_letters=(pending("router", "not_json"), pending("router", "missing", field="text"))
    ),
    "quarantine": _quarantine(pending("sms", "unsigned", many=40), newest=3_000),
    "quarantine with a valid message since": _quarantine(forged(newest=20)),
    "quarantine without a valid message since": _quarantine(forged(newest=19), pending("", "unreadable")),
    "quarantine without any valid message": _quarantine(forged(), newest=None),
    "quarantine of a few": _quarantine(forged(_MANY_FORGED - 1), newest=None),
    "quarantine of a few at a quiet door": snapshot_with(
        quarantine=(forged(thresholds.FORGED_MESSAGES - 1),), channels=(channel("sms", usual=1.0, newest=None),)
    ),
    "quarantine of many at a quiet door": snapshot_with(
        quarantine=(forged(thresholds.FORGED_MESSAGES),), channels=(channel("sms", usual=1.0, newest=None),)
    ),
    "flood": snapshot_with(channels=(channel(minute=thresholds.FLOOD_IN_A_MINUTE), channel("sms"))),
    "flood at a busy door": snapshot_with(channels=(channel(minute=200, usual=600.0),)),
    "door-silent": snapshot_with(channels=(channel(newest=ago(_USUAL_SILENCE)), channel("sms"))),
    "danger-unopened": snapshot_with(dangers=(queue(many=1, age=thresholds.DANGER_SECONDS),)),
    "triage-waiting": snapshot_with(queues=(queue("triage", age=thresholds.TRIAGE_SECONDS),)),
    "agency-overdue": snapshot_with(queues=(queue(overdue=1), queue("kemenkes", overdue=2), queue(TRIAGE, overdue=9))),
    "webhook-off": snapshot_with(webhooks_off=1),
    "audit": snapshot_with(differences={"lost": 0, "doubled": 1, "misfiled": 0, "miscounted": 0}),
    "many at once": snapshot_with(
        away={"bus": "can't be reached", "database": "can't be reached"},
        channels=(),
        stages=(),
        queues=(),
        processes=(
            process(doors={"web": DoorState(reason="spool_full")}, spool_share=1.0, ahead=60.0, parts={}),
            process(address=OTHER_ADDRESS, parts={"router": WorkerState(waits_for="away", silent_seconds=999)}),
        ),
    ),
}

# No alert: just below the thresholds.
NOT_RAISED: Mapping[str, Snapshot] = {
    "empty snapshot": Snapshot(at=NOW),
    "healthy": HEALTHY,
    "no audit yet": snapshot_with(differences=None),
    "disk": _with(process(disk_share=thresholds.DISK_SHARE - _MARGIN)),
    "spool": _with(process(spooled=0, spool_share=0.2)),
    "clocks": snapshot_with(
        jumped=_MARGIN - thresholds.CLOCK_SECONDS,
        processes=(process(ahead=thresholds.CLOCK_SECONDS - _MARGIN),),
        channels=(channel(newest=ago(_MARGIN - thresholds.CLOCK_SECONDS)),),
    ),
    "danger": snapshot_with(dangers=(queue(many=1, age=thresholds.DANGER_SECONDS - _MARGIN),)),
    "fenced once": _with(worker_process(fenced=1, fenced_seconds=3.0)),
    "fenced long ago": _with(worker_process(fenced=9, fenced_seconds=thresholds.FENCED_SECONDS)),
    "hanging": _with(worker_process(silent_seconds=thresholds.HANGING_SECONDS - _MARGIN)),
    "behind": snapshot_with(stages=(stage(topics=waiting_records(thresholds.BEHIND_SECONDS - _MARGIN)),)),
    "flood": snapshot_with(
        channels=(channel(minute=thresholds.FLOOD_IN_A_MINUTE - 1), channel("sms", minute=199, usual=600.0))
    ),
    "silent": snapshot_with(
        channels=(channel(newest=ago(_USUAL_SILENCE - 1)), channel("sms", newest=ago(90_000), usual=0.0))
    ),
    "never used": snapshot_with(channels=(channel(newest=None, usual=0.0, total=0),)),
    "overdue at triage": snapshot_with(queues=(queue("triage", overdue=9),)),
}
