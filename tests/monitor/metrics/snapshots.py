"""Looks at an invented service: one that is well, and for each concern one in which it just began and one in which
it just did not.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app.assembly.channels import DIRECTORY
from messages.shapes import Channel
from monitor import alert_conditions as c
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
from tests.conftest import NOW
from tests.support.stages import WATCHED_TOPICS

ADDRESS = "http://10.0.0.7:1710"
OTHER = "http://10.0.0.8:1710"
_LITTLE = 0.01


def ago(seconds: float) -> datetime:
    """So long before the look."""
    return NOW - timedelta(seconds=seconds)


def moved(seen: Snapshot, to: datetime) -> Snapshot:
    """The same look at another time."""

    def later(value: Any) -> Any:
        match value:
            case datetime():
                return value + (to - seen.at)
            case dict():
                return {name: later(inner) for name, inner in value.items()}
            case list() | tuple():
                return [later(inner) for inner in value]
        return value

    return Snapshot.model_validate(later(seen.model_dump()))


def channel(channel: Channel = "web", **changed: Any) -> ChannelState:
    """A door at which a message comes every minute."""
    usual = {"minute": 1, "hour": 58, "usual": 60.0, "newest": ago(20), "total": 9_000}
    return ChannelState.model_validate({"channel": channel, **usual, **changed})


def stage(name: str = "router", **changed: Any) -> StageState:
    """A stage that has just been given something."""
    usual = {"stage": name, "members": ("host-a",), "topics": {WATCHED_TOPICS[name][0]: Waiting(many=2, oldest=ago(1))}}
    return StageState.model_validate(usual | changed)


def process(**changed: Any) -> ProcessState:
    """A process with a door and a worker, all well."""
    doors = {"web": DoorState(), "sms": DoorState()}
    usual = {"address": ADDRESS, "instance": "host-a", "doors": doors, "parts": {"router": PartState(worked=7)}}
    return ProcessState.model_validate(usual | changed)


def part(**changed: Any) -> ProcessState:
    """A process whose worker is like this."""
    return process(parts={"router": PartState.model_validate(changed)})


def queue(agency: str = "kota-3374", many: int = 3, age: float = 7_200, overdue: int = 0) -> QueueState:
    """An agency's queue."""
    waiting = Waiting(many=many, oldest=ago(age))
    return QueueState(agency=agency, name="Pemerintah Kota Semarang", waiting=waiting, overdue=overdue)


def heap(place: str, reason: str, many: int = 1, newest: float = 60, field: str = "") -> Heap:
    """Messages that were put aside in the last hour."""
    waiting = Waiting(many=many, oldest=ago(3_600))
    return Heap(place=place, reason=reason, field=field, waiting=waiting, newest=ago(newest))


WELL = Snapshot(
    at=NOW,
    channels=tuple(channel(one) for one in DIRECTORY.names),
    stages=tuple(stage(name) for name in WATCHED_TOPICS),
    queues=(queue(), queue("triage", age=c.TRIAGE_SECONDS - 1)),
    processes=(process(), process(address=OTHER, instance="host-b", doors={})),
    differences={"lost": 0, "doubled": 0, "misfiled": 0},
)


def look(**changed: Any) -> Snapshot:
    """The service that is well, but for this."""
    return WELL.model_copy(update=changed)


def _with(*processes: ProcessState) -> Snapshot:
    return look(processes=processes)


def _aside(*heaps: Heap, newest: float | None = 20) -> Snapshot:
    """Held messages of the SMS door, and when it took its newest."""
    sms = channel("sms", newest=None if newest is None else ago(newest))
    return look(quarantine=heaps, channels=(channel(), sms))


_SPOOLED = process(spooled=4, spool_share=c.SPOOL_SHARE - _LITTLE)
_SILENT = c.usual_silence(60.0)

# By what they show: some concern at its threshold, or some in more than one way.
BEGAN: Mapping[str, Snapshot] = {
    "bus-away": look(away={"bus": "can't be reached"}, channels=(), stages=(), processes=(_SPOOLED,)),
    "database-away": look(away={"database": "can't be reached"}, queues=()),
    "process-away": _with(process(), ProcessState(address=OTHER, unreached="ConnectionError")),
    "door-shut": _with(process(doors={"web": DoorState(), "sms": DoorState(why="spool_full")})),
    "door-shut at X": _with(process(doors={"web": DoorState(), "twitter": DoorState(why="rate_limited")})),
    "spool-aside": _with(process(spool_aside=2)),
    "spool-filling": _with(process(spooled=4, spool_share=c.SPOOL_SHARE)),
    "spool-waiting": _with(_SPOOLED),
    "clock": _with(process(ahead=-c.CLOCK_SECONDS)),
    "clock that jumped": look(jumped=c.CLOCK_SECONDS),
    "clock of the bus": look(channels=(channel(newest=ago(-c.CLOCK_SECONDS)), channel("sms"))),
    "started-twice": _with(part(fenced=2, fenced_seconds=c.FENCED_SECONDS - _LITTLE, waits_for="fenced")),
    "stage-waiting": _with(part(waits_for="can't be reached", fenced=1, fenced_seconds=1.0)),
    "stage-hanging": _with(part(silent_seconds=c.HANGING_SECONDS)),
    "stage-stopped": look(stages=(stage(members=()),)),
    "stage-stopped with nothing to do": look(stages=(stage(members=(), topics={}), stage("ledger"))),
    "stage-behind": look(stages=(stage(topics={"complaints": Waiting(many=9, oldest=ago(c.BEHIND_SECONDS))}),)),
    "dead-letters": look(letters=(heap("router", "not_json"), heap("router", "missing", field="text"))),
    "quarantine": _aside(heap("sms", "unsigned", many=40), newest=3_000),
    "quarantine that is proven since": _aside(heap("sms", "bad_signature", many=c.FORGED, newest=20)),
    "quarantine without proof": _aside(heap("sms", "bad_signature", many=c.FORGED, newest=19), heap("", "unreadable")),
    "quarantine without any proof": _aside(heap("sms", "bad_signature", many=c.FORGED), newest=None),
    "quarantine of few": _aside(heap("sms", "bad_signature", many=c.FORGED - 1), newest=None),
    "flood": look(channels=(channel(minute=c.FLOOD_IN_A_MINUTE), channel("sms"))),
    "flood at a busy door": look(channels=(channel(minute=200, usual=600.0),)),
    "door-silent": look(channels=(channel(newest=ago(_SILENT)), channel("sms"))),
    "triage-waiting": look(queues=(queue("triage", age=c.TRIAGE_SECONDS),)),
    "agency-overdue": look(queues=(queue(overdue=1), queue("kemenkes", overdue=2), queue("triage", overdue=9))),
    "audit": look(differences={"lost": 0, "doubled": 1, "misfiled": 0}),
    "much at once": look(
        away={"bus": "can't be reached", "database": "can't be reached"},
        channels=(),
        stages=(),
        queues=(),
        processes=(
            process(doors={"web": DoorState(why="spool_full")}, spool_share=1.0, ahead=60.0, parts={}),
            process(address=OTHER, parts={"router": PartState(waits_for="away", silent_seconds=999)}),
        ),
    ),
}

NOT_YET: Mapping[str, Snapshot] = {
    "nothing was seen yet": Snapshot(at=NOW),
    "all is well": WELL,
    "no audit was made": look(differences=None),
    "spool": _with(process(spooled=0, spool_share=0.2)),
    "clocks": look(
        jumped=_LITTLE - c.CLOCK_SECONDS,
        processes=(process(ahead=c.CLOCK_SECONDS - _LITTLE),),
        channels=(channel(newest=ago(_LITTLE - c.CLOCK_SECONDS)),),
    ),
    "fenced once": _with(part(fenced=1, fenced_seconds=3.0)),
    "fenced long ago": _with(part(fenced=9, fenced_seconds=c.FENCED_SECONDS)),
    "hanging": _with(part(silent_seconds=c.HANGING_SECONDS - _LITTLE)),
    "behind": look(stages=(stage(topics={"complaints": Waiting(many=9, oldest=ago(c.BEHIND_SECONDS - _LITTLE))}),)),
    "flood": look(channels=(channel(minute=c.FLOOD_IN_A_MINUTE - 1), channel("sms", minute=199, usual=600.0))),
    "silent": look(channels=(channel(newest=ago(_SILENT - 1)), channel("sms", newest=ago(90_000), usual=0.0))),
    "never used": look(channels=(channel(newest=None, usual=0.0, total=0),)),
    "overdue at triage": look(queues=(queue("triage", overdue=9),)),
}
