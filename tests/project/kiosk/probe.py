"""Runs the copied service, sends messages by its new channel, and prints as JSON where the channel was found.

It is started in the copy, by `test_new_channel.py`, with settings in the environment.
"""

import json
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

import app
from app.assembly.channels import CHANNELS, DIRECTORY
from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.assembly.service import Service
from app.assembly.stages.sinks import reply_senders
from app.operations.review.quarantine import Quarantine, QuarantineFilter
from app.stage_names import STAGES
from app.surroundings import system_surroundings
from bus.port import Record
from config import logs
from config.settings import load
from messages import topics
from monitor.alert_conditions import find_alerts
from monitor.console.process_rows import channel_row
from monitor.consumer_lag import ArrivalMeter
from monitor.snapshot import ChannelState, DoorState, ProcessState, Snapshot

TERMINAL = {"X-Terminal": "kantor-pos-1"}
_PATIENCE_SECONDS = 90.0
_PAUSE_SECONDS = 0.2


def probe(parts: Parts) -> dict[str, Any]:
    """Return where the channel was found; `parts` are those of the service that runs."""
    site = f"http://127.0.0.1:{parts.settings.port}"
    wait_for(lambda: requests.get(f"{site}/ready", timeout=5).status_code == requests.codes.ok)

    def send(body: bytes, headers: dict[str, str]) -> int:
        return requests.post(f"{site}/kiosk/reports", data=body, headers=headers, timeout=60).status_code

    statuses = [
        send(b"Kemenkes, mohon informasi syarat berobat di puskesmas", TERMINAL),
        send(b"\xff\xfe", TERMINAL),
        send(b"Lampu jalan padam", {}),
        send(b"Jalan rusak", TERMINAL),
        send(b"Sekali lagi", TERMINAL),
    ]
    wait_for(lambda: len(read(parts, ["replies"])) > 1 and bool(read(parts, ["dead-normalize"])))
    return {
        "statuses": statuses,
        "in_openapi": "/kiosk/reports" in requests.get(f"{site}/openapi.json", timeout=60).json()["paths"],
        "ready": requests.get(f"{parts.settings.peers[0]}/ready", timeout=60).json(),
        "topics": [topic.name for topic in parts.topics],
        "readers_of_topic": next(topic.readers for topic in parts.topics if topic.name == "raw-kiosk"),
        "complaints": decoded(read(parts, [topics.COMPLAINTS])),
        "dispatches": {record.topic: json.loads(record.value)["channel"] for record in read(parts, parts.queues)},
        "replies": decoded(read(parts, [topics.REPLIES])),
        "dead_letters": [record.header("dead_reason") for record in read(parts, ["dead-normalize"])],
        "rates": dict(parts.channels.rates),
        "reply_senders": [name for name, _ in reply_senders(parts, threading.Event())],
        "without_kind_choice": sorted(parts.channels.without_kind_choice),
        **monitor_views(parts),
        **quarantine_views(parts),
    }


def monitor_views(parts: Parts) -> dict[str, Any]:
    """Return what the monitor shows of the channel."""
    now = datetime.now(UTC)
    reader = parts.bus.reader()
    try:
        lag = {state.channel: state.total for state in ArrivalMeter(parts.channels.names).measure(reader, now)}
    finally:
        reader.close()
    state = ChannelState(channel="kiosk", minute=900, hour=900, usual=1.0, newest=now)
    process = ProcessState(address="a", instance="a", doors={"kiosk": DoorState(reason="database_away")})
    snapshot = Snapshot(at=now, channels=(state,), processes=(process,))
    row = channel_row(state, snapshot, parts.channels)
    return {
        "accepted": lag,
        "console_row": [row.name, [door.name for door in row.doors]],
        "alerts": sorted(alert.text for alert in find_alerts(snapshot, parts.channels)),
    }


def quarantine_views(parts: Parts) -> dict[str, Any]:
    """Release the quarantined message; return what was quarantined, and whether it is on the channel's topic now."""
    quarantine = Quarantine(parts.bus, parts.wrapper, parts.sealer, parts.audit_log)
    quarantined = [held.raw.channel for held in quarantine.undecided(QuarantineFilter())]
    (released,) = quarantine.release(QuarantineFilter(), "Sari", "a test", datetime.now(UTC))
    arrivals = [json.loads(record.value)["tracking"] for record in read(parts, ["raw-kiosk"])]
    return {"quarantined": quarantined, "released": released.tracking in arrivals}


def read(parts: Parts, names: list[str]) -> list[Record]:
    """Return every record of these topics."""
    reader = parts.bus.reader()
    try:
        return list(reader.read(names))
    finally:
        reader.close()


def decoded(records: list[Record]) -> list[dict[str, Any]]:
    """Return the values of records as JSON."""
    return [json.loads(record.value) for record in records]


def wait_for(condition: Callable[[], bool]) -> None:
    """Return when the condition holds. Raise `TimeoutError` if it never does."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        try:
            if condition():
                return
        except requests.RequestException:
            pass  # the service is still starting
        time.sleep(_PAUSE_SECONDS)
    raise TimeoutError


def main() -> int:
    """Run the service until the probe has ended; return the exit code."""
    settings = load()
    logs.configure("error", "json")
    parts, service = (
        Parts(settings, CHANNELS, system_surroundings()),
        Service(Parts(settings, CHANNELS, system_surroundings()), STAGES),
    )
    migrate(parts.engine)
    findings: dict[str, Any] = {"app": str(Path(app.__file__ or "").parents[1]), "channels": DIRECTORY.names}

    def run_probe() -> None:
        try:
            findings.update(probe(parts))
        finally:
            service.stop()

    thread = threading.Thread(target=run_probe, name="probe")
    thread.start()
    code = service.run()
    thread.join()
    print(json.dumps(findings))  # noqa: T201 - read by the test
    return code


if __name__ == "__main__":
    sys.exit(main())
