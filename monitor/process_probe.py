"""Asks each process of ours how it is, at the address where it says so."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import requests
from pydantic import ConfigDict, Field, ValidationError
from urllib3.exceptions import HTTPError

from messages.shapes import Moment, Shape
from monitor.snapshot import DoorState, PartState, ProcessState

# A process whose bus and database are both away needs some seconds to find that out.
_PATIENCE_SECONDS = 8.0
_AT_ONCE = 8
# What `/ready` says has some kilobytes; whoever says more is none of ours.
_MOST_BYTES = 1_000_000
_PIECE_BYTES = 65_536


class _Says(Shape):
    """What `/ready` answers."""

    model_config = ConfigDict(allow_inf_nan=False)

    at: Moment
    instance: str
    doors: dict[str, DoorState]
    spooled: int | None = None
    spool_share: float | None = None
    spool_aside: int | None = None
    refused: dict[str, dict[str, int]] | None = None
    parts: dict[str, PartState] = Field(default_factory=dict)


class Peers:
    """`addresses` as in `http://10.0.0.7:1710`; `now` is the clock that theirs are compared with."""

    def __init__(self, addresses: Sequence[str], now: Callable[[], datetime]) -> None:
        self._addresses = addresses
        self._now = now

    def ask(self) -> tuple[ProcessState, ...]:
        """All of them at once."""
        if not self._addresses:
            return ()
        with ThreadPoolExecutor(min(_AT_ONCE, len(self._addresses))) as pool:
            return tuple(pool.map(lambda address: _ask(address, self._now), self._addresses))


def _ask(address: str, now: Callable[[], datetime]) -> ProcessState:
    asked, shown = now(), _shown(address)
    try:
        says = _Says.model_validate_json(_answer(f"{address}/ready"))
    except (requests.RequestException, HTTPError) as error:
        return ProcessState(address=shown, unreached=type(error).__name__)
    except ValidationError:
        return ProcessState(address=shown, unreached="no answer of ours: is it another service's port?")
    # It looked at its clock when half of the time was gone, more or less.
    half = (now() - asked).total_seconds() / 2
    return ProcessState(
        address=shown,
        instance=says.instance,
        doors=says.doors,
        spooled=says.spooled or 0,
        spool_share=says.spool_share or 0.0,
        spool_aside=says.spool_aside or 0,
        refused=says.refused or {},
        parts=says.parts,
        ahead=(says.at - asked).total_seconds() - half,
    )


def _shown(address: str) -> str:
    """An address without the password that opens it: it stands on the console and in the log."""
    scheme, slashes, rest = address.rpartition("//")
    return f"{scheme}{slashes}{rest.rpartition('@')[2]}"


def _answer(url: str) -> bytes:
    """All of what is said there; nothing where that is too much. Raises what `requests` and urllib3 raise."""
    until = time.monotonic() + _PATIENCE_SECONDS
    said = b""
    with requests.get(url, timeout=_PATIENCE_SECONDS, stream=True) as response:
        # One that says a little now and then would hold up the look for ever.
        while piece := response.raw.read1(_PIECE_BYTES, decode_content=True):
            said += piece
            if time.monotonic() > until:
                raise requests.ReadTimeout
            if len(said) > _MOST_BYTES:
                return b""
    return said
