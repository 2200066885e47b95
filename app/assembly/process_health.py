"""Describes the health of one process: checks, its doors, and numbers of the doors."""

import shutil
from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path

from app.assembly.parts import Parts
from app.stage_names import STAGES
from config.database import DatabaseUnavailable
from messages.channels import DoorFacts
from monitor.health import ProcessHealth, Readiness
from monitor.snapshot import DoorState, NetworkState, ProcessState, WorkerState

_PING_SECONDS = 3.0

# For each door a function that returns why it is shut; an empty text while it is open.
Doors = Mapping[str, Callable[[], str]]


def readiness(parts: Parts, doors: Doors) -> Readiness:
    """Return what decides whether a process with these doors is ready."""
    checks: dict[str, Callable[[], object]] = {
        "bus": lambda: parts.bus.ping(_PING_SECONDS),
        "database": parts.core.database_ping,
    }
    return Readiness(checks, doors)


def process_state(parts: Parts, process_health: ProcessHealth, doors: Doors) -> ProcessState:
    """Return the state of this process, in the form in which the monitor gets it from others."""
    return ProcessState(
        address="",
        instance=parts.settings.instance,
        doors={name: DoorState(reason=why_shut()) for name, why_shut in doors.items()},
        spooled=len(parts.doors.spool) if doors else 0,
        spool_share=parts.doors.spool.fill_ratio if doors else 0.0,
        disk_share=used_disk_share(parts.settings.home) if doors else 0.0,
        spool_aside=parts.doors.spool.rejected_count if doors else 0,
        spool_corrupt=parts.doors.spool.corrupt_count if doors else 0,
        refused=parts.doors.rejection_counter.by_door(),
        networks=_largest_networks(parts) if doors else {},
        parts={name: WorkerState.model_validate(counts) for name, counts in process_health.worker_states().items()},
    )


def used_disk_share(folder: Path) -> float:
    """Return the used share of the disk of a folder, as `df` shows it: without what is reserved for root."""
    usage = shutil.disk_usage(folder)
    return usage.used / (usage.used + usage.free) if usage.used + usage.free else 0.0


def _largest_networks(parts: Parts) -> Mapping[str, NetworkState]:
    return {
        door: NetworkState(network=largest.network, share=round(largest.share, 4), requests=largest.requests)
        for door, largest in parts.doors.network_shares.largest().items()
    }


def http_doors(parts: Parts, stages: Collection[str] = STAGES) -> dict[str, Callable[[], str]]:
    """Return for each HTTP door of a process with these stages the function that says why it is shut."""
    return {
        door.name: _why_shut(parts, door)
        for door in parts.channels.doors.values()
        if door.address_prefix and ("desk" if door.at_desk else "ingest") in stages
    }


def _why_shut(parts: Parts, door: DoorFacts) -> Callable[[], str]:
    def why_shut() -> str:
        if door.needs_database:
            try:
                parts.core.database_ping()
            except DatabaseUnavailable:
                return "database_away"
        # A counter has no spool and needs the bus, which is away while a spool is full.
        return "spool_full" if parts.doors.spool.is_full else ""

    return why_shut


def door_numbers(parts: Parts, doors: Doors) -> Mapping[str, Callable[[], object]]:
    """Return the numbers of the spool and of each door of this process."""
    numbers: dict[str, Callable[[], object]] = {}
    if doors:
        numbers["spooled"] = lambda: len(parts.doors.spool)
        numbers["spool_share"] = lambda: round(parts.doors.spool.fill_ratio, 4)
        numbers["disk_share"] = lambda: round(used_disk_share(parts.settings.home), 4)
        numbers["spool_aside"] = lambda: parts.doors.spool.rejected_count
        numbers["spool_corrupt"] = lambda: parts.doors.spool.corrupt_count
        numbers["refused"] = parts.doors.rejection_counter.by_door
        numbers["networks"] = lambda: {name: network.model_dump() for name, network in _largest_networks(parts).items()}
    for channel in parts.installed_channels:
        for number in channel.numbers:
            if number.door in doors:
                numbers[number.name] = _read_if_available(parts, partial(number.read, parts.doors))
    return numbers


def _read_if_available(parts: Parts, read: Callable[[], object]) -> Callable[[], object]:
    """Return a reader of a number in the database that fails at once while the database is away."""

    def read_number() -> object:
        parts.core.database_ping()
        return read()

    return read_number
