"""Each alert condition raises one alert, with a name, an urgency and a sentence."""

from datetime import timedelta
from typing import Any

import pytest

from app.assembly.channels import DIRECTORY
from messages.topics import TRIAGE
from monitor.active_alerts import AlertRegister
from monitor.alert import ALERT_NAMES, Urgency
from monitor.alert_conditions import find_alerts
from monitor.alert_thresholds import usual_silence_seconds
from monitor.alert_wording import format_duration
from monitor.snapshot import (
    Backlog,
    ChannelState,
    DoorState,
    NetworkState,
    PendingReview,
    ProcessState,
    QueueState,
    Snapshot,
    StageState,
    WorkerState,
)
from tests.conftest import NOW


def ago(**duration: float) -> Any:
    """Return the time this long before the snapshot."""
    return NOW - timedelta(**duration)


def process(**state: Any) -> dict[str, Any]:
    """Return the snapshot fields for one process, which has a door."""
    fields = {"address": "http://10.0.0.7:1710", "instance": "host-a", "doors": {"web": DoorState()}}
    return {"processes": (ProcessState.model_validate(fields | state),)}


def stage(members: tuple[str, ...] = ("host-a",), many: int = 0, **age: float) -> dict[str, Any]:
    """Return the snapshot fields for the router with waiting records."""
    topics = {"complaints": Backlog(many=many, oldest=ago(**age))} if many else {}
    return {"stages": (StageState(stage="router", members=members, topics=topics),)}


def channel(**state: Any) -> dict[str, Any]:
    """Return the snapshot fields for the channel SMS."""
    return {"channels": (ChannelState(**{"channel": "sms", "minute": 0, "hour": 0, "usual": 0.0, **state}),)}


def pending(reason: str, many: int, place: str = "sms", field: str = "") -> PendingReview:
    """Return messages that were put aside ten minutes ago."""
    return PendingReview(
        place=place, reason=reason, field=field, waiting=Backlog(many=many, oldest=ago(minutes=10)), newest=NOW
    )


def queue(agency: str, many: int, overdue: int = 0, **age: float) -> QueueState:
    """Return the queue of an agency."""
    backlog = Backlog(many=many, oldest=ago(**age))
    return QueueState(agency=agency, name=f"Kota {agency.upper()}", waiting=backlog, overdue=overdue)


CASES: list[tuple[str, dict[str, Any], Urgency, str]] = [
    (
        "bus-away",
        {"away": {"bus": "can't be reached"}, **process(spooled=34)},
        Urgency.NOW,
        "The bus can't be reached. No stage works. The doors store new messages in their spools (34 messages so far).",
    ),
    (
        "database-away",
        {"away": {"database": "can't be reached"}},
        Urgency.NOW,
        "The database can't be reached. No stage works. The doors of the app and of Open311 are shut.",
    ),
    (
        "process-away",
        {"processes": (ProcessState(address="http://10.0.0.7:1710", unreached="ConnectionError"),)},
        Urgency.NOW,
        "The process at http://10.0.0.7:1710 does not answer (ConnectionError). Check that it is running.",
    ),
    (
        "doors-unwatched",
        process(doors={}),
        Urgency.SOON,
        "No watched process has doors: nobody sees if they are shut, or what waits in their spools.",
    ),
    (
        "door-shut",
        process(doors={"twitter": DoorState(reason="rate_limited"), "web": DoorState()}),
        Urgency.SOON,
        "The Twitter door of host-a is shut: X limits our requests for a time that it states.",
    ),
    (
        "door-shut",
        process(doors={"web": DoorState(reason="spool_full")}),
        Urgency.NOW,
        "The web door of host-a is shut: the bus is away and the spool is full.",
    ),
    (
        "spool-aside",
        process(spool_aside=2),
        Urgency.NOW,
        "2 messages accepted by host-a were rejected by the bus; they are kept in `spool.db`, table `aside`.",
    ),
    (
        "spool-corrupt",
        process(spool_corrupt=2),
        Urgency.NOW,
        "host-a set aside 2 corrupt spool files. They may hold accepted messages; recover them.",
    ),
    (
        "disk-filling",
        process(disk_share=0.853),
        Urgency.SOON,
        "The disk of host-a is 85.3% full. When it is full, its doors refuse messages.",
    ),
    (
        "disk-full",
        process(disk_share=0.998),
        Urgency.NOW,
        "The disk of host-a is full (99.8%). What is away may be away for this reason.",
    ),
    (
        "spool-filling",
        process(spooled=700, spool_share=0.71),
        Urgency.NOW,
        "The spool of host-a is 71% full (700 messages). When it is full, the doors refuse messages.",
    ),
    (
        "spool-waiting",
        process(spooled=1, spool_share=0.01),
        Urgency.LATER,
        "1 message waits in the spool of host-a for the bus.",
    ),
    (
        "clock",
        process(ahead=-90.0),
        Urgency.SOON,
        "The clock of host-a is 2 min behind the monitor's clock. Valid signatures may be refused.",
    ),
    (
        "clock",
        {"jumped": 7200.0},
        Urgency.SOON,
        "The clock of this host was set forward by 2 h. The ages and times that are shown are wrong for ten minutes.",
    ),
    (
        "clock",
        channel(newest=NOW + timedelta(hours=1)),
        Urgency.SOON,
        (
            "The newest message on the bus is 1 h in the future. "
            "The clocks of the bus and of this host differ, or one of them was set back."
        ),
    ),
    (
        "started-twice",
        process(parts={"router": WorkerState(fenced=4, fenced_seconds=3.0)}),
        Urgency.NOW,
        "router of host-a was fenced 4 times in a row. Two processes use the same name.",
    ),
    (
        "stage-waiting",
        process(parts={"router": WorkerState(waits_for="database away")}),
        Urgency.SOON,
        "router of host-a waits and tries again: database away.",
    ),
    (
        "stage-hanging",
        process(parts={"router": WorkerState(silent_seconds=400)}),
        Urgency.NOW,
        "router of host-a has been busy with one batch for 7 min. It may hang.",
    ),
    (
        "stage-stopped",
        stage((), 1, seconds=33),
        Urgency.NOW,
        "No process runs router. 1 message has waited 33 s for it.",
    ),
    (
        "stage-behind",
        stage(many=1, minutes=3),
        Urgency.NOW,
        "1 message has waited 3 min for router. Running workers: host-a.",
    ),
    (
        "retention-near",
        {**stage(many=1, minutes=1), "retention": {"complaints": 120.0}},
        Urgency.NOW,
        "The oldest message of complaints that router has not read is 1 min old. The bus deletes it after 2 min.",
    ),
    (
        "dead-letters",
        {"dead_letters": (pending("unexpected", 1, "router"),)},
        Urgency.SOON,
        "1 message of router is a dead letter without a decision: 1 with unexpected.",
    ),
    (
        "spool-aside",
        process(spool_aside=1),
        Urgency.NOW,
        "1 message accepted by host-a was rejected by the bus; it is kept in `spool.db`, table `aside`.",
    ),
    (
        "spool-corrupt",
        process(spool_corrupt=1),
        Urgency.NOW,
        "host-a set aside 1 corrupt spool file. It may hold accepted messages; recover them.",
    ),
    (
        "agency-overdue",
        {"queues": (queue("a", 1, overdue=1, days=9),)},
        Urgency.LATER,
        "1 case is past the due time at 1 agency. Kota A has the most (1).",
    ),
    ("stage-stopped", stage(()), Urgency.SOON, "No process runs router. No message waits for it yet."),
    (
        "stage-stopped",
        stage((), 12, minutes=4),
        Urgency.NOW,
        "No process runs router. 12 messages wait for it; the oldest has waited 4 min.",
    ),
    (
        "stage-behind",
        stage(many=1200, minutes=3),
        Urgency.NOW,
        "1,200 messages wait for router; the oldest has waited 3 min. Running workers: host-a.",
    ),
    (
        "dead-letters",
        {"dead_letters": (pending("not_the_shape", 3, "router", "at"), pending("unexpected", 1, "router", "KeyError"))},
        Urgency.SOON,
        (
            "4 messages of router are dead letters without a decision: "
            "3 with not_the_shape (at), 1 with unexpected (KeyError)."
        ),
    ),
    (
        "quarantine",
        {"quarantine": (pending("unsigned", 5),), **channel(newest=ago(hours=1))},
        Urgency.SOON,
        "5 messages of sms in quarantine: 5 with no signature.",
    ),
    (
        "quarantine",
        {"quarantine": (pending("bad_signature", 34),), **channel(newest=ago(hours=1))},
        Urgency.NOW,
        (
            "34 messages of sms in quarantine: 34 with a wrong signature. "
            "No valid message has arrived since then. Check whether the provider's secret was changed."
        ),
    ),
    (
        "flood",
        channel(minute=900, usual=60.0, newest=NOW),
        Urgency.SOON,
        "900 messages arrived by sms in one minute; the usual rate is 1.0 a minute.",
    ),
    (
        "door-silent",
        channel(usual=60.0, newest=ago(hours=2)),
        Urgency.SOON,
        "No message arrived by sms for 2 h; the usual rate is 60.0 an hour.",
    ),
    (
        "danger-unopened",
        {"dangers": (queue("b", 1, minutes=5),)},
        Urgency.NOW,
        "Nobody of Kota B has opened 1 case with danger to life. It has waited 5 min.",
    ),
    (
        "danger-unopened",
        {"dangers": (queue("b", 3, hours=2),)},
        Urgency.NOW,
        "Nobody of Kota B has opened 3 cases with danger to life. The oldest has waited 2 h.",
    ),
    (
        "triage-waiting",
        {"queues": (queue(TRIAGE, 7, days=3),)},
        Urgency.SOON,
        "7 cases wait at triage; the oldest has waited 3 d.",
    ),
    (
        "agency-overdue",
        {
            "queues": (
                queue("a", 9, overdue=2, days=9),
                queue("b", 9, overdue=5, days=9),
                queue("c", 9, days=1),
            )
        },
        Urgency.LATER,
        "7 cases are past the due time at 2 agencies. Kota B has the most (5).",
    ),
    (
        "audit",
        {"differences": {"lost": 2, "doubled": 0, "misfiled": 1}},
        Urgency.NOW,
        "The audit found differences: 2 lost, 1 misfiled. `satupintu audit` lists them.",
    ),
    (
        "webhook-off",
        {"webhooks_off": 2},
        Urgency.LATER,
        "2 webhooks of agencies were switched off because their addresses fail. The agencies must act.",
    ),
]


@pytest.mark.parametrize(("name", "state", "urgency", "text"), CASES)
def test_each_condition_raises_one_alert(name: str, state: dict[str, Any], urgency: Urgency, text: str) -> None:
    """The alert has the expected name, urgency and sentence. No other alert is raised."""
    (alert,) = find_alerts(Snapshot(at=NOW, **state), DIRECTORY)
    assert (alert.name, alert.urgency, alert.text) == (name, urgency, text)


def test_every_alert_name_has_a_case() -> None:
    """The alert rules and the runbook follow this list, which is sorted."""
    assert {name for name, *_ in CASES} == set(ALERT_NAMES)
    assert list(ALERT_NAMES) == sorted(ALERT_NAMES)


@pytest.mark.parametrize(
    "state",
    [
        {},
        process(doors={"web": DoorState()}, parts={"router": WorkerState(fenced=1, fenced_seconds=2.0)}),
        process(parts={"router": WorkerState(fenced=9, fenced_seconds=4000.0)}),
        process(ahead=3.0),
        stage(many=5000, seconds=20),
        channel(minute=59, usual=1.0, newest=NOW),
        channel(minute=900, usual=6000.0, newest=NOW),
        channel(usual=60.0, newest=ago(minutes=50)),
        channel(usual=0.5, newest=ago(hours=30)),
        channel(),
        {"queues": (queue(TRIAGE, 7, hours=3),)},
        {"differences": {"lost": 0}},
        {"jumped": -2.0},
    ],
)
def test_usual_states_raise_no_alert(state: dict[str, Any]) -> None:
    """Some lag, one fencing after an outage, a quiet night and a busy hour raise no alert."""
    assert find_alerts(Snapshot(at=NOW, **state), DIRECTORY) == []


def test_figures_are_logged_with_the_alert() -> None:
    """The log has the figures as fields, not the sentence."""
    (alert,) = find_alerts(Snapshot(at=NOW, **stage(many=1200, minutes=3)), DIRECTORY)
    assert alert.figures == {"waiting": 1200, "oldest_seconds": 180}


def test_a_valid_signature_shows_that_the_secret_is_right() -> None:
    """Wrong signatures among valid ones come from a stranger."""
    state = {"quarantine": (pending("bad_signature", 34),), **channel(newest=NOW + timedelta(seconds=1))}
    (alert,) = find_alerts(Snapshot(at=NOW, **state), DIRECTORY)
    assert alert.urgency is Urgency.SOON


def test_the_most_urgent_alert_comes_first() -> None:
    """An absent bus comes before dead letters."""
    state = {"dead_letters": (pending("x", 1, "router"),), "away": {"bus": "x"}, **process(spooled=1)}
    assert [alert.name for alert in find_alerts(Snapshot(at=NOW, **state), DIRECTORY)] == [
        "bus-away",
        "dead-letters",
    ]


def test_an_alert_is_active_since_the_first_snapshot_that_raised_it() -> None:
    """Changed figures do not restart it. An alert that was cleared and is raised again starts anew."""
    register = AlertRegister(DIRECTORY)
    for minute, many in enumerate((1, 5)):
        snapshot = Snapshot(at=NOW + timedelta(minutes=minute), dead_letters=(pending("x", many, "router"),))
        (alert,) = register.update(snapshot)
        assert alert.since == NOW
        assert f"{many} message" in alert.text
    assert register.update(Snapshot(at=NOW)) == ()
    (raised_again,) = register.update(Snapshot(at=NOW + timedelta(hours=1), dead_letters=(pending("x", 1, "router"),)))
    assert raised_again.since == NOW + timedelta(hours=1)


def test_no_alert_starts_in_the_future() -> None:
    """If the clock is set back to before the start, the alert starts at the new time."""
    register = AlertRegister(DIRECTORY)
    for minutes, since_minutes in ((0, 0), (60, 0), (30, 0), (-60, -60), (0, -60)):
        at = NOW + timedelta(minutes=minutes)
        (alert,) = register.update(Snapshot(at=at, dead_letters=(pending("x", 1, "router"),)))
        assert alert.since == NOW + timedelta(minutes=since_minutes)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59, "59 s"), (60, "1 min"), (5400, "2 h"), (86_400, "1 d"), (900_000, "10 d")]
)
def test_durations_are_formatted_in_one_unit(seconds: float, text: str) -> None:
    """The largest unit that fits is used."""
    assert format_duration(seconds) == text


def test_the_usual_silence_depends_on_the_rate() -> None:
    """One hour for a busy door, longer for a quiet one, without limit for an unused one."""
    assert usual_silence_seconds(1000.0) == 3600
    assert usual_silence_seconds(10.0) > 10_000
    assert usual_silence_seconds(0.0) == float("inf")


def test_a_full_disk_is_named_before_what_follows_from_it() -> None:
    """Without its disk, the embedded bus and the database cannot write."""
    snapshot = Snapshot(
        at=NOW, away={"bus": "can't be reached", "database": "can't be reached"}, **process(disk_share=1.0)
    )
    assert [alert.name for alert in find_alerts(snapshot, DIRECTORY)] == ["disk-full", "bus-away", "database-away"]


def test_a_flood_from_one_network_says_its_share_and_no_name() -> None:
    """The sentence and the figures come into the log; the name of the network is on the page alone."""
    network = NetworkState(network="203.0.113.0/24", share=0.93, requests=412)
    state = channel(channel="web", minute=900, usual=60.0, newest=NOW)
    for door, ending in (
        ("web", "One network sent 93% of the requests; see the processes."),
        ("mobile", "1.0 a minute."),
    ):
        snapshot = Snapshot(at=NOW, **state, **process(doors={"web": DoorState()}, networks={door: network}))
        (alert,) = find_alerts(snapshot, DIRECTORY)
        assert alert.name == "flood"
        assert alert.text.endswith(ending)
        assert "203.0.113" not in f"{alert.text} {alert.figures}"
