"""Several processes with a Twitter door: one at a time reads X, and a killed or frozen one is replaced."""

import json
import multiprocessing
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from app.assembly.channels import CHANNELS
from app.assembly.parts import Parts
from app.database import open_database
from app.surroundings import system_surroundings
from bus.port import Outgoing, Producer
from config.settings import Settings
from ingest.door_store import DoorStore
from ingest.twitter.adapter import TwitterAdapter
from ingest.twitter.client import MentionSource, XClient
from ingest.twitter.door import TwitterDoor
from ingest.twitter.intake import Intake
from ingest.twitter.lease import LEASE_LENGTH, HolderFile, Lease
from ingest.twitter.pictures import PictureFetcher
from ingest.twitter.read_budget import ReadBudget
from tests.app.test_simulator_x import ACCOUNT, TOKEN, Practice, serving
from tests.conftest import NOW
from tests.ingest.door_client import raw_messages
from tests.ingest.twitter import loopback_x
from tests.ingest.twitter.reading import Reading
from tests.support.arrival_ids import provider_id_of

_CURSOR = "twitter.since_id"
_GAP = "twitter.ahead"
_AFTER_THE_LEASE = NOW + LEASE_LENGTH + timedelta(seconds=1)
_PATIENCE_SECONDS = 60.0


@pytest.fixture
def practice(tmp_path: Path) -> Iterator[Practice]:
    """A practice X that is being served, with three mentions."""
    with serving(tmp_path / "practice-x.jsonl") as practice:
        for number in range(3):
            practice.post(f"@Lapor1708 lampu mati ({number})")
        yield practice


class Process:
    """What one process with a Twitter door has of its own. All processes share the database and the bus."""

    def __init__(self, parts: Parts, engine: Engine, url: str, holder: str, producer: Producer) -> None:
        self.now = NOW
        store = DoorStore(engine)
        self.budget = ReadBudget(store, 0, self._clock)
        self.lease = Lease(engine, "twitter", lambda: holder, self._clock)
        pictures = PictureFetcher(parts.doors.attachments, set(), lambda: 0.0)
        self._intake = Intake(TwitterAdapter(parts.wrapper, ACCOUNT), pictures, producer, None, self._clock)
        self._store = store
        self.mentions: MentionSource = XClient(url, TOKEN, ACCOUNT)

    def door(self) -> TwitterDoor:
        """Return the door of this process."""
        arguments = (self.mentions, self._intake, self.budget, self._store, self._clock)
        return TwitterDoor(*arguments, 15.0, threading.Event(), timedelta(hours=24), self.lease)

    def _clock(self) -> datetime:
        return self.now


class InterruptedMentions:
    """The mentions of X. After the first page the process is frozen, while `meanwhile` runs."""

    def __init__(self, mentions: MentionSource, meanwhile: Callable[[], object]) -> None:
        self._mentions = mentions
        self._meanwhile: list[Callable[[], object]] = [meanwhile]

    def page(
        self, since_id: str | None, token: str | None, until_id: str | None = None, max_posts: int = 100
    ) -> Mapping[str, Any]:
        """See `MentionSource`."""
        page = self._mentions.page(since_id, token, until_id, max_posts)
        while self._meanwhile:
            self._meanwhile.pop()()
        return page


def published(parts: Parts) -> list[str]:
    """Return the ids of the published posts, in order."""
    return [provider_id_of(raw, parts.sealer) for raw in raw_messages(parts, "twitter")]


def test_of_two_processes_one_reads(parts: Parts, producer: Producer, engine: Engine, practice: Practice) -> None:
    """Two processes poll at the same time. Each mention is read once and published once."""
    processes = [Process(parts, engine, practice.url, f"process {number}", producer) for number in range(2)]
    doors = [process.door() for process in processes]
    start = threading.Barrier(2)

    def poll(door: TwitterDoor) -> None:
        start.wait()
        for _ in range(3):
            door.poll()

    threads = [threading.Thread(target=poll, args=(door,)) for door in doors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(published(parts)) == sorted(post["id"] for post in practice.mentioned())
    assert processes[0].budget.today().used == 3
    assert sorted(process.lease.is_held() for process in processes) == [False, True]
    assert [door.why_shut() for door in doors] == ["", ""]


def test_lease_is_free_again_after_its_end(engine: Engine) -> None:
    """Nobody else gets a lease before its end. Its holder renews it; a released one is free at once."""
    times = {"first": NOW, "second": NOW}
    first = Lease(engine, "twitter", lambda: "first", lambda: times["first"])
    second = Lease(engine, "twitter", lambda: "second", lambda: times["second"])
    assert (first.is_held(), second.is_held()) == (True, False)
    times |= dict.fromkeys(times, NOW + LEASE_LENGTH * 0.9)
    assert (first.is_held(), second.is_held()) == (True, False)
    times |= dict.fromkeys(times, NOW + LEASE_LENGTH * 1.8)
    assert (first.is_held(), second.is_held()) == (True, False)
    times |= dict.fromkeys(times, NOW + LEASE_LENGTH * 2.9)
    assert (second.is_held(), first.is_held()) == (True, False)
    second.release()
    assert (first.is_held(), second.is_held()) == (True, False)


def test_restarted_process_reads_at_once(engine: Engine, tmp_path: Path) -> None:
    """Of the processes with one data folder one holds the lease. When it is killed, its successor need not wait."""
    path = tmp_path / "x-reader.lock"
    killed, successor = (HolderFile(path, lambda: uuid.uuid4().hex) for _ in range(2))
    leases = [Lease(engine, "twitter", holder.identity, lambda: NOW) for holder in (killed, successor)]
    elsewhere = Lease(engine, "twitter", lambda: "another host", lambda: NOW)
    assert [lease.is_held() for lease in (*leases, elsewhere)] == [True, False, False]
    # The system closes the files of a killed process.
    killed.close()
    assert [lease.is_held() for lease in (leases[1], elsewhere)] == [True, False]
    successor.close()


@pytest.mark.slow
def test_killed_holder_is_replaced(parts: Parts, producer: Producer, engine: Engine, practice: Practice) -> None:
    """The holder is killed after it read X and before it published. Another process publishes all its posts."""
    ours, of_holder = multiprocessing.Pipe()
    url = engine.url.render_as_string(hide_password=False)
    arguments = (parts.settings.model_dump(), url, practice.url, of_holder)
    holder = multiprocessing.get_context("forkserver").Process(target=_poll_until_killed, args=arguments, daemon=True)
    holder.start()
    assert ours.poll(_PATIENCE_SECONDS)
    assert ours.recv() == 3
    holder.kill()
    holder.join()

    successor = Process(parts, engine, practice.url, "successor", producer)
    assert successor.door().poll() == 0
    assert published(parts) == []
    successor.now = _AFTER_THE_LEASE
    assert successor.door().poll() == 3
    assert published(parts) == [post["id"] for post in reversed(practice.mentioned())]


class _StuckProducer:
    """Producer of a process that is killed before the bus has the messages."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """Report the number of messages, and never return."""
        self._pipe.send(len(messages))
        threading.Event().wait()

    def close(self) -> None:
        """See `bus.port.Producer`."""


def _poll_until_killed(settings: dict[str, Any], database_url: str, x_url: str, pipe: Connection) -> None:
    parts = Parts(Settings.model_validate(settings), CHANNELS, system_surroundings())
    Process(parts, open_database(database_url), x_url, "killed", _StuckProducer(pipe)).door().poll()


def test_frozen_holder_changes_nothing(parts: Parts, producer: Producer, engine: Engine, practice: Practice) -> None:
    """A process is frozen after a page until another one has taken over. It then publishes nothing."""
    frozen, successor = (Process(parts, engine, practice.url, name, producer) for name in ("frozen", "successor"))

    def take_over() -> None:
        frozen.now = successor.now = _AFTER_THE_LEASE
        newest_id = practice.post("@Lapor1708 jalan rusak")
        assert successor.door().poll() == 4
        assert published(parts)[-1] == newest_id

    frozen.mentions = InterruptedMentions(frozen.mentions, take_over)
    assert frozen.door().poll() == 0
    assert len(published(parts)) == 4
    assert DoorStore(engine).cursor(_CURSOR) == published(parts)[-1]


def test_cursor_only_rises(engine: Engine) -> None:
    """The database keeps the highest of the stored cursors, compared as numbers."""
    store = DoorStore(engine)
    for value in (5, 1_990_000_000_000_000_010, 1_990_000_000_000_000_009, 999):
        store.raise_cursor(_CURSOR, value)
    assert store.cursor(_CURSOR) == "1990000000000000010"


def test_gap_that_the_cursor_has_passed_is_closed(
    parts: Parts, producer: Producer, engine: Engine, practice: Practice
) -> None:
    """A process that thaws after it lost the lease may leave one below the cursor: X would answer 400 for ever."""
    oldest, _, newest = (int(post["id"]) for post in reversed(practice.mentioned()))
    store = DoorStore(engine)
    store.move_cursor(_CURSOR, str(oldest + 1))
    store.move_cursor(_GAP, json.dumps({"newest": newest, "oldest": oldest, "looked": 5}))
    new_post = practice.post("@Lapor1708 jalan rusak")

    assert Process(parts, engine, practice.url, "only", producer).door().poll() == 1
    assert published(parts) == [new_post]
    assert (store.cursor(_CURSOR), store.cursor(_GAP)) == (new_post, "")


def test_gap_that_x_rejects_is_dropped(reading: Reading, logged: list[dict[str, Any]]) -> None:
    """If X rejects the request for a gap, its posts are read again: that costs reads and loses nothing."""
    newest, oldest = (int(post["id"]) for post in (reading.x.posts[4], reading.x.posts[2]))
    reading.store.move_cursor(_CURSOR, reading.x.posts[0]["id"])
    reading.store.move_cursor(_GAP, json.dumps({"newest": newest, "oldest": oldest, "looked": 5}))
    reading.x.script.append(loopback_x.json_answer({"title": "Invalid Request"}, 400))
    reading.waits(2)

    assert reading.published() == [post["id"] for post in reading.x.posts[1:]]
    assert "x.gap_dropped" in {line["event"] for line in logged}
