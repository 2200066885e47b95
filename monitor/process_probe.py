"""Reads the state of every process of the service from its `/ready` address."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from datetime import datetime

import requests
from pydantic import ConfigDict, Field, ValidationError
from urllib3.exceptions import HTTPError

from messages.shapes import Moment, Shape
from monitor.snapshot import DoorState, NetworkState, ProcessState, WorkerState
from pages.translation.message import message as _

# Longest time for one answer. A process needs some seconds to notice that its bus and its database are both away.
_TIMEOUT_SECONDS = 8.0
_MAX_THREADS = 8
# Largest answer. `/ready` answers some kilobytes; a larger answer comes from another service.
_MAX_BYTES = 1_000_000
_CHUNK_BYTES = 65_536


class _ReadyReport(Shape):
    """JSON body of `/ready`."""

    model_config = ConfigDict(allow_inf_nan=False)

    at: Moment
    instance: str
    doors: dict[str, DoorState]
    spooled: int | None = None
    spool_share: float | None = None
    disk_share: float | None = None
    spool_aside: int | None = None
    spool_corrupt: int | None = None
    refused: dict[str, dict[str, int]] | None = None
    networks: dict[str, NetworkState] | None = None
    parts: dict[str, WorkerState] = Field(default_factory=dict)


class ProcessProbe:
    """Probes the processes at `addresses`, such as `http://10.0.0.7:1710`.

    `now` is the clock with which the processes' clocks are compared. `monotonic` gives seconds that never go back.
    """

    def __init__(
        self,
        addresses: Sequence[str],
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        pool: Callable[[int, str], Executor],
    ) -> None:
        self._addresses = addresses
        self._now = now
        self._monotonic = monotonic
        self._pool = pool

    def probe_all(self) -> tuple[ProcessState, ...]:
        """Return the state of every process, in the order of the addresses. All are probed at the same time."""
        if not self._addresses:
            return ()
        with self._pool(min(_MAX_THREADS, len(self._addresses)), "process-probe") as pool:
            return tuple(pool.map(lambda address: _probe(address, self._now, self._monotonic), self._addresses))


def _probe(address: str, now: Callable[[], datetime], monotonic: Callable[[], float]) -> ProcessState:
    asked_at, public_address = now(), _without_password(address)
    try:
        report = _ReadyReport.model_validate_json(_fetch(f"{address}/ready", monotonic))
    except (requests.RequestException, HTTPError) as error:
        return ProcessState(address=public_address, unreached=type(error).__name__)
    except ValidationError:
        return ProcessState(address=public_address, unreached=_("another service answers on this port"))
    # The process reads its clock about halfway between request and answer.
    half_seconds = (now() - asked_at).total_seconds() / 2
    return ProcessState(
        address=public_address,
        instance=report.instance,
        doors=report.doors,
        spooled=report.spooled or 0,
        spool_share=report.spool_share or 0.0,
        disk_share=report.disk_share or 0.0,
        spool_aside=report.spool_aside or 0,
        spool_corrupt=report.spool_corrupt or 0,
        refused=report.refused or {},
        networks=report.networks or {},
        parts=report.parts,
        ahead=(report.at - asked_at).total_seconds() - half_seconds,
    )


def _without_password(address: str) -> str:
    """Return the address without user and password: the console and the log show it."""
    scheme, slashes, authority = address.rpartition("//")
    return f"{scheme}{slashes}{authority.rpartition('@')[2]}"


def _fetch(url: str, monotonic: Callable[[], float]) -> bytes:
    """Return the whole body of an answer; empty if it is larger than `_MAX_BYTES`.

    Raises the errors of `requests` and urllib3, also if the whole answer takes longer than `_TIMEOUT_SECONDS`.
    """
    deadline = monotonic() + _TIMEOUT_SECONDS
    body = b""
    with requests.get(url, timeout=_TIMEOUT_SECONDS, stream=True) as response:
        # The timeout of `requests` restarts with every byte: a slow server would delay the snapshot without end.
        while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
            body += chunk
            if monotonic() > deadline:
                raise requests.ReadTimeout
            if len(body) > _MAX_BYTES:
                return b""
    return body
