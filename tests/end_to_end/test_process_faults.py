"""Faults of the processes: one is missing, one is started twice, one has a wrong clock."""

import time

import pytest

from tests.end_to_end.game_day import NewGameDay
from tests.support.loopback import Answer, Loopback, ReceivedRequest, json_answer, serving
from tests.support.ports import free_port

pytestmark = pytest.mark.faults

_TWO_HOURS = 7230.0


class SplitService:
    """A service in three processes: `normalize` and `sinks`; the router; the doors with desk and monitor."""

    def __init__(self, new_game_day: NewGameDay) -> None:
        port, self.router_port = free_port(), free_port()
        peers = f"http://127.0.0.1:{port},http://127.0.0.1:{self.router_port}"
        self.day = new_game_day(port=port, other_ports=(self.router_port,), ops_peers=peers)
        self.start_process("normalize", "cases", "sinks")
        self.start_process("ingest", "desk", "oversight", "monitor", ops_port=port)
        self.start_router(self.router_port)
        self.day.wait_until_quiet()

    def start_process(self, *stages: str, ops_port: int = 0) -> None:
        """Start a process with these stages and this operations' port; 0 is none."""
        self.day.service.change_settings(ops_port=str(ops_port))
        self.day.service.start(*stages)

    def start_router(self, ops_port: int = 0) -> None:
        """Start a process of the router."""
        self.start_process("router", ops_port=ops_port)

    def end_last_process(self) -> None:
        """End the process that was started last."""
        self.day.service.end_process(-1)


@pytest.fixture(scope="module")
def running_split(new_shared_game_day: NewGameDay) -> SplitService:
    """A service in three processes, started once for this module. The router is the last of them."""
    return SplitService(new_shared_game_day)


@pytest.fixture
def split(running_split: SplitService) -> SplitService:
    """The service in three processes, without an alert."""
    running_split.day.wait_until_quiet()
    return running_split


def test_a_stage_is_stopped(split: SplitService) -> None:
    """The alerts name the missing process and the reports that wait for it. Started again, it works them."""
    day = split.day
    split.end_last_process()
    day.report()
    day.wait_for_alert("stage-stopped", "No process runs router. 1 message has waited")
    day.wait_for_alert("process-away", f"http://127.0.0.1:{split.router_port} does not answer")
    split.start_router(split.router_port)
    day.wait_until_cleared("stage-stopped")
    day.wait_until_cleared("process-away")
    assert day.service.audit().clean


@pytest.mark.expensive
def test_a_stage_is_started_twice(split: SplitService) -> None:
    """Two processes of one name fence each other and raise an alert. With one of them ended the other works."""
    day = split.day
    complaints_before = day.service.audit().complaints
    split.start_router()
    day.wait_for_alert("started-twice", "Two processes use the same name")
    split.end_last_process()
    day.wait_until_cleared("stage-stopped")
    day.report()
    audit = day.service.audit()
    assert (audit.clean, audit.complaints - complaints_before, audit.pending) == (True, 1, 0)


class ProcessWithClock(Loopback):
    """Another process whose clock is ahead by some seconds."""

    seconds_ahead = _TWO_HOURS

    def usual_answer(self, _request: ReceivedRequest) -> Answer:
        """Return the state of a process without doors."""
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + self.seconds_ahead))
        return json_answer({"at": at, "instance": "host-b", "doors": {}})


@pytest.mark.expensive
def test_a_clock_that_is_wrong(new_game_day: NewGameDay) -> None:
    """The alert names a process that is two hours ahead of the monitor. It is cleared when the clock is right."""
    with serving(ProcessWithClock()) as process:
        port = free_port()
        day = new_game_day(port=port, ops_port=str(port), ops_peers=f"{process.url},http://127.0.0.1:{port}")
        day.service.start()
        day.wait_for_alert("clock", "The clock of host-b is 2 h ahead of the monitor's clock")
        process.seconds_ahead = 0.0
        day.wait_until_cleared("clock")
