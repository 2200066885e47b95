"""Twitter door as the service and the command line run it."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import requests

from app.assembly.channels import CHANNELS
from app.assembly.doors import twitter
from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.assembly.stages.doors import practice_x_threads
from app.clock import utc_now
from app.surroundings import system_surroundings
from bus.port import Producer
from config.settings import Settings
from ingest.door_store import DoorStore
from tests.ingest.door_client import raw_messages
from tests.support import program
from tests.support.arrival_ids import arrival_id
from tests.support.ports import free_port

pytestmark = pytest.mark.slow

_LOOKS = 400


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings of one machine on which the service plays X itself, with everything enabled."""
    changed = {"x_bearer_token": "", "x_base_url": "", "x_recheck_days": 7, "port": free_port()}
    return Settings.model_validate(settings.model_dump() | changed)


def threads_of(parts: Parts, producer: Producer, stopping: threading.Event) -> Iterator[tuple[str, Callable[[], None]]]:
    """Return every thread of the door by its name."""
    for door in twitter.twitter_doors(parts.doors, producer, stopping):
        yield from door.threads


@contextmanager
def running(parts: Parts) -> Iterator[set[str]]:
    """Run every part of the door in its thread until the block ends. Returns their names."""
    stopping = threading.Event()
    producer = parts.bus.producer()
    runs = [*threads_of(parts, producer, stopping), *practice_x_threads(parts, stopping)]
    threads = [threading.Thread(target=run, name=name) for name, run in runs]
    for thread in threads:
        thread.start()
    try:
        yield {thread.name for thread in threads}
    finally:
        stopping.set()
        for thread in threads:
            thread.join(20)
        producer.close()
    assert [thread.name for thread in threads if thread.is_alive()] == []


def test_door_and_recheck_run_and_stop(parts: Parts) -> None:
    """A post on the practice X is on the bus soon. Every part ends when it is stopped."""
    url, token = parts.settings.x_url, parts.secrets.x_token
    with running(parts) as names:
        post = {"text": "@Lapor1708 lampu mati, Kota Semarang"}
        response = _posted(url, token, post)
        message_id = arrival_id("twitter", response["data"]["id"])
        for _ in range(_LOOKS):
            if message_id in {raw.id for raw in raw_messages(parts, "twitter")}:
                break
            threading.Event().wait(0.05)
        arrived_ids = {raw.id for raw in raw_messages(parts, "twitter")}

    assert message_id in arrived_ids
    assert names == {"twitter", "x-lease", "x-recheck", "practice-x"}


def test_the_first_look_goes_as_far_back_as_is_set(parts: Parts) -> None:
    """Without posts, the cursor is that of a post from two hours before the start."""
    parts.core.settings = Settings.model_validate(parts.settings.model_dump() | {"x_since_hours": 2})
    time_before = utc_now()
    with running(parts):
        for _ in range(_LOOKS):
            if cursor := DoorStore(parts.engine).cursor("twitter.since_id"):
                break
            threading.Event().wait(0.05)
        time_after = utc_now()

    # X's ids hold the milliseconds since this moment in their upper bits.
    cursor_time = datetime.fromtimestamp(((int(cursor or 0) >> 22) + 1_288_834_974_657) / 1000, UTC)
    two_hours = timedelta(hours=2)
    assert time_before - timedelta(milliseconds=1) <= cursor_time + two_hours <= time_after


def test_only_what_is_set_runs(parts: Parts) -> None:
    """The recheck runs only if it is set, the practice X only without a token."""
    changed = {"x_bearer_token": "t", "x_base_url": "http://127.0.0.1:9", "x_recheck_days": 0}
    other_parts = Parts(Settings.model_validate(parts.settings.model_dump() | changed), CHANNELS, system_surroundings())
    migrate(other_parts.engine)
    producer = other_parts.bus.producer()

    (door,) = twitter.twitter_doors(other_parts.doors, producer, threading.Event())
    assert [name for name, _ in door.threads] == ["twitter", "x-lease"]
    assert list(practice_x_threads(other_parts, threading.Event())) == []
    assert (door.name, door.why_shut()) == ("twitter", "")
    producer.close()
    other_parts.engine.dispose()


def test_pictures_come_from_x_alone(settings: Settings) -> None:
    """Pictures come from X's host, or from a loopback X, or from the hosts that are set."""
    real = Settings.model_validate(settings.model_dump() | {"x_bearer_token": "t"})
    assert real.x_media_from == {"pbs.twimg.com"}
    assert settings.x_media_from == {"pbs.twimg.com", f"127.0.0.1:{settings.port + 1}"}
    other_settings = Settings.model_validate(real.model_dump() | {"x_media_hosts": "a.example, b.example:8443"})
    assert other_settings.x_media_from == {"a.example", "b.example:8443"}


def test_reads_are_shown(parts: Parts) -> None:
    """`satupintu x-reads` prints today's reads and the limit, for people and for programs."""
    twitter.read_budget(parts.doors).count_reads(7)

    shown = _command(parts, "x-reads", "--json")
    assert {name: json.loads(shown)[name] for name in ("used", "limit")} == {"used": 7, "limit": None}
    assert _command(parts, "x-reads", SATUPINTU_X_READS_PER_DAY="500").strip().endswith(": 7 of 500")


def _posted(url: str, token: str, post: dict[str, str]) -> dict[str, dict[str, str]]:
    for _ in range(_LOOKS):
        try:
            response = requests.post(
                f"{url}/2/tweets", json=post, headers={"Authorization": f"Bearer {token}"}, timeout=60
            )
        except requests.ConnectionError:
            threading.Event().wait(0.05)
        else:
            answer: dict[str, dict[str, str]] = response.json()
            return answer
    raise AssertionError("the practice X did not start")


def _command(parts: Parts, *arguments: str, **more: str) -> str:
    environment = {**program.environment_of(parts.settings), **more, "COLUMNS": "200"}
    return program.run(arguments, environment, parts.settings.home, check=True).stdout
