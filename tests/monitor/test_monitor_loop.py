"""The monitor loop keeps the last hour and logs which alerts are raised and cleared."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from app.assembly.channels import DIRECTORY
from monitor.monitor_loop import MonitorLoop
from monitor.snapshot import Backlog, ChannelState, Snapshot, StageState
from tests.conftest import NOW
from tests.support.log_capture import CapturedLog, captured_log


@pytest.fixture
def log() -> Iterator[CapturedLog]:
    """Yield the log of the test."""
    with captured_log() as captured:
        yield captured


def snapshot(minute: int, members: tuple[str, ...] = ("a",), many: int = 0) -> Snapshot:
    """Return a snapshot of a service with one stage and one channel."""
    at = NOW + timedelta(minutes=minute)
    topics = {"complaints": Backlog(many=many, oldest=NOW)} if many else {}
    channel = ChannelState(channel="web", minute=4, hour=9, usual=1.0, newest=at)
    return Snapshot(at=at, channels=(channel,), stages=(StageState(stage="router", members=members, topics=topics),))


def test_a_raised_and_a_cleared_alert_are_logged_once(log: CapturedLog) -> None:
    """The following snapshots do not log them again."""
    snapshots = iter([snapshot(0), snapshot(1, ()), snapshot(2, ()), snapshot(3)])
    loop = MonitorLoop(lambda: next(snapshots), DIRECTORY, threading.Event(), 5.0)
    for _ in range(4):
        loop.step()
    raised, cleared = [line for line in log.lines if line["event"].startswith("alert.")]
    assert raised == {
        "event": "alert.raised",
        "name": "stage-stopped",
        "subject": "router",
        "waiting": 0,
        "oldest_seconds": 0,
        "log_level": "warning",
    }
    assert (cleared["event"], cleared["name"], cleared["subject"]) == ("alert.cleared", "stage-stopped", "router")


def test_an_alert_that_cannot_be_evaluated_stays_active(log: CapturedLog) -> None:
    """Without the bus it is unknown whether a process runs the stage. The alert keeps its start time."""
    without_bus = [Snapshot(at=NOW + timedelta(minutes=minute), away={"bus": "can't be reached"}) for minute in (1, 2)]
    snapshots = iter([snapshot(0, ()), *without_bus, snapshot(3, ()), without_bus[0], snapshot(4)])
    loop = MonitorLoop(lambda: next(snapshots), DIRECTORY, threading.Event(), 5.0)
    fourth_alerts = [loop.step().alerts for _ in range(6)][3]
    assert [alert.since for alert in fourth_alerts] == [NOW]
    logged = [(line["event"], line["name"]) for line in log.lines if line["event"].startswith("alert.")]
    assert logged == [
        ("alert.raised", "stage-stopped"),
        ("alert.raised", "bus-away"),
        ("alert.cleared", "bus-away"),
        ("alert.raised", "bus-away"),
        ("alert.cleared", "bus-away"),
        ("alert.cleared", "stage-stopped"),
    ]


def test_the_latest_observation_is_available(log: CapturedLog) -> None:
    """It has a number. Before the first there is none."""
    loop = MonitorLoop(lambda: snapshot(0, (), 3), DIRECTORY, threading.Event(), 5.0)
    initial = loop.latest
    loop.step()
    observation = loop.step()
    assert (initial, loop.latest, observation.number) == (None, observation, 2)
    assert [alert.since for alert in observation.alerts] == [NOW]


def test_the_last_hour_is_kept(log: CapturedLog) -> None:
    """There is one history point for each snapshot of the last hour."""
    snapshots = iter([snapshot(minute, many=minute) for minute in range(800)])
    loop = MonitorLoop(lambda: next(snapshots), DIRECTORY, threading.Event(), 5.0)
    for _ in range(800):
        loop.step()
    assert len(loop.last_hour) == 720
    last = loop.last_hour[-1]
    assert (last.minute, last.waiting, last.age) == ({"web": 4}, {"router": 799}, {"router": 799 * 60.0})


def test_the_loop_runs_until_it_is_stopped(log: CapturedLog) -> None:
    """A stop ends the pause at once."""
    stopping, collected = threading.Event(), threading.Event()

    def collect() -> Snapshot:
        collected.set()
        return snapshot(0)

    thread = threading.Thread(target=MonitorLoop(collect, DIRECTORY, stopping, pause=60, first_pause=0).run)
    thread.start()
    assert collected.wait(20)
    stopping.set()
    thread.join(20)
    assert not thread.is_alive()
    assert [line["event"] for line in log.lines] == ["lag.measured"]


def test_an_error_does_not_end_the_loop(log: CapturedLog) -> None:
    """It is logged, and the next snapshot is taken."""
    stopping = threading.Event()

    def collect() -> Snapshot:
        if not log.lines:
            raise KeyError("x")
        stopping.set()
        return snapshot(0)

    loop = MonitorLoop(collect, DIRECTORY, stopping, 0.01, first_pause=0)
    loop.run()
    assert [line["event"] for line in log.lines] == ["snapshot.failed", "lag.measured"]
    assert loop.latest is not None
