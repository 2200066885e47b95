"""Readiness: `/ready` shows what is away, which doors are shut, and on the operations' port the doors' numbers."""

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from app.assembly import http, operations_http
from app.assembly.channels import CHANNELS
from app.assembly.doors import twitter
from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.assembly.process_health import http_doors
from app.clock import utc_now
from app.surroundings import system_surroundings
from bus.port import Producer
from config.settings import Settings
from ingest.smpp.part_store import Part
from monitor.health import ProcessHealth
from tests.app.routes.asgi_request import answer_of
from tests.ingest.door_client import DoorClient, DoorServer

Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(host: DoorServer, producer: Producer) -> Ask:
    """Return a function that returns the answer of `/ready` for these parts with these additional open doors.

    It asks the operations' port, or with `public` the port that everybody reaches.
    """

    def ready(parts: Parts, *doors: str, public: bool = False) -> dict[str, Any]:
        health, all_doors = ProcessHealth(), http_doors(parts) | dict.fromkeys(doors, str)
        host.app = (
            http.build(parts, producer, health, all_doors)
            if public
            else operations_http.build(parts, health, all_doors, None)
        )
        readiness: dict[str, Any] = DoorClient(f"http://127.0.0.1:{host.port}", parts).get("/ready").json()
        return readiness

    return ready


def test_reads_of_x_are_shown(parts: Parts, ask: Ask) -> None:
    """`/ready` shows the posts read from X today and their limit, which is null without a limit."""
    twitter.read_budget(parts.doors).count_reads(7)
    limited = Parts(
        Settings.model_validate(parts.settings.model_dump() | {"x_reads_per_day": 500}), CHANNELS, system_surroundings()
    )
    migrate(limited.engine)

    today = str(utc_now().date())
    assert ask(parts, "twitter")["x_reads"] == {"day": today, "used": 7, "limit": None}
    assert ask(limited, "twitter")["x_reads"] == {"day": today, "used": 7, "limit": 500}
    limited.engine.dispose()


def test_waiting_parts_of_sms_are_shown(parts: Parts, ask: Ask) -> None:
    """`/ready` shows the number of SMS parts that wait for the rest of their message or for the bus."""
    for number in (1, 2):
        parts.doors.sms_parts.add(Part("ab" * 16, number, 3, f"d{number}", "sealed"), utc_now())

    assert ask(parts, "smpp")["sms_parts"] == 2


def test_the_public_port_shows_no_reason_and_no_number(settings: Settings, ask: Ask) -> None:
    """A load balancer learns whether the process is ready, which doors are open, and what is away."""
    away = {"database_url": "postgresql://nobody@127.0.0.1:9/none"}
    parts = Parts(Settings.model_validate(settings.model_dump() | away), CHANNELS, system_surroundings())
    assert ask(parts, "twitter", "smpp", public=True) == {
        "ready": True,
        "doors": {
            **{door: {"open": True} for door in ("web", "sms", "twitter", "smpp")},
            **{door: {"open": False} for door in ("mobile", "open311", "counter")},
        },
        "faults": ["database"],
        "waiting": [],
    }
    parts.engine.dispose()


def test_missing_doors_have_no_numbers(parts: Parts, ask: Ask) -> None:
    """A process without X and SMPP shows no numbers of them."""
    assert {"x_reads", "sms_parts"} & set(ask(parts)) == set()
    assert {"x_reads", "sms_parts"} <= set(ask(parts, "twitter", "smpp"))


def test_numbers_that_cannot_be_read_are_null(settings: Settings, ask: Ask) -> None:
    """While the database is away, the doors that do not need it stay open: `/ready` says so and answers."""
    away = {"database_url": "postgresql://nobody@127.0.0.1:9/none"}
    parts = Parts(Settings.model_validate(settings.model_dump() | away), CHANNELS, system_surroundings())
    readiness = ask(parts, "twitter", "smpp")

    assert (readiness["ready"], readiness["faults"]["database"]) == (True, "DatabaseUnavailable")
    assert (readiness["x_reads"], readiness["sms_parts"], readiness["spooled"]) == (None, None, 0)
    parts.engine.dispose()


def test_nobody_waits_for_a_hanging_database(settings: Settings, ask: Ask) -> None:
    """A database that hangs counts as away. `/ready` answers while its only connection is still being opened."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        away = {"database_url": f"postgresql+psycopg://nobody@127.0.0.1:{mute.getsockname()[1]}/none"}
        parts = Parts(Settings.model_validate(settings.model_dump() | away), CHANNELS, system_surroundings())
        readiness = ask(parts, "twitter", "smpp")
        pings = [thread for thread in threading.enumerate() if thread.name == "database-ping"]

    reasons = (readiness["faults"]["database"], readiness["doors"]["mobile"]["reason"])
    assert reasons == ("DatabaseUnavailable", "database_away")
    assert (readiness["x_reads"], readiness["sms_parts"], len(pings)) == (None, None, 1)
    pings[0].join(20)
    parts.engine.dispose()


def test_the_largest_network_is_for_operations_alone(parts: Parts, ask: Ask, producer: Producer) -> None:
    """The doors count what they are sent, the refused requests too. The public port does not name the network."""
    application = http.build(parts, producer, ProcessHealth(), http_doors(parts))

    async def send() -> None:
        for number in range(60):
            client = ("203.0.113.7", 50_000 + number)
            await answer_of(application, "POST", "/web/reports", {}, b"", client=client)

    asyncio.run(send())
    assert ask(parts)["networks"] == {"web": {"network": "203.0.113.0/24", "share": 1.0, "requests": 60}}
    assert "203.0.113" not in str(ask(parts, public=True))
