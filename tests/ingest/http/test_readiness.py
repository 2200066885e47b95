"""Readiness: besides what is shut and away, `/ready` shows the numbers of the doors that are there."""

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from app.assembly import http
from app.assembly.channels import CHANNELS
from app.assembly.doors import twitter
from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.assembly.process_health import http_doors
from app.clock import utc_now
from bus.port import Producer
from config.settings import Settings
from ingest.smpp.part_store import Part
from monitor.health import ProcessHealth
from tests.ingest.door_client import DoorClient, DoorServer

Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(host: DoorServer, producer: Producer) -> Ask:
    """What /ready says of these parts with these doors beside HTTP's, all of them open."""

    def ready(parts: Parts, *doors: str) -> dict[str, Any]:
        host.app = http.build(parts, producer, ProcessHealth(), http_doors(parts) | dict.fromkeys(doors, str))
        found: dict[str, Any] = DoorClient(f"http://127.0.0.1:{host.port}", parts).get("/ready").json()
        return found

    return ready


def test_reads_of_x_are_shown(parts: Parts, ask: Ask) -> None:
    """How many posts X gave today, and of how many; without a limit that is null."""
    twitter.read_budget(parts).spend(7)
    limited = Parts(Settings.model_validate(parts.settings.model_dump() | {"x_reads_per_day": 500}), CHANNELS)
    migrate(limited.engine)

    today = str(utc_now().date())
    assert ask(parts, "twitter")["x_reads"] == {"day": today, "used": 7, "limit": None}
    assert ask(limited, "twitter")["x_reads"] == {"day": today, "used": 7, "limit": 500}
    limited.engine.dispose()


def test_waiting_parts_of_sms_are_shown(parts: Parts, ask: Ask) -> None:
    """How many parts wait for the rest of their message, or for a bus that takes it."""
    for number in (1, 2):
        parts.sms_parts.add(Part("ab" * 16, number, 3, f"d{number}", "sealed"), utc_now())

    assert ask(parts, "smpp")["sms_parts"] == 2


def test_doors_that_are_not_there_have_no_numbers(parts: Parts, ask: Ask) -> None:
    """Whoever has no X and no SMPP is not shown theirs."""
    assert {"x_reads", "sms_parts"} & set(ask(parts)) == set()
    assert {"x_reads", "sms_parts"} <= set(ask(parts, "twitter", "smpp"))


def test_numbers_that_can_not_be_had_are_null(settings: Settings, ask: Ask) -> None:
    """While the database is away the doors that do without it are open: readiness says so, and answers."""
    away = {"database_url": "postgresql://nobody@127.0.0.1:9/none"}
    parts = Parts(Settings.model_validate(settings.model_dump() | away), CHANNELS)
    said = ask(parts, "twitter", "smpp")

    assert (said["ready"], said["faults"]["database"]) == (True, "DatabaseUnavailable")
    assert (said["x_reads"], said["sms_parts"], said["spooled"]) == (None, None, 0)
    parts.engine.dispose()


def test_nobody_waits_for_a_database_that_says_nothing(settings: Settings, ask: Ask) -> None:
    """One that is reached and hangs is away as well: who asks is told so in time, and one connection is all it gets."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        away = {"database_url": f"postgresql+psycopg://nobody@127.0.0.1:{mute.getsockname()[1]}/none"}
        parts = Parts(Settings.model_validate(settings.model_dump() | away), CHANNELS)
        begun = time.monotonic()
        said = ask(parts, "twitter", "smpp")
        lasted = time.monotonic() - begun
        pings = [each for each in threading.enumerate() if each.name == "database-ping"]

    assert (said["faults"]["database"], said["doors"]["mobile"]["why"]) == ("DatabaseUnavailable", "database_away")
    assert (said["x_reads"], said["sms_parts"], lasted < 8, len(pings)) == (None, None, True, 1)
    pings[0].join(20)
    parts.engine.dispose()
