"""`satupintu run` with a process for each group of stages: one log, restarts, and an orderly end."""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.assembly.processes.address_file import ADDRESS_FILE, read_addresses, watched_addresses
from app.assembly.processes.liveness import LivenessCheck, Patience
from app.assembly.processes.plan import STAGES_BY_PROCESS
from app.simulator.replay import CHANNELS
from bus.errors import Retry
from tests.app.processes.toys import is_running
from tests.support.service import Citizens, RunningService
from tests.support.waiting import wait_for

# The first bad answer counts as hanging.
_IMPATIENT = Patience(pause_seconds=0.0, failures=1, start_seconds=0.0)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads the state of processes from /proc")


@pytest.fixture
def logged(process_database: Mapping[str, str], tmp_path: Path) -> Iterator[RunningService]:
    """Return a service that logs in JSON."""
    service = RunningService(tmp_path, log_level="info", log_format="json", **process_database)
    yield service
    service.close()


def lines(service: RunningService) -> list[Mapping[str, Any]]:
    """Return the lines of the log. Each is complete."""
    return [json.loads(line) for line in service.log.read_text().splitlines()]


def newest_pids(service: RunningService) -> Mapping[str, int]:
    """Return the id of the last process of each name."""
    return {line["process"]: line["pid"] for line in lines(service) if line["event"] == "process.started"}


def test_killed_processes_lose_nothing(logged: RunningService) -> None:
    """`kill -9` of each process while citizens write: it is started again, and every report is in one queue, once."""
    logged.start()
    first_pids = newest_pids(logged)
    citizens = Citizens(logged, CHANNELS)
    citizens.start()
    for name, pid in first_pids.items():
        citizens.sent.acquire(timeout=60)
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda name=name, pid=pid: newest_pids(logged)[name] != pid)  # type: ignore[misc]
    citizens.join()
    audit = logged.audit()
    assert logged.stop() == [0]
    assert sorted(first_pids) == sorted(STAGES_BY_PROCESS)
    assert [row for row in citizens.sent_rows if row.refusal] == []
    assert audit.as_json()["differences"] == []
    assert (audit.accepted, audit.complaints, audit.pending) == (len(citizens.reports), len(citizens.reports), 0)
    lost = [line["code"] for line in lines(logged) if line["event"] == "process.lost"]
    assert lost == [-signal.SIGKILL] * len(STAGES_BY_PROCESS)


def test_each_process_answers_that_it_lives(logged: RunningService) -> None:
    """Otherwise the supervisor would start a working service again every ten minutes."""
    logged.start()
    peers = read_addresses(logged.settings.home / ADDRESS_FILE)
    ports = [*(urlsplit(peer).port or 0 for peer in peers), logged.settings.port]
    assert len(ports) == len(STAGES_BY_PROCESS) + 1
    for port in ports:
        check = LivenessCheck(("127.0.0.1", port), time.monotonic, _IMPATIENT)
        check.proceed()
        assert check.question
        wait([check.question])
        check.proceed(has_answer=True)
        assert not check.is_hanging
    assert logged.stop() == [0]


def test_the_log_names_the_process_of_each_line(logged: RunningService) -> None:
    """Each line that a process writes is whole, and says which process wrote it."""
    logged.start()
    Citizens(logged, ("web",)).run()
    logged.audit()
    assert logged.stop() == [0]
    started = {line["process"]: line["stages"] for line in lines(logged) if line["event"] == "service.started"}
    assert started == {name: sorted(stages) for name, stages in STAGES_BY_PROCESS.items()}
    dispatches = [line["process"] for line in lines(logged) if line["event"] == "complaint.dispatched"]
    assert set(dispatches) == {"router"}


def test_an_orderly_end_leaves_nothing_behind(logged: RunningService) -> None:
    """Commands find all processes while they run. After SIGTERM no process and no address of one is left."""
    logged.start()
    pids, addresses = newest_pids(logged), watched_addresses(logged.parts.settings)
    assert logged.stop() == [0]
    assert len(addresses) == len(pids) == len(STAGES_BY_PROCESS)
    assert [name for name, pid in pids.items() if is_running(pid)] == []
    assert watched_addresses(logged.parts.settings) == logged.settings.peers
    codes = {line["process"]: line["code"] for line in lines(logged) if line["event"] == "process.ended"}
    assert codes == dict.fromkeys(STAGES_BY_PROCESS, 0)


def test_a_stage_that_refuses_ends_all(tmp_path: Path) -> None:
    """With another secret key the normalizer stops at the first message. All processes end with its message and 78."""
    first = RunningService(tmp_path, secret_key="the secret with which the reports were sealed")
    other = RunningService(tmp_path, secret_key="another secret, with which none of them opens")
    try:
        first.start("ingest")
        Citizens(first, ("web",)).run()
        assert first.stop() == [0]
        with suppress(Retry):
            # It may end before its doors are ready.
            other.start()
        assert other.wait() == [78]
        assert "SATUPINTU_SECRET_KEY" in other.log.read_text()
    finally:
        first.close()
        other.close()


def test_threads_keep_one_process(logged: RunningService) -> None:
    """`run --threads` runs every stage in the process itself."""
    logged.start("--threads")
    logged.audit()
    assert logged.stop() == [0]
    assert [line for line in lines(logged) if line["event"].startswith("process.")] == []
    assert [line["stages"] for line in lines(logged) if line["event"] == "service.started"] == [
        sorted(stage for stages in STAGES_BY_PROCESS.values() for stage in stages)
    ]
