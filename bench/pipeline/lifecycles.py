"""Measures whole lives of reports at changing rates: from the door to the closed case that the citizen reads.

`python -m bench.pipeline.lifecycles [--stored 1000000] [--rates 1,15,1,25,2,35,10] [--seconds 30] [--unanswered]
[--bus local] [--database sqlite] [--home FOLDER]`

The installation has that many complaints of earlier months (`stored_history.py`). Storing a million takes half an hour:
with `--home`, the folder keeps them for another run on the embedded bus and SQLite. Reports come by the web form, each
rate for that many seconds, and none waits for another one. A program of the agency reads the case, responds and closes
it; the citizen opens the status page until it says so. Nobody answers a report at triage, and one that belongs to the
case of another one: its life ends with its dispatch. With `--unanswered` each life ends there.

Prints a JSON line for each rate: lives that began and how many were `closed`, faults by kind, requests that a busy
server asked to repeat, seconds of a life (p50, p95), the records that wait in all stages when the rate ends, and
milliseconds of processor time for a life. The last line has the seconds after the last rate until nothing waited.
Clients and servers share the processors.
"""

import argparse
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from functools import cache
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from itertools import islice, pairwise
from pathlib import Path
from statistics import quantiles
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import col

from app.assembly.channels import CHANNELS
from app.assembly.desk.api import build_agency_keys
from app.assembly.parts import Parts
from app.surroundings import system_surroundings
from bench.pipeline.backends import Backend, running_backend
from bench.pipeline.door_requests import DoorRequest, door_requests, web_request
from bench.pipeline.service import MeasuredService, running_service
from bench.pipeline.stored_history import store_history
from cases.facts.tables import ComplaintFact, DispatchFact
from config import logs
from config.database import read_transaction
from config.settings import Settings
from desk.api.keys.agency_keys import AgencyKey
from desk.api.keys.scopes import SCOPES
from messages.topics import TRIAGE

# The load test of another open complaint service, which did 6.3 lives a second on 16 cores.
_PEER_SPIKE = "1,15,1,25,2,35,10"
# More come only if a life takes longer than ten seconds at the highest rate.
_LIVES_AT_ONCE = 400
# Programs and citizens do not ask more often: hundreds that do would be most of the load.
_LOOK_SECONDS, _POLL_SECONDS = 0.25, 2.0
_PATIENCE_SECONDS, _TIMEOUT_SECONDS = 120.0, 60
_MILLISECONDS = 1e3
_VERDICTS = (("responded", "Petugas kami datang besok pagi."), ("closed", "Sudah diperbaiki. Terima kasih."))
_LIMITED = ("web", "requests", "status", "agency-read", "agency-answer")
_RATES = ",".join(f"{name}=1000000/minute" for name in _LIMITED)


class Fault(Exception):
    """A life did not go as it should."""


class Destination(NamedTuple):
    """Where a report was dispatched first. `is_own_case` is False if it belongs to the case of another one."""

    agency: str
    is_own_case: bool


class Life(NamedTuple):
    """End of a report's life. `fault` is empty if it went as it should."""

    seconds: float
    is_closed: bool
    fault: str = ""


class _Response(NamedTuple):
    """Status and JSON of an answer."""

    status: int
    body: Mapping[str, object]


class DispatchWatcher:
    """Looks into the ledger four times a second for the dispatches that lives wait for, until it is closed."""

    def __init__(self, parts: Parts) -> None:
        self._engine = parts.engine
        self._awaited: dict[str, Future[Destination]] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def close(self) -> None:
        """End."""
        self._ended.set()
        self._thread.join()

    def destination(self, tracking: str) -> Destination:
        """Wait for the first dispatch of a report. Raises `TimeoutError`."""
        future = self._awaited.setdefault(tracking, Future())
        return future.result(_PATIENCE_SECONDS)

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            if not (awaited := list(self._awaited)):
                continue
            query = (
                select(col(ComplaintFact.tracking), col(DispatchFact.agency), col(DispatchFact.own_case))
                .join(DispatchFact, col(DispatchFact.complaint_id) == col(ComplaintFact.id))
                .where(col(ComplaintFact.tracking).in_(awaited))
            )
            with read_transaction(self._engine) as connection:
                rows = connection.execute(query).all()
            for tracking, agency, is_own_case in rows:
                if future := self._awaited.pop(tracking, None):
                    future.set_result(Destination(agency, is_own_case))


class LifePlayer:
    """Plays the citizen and the program of the agency. `busy_answers` are the requests that had to be made again."""

    def __init__(self, service: MeasuredService, watcher: DispatchWatcher, *, is_answered: bool) -> None:
        self._settings = service.settings
        self._watcher = watcher
        self._is_answered = is_answered
        self._keys = build_agency_keys(service.parts, lambda *_: None)
        self.busy_answers = 0
        self._lock = threading.Lock()
        self._key_of = cache(self._issue_key)
        self._issued: list[AgencyKey] = []

    def close(self) -> None:
        """Revoke the keys of the programs: an agency may have few."""
        for key in self._issued:
            self._keys.revoke(key.agency, key.id, "bench", "bench")

    def play(self, request: DoorRequest, due_at: float) -> Life:
        """Play a life that begins at a time of `time.monotonic()`."""
        time.sleep(max(0.0, due_at - time.monotonic()))
        try:
            is_closed = self._play(request)
        except (Fault, OSError, HTTPException) as error:
            return Life(time.monotonic() - due_at, is_closed=False, fault=str(error) or type(error).__name__)
        return Life(time.monotonic() - due_at, is_closed=is_closed)

    def _play(self, request: DoorRequest) -> bool:
        report = self._insist(self._settings.port, "POST", request.path, request.headers, request.body)
        if report.status != HTTPStatus.ACCEPTED:
            raise Fault(f"door answered {report.status}")
        tracking = str(report.body["tracking"])
        agency, is_own_case = self._watcher.destination(tracking)
        if not (self._is_answered and is_own_case) or agency == TRIAGE:
            return False
        with self._lock:
            headers = {"Authorization": f"Bearer {self._key_of(agency)}", "Content-Type": "application/json"}
        case = f"/agency/v1/cases/{tracking}"
        self._wait_for(self._settings.desk_port, case, headers, "terdisposisi")
        for verdict, text in _VERDICTS:
            answer = json.dumps({"verdict": verdict, "text": text}).encode()
            response = self._insist(self._settings.desk_port, "POST", f"{case}/answers", headers, answer)
            if response.status != HTTPStatus.CREATED:
                raise Fault(f"answer {verdict}: {response.status}")
        self._wait_for(self._settings.port, f"/status/{tracking}", {"Accept": "application/json"}, "selesai")
        return True

    def _wait_for(self, port: int, path: str, headers: Mapping[str, str], state: str) -> None:
        """Ask until an answer has this state. Raises `Fault` if it does not come."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            response = self._insist(port, "GET", path, headers)
            if response.body.get("state") == state:
                return
            if response.status not in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}:
                raise Fault(f"{path.split('/')[1]} answered {response.status}")
            time.sleep(_POLL_SECONDS)
        raise Fault(f"{path.split('/')[1]} says {response.status} {response.body.get('state')}, not {state}")

    def _insist(
        self, port: int, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> _Response:
        """Return the answer of a server. A busy one says when to come again. Raises `Fault` if it stays busy."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            # A connection that a life keeps open is closed by the server while the life waits for a stage.
            with closing(HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_SECONDS)) as connection:
                connection.request(method, path, body, dict(headers))
                response = connection.getresponse()
                content = response.read()
            if response.status != HTTPStatus.SERVICE_UNAVAILABLE:
                return _Response(response.status, json.loads(content))
            with self._lock:
                self.busy_answers += 1
            time.sleep(float(response.getheader("Retry-After", "1")))
        raise Fault(f"{path.split('/')[1]} stayed busy")

    def _issue_key(self, agency: str) -> str:
        key, text = self._keys.issue(agency, SCOPES, "bench", "bench")
        self._issued.append(key)
        return text


class _Mark(NamedTuple):
    """What was measured between two rates."""

    cpu_seconds: Mapping[str, float]
    waiting: int
    busy_answers: int


def measure(
    backend: Backend, rates: Sequence[float], seconds: float, *, is_answered: bool
) -> Iterator[Mapping[str, object]]:
    """Start the service; yield the figures of each rate, and at last the time until nothing waited."""
    with (
        running_service(backend) as service,
        closing(DispatchWatcher(service.parts)) as watcher,
        closing(LifePlayer(service, watcher, is_answered=is_answered)) as player,
        ThreadPoolExecutor(_LIVES_AT_ONCE) as pool,
    ):
        # Other reports in each run: a kept installation has the earlier ones.
        stream = door_requests(web_request, service.parts, seed=time.time_ns())
        # Made before the clock starts: a report takes longer to invent than to send.
        requests = [list(islice(stream, round(rate * seconds))) for rate in rates]
        began, lives, marks = time.monotonic(), [], [_mark(service, player)]
        for rate, rate_requests in zip(rates, requests, strict=True):
            numbered = enumerate(rate_requests)
            lives.append([pool.submit(player.play, request, began + number / rate) for number, request in numbered])
            began += seconds
            time.sleep(max(0.0, began - time.monotonic()))
            marks.append(_mark(service, player))
        seconds_waited = service.wait_until_processed()
        for rate, futures, (before, after) in zip(rates, lives, pairwise(marks), strict=True):
            yield _figures(rate, [future.result() for future in futures], before, after)
        yield {"seconds_until_nothing_waited": round(seconds_waited, 1)}


def _mark(service: MeasuredService, player: LifePlayer) -> _Mark:
    service.check_running()
    return _Mark(service.cpu_seconds(), service.waiting_records(), player.busy_answers)


def _figures(rate: float, lives: Sequence[Life], before: _Mark, after: _Mark) -> Mapping[str, object]:
    cuts = quantiles([life.seconds for life in lives], n=100)
    return {
        "rate": rate,
        "lives": len(lives),
        "closed": sum(life.is_closed for life in lives),
        "faults": Counter(life.fault for life in lives if life.fault),
        "busy_answers": after.busy_answers - before.busy_answers,
        "p50_seconds": round(cuts[49], 2),
        "p95_seconds": round(cuts[94], 2),
        "waiting": after.waiting,
        "cpu_ms": {
            name: round((seconds - before.cpu_seconds[name]) / len(lives) * _MILLISECONDS, 1)
            for name, seconds in after.cpu_seconds.items()
        },
    }


def main(arguments: Sequence[str]) -> None:
    """Fill an installation, measure, and print a JSON line for each rate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stored", type=int, default=1_000_000)
    parser.add_argument("--rates", default=_PEER_SPIKE)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--unanswered", action="store_true")
    parser.add_argument("--bus", choices=("local", "kafka"), default="local")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--home", type=Path)
    options = parser.parse_args(arguments)
    home = {"home": str(options.home)} if options.home else {}
    rates = [float(rate) for rate in options.rates.split(",")]
    logs.configure("WARNING", "json")
    with running_backend(options.bus, options.database) as backend:
        # One client plays all citizens and all programs.
        limited = replace(backend, settings={**backend.settings, "rates": _RATES, **home})
        if not options.home or not options.home.exists():
            parts = Parts(Settings.model_validate(limited.settings), CHANNELS, system_surroundings())
            store_history(parts, options.stored)
            parts.engine.dispose()
        for figures in measure(limited, rates, options.seconds, is_answered=not options.unanswered):
            _print(figures)


def _print(figures: Mapping[str, object]) -> None:
    print(json.dumps(figures), flush=True)  # noqa: T201 - the result


if __name__ == "__main__":
    main(sys.argv[1:])
