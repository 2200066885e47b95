"""Looking again and again: what is remembered, and what is said in the log."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from app.assembly.channels import DIRECTORY
from monitor.monitor_loop import Watching
from monitor.snapshot import ChannelState, Snapshot, StageState, Waiting
from tests.conftest import NOW
from tests.support.log_capture import Heard, listening


@pytest.fixture
def heard() -> Iterator[Heard]:
    """What is logged."""
    with listening() as made:
        yield made


def seen(minute: int, members: tuple[str, ...] = ("a",), many: int = 0) -> Snapshot:
    """A look, so many minutes later."""
    at = NOW + timedelta(minutes=minute)
    topics = {"complaints": Waiting(many=many, oldest=NOW)} if many else {}
    channel = ChannelState(channel="web", minute=4, hour=9, usual=1.0, newest=at)
    return Snapshot(at=at, channels=(channel,), stages=(StageState(stage="router", members=members, topics=topics),))


def test_what_began_and_ended_is_logged_once(heard: Heard) -> None:
    """In the words of the console; not again with each look."""
    looks = iter([seen(0), seen(1, ()), seen(2, ()), seen(3)])
    watching = Watching(lambda: next(looks), DIRECTORY, threading.Event(), 5.0)
    for _ in range(4):
        watching.step()
    told = [(line["event"], line["concern"], line["subject"]) for line in heard.lines if "concern" in line]
    assert told == [("concern.began", "stage-stopped", "router"), ("concern.ended", "stage-stopped", "router")]


def test_what_cannot_be_seen_is_not_said_to_be_over(heard: Heard) -> None:
    """Without the bus nobody knows whether anybody works; that it was so before is not forgotten."""
    dark = [Snapshot(at=NOW + timedelta(minutes=minute), away={"bus": "can't be reached"}) for minute in (1, 2)]
    looks = iter([seen(0, ()), *dark, seen(3, ()), dark[0], seen(4)])
    watching = Watching(lambda: next(looks), DIRECTORY, threading.Event(), 5.0)
    stands = [watching.step().standing for _ in range(6)][3]
    assert [one.since for one in stands] == [NOW]
    told = [(line["event"], line["concern"]) for line in heard.lines if "concern" in line]
    assert told == [
        ("concern.began", "stage-stopped"),
        ("concern.began", "bus-away"),
        ("concern.ended", "bus-away"),
        ("concern.began", "bus-away"),
        ("concern.ended", "bus-away"),
        ("concern.ended", "stage-stopped"),
    ]


def test_the_last_look_is_shown(heard: Heard) -> None:
    """With its number; before the first there is none."""
    watching = Watching(lambda: seen(0, (), 3), DIRECTORY, threading.Event(), 5.0)
    before = watching.view
    watching.step()
    view = watching.step()
    assert (before, watching.view, view.number) == (None, view, 2)
    assert [one.since for one in view.standing] == [NOW]


def test_the_last_hour_is_remembered(heard: Heard) -> None:
    """A point for each look, and no more than an hour of them."""
    looks = iter([seen(minute, many=minute) for minute in range(800)])
    watching = Watching(lambda: next(looks), DIRECTORY, threading.Event(), 5.0)
    for _ in range(800):
        watching.step()
    assert len(watching.points) == 720
    last = watching.points[-1]
    assert (last.minute, last.waiting, last.age) == ({"web": 4}, {"router": 799}, {"router": 799 * 60.0})


def test_it_looks_until_it_is_stopped(heard: Heard) -> None:
    """At its pace; a stop in the middle of a pause is heard at once."""
    stopping, looked = threading.Event(), threading.Event()

    def look() -> Snapshot:
        looked.set()
        return seen(0)

    thread = threading.Thread(target=Watching(look, DIRECTORY, stopping, pause=60).run)
    thread.start()
    assert looked.wait(20)
    stopping.set()
    thread.join(20)
    assert not thread.is_alive()
    assert [line["event"] for line in heard.lines] == ["lag"]


def test_a_fault_of_ours_ends_nothing(heard: Heard) -> None:
    """It is logged, and the next look is made."""
    stopping = threading.Event()

    def look() -> Snapshot:
        if not heard.lines:
            raise KeyError("x")
        stopping.set()
        return seen(0)

    watching = Watching(look, DIRECTORY, stopping, 0.01)
    watching.run()
    assert [line["event"] for line in heard.lines] == ["watch.unexpected", "lag"]
    assert watching.view is not None
