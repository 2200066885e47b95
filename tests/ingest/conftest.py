"""Serves the doors on loopback, and reads every log line of every test here for what may not stand in it."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest
from structlog.types import EventDict

from app.assembly import http
from app.assembly.channels import CHANNELS
from app.assembly.parts import Parts
from app.assembly.process_health import http_doors
from bus.port import Producer
from config.reference.regions import Regions
from config.settings import Settings
from ingest.http.concurrency_limit import ConcurrencyLimit
from monitor.health import ProcessHealth
from tests.conftest import prepare
from tests.ingest import people
from tests.ingest.door_client import DoorClient, DoorServer
from tests.ingest.twitter.loopback_x import LoopbackX, serving_x
from tests.ingest.twitter.reading import Reading
from tests.support.log_capture import listening

_AGENCIES = """\
code,kind,name,acronym,aliases,places,region,parent,connected,fallback,valid_from,valid_to,successors
provinsi-33,provinsi,Provinsi Jawa Tengah,,,,33,,yes,,,,
kota-3374,kota,Kota Semarang,,,,33.74,provinsi-33,yes,,,,
triage,triage,Triase,,,,,,yes,,,,
"""


class Serve(Protocol):
    """Serves the doors until the test ends."""

    def __call__(
        self,
        producer: Producer | None = None,
        *,
        migrated: bool = True,
        room: ConcurrencyLimit | None = None,
        **changed: Any,
    ) -> DoorClient:
        """`producer` and `room` take the place of the process's own; `changed` are settings."""
        ...


@pytest.fixture(scope="session")
def host() -> Iterator[DoorServer]:
    """The server of the session."""
    made = DoorServer()
    with made.serving():
        yield made


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Three agencies: a door suggests their regions and looks no further, and each is a topic that must be made."""
    agencies = tmp_path / "agencies"
    agencies.mkdir()
    (agencies / "agencies.csv").write_text(_AGENCIES)
    (agencies / "units.csv").write_text("pattern,institution,topic\n")
    return settings.model_copy(update={"agencies": agencies})


@pytest.fixture
def serve(host: DoorServer, settings: Settings, tables: Path, regions: Regions) -> Iterator[Serve]:
    """Builds the doors as a test wants them and serves them; what was opened is closed in reverse."""
    with ExitStack() as stack:

        def start(
            producer: Producer | None = None,
            *,
            migrated: bool = True,
            room: ConcurrencyLimit | None = None,
            pulse: ProcessHealth | None = None,
            **changed: Any,
        ) -> DoorClient:
            parts = Parts(Settings.model_validate(settings.model_dump() | {"port": host.port} | changed), CHANNELS)
            parts.file_limit = room or parts.file_limit
            stack.callback(parts.engine.dispose)
            parts.regions = regions
            if migrated:
                prepare(parts, tables)
            parts.ensure_topics()
            if producer is None:
                producer = parts.bus.producer()
                stack.callback(producer.close)
            host.app = http.build(parts, producer, pulse or _begun(), http_doors(parts))
            return DoorClient(f"http://127.0.0.1:{host.port}", parts)

        yield start


@pytest.fixture
def producer(parts: Parts) -> Iterator[Producer]:
    """A producer of the bus that the doors publish to."""
    made = parts.bus.producer()
    yield made
    made.close()


@pytest.fixture
def served(serve: Serve) -> DoorClient:
    """The doors, with the settings of every test."""
    return serve()


@pytest.fixture
def x() -> Iterator[LoopbackX]:
    """An X without posts and without a script."""
    with serving_x() as made:
        yield made


@pytest.fixture
def reading(parts: Parts, producer: Producer, x: LoopbackX) -> Reading:
    """A Twitter door that has not looked yet, and an X with five posts in three pages."""
    x.posts = [people.post(number) for number in range(1, 6)]
    return Reading(parts, producer, x)


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[EventDict]]:
    """Every event that a test makes us log; at its end no line of ours or of a library may name or quote a citizen."""
    with listening() as heard:
        yield heard.lines
    assert heard.telling(people.PRIVATE) == []


def _begun() -> ProcessHealth:
    """Of a process in which everything was begun."""
    pulse = ProcessHealth()
    pulse.started.set()
    return pulse
