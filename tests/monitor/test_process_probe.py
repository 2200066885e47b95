"""The probe reads the state of each process over HTTP."""

import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from app.assembly import operations_http
from app.assembly.parts import Parts
from app.assembly.process_health import http_doors
from bus.worker_health import WorkerHealth
from monitor.health import ProcessHealth
from monitor.process_probe import ProcessProbe
from monitor.snapshot import DoorState, ProcessState
from tests.conftest import NOW
from tests.support.loopback import Answer, Loopback, json_answer, serving
from tests.support.ports import free_port

_ENDLESS = b'{"at": "2026-11-24T08:00:00Z", "instance": "a", "doors": {}, "spool_share": Infinity}'


class Clock:
    """A clock that advances by two seconds at each reading."""

    def __init__(self) -> None:
        self.readings = 0

    def __call__(self) -> datetime:
        """Return the present time."""
        self.readings += 1
        return NOW + timedelta(seconds=2 * (self.readings - 1))


@pytest.fixture
def process() -> Iterator[Loopback]:
    """Yield a server with scripted answers."""
    with serving(Loopback()) as server:
        yield server


def test_the_state_of_a_process_is_read(process: Loopback) -> None:
    """The clock offset is corrected by half of the round trip."""
    report = {
        "ready": True,
        "at": (NOW + timedelta(seconds=61)).isoformat(),
        "instance": "host-a",
        "doors": {"web": {"open": True, "reason": ""}, "twitter": {"open": False, "reason": "rate_limited"}},
        "spooled": 3,
        "refused": {"sms": {"bad_signature": 4}},
        "spool_share": 0.25,
        "disk_share": 0.5,
        "networks": {"web": {"network": "203.0.113.0/24", "share": 0.93, "requests": 412}},
        "parts": {"router": {"worked": 7, "waits_for": "", "unknown": 1}},
        "something": "new",
    }
    process.script.append(json_answer(report))
    (state,) = ProcessProbe([process.url], Clock(), time.monotonic, ThreadPoolExecutor).probe_all()
    assert (state.instance, state.unreached, state.spooled, state.spool_share) == ("host-a", "", 3, 0.25)
    assert state.doors == {"web": DoorState(), "twitter": DoorState(reason="rate_limited")}
    assert (state.parts["router"].worked, state.ahead) == (7, 60.0)
    assert (state.disk_share, state.networks["web"].requests) == (0.5, 412)
    assert state.refused == {"sms": {"bad_signature": 4}}
    assert process.requests[0].path == "/ready"


def test_a_process_that_is_not_ready_is_read_too(process: Loopback) -> None:
    """A 503 has the same body. A figure that is null counts as zero."""
    process.script.append(json_answer({"at": NOW.isoformat(), "instance": "b", "doors": {}, "spooled": None}, 503))
    (state,) = ProcessProbe([process.url], Clock(), time.monotonic, ThreadPoolExecutor).probe_all()
    assert (state.instance, state.unreached, state.spooled) == ("b", "", 0)


@pytest.mark.parametrize(
    "answer", [Answer(200, b"hello"), Answer(200, _ENDLESS), Answer(200, b"\xff\xfe"), json_answer({"ready": True})]
)
def test_another_service_on_the_port_is_recognized(process: Loopback, answer: Answer) -> None:
    """Its answer has not the form of `/ready`."""
    process.script.append(answer)
    (state,) = ProcessProbe([process.url], Clock(), time.monotonic, ThreadPoolExecutor).probe_all()
    assert "another service" in state.unreached


def test_a_password_in_the_address_is_used_but_not_shown(process: Loopback) -> None:
    """A proxy in front of the port may ask for a password."""
    process.script.append(json_answer({"at": NOW.isoformat(), "instance": "a", "doors": {}}))
    reachable, unreachable = process.url.replace("//", "//ops:geheim@"), f"http://ops:geheim@127.0.0.1:{free_port()}"
    states = ProcessProbe([reachable, unreachable], Clock(), time.monotonic, ThreadPoolExecutor).probe_all()
    assert [state.address for state in states] == [process.url, unreachable.replace("ops:geheim@", "")]
    assert process.requests[0].headers["authorization"] == f"Basic {b64encode(b'ops:geheim').decode()}"


def test_a_slow_answer_is_given_up(process: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole answer must arrive in time, not only its next byte. Read to its end it would be no `ReadTimeout`."""
    monkeypatch.setattr("monitor.process_probe._TIMEOUT_SECONDS", 0.5)
    process.script.append(Answer(200, b" " * 60, seconds_per_byte=0.1))
    (state,) = ProcessProbe([process.url], Clock(), time.monotonic, ThreadPoolExecutor).probe_all()
    assert state.unreached == "ReadTimeout"


def test_a_large_answer_is_not_read(process: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own answers are short."""
    monkeypatch.setattr("monitor.process_probe._MAX_BYTES", 1000)
    answer = json_answer({"at": NOW.isoformat(), "instance": "a", "doors": {}})
    process.script.append(Answer(200, answer.body + b" " * 200_000))
    (state,) = ProcessProbe([process.url], Clock(), time.monotonic, ThreadPoolExecutor).probe_all()
    assert "another service" in state.unreached


@pytest.mark.parametrize("address", ["http://a..b:1710", "http://.a", "10.0.0.7:1710", "http://[::1"])
def test_an_invalid_address_is_not_reached(address: str) -> None:
    """It is reported like any other process that does not answer."""
    (state,) = ProcessProbe([address], Clock(), time.monotonic, ThreadPoolExecutor).probe_all()
    assert state.unreached


def test_a_process_that_does_not_answer_is_named(process: Loopback) -> None:
    """The other processes are probed too, and listed in their order."""
    process.script.append(json_answer({"at": NOW.isoformat(), "instance": "a", "doors": {}}))
    unreachable = f"http://127.0.0.1:{free_port()}"
    states = ProcessProbe([unreachable, process.url], Clock(), time.monotonic, ThreadPoolExecutor).probe_all()
    assert [(state.address, state.unreached) for state in states] == [
        (unreachable, "ConnectionError"),
        (process.url, ""),
    ]
    assert ProcessProbe((), Clock(), time.monotonic, ThreadPoolExecutor).probe_all() == ()


def test_the_state_of_our_own_process_is_read(parts: Parts) -> None:
    """The operations' port of a process serves what the probe expects."""
    health, stopping, port = ProcessHealth(), threading.Event(), free_port()
    health.worker_health["router"] = WorkerHealth(lambda: 0.0)
    health.worker_health["router"].worked = 5
    server = operations_http.OpsServer(
        operations_http.build(parts, health, http_doors(parts), None),
        "127.0.0.1",
        port,
        stopping,
        parts.threads.start_background,
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        probe = ProcessProbe(
            [f"http://127.0.0.1:{port}"], lambda: datetime.now(NOW.tzinfo), time.monotonic, ThreadPoolExecutor
        )
        states = _probe_until_it_answers(probe)
    finally:
        stopping.set()
        thread.join(20)
    assert not thread.is_alive()
    (process,) = states
    assert (process.instance, process.parts["router"].worked) == (parts.settings.instance, 5)
    assert set(process.doors) == {"web", "sms", "mobile", "open311", "counter"}
    assert abs(process.ahead) < 5


def _probe_until_it_answers(probe: ProcessProbe) -> tuple[ProcessState, ...]:
    for _ in range(100):
        states = probe.probe_all()
        if not states[0].unreached:
            break
        threading.Event().wait(0.1)
    return states
