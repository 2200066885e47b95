"""Asking the processes how they are, over HTTP."""

import threading
import time
from base64 import b64encode
from collections.abc import Iterator
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
    """Moves on by two seconds with each look at it."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self) -> datetime:
        """Now."""
        self.looks += 1
        return NOW + timedelta(seconds=2 * (self.looks - 1))


@pytest.fixture
def process() -> Iterator[Loopback]:
    """Something that answers at an address."""
    with serving(Loopback()) as made:
        yield made


def test_what_a_process_says(process: Loopback) -> None:
    """Its doors, its spool, its workers; its clock is compared with ours, half of the way taken off."""
    said = {
        "ready": True,
        "at": (NOW + timedelta(seconds=61)).isoformat(),
        "instance": "host-a",
        "doors": {"web": {"open": True, "why": ""}, "twitter": {"open": False, "why": "rate_limited"}},
        "spooled": 3,
        "refused": {"sms": {"bad_signature": 4}},
        "spool_share": 0.25,
        "parts": {"router": {"worked": 7, "waits_for": "", "unknown": 1}},
        "something": "new",
    }
    process.script.append(json_answer(said))
    (found,) = ProcessProbe([process.url], Clock()).probe_all()
    assert (found.instance, found.unreached, found.spooled, found.spool_share) == ("host-a", "", 3, 0.25)
    assert found.doors == {"web": DoorState(), "twitter": DoorState(why="rate_limited")}
    assert (found.parts["router"].worked, found.ahead) == (7, 60.0)
    assert found.refused == {"sms": {"bad_signature": 4}}
    assert process.requests[0].path == "/ready"


def test_a_process_that_is_not_ready_says_so_all_the_same(process: Loopback) -> None:
    """A 503 holds the same facts; numbers that it can't give are none."""
    process.script.append(json_answer({"at": NOW.isoformat(), "instance": "b", "doors": {}, "spooled": None}, 503))
    (found,) = ProcessProbe([process.url], Clock()).probe_all()
    assert (found.instance, found.unreached, found.spooled) == ("b", "", 0)


@pytest.mark.parametrize(
    "said", [Answer(200, b"hello"), Answer(200, _ENDLESS), Answer(200, b"\xff\xfe"), json_answer({"ready": True})]
)
def test_another_service_on_the_port_is_none_of_ours(process: Loopback, said: Answer) -> None:
    """Whatever it answers."""
    process.script.append(said)
    (found,) = ProcessProbe([process.url], Clock()).probe_all()
    assert "another service" in found.unreached


def test_a_password_is_used_and_not_shown(process: Loopback) -> None:
    """Where the port stands behind a proxy that asks for one."""
    process.script.append(json_answer({"at": NOW.isoformat(), "instance": "a", "doors": {}}))
    there, nobody = process.url.replace("//", "//ops:geheim@"), f"http://ops:geheim@127.0.0.1:{free_port()}"
    found = ProcessProbe([there, nobody], Clock()).probe_all()
    assert [one.address for one in found] == [process.url, nobody.replace("ops:geheim@", "")]
    assert process.requests[0].headers["authorization"] == f"Basic {b64encode(b'ops:geheim').decode()}"


def test_who_says_a_little_now_and_then_holds_nobody_up(process: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer has to be there in time as a whole."""
    monkeypatch.setattr("monitor.process_probe._TIMEOUT_SECONDS", 0.5)
    process.script.append(Answer(200, b" " * 60, seconds_per_byte=0.1))
    begun = time.monotonic()
    (found,) = ProcessProbe([process.url], Clock()).probe_all()
    assert found.unreached == "ReadTimeout"
    assert time.monotonic() - begun < 4


def test_who_says_without_end_is_not_listened_to(process: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer of ours is short."""
    monkeypatch.setattr("monitor.process_probe._MAX_BYTES", 1000)
    said = json_answer({"at": NOW.isoformat(), "instance": "a", "doors": {}})
    process.script.append(Answer(200, said.body + b" " * 200_000))
    (found,) = ProcessProbe([process.url], Clock()).probe_all()
    assert "another service" in found.unreached


@pytest.mark.parametrize("address", ["http://a..b:1710", "http://.a", "10.0.0.7:1710", "http://[::1"])
def test_what_is_no_address_is_not_reached(address: str) -> None:
    """It is said as of any other, and the rest is looked at."""
    (found,) = ProcessProbe([address], Clock()).probe_all()
    assert found.unreached


def test_who_does_not_answer_is_named(process: Loopback) -> None:
    """The others are asked all the same, and shown in their order."""
    process.script.append(json_answer({"at": NOW.isoformat(), "instance": "a", "doors": {}}))
    nobody = f"http://127.0.0.1:{free_port()}"
    found = ProcessProbe([nobody, process.url], Clock()).probe_all()
    assert [(one.address, one.unreached) for one in found] == [(nobody, "ConnectionError"), (process.url, "")]
    assert ProcessProbe((), Clock()).probe_all() == ()


def test_our_own_process_is_understood(parts: Parts) -> None:
    """What the operations' port says of a process is what is read of it."""
    pulse, stopping, port = ProcessHealth(), threading.Event(), free_port()
    pulse.worker_health["router"] = WorkerHealth(lambda: 0.0)
    pulse.worker_health["router"].worked = 5
    server = operations_http.OpsServer(
        operations_http.build(parts, pulse, http_doors(parts), None), "127.0.0.1", port, stopping
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        peers = ProcessProbe([f"http://127.0.0.1:{port}"], lambda: datetime.now(NOW.tzinfo))
        found = _until_it_answers(peers)
    finally:
        stopping.set()
        thread.join(20)
    assert not thread.is_alive()
    (process,) = found
    assert (process.instance, process.parts["router"].worked) == (parts.settings.instance, 5)
    assert set(process.doors) == {"web", "sms", "mobile", "open311"}
    assert abs(process.ahead) < 5


def _until_it_answers(peers: ProcessProbe) -> tuple[ProcessState, ...]:
    for _ in range(100):
        found = peers.probe_all()
        if not found[0].unreached:
            break
        threading.Event().wait(0.1)
    return found
