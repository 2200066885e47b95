"""A service in every kind of trouble, as one look would find it; and a Watching that sees what a test plants."""

import threading
from datetime import datetime, timedelta

from app.assembly.channels import DIRECTORY
from messages.shapes import Channel
from messages.topics import TRIAGE
from monitor.monitor_loop import Watching
from monitor.snapshot import (
    ChannelState,
    DoorState,
    Heap,
    PartState,
    ProcessState,
    QueueState,
    Snapshot,
    StageState,
    Waiting,
)

# Of the 10,000 dead letters, by reason; the rest of the planted numbers are small beside these.
LETTERS = {
    ("normalize", "unreadable", "body"): 6_150,
    ("normalize", "not_sealed", "sealed"): 2_400,
    ("normalize", "unexpected:ZeroDivisionError", ""): 1_200,
    ("router", "no_such_version", "version"): 240,
    ("sinks", "unexpected:StringDataRightTruncation", ""): 9,
    ("replies", "unknown_channel", "channel"): 1,
}
_PLACES = ("Kabupaten Semarang", "Kota Bandung", "Kabupaten Kepulauan Siau Tagulandang Biaro", "Provinsi Papua Barat")


def quiet(at: datetime) -> Snapshot:
    """Nothing needs a person."""
    return Snapshot(
        at=at,
        channels=tuple(channel(one, at, 3, 170) for one in DIRECTORY.names),
        stages=tuple(stage(name, at, 0, 0) for name in ("normalize", "router", "ledger", "replies")),
        processes=(process("host-1"),),
    )


def troubled(at: datetime, agencies: int = 600, step: int = 0) -> Snapshot:
    """Everything that can need a person does; `step` moves the numbers a little, as time does."""
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
            stage("ledger", at, 3, 2, "ledger-1"),
            stage("replies", at, 0, 0),
        ),
        letters=tuple(heap(*of, many, at) for of, many in LETTERS.items()),
        quarantine=(heap("sms", "bad_signature", "", 34 + step, at), heap("sms", "unsigned", "", 2, at)),
        queues=(
            QueueState(agency=TRIAGE, name="Triage", waiting=waiting(412, 190_000, at), overdue=37),
            *sorted(
                (queue(number, agencies, step, at) for number in range(agencies)), key=lambda one: -one.waiting.many
            ),
        ),
        processes=(
            process("doors-1", {"web": "", "sms": "spool_full", "open311": "database_away"}, spooled=2_310, share=0.61),
            process(
                "doors-2", {"web": "", "sms": "", "mobile": "database_away", "twitter": "http_401"}, spooled=4, aside=2
            ),
            process(
                "workers-1",
                parts={
                    "normalize": PartState(worked=1_804_121 + step, rejected=9_750, retried=3, waits_for="bus"),
                    "router": PartState(worked=1_793_010, fenced=7, fenced_seconds=11),
                    "ledger": PartState(worked=1_790_007, silent_seconds=412),
                },
                ahead=-38,
            ),
            ProcessState(address="http://10.20.30.44:1710", unreached="ConnectTimeout"),
        ),
        jumped=75,
        differences={"lost": 2, "doubled": 0, "misfiled": 1},
    )


def dark(at: datetime) -> Snapshot:
    """Neither bus nor database can be reached."""
    return Snapshot(at=at, away={"bus": "can't be reached", "database": "can't be reached"}, processes=(process("a"),))


def channel(one: Channel, at: datetime, minute: int, hour: int, newest: int = 9, usual: float = 166.2) -> ChannelState:
    """What a channel took."""
    return ChannelState(channel=one, minute=minute, hour=hour, usual=usual, newest=at - timedelta(seconds=newest))


def stage(name: str, at: datetime, many: int, age: float, *members: str) -> StageState:
    """A stage with so much waiting; without `members` nobody works it, unless nothing waits."""
    topics = {"complaints": waiting(many, age, at)} if many else {}
    return StageState(stage=name, members=members or (() if many else ("host-1",)), topics=topics)


def waiting(many: int, age: float, at: datetime) -> Waiting:
    """So many, the oldest for so many seconds."""
    return Waiting(many=many, oldest=at - timedelta(seconds=age)) if many else Waiting()


def heap(place: str, reason: str, field: str, many: int, at: datetime) -> Heap:
    """Messages that were put aside."""
    newest = at - timedelta(seconds=45)
    return Heap(place=place, reason=reason, field=field, waiting=waiting(many, 3_600 + 300 * many, at), newest=newest)


def queue(number: int, of: int, step: int, at: datetime) -> QueueState:
    """The queue of one of so many agencies; with each step the first takes one of its neighbours over."""
    many = (of - number) * 3 + (step * 4 if number == 1 else 0)
    name = f"{_PLACES[number % len(_PLACES)]} {number + 1}"
    overdue = max(0, 40 - number)
    return QueueState(
        agency=f"kab-{number:04}", name=name, waiting=waiting(many, 7_000 * (number % 90) + 60, at), overdue=overdue
    )


def process(
    instance: str,
    doors: dict[str, str] | None = None,
    spooled: int = 0,
    share: float = 0.0,
    aside: int = 0,
    parts: dict[str, PartState] | None = None,
    ahead: float = 0.0,
) -> ProcessState:
    """A process that answers."""
    usual = {"web": "", "sms": "", "twitter": "", "mobile": ""} if doors is None and parts is None else doors or {}
    return ProcessState(
        address=f"http://{instance}:1710",
        instance=instance,
        doors={name: DoorState(why=why) for name, why in usual.items()},
        spooled=spooled,
        spool_share=share,
        spool_aside=aside,
        refused={"sms": {"bad_signature": 44, "unsigned": 2}, "web": {"invalid_submission": 310}} if spooled else {},
        parts={"normalize": PartState(worked=120)} if doors is None and parts is None else parts or {},
        ahead=ahead,
    )


class Planted:
    """Shows what `seen` is. It stands still but for `step`."""

    def __init__(self, seen: Snapshot) -> None:
        self.seen = seen
        self.stopping = threading.Event()
        self.watching = Watching(lambda: self.seen, DIRECTORY, self.stopping, 5.0)

    def step(self, seen: Snapshot) -> None:
        """Look once, and see this."""
        self.seen = seen
        self.watching.step()
