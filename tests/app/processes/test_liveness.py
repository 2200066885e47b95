"""A process that gives no good answer for long enough is ended and started again. A busy or slow one is not."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.assembly.processes.liveness import LivenessCheck, Patience
from app.assembly.processes.plan import plan_processes
from config.settings import Settings
from tests.app.processes.toys import is_running, runs, supervise_hanging
from tests.support.ports import free_port
from tests.support.program import FORKS
from tests.support.waiting import wait_for

PATIENCE = Patience(pause_seconds=10.0, answer_seconds=30.0, failures=3, start_seconds=600.0)


class Asked:
    """A process that answers as a test says, and a check of it with a clock that the test moves."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.now = 0.0
        self.check = LivenessCheck(self.server.getsockname(), lambda: self.now, PATIENCE)

    def ask(self, status: str) -> None:
        """Let a question come when it is due, and answer it with a status; with none if it is empty."""
        self.now = self.check.due_at
        self.check.proceed()
        connection, _ = self.server.accept()
        with connection:
            if not status:
                self.now = self.check.due_at
                self.check.proceed()
                return
            assert connection.recv(1_000).startswith(b"GET /live HTTP/1.1\r\nHost: 127.0.0.1:")
            connection.sendall(f"HTTP/1.1 {status}\r\n\r\n".encode())
            assert self.check.question
            self.check.question.setblocking(True)
            self.check.proceed(has_answer=True)


@pytest.fixture
def asked() -> Iterator[Asked]:
    """A process that is asked."""
    process = Asked()
    yield process
    process.check.close()
    process.server.close()


def test_only_failures_in_a_row_are_a_hanging_process(asked: Asked) -> None:
    """No answer and a bad answer count alike. A good answer between them counts from zero again."""
    asked.ask("200 OK")
    for status in ("", "503 Service Unavailable", "200 OK", "503 Service Unavailable", ""):
        asked.ask(status)
        assert not asked.check.is_hanging
    asked.ask("503 Service Unavailable")
    assert asked.check.is_hanging


def test_a_slow_answer_in_time_is_a_good_one(asked: Asked) -> None:
    """While an answer may still come, nothing is asked again and nothing fails."""
    asked.ask("200 OK")
    asked.now = asked.check.due_at
    asked.check.proceed()
    question = asked.check.question
    asked.now += PATIENCE.answer_seconds - 1
    asked.check.proceed()
    assert asked.check.question is question
    assert not asked.check.is_hanging


def test_a_start_may_take_long(asked: Asked) -> None:
    """Before its first good answer a process has ten minutes; its port may not even be open."""
    asked.server.close()
    for _ in range(5):
        asked.now = asked.check.due_at
        asked.check.proceed()
        assert not asked.check.is_hanging
    asked.now = PATIENCE.start_seconds
    assert asked.check.is_hanging


def test_each_process_has_an_address_and_the_doors_two(settings: Settings) -> None:
    """The doors are asked at their public port too: it has a thread of its own, which may hang alone."""
    planned = {process.name: process for process in plan_processes(settings)}
    addresses = {name: process.live_addresses for name, process in planned.items()}
    assert addresses["doors"][1] == ("127.0.0.1", settings.port)
    assert addresses["monitor"] == [("127.0.0.1", settings.port + 2)]
    assert {len(each) for name, each in addresses.items() if name != "doors"} == {1}
    for process in planned.values():
        if process.ops_socket:
            process.ops_socket.close()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads the state of processes from /proc")
def test_a_hanging_process_is_killed_and_started_again(tmp_path: Path) -> None:
    """It does not end when it is told to. Another one, which answers, goes on."""
    ports = {"hangs": free_port(), "answers": free_port()}
    # On a busy machine the other one may be slow; it would need eight bad answers in a row.
    patience = Patience(pause_seconds=0.1, answer_seconds=0.5, failures=8, start_seconds=600.0, stop_seconds=0.1)
    process = FORKS.Process(target=supervise_hanging, args=(tmp_path, ports, patience))
    process.start()
    try:
        wait_for(lambda: all((tmp_path / f"{name}-answers").exists() for name in ports))
        (tmp_path / "hangs-hangs").touch()
        wait_for(lambda: len(runs(tmp_path, "hangs")) == 2)
        first, second = runs(tmp_path, "hangs")
        wait_for(lambda: not is_running(first))
        assert is_running(second)
        assert len(runs(tmp_path, "answers")) == 1
    finally:
        process.kill()
        process.join()
