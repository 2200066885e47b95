"""Supervisor of processes: what ends is started again, code 78 ends all, and nothing outlives the supervisor."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from app.assembly.processes.supervisor import RestartPause
from app.exit_codes import EX_CONFIG, EX_TEMPFAIL
from tests.app.processes.toys import has_ended, is_running, runs, supervise, supervise_after_first
from tests.support.program import FORKS
from tests.support.waiting import wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads the state of processes from /proc")

Supervise = Callable[[Mapping[str, int]], Any]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Supervise]:
    """Return a function that supervises toys with these first exit codes, in another process."""
    processes = []

    def start_supervisor(codes: Mapping[str, int]) -> Any:
        process = FORKS.Process(target=supervise, args=(tmp_path, codes, tmp_path / "code"))
        process.start()
        processes.append(process)
        return process

    yield start_supervisor
    for process in processes:
        process.kill()
        process.join()


def test_a_process_that_ends_is_started_again(start: Supervise, tmp_path: Path) -> None:
    """A crash, a `kill -9` and an end without an error are followed by a new process. The others go on."""
    start({"crashes": EX_TEMPFAIL, "steady": 0})
    wait_for(lambda: len(runs(tmp_path, "crashes")) == 2 and len(runs(tmp_path, "steady")) == 1)
    os.kill(runs(tmp_path, "crashes")[-1], signal.SIGKILL)
    wait_for(lambda: len(runs(tmp_path, "crashes")) == 3)
    (steady,) = runs(tmp_path, "steady")
    assert is_running(steady)


def test_a_process_that_must_not_start_again_ends_all(start: Supervise, tmp_path: Path) -> None:
    """After code 78 the others end in order, and the supervisor ends with 78."""
    process = start({"steady": 0, "refuses": EX_CONFIG})
    process.join()
    assert (process.exitcode, (tmp_path / "code").read_text()) == (0, str(EX_CONFIG))
    assert len(runs(tmp_path, "refuses")) == 1
    # It may have been asked to end before it began.
    assert not runs(tmp_path, "steady") or not is_running(runs(tmp_path, "steady")[0])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_all_in_order(start: Supervise, tmp_path: Path, number: signal.Signals) -> None:
    """SIGTERM and Ctrl-C let every process end by itself. The exit code is 0."""
    process = start({"first": 0, "second": 0})
    wait_for(lambda: bool(runs(tmp_path, "first") and runs(tmp_path, "second")))
    os.kill(process.pid, number)
    process.join()
    assert (tmp_path / "code").read_text() == "0"
    assert [has_ended(tmp_path, name) for name in ("first", "second")] == [True, True]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_during_the_start_is_no_error(tmp_path: Path, number: signal.Signals) -> None:
    """What runs before all others ends, no other process begins, and the exit code is 0."""
    process = FORKS.Process(target=supervise_after_first, args=(tmp_path, tmp_path / "code"))
    process.start()
    wait_for(lambda: bool(runs(tmp_path, "first")))
    assert process.pid
    os.kill(process.pid, number)
    process.join()
    assert (tmp_path / "code").read_text() == "0"
    assert not is_running(runs(tmp_path, "first")[0])
    assert runs(tmp_path, "other") == []


def test_nothing_outlives_a_killed_supervisor(start: Supervise, tmp_path: Path) -> None:
    """After `kill -9` of the supervisor no process of it holds a port or a file."""
    process = start({"first": 0, "second": 0})
    wait_for(lambda: bool(runs(tmp_path, "first") and runs(tmp_path, "second")))
    process.kill()
    process.join()
    wait_for(lambda: not any(is_running(runs(tmp_path, name)[0]) for name in ("first", "second")))


def test_the_pause_before_a_new_start_grows() -> None:
    """It doubles up to half a minute, and begins again after a long run."""
    pause = RestartPause()
    assert [pause.after(1.0) for _ in range(8)] == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    assert [pause.after(60.0), pause.after(1.0)] == [0.5, 1.0]
