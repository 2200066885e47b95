"""Fixtures that serve the doors on loopback, and a check of every log line for personal data."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import pytest
from structlog.types import EventDict

from app.assembly import http
from app.assembly.channels import CHANNELS
from app.assembly.parts import Parts
from app.assembly.process_health import http_doors
from app.clock import utc_now
from app.surroundings import system_surroundings
from bus.port import Producer
from config.reference.regions import Regions
from config.settings import Settings
from ingest.http.concurrency_limit import ConcurrencyLimit
from monitor.health import ProcessHealth
from tests.ingest import people
from tests.ingest.door_client import DoorClient, DoorServer
from tests.ingest.twitter.loopback_x import LoopbackX, serving_x
from tests.ingest.twitter.reading import Reading
from tests.support.databases import Databases
from tests.support.log_capture import captured_log
from tests.support.prepared_parts import create_topics, opened_parts

_AGENCIES = """\
code,kind,name,acronym,aliases,places,region,parent,connected,fallback,valid_from,valid_to,successors
provinsi-33,provinsi,Provinsi Jawa Tengah,,,,33,,yes,,,,
kota-3374,kota,Kota Semarang,,,,33.74,provinsi-33,yes,,,,
triage,triage,Triase,,,,,,yes,,,,
"""


class Serve(Protocol):
    """Function that serves the doors until the test ends."""

    def __call__(
        self,
        producer: Producer | None = None,
        *,
        migrated: bool = True,
        file_limit: ConcurrencyLimit | None = None,
        now: Callable[[], datetime] = utc_now,
        **changed: Any,
    ) -> DoorClient:
        """Serve the doors. `producer`, `file_limit` and `now` are those of the process; `changed` are settings."""
        ...


@pytest.fixture(scope="session")
def host() -> Iterator[DoorServer]:
    """Server of the test session."""
    server = DoorServer()
    with server.serving():
        yield server


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Settings with three agencies. They keep the suggested regions and the number of topics small."""
    agencies = tmp_path / "agencies"
    agencies.mkdir()
    (agencies / "agencies.csv").write_text(_AGENCIES)
    (agencies / "units.csv").write_text("pattern,institution,topic\n")
    return settings.model_copy(update={"reference_folder": agencies})


@pytest.fixture
def serve(
    host: DoorServer,
    settings: Settings,
    database: Databases,
    templates: Path,
    regions: Regions,
) -> Iterator[Serve]:
    """Build the doors as a test needs them and serve them. Everything that was opened is closed in reverse order."""
    with ExitStack() as stack:

        def start(
            producer: Producer | None = None,
            *,
            migrated: bool = True,
            file_limit: ConcurrencyLimit | None = None,
            process_health: ProcessHealth | None = None,
            now: Callable[[], datetime] = utc_now,
            **changed: Any,
        ) -> DoorClient:
            values = settings.model_dump() | {"port": host.port} | changed
            if not migrated:
                values["database_url"] = stack.enter_context(database.blank(settings.home))
            served_settings = Settings.model_validate(values)
            surroundings = system_surroundings()
            moved = replace(surroundings, clock=replace(surroundings.clock, now=now))
            if served_settings.database == settings.database:
                parts = stack.enter_context(opened_parts(served_settings, database, moved))
            else:
                parts = Parts(served_settings, CHANNELS, moved)
                stack.callback(parts.engine.dispose)
            parts.doors.file_limit = file_limit or parts.doors.file_limit
            parts.tables.regions = regions
            create_topics(parts, templates)
            if producer is None:
                producer = parts.bus.producer()
                stack.callback(producer.close)
            host.app = http.build(parts, producer, process_health or _started_process_health(), http_doors(parts))
            return DoorClient(f"http://127.0.0.1:{host.port}", parts)

        yield start


@pytest.fixture
def producer(parts: Parts) -> Iterator[Producer]:
    """Producer of the bus that the doors publish to."""
    producer = parts.bus.producer()
    yield producer
    producer.close()


@pytest.fixture
def served(serve: Serve) -> DoorClient:
    """Client of the doors, served with the settings of every test."""
    return serve()


@pytest.fixture
def x() -> Iterator[LoopbackX]:
    """Loopback X without posts and without a script."""
    with serving_x() as loopback_x:
        yield loopback_x


@pytest.fixture
def reading(parts: Parts, producer: Producer, x: LoopbackX) -> Reading:
    """Twitter door that has not read anything yet, and a loopback X with five posts on three pages."""
    x.posts = [people.post(number) for number in range(1, 6)]
    return Reading(parts, producer, x)


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[EventDict]]:
    """Return every event that the test logs. At the end no line of ours or of a library may contain personal data."""
    with captured_log() as capture:
        yield capture.lines
    assert capture.logged_words(people.PRIVATE) == []


def _started_process_health() -> ProcessHealth:
    """Return the process_health of a process that has started completely."""
    process_health = ProcessHealth()
    process_health.started.set()
    return process_health
