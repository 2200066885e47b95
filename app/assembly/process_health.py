"""What a process looks at to say how it is: what must be there, its doors, and numbers worth a look."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from app.assembly.parts import Parts
from app.assembly.twitter import reads_today
from config.database import DatabaseUnavailable
from monitor.health import Pulse
from monitor.snapshot import DoorState, PartState, ProcessState

_PING_SECONDS = 3.0

# Why each door is shut; nothing while it is open.
Doors = Mapping[str, Callable[[], str]]


class Looks(NamedTuple):
    """In the order in which `monitor.health.routes` takes them."""

    checks: Mapping[str, Callable[[], object]]
    doors: Doors
    numbers: Mapping[str, Callable[[], object]]


def looked_at(parts: Parts, doors: Doors) -> Looks:
    """What is looked at in a process with these doors."""
    checks: dict[str, Callable[[], object]] = {
        "bus": lambda: parts.bus.ping(_PING_SECONDS),
        "database": parts.database_ping,
    }
    return Looks(checks, doors, _numbers(parts, doors))


def state_of(parts: Parts, pulse: Pulse, doors: Doors) -> ProcessState:
    """How this process is, as the monitor hears it from others."""
    return ProcessState(
        address="",
        instance=parts.settings.instance,
        doors={name: DoorState(why=why()) for name, why in doors.items()},
        spooled=len(parts.spool) if doors else 0,
        spool_share=parts.spool.fill_ratio if doors else 0.0,
        spool_aside=parts.spool.rejected_count if doors else 0,
        refused=parts.rejection_counter.by_door(),
        parts={name: PartState.model_validate(says) for name, says in pulse.parts().items()},
    )


def doors_of(parts: Parts) -> dict[str, Callable[[], str]]:
    """The doors of HTTP."""

    def full() -> str:
        return "spool_full" if parts.spool.is_full else ""

    def remembering() -> str:
        """A door that must remember what it took needs the database too."""
        try:
            parts.database_ping()
        except DatabaseUnavailable:
            return "database_away"
        return full()

    return {"web": full, "sms": full, "mobile": remembering, "open311": remembering}


def _numbers(parts: Parts, doors: Doors) -> Mapping[str, Callable[[], object]]:
    """What is worth a look at each door that is there."""
    numbers: dict[str, Callable[[], object]] = {}
    if doors:
        numbers["spooled"] = lambda: len(parts.spool)
        numbers["spool_share"] = lambda: round(parts.spool.fill_ratio, 4)
        numbers["spool_aside"] = lambda: parts.spool.rejected_count
        numbers["refused"] = parts.rejection_counter.by_door
    if "twitter" in doors:
        numbers["x_reads"] = _once_there(parts, lambda: reads_today(parts))
    if "smpp" in doors:
        numbers["sms_parts"] = _once_there(parts, parts.sms_parts.waiting)
    return numbers


def _once_there(parts: Parts, number: Callable[[], object]) -> Callable[[], object]:
    """A number that the database keeps: nobody waits for it while that is away."""

    def asked() -> object:
        parts.database_ping()
        return number()

    return asked
