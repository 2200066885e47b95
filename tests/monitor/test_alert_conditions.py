"""What needs a person: each thing that can be wrong is said in one true sentence, under a name of its own."""

from datetime import timedelta
from typing import Any

import pytest

from app.assembly.channels import DIRECTORY
from messages.topics import TRIAGE
from monitor.active_alerts import Register
from monitor.alert_conditions import NAMES, Urgency, concerns, span, usual_silence
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


def ago(**span_: float) -> Any:
    """So long before now."""
    return NOW - timedelta(**span_)


def process(**said: Any) -> dict[str, Any]:
    """One process that says so."""
    return {"processes": (ProcessState(address="http://10.0.0.7:1710", instance="host-a", **said),)}


def stage(members: tuple[str, ...] = ("host-a",), many: int = 0, **age: float) -> dict[str, Any]:
    """The router, and what waits for it."""
    topics = {"complaints": Waiting(many=many, oldest=ago(**age))} if many else {}
    return {"stages": (StageState(stage="router", members=members, topics=topics),)}


def channel(**said: Any) -> dict[str, Any]:
    """SMS."""
    return {"channels": (ChannelState(**{"channel": "sms", "minute": 0, "hour": 0, "usual": 0.0, **said}),)}


def heap(reason: str, many: int, place: str = "sms", field: str = "") -> Heap:
    """Messages that were put aside for ten minutes."""
    return Heap(place=place, reason=reason, field=field, waiting=Waiting(many=many, oldest=ago(minutes=10)), newest=NOW)


CASES: list[tuple[str, dict[str, Any], Urgency, str]] = [
    (
        "bus-away",
        {"away": {"bus": "can't be reached"}, **process(spooled=34)},
        Urgency.NOW,
        "The bus can't be reached: nothing is worked. The doors keep what comes in their spools. 34 messages so far.",
    ),
    (
        "database-away",
        {"away": {"database": "can't be reached"}},
        Urgency.NOW,
        "The database can't be reached: no stage goes on, and the doors of the app and of Open311 are shut.",
    ),
    (
        "process-away",
        {"processes": (ProcessState(address="http://10.0.0.7:1710", unreached="ConnectionError"),)},
        Urgency.NOW,
        "The process at http://10.0.0.7:1710 does not answer (ConnectionError): is it running?",
    ),
    (
        "door-shut",
        process(doors={"twitter": DoorState(why="rate_limited"), "web": DoorState()}),
        Urgency.SOON,
        "The Twitter door of host-a is shut: X limits us, and says for how long.",
    ),
    (
        "door-shut",
        process(doors={"web": DoorState(why="spool_full")}),
        Urgency.NOW,
        "The web door of host-a is shut: the bus is away and its spool has no room.",
    ),
    (
        "spool-aside",
        process(spool_aside=2),
        Urgency.NOW,
        "2 messages that host-a accepted stand aside: the bus will not have them.",
    ),
    (
        "spool-filling",
        process(spooled=700, spool_share=0.71),
        Urgency.NOW,
        "The spool of host-a is 71% full (700 messages): then it says no.",
    ),
    (
        "spool-waiting",
        process(spooled=1, spool_share=0.01),
        Urgency.LOOK,
        "1 message in the spool of host-a on the way to the bus.",
    ),
    (
        "clock",
        process(ahead=-90.0),
        Urgency.SOON,
        "The clock of host-a is 2 min behind this one: signatures may be refused.",
    ),
    (
        "clock",
        {"jumped": 7200.0},
        Urgency.SOON,
        "The clock of this host was set forward by 2 h: ages and times of now are not true.",
    ),
    (
        "clock",
        channel(newest=NOW + timedelta(hours=1)),
        Urgency.SOON,
        "The bus has messages of the future: its clock and the one of this host differ, or one was set back.",
    ),
    (
        "started-twice",
        process(parts={"router": PartState(fenced=4, fenced_seconds=3.0)}),
        Urgency.NOW,
        "router of host-a is fenced again and again (4 times): two processes have one name.",
    ),
    (
        "stage-waiting",
        process(parts={"router": PartState(waits_for="database away")}),
        Urgency.SOON,
        "router of host-a waits and tries again: database away.",
    ),
    (
        "stage-hanging",
        process(parts={"router": PartState(silent_seconds=400)}),
        Urgency.NOW,
        "router of host-a has not come round for 7 min: it hangs, or works on one batch.",
    ),
    ("stage-stopped", stage(()), Urgency.SOON, "Nobody works router: nothing waits yet."),
    (
        "stage-stopped",
        stage((), 12, minutes=4),
        Urgency.NOW,
        "Nobody works router: 12 messages wait, the oldest for 4 min.",
    ),
    (
        "stage-behind",
        stage(many=1200, minutes=3),
        Urgency.NOW,
        "router is behind: 1,200 messages wait, the oldest for 3 min, for host-a.",
    ),
    (
        "dead-letters",
        {"letters": (heap("not_the_shape", 3, "router", "at"), heap("unexpected", 1, "router", "KeyError"))},
        Urgency.SOON,
        "router put aside 4 messages as dead letters: 3 for not_the_shape (at), 1 for unexpected (KeyError).",
    ),
    (
        "quarantine",
        {"quarantine": (heap("unsigned", 5),), **channel(newest=ago(hours=1))},
        Urgency.SOON,
        "5 messages of sms in quarantine: 5 for no signature.",
    ),
    (
        "quarantine",
        {"quarantine": (heap("bad_signature", 34),), **channel(newest=ago(hours=1))},
        Urgency.NOW,
        (
            "34 messages of sms in quarantine: 34 for a signature that does not fit. None was proven since: "
            "was the provider's secret changed?"
        ),
    ),
    (
        "flood",
        channel(minute=900, usual=60.0, newest=NOW),
        Urgency.SOON,
        "900 messages by sms in a minute; usual are 1.0.",
    ),
    (
        "door-silent",
        channel(usual=60.0, newest=ago(hours=2)),
        Urgency.SOON,
        "Nothing came by sms for 2 h; usual are 60.0 an hour.",
    ),
    (
        "triage-waiting",
        {"queues": (QueueState(agency=TRIAGE, name="Admin", waiting=Waiting(many=7, oldest=ago(days=3))),)},
        Urgency.SOON,
        "At triage 7 cases wait for a person, the oldest for 3 d.",
    ),
    (
        "agency-overdue",
        {
            "queues": (
                QueueState(agency="a", name="Kota A", waiting=Waiting(many=9, oldest=ago(days=9)), overdue=2),
                QueueState(agency="b", name="Kota B", waiting=Waiting(many=9, oldest=ago(days=9)), overdue=5),
                QueueState(agency="c", name="Kota C", waiting=Waiting(many=9, oldest=ago(days=1))),
            )
        },
        Urgency.LOOK,
        "7 cases past their due time at 2 agencies, most at Kota B (5).",
    ),
    (
        "audit",
        {"differences": {"lost": 2, "doubled": 0, "misfiled": 1}},
        Urgency.NOW,
        "The audit found differences: 2 lost, 1 misfiled. `satupintu audit` names them.",
    ),
]


@pytest.mark.parametrize(("name", "seen", "urgency", "says"), CASES)
def test_each_thing_is_said(name: str, seen: dict[str, Any], urgency: Urgency, says: str) -> None:
    """By name, how urgent it is, and a sentence with the numbers in it; and nothing else is said."""
    (found,) = concerns(Snapshot(at=NOW, **seen), DIRECTORY)
    assert (found.name, found.urgency, found.says) == (name, urgency, says)


def test_every_name_is_one_of_these() -> None:
    """The list that the alerts and the runbook follow."""
    assert {name for name, *_ in CASES} == set(NAMES)
    assert list(NAMES) == sorted(NAMES)


@pytest.mark.parametrize(
    "seen",
    [
        {},
        process(doors={"web": DoorState()}, parts={"router": PartState(fenced=1, fenced_seconds=2.0)}),
        process(parts={"router": PartState(fenced=9, fenced_seconds=4000.0)}),
        process(ahead=3.0),
        stage(many=5000, seconds=20),
        channel(minute=59, usual=1.0, newest=NOW),
        channel(minute=900, usual=6000.0, newest=NOW),
        channel(usual=60.0, newest=ago(minutes=50)),
        channel(usual=0.5, newest=ago(hours=30)),
        channel(),
        {"queues": (QueueState(agency=TRIAGE, name="Admin", waiting=Waiting(many=7, oldest=ago(hours=3))),)},
        {"differences": {"lost": 0}},
        {"jumped": -2.0},
    ],
)
def test_what_is_usual_needs_nobody(seen: dict[str, Any]) -> None:
    """Some lag, a single fencing after an outage, a quiet night, a rush that is no flood."""
    assert concerns(Snapshot(at=NOW, **seen), DIRECTORY) == []


def test_a_secret_that_others_still_know_is_not_blamed() -> None:
    """Wrong signatures among true ones are a stranger's."""
    seen = {"quarantine": (heap("bad_signature", 34),), **channel(newest=NOW + timedelta(seconds=1))}
    (found,) = concerns(Snapshot(at=NOW, **seen), DIRECTORY)
    assert found.urgency is Urgency.SOON


def test_the_most_urgent_comes_first() -> None:
    """People who are turned away before cases that are late."""
    seen = {"letters": (heap("x", 1, "router"),), "away": {"bus": "x"}, **process(spooled=1)}
    assert [one.name for one in concerns(Snapshot(at=NOW, **seen), DIRECTORY)] == ["bus-away", "dead-letters"]


def test_since_when_a_concern_stands() -> None:
    """From the look that first had it, whatever its numbers are meanwhile; gone and back, it begins anew."""
    register = Register(DIRECTORY)
    for minute, many in enumerate((1, 5)):
        (one,) = register.stand(Snapshot(at=NOW + timedelta(minutes=minute), letters=(heap("x", many, "router"),)))
        assert one.since == NOW
        assert f"aside {many} message" in one.says
    assert register.stand(Snapshot(at=NOW)) == ()
    (again,) = register.stand(Snapshot(at=NOW + timedelta(hours=1), letters=(heap("x", 1, "router"),)))
    assert again.since == NOW + timedelta(hours=1)


def test_nothing_stands_since_the_future() -> None:
    """After a clock was set back it counts from there; by less than it stood, it stands as before."""
    register = Register(DIRECTORY)
    for minutes, since in ((0, 0), (60, 0), (30, 0), (-60, -60), (0, -60)):
        at = NOW + timedelta(minutes=minutes)
        (one,) = register.stand(Snapshot(at=at, letters=(heap("x", 1, "router"),)))
        assert one.since == NOW + timedelta(minutes=since)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.4, "0 s"), (59, "59 s"), (60, "1 min"), (5400, "2 h"), (86_400, "1 d"), (900_000, "10 d")]
)
def test_spans_as_people_say_them(seconds: float, said: str) -> None:
    """In the largest unit that fits."""
    assert span(seconds) == said


def test_how_long_a_silence_is_usual() -> None:
    """An hour at a busy door, longer at a quiet one, for ever at one that nobody ever used."""
    assert usual_silence(1000.0) == 3600
    assert usual_silence(10.0) > 10_000
    assert usual_silence(0.0) == float("inf")
