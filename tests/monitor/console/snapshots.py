"""Snapshots of an invented service, healthy or with every alert, and a monitor loop that shows a planted snapshot."""

import threading
from datetime import datetime, timedelta

from app.assembly.channels import DIRECTORY
from messages.shapes import Channel
from messages.topics import TRIAGE
from monitor.monitor_loop import MonitorLoop
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

# Dead letters by stage, reason and field: 10,000 in total.
DEAD_LETTERS = {
    ("normalize", "unreadable", "body"): 6_150,
    ("normalize", "not_sealed", "sealed"): 2_400,
    ("normalize", "unexpected:ZeroDivisionError", ""): 1_200,
    ("router", "no_such_version", "version"): 240,
    ("cases", "unexpected:StringDataRightTruncation", ""): 9,
    ("replies", "unknown_channel", "channel"): 1,
}
_PLACES = ("Kabupaten Semarang", "Kota Bandung", "Kabupaten Kepulauan Siau Tagulandang Biaro", "Provinsi Papua Barat")


def quiet(at: datetime) -> Snapshot:
    """Return a snapshot without alerts."""
    return Snapshot(
        at=at,
        channels=tuple(channel(name, at, 3, 170) for name in DIRECTORY.names),
        stages=tuple(stage(name, at, 0, 0) for name in ("normalize", "router", "cases", "replies")),
        processes=(process("host-1"),),
    )


def troubled(at: datetime, agencies: int = 600, step: int = 0) -> Snapshot:
    """Return a snapshot with every alert that is possible at once. `step` changes some numbers a little."""
    return Snapshot(
        at=at,
        channels=(
            channel("web", at, 410 + step, 4_812, newest=1),
            channel("sms", at, 0, 12, newest=720),
            channel("twitter", at, 0, 0, newest=52_000, usual=61.3),
            channel("mobile", at, 7, 391 + step, newest=4),
        ),
        stages=(
            stage("normalize", at, 1_204 + step, 640 + 5 * step, "normalize-1", "normalize-2"),
            stage("router", at, 87, 95_000),
            stage("cases", at, 3, 2, "cases-1"),
            stage("replies", at, 0, 0),
        ),
        dead_letters=tuple(pending(*reason, many, at) for reason, many in DEAD_LETTERS.items()),
        quarantine=(pending("sms", "bad_signature", "", 34 + step, at), pending("sms", "unsigned", "", 2, at)),
        queues=(
            QueueState(agency=TRIAGE, name="Triage", waiting=backlog(412, 190_000, at), overdue=37),
            *sorted(
                (queue(number, agencies, step, at) for number in range(agencies)),
                key=lambda agency_queue: -agency_queue.waiting.many,
            ),
        ),
        processes=(
            process(
                "doors-1",
                {"web": "", "sms": "spool_full", "open311": "database_away"},
                spooled=2_310,
                share=0.61,
                disk=0.981,
            ),
            process(
                "doors-2",
                {"web": "", "sms": "", "mobile": "database_away", "twitter": "http_401"},
                spooled=4,
                aside=2,
                disk=0.87,
            ),
            process(
                "workers-1",
                parts={
                    "normalize": WorkerState(worked=1_804_121 + step, rejected=9_750, retried=3, waits_for="bus"),
                    "router": WorkerState(worked=1_793_010, fenced=7, fenced_seconds=11),
                    "cases": WorkerState(worked=1_790_007, silent_seconds=412),
                },
                ahead=-38,
            ),
            ProcessState(address="http://10.20.30.44:1710", unreached="ConnectTimeout"),
        ),
        retention={"complaints": 180_000.0},
        jumped=75,
        differences={"lost": 2, "doubled": 0, "misfiled": 1},
        dangers=(QueueState(agency="kota-3374", name="Kota Semarang", waiting=backlog(1, 400, at)),),
        webhooks_off=2,
    )


def all_away(at: datetime) -> Snapshot:
    """Return a snapshot in which neither the bus nor the database can be reached."""
    return Snapshot(at=at, away={"bus": "can't be reached", "database": "can't be reached"}, processes=(process("a"),))


def without_doors(at: datetime) -> Snapshot:
    """Return a snapshot in which no watched process has doors."""
    return Snapshot(at=at, processes=(process("a").model_copy(update={"doors": {}}),))


def channel(name: Channel, at: datetime, minute: int, hour: int, newest: int = 9, usual: float = 166.2) -> ChannelState:
    """Return the arrivals of a channel."""
    return ChannelState(channel=name, minute=minute, hour=hour, usual=usual, newest=at - timedelta(seconds=newest))


def stage(name: str, at: datetime, many: int, age: float, *members: str) -> StageState:
    """Return a stage with `count` waiting records. Without `members` it has no worker, unless nothing waits."""
    topics = {"complaints": backlog(many, age, at)} if many else {}
    return StageState(stage=name, members=members or (() if many else ("host-1",)), topics=topics)


def backlog(many: int, age: float, at: datetime) -> Backlog:
    """Return a backlog; `age` is that of the oldest, in seconds."""
    return Backlog(many=many, oldest=at - timedelta(seconds=age)) if many else Backlog()


def pending(place: str, reason: str, field: str, many: int, at: datetime) -> PendingReview:
    """Return messages that were put aside for one reason."""
    newest = at - timedelta(seconds=45)
    return PendingReview(
        place=place, reason=reason, field=field, waiting=backlog(many, 3_600 + 300 * many, at), newest=newest
    )


def queue(number: int, agencies: int, step: int, at: datetime) -> QueueState:
    """Return the queue of one of `agencies` agencies. With each step the second agency passes one of its neighbours."""
    many = (agencies - number) * 3 + (step * 4 if number == 1 else 0)
    name = f"{_PLACES[number % len(_PLACES)]} {number + 1}"
    overdue = max(0, 40 - number)
    return QueueState(
        agency=f"kab-{number:04}", name=name, waiting=backlog(many, 7_000 * (number % 90) + 60, at), overdue=overdue
    )


def process(
    instance: str,
    doors: dict[str, str] | None = None,
    spooled: int = 0,
    share: float = 0.0,
    disk: float = 0.4,
    aside: int = 0,
    parts: dict[str, WorkerState] | None = None,
    ahead: float = 0.0,
) -> ProcessState:
    """Return a process that answered the probe."""
    usual = {"web": "", "sms": "", "twitter": "", "mobile": ""} if doors is None and parts is None else doors or {}
    return ProcessState(
        address=f"http://{instance}:1710",
        instance=instance,
        doors={name: DoorState(reason=why) for name, why in usual.items()},
        spooled=spooled,
        spool_share=share,
        disk_share=disk,
        spool_aside=aside,
        spool_corrupt=1 if aside else 0,
        refused={"sms": {"bad_signature": 44, "unsigned": 2}, "web": {"invalid_submission": 310}} if spooled else {},
        parts={"normalize": WorkerState(worked=120)} if doors is None and parts is None else parts or {},
        ahead=ahead,
    )


class PlantedMonitor:
    """A monitor loop without a thread: it takes a snapshot only at `step`."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.stopping = threading.Event()
        self.loop = MonitorLoop(lambda: self.snapshot, DIRECTORY, self.stopping, 5.0)

    def step(self, snapshot: Snapshot) -> None:
        """Take this snapshot."""
        self.snapshot = snapshot
        self.loop.step()
