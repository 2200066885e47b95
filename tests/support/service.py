"""A whole service in a process of its own, which a test may kill, and the citizens who write to it."""

import os
import signal
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from app.assembly.channels import CHANNELS
from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.simulator.replay import Outcome, Replay, load_reports
from app.simulator.wait import settled_audit, wait_until_ready
from config.settings import Settings
from messages import codec
from messages.shapes import Complaint, Dispatch
from messages.topics import COMPLAINTS
from monitor.audit.audit import Audit
from tests.support.paths import DATA, SMALL_TABLES
from tests.support.ports import free_port
from tests.support.program import Program

SAMPLE_REPORTS = DATA / "letters.csv"
REGISTRY = SMALL_TABLES


class Whole:
    """`bootstrap` names the broker; without it the service runs on its embedded bus."""

    def __init__(self, home: Path, bootstrap: str = "", **more: str) -> None:
        self._set = {
            "home": str(home),
            "port": str(free_port()),
            "x_base_url": f"http://127.0.0.1:{free_port()}",
            "reference_folder": str(REGISTRY),
            "bus": "kafka" if bootstrap else "local",
            "kafka_bootstrap": bootstrap,
            "log_level": "warning",
            **more,
        }
        self.settings = Settings.model_validate(self._set)
        self.parts = Parts(self.settings, CHANNELS)
        self.log = home / "service.log"
        self._processes: list[Program] = []

    @property
    def environment(self) -> Mapping[str, str]:
        """What a shell would have set."""
        mine = {f"SATUPINTU_{name.upper()}": value for name, value in self._set.items()}
        return {**{name: value for name, value in os.environ.items() if not name.startswith("SATUPINTU_")}, **mine}

    @property
    def pids(self) -> list[int]:
        """The processes that run."""
        return [process.pid for process in self._processes]

    def start(self, *stages: str) -> None:
        """Start, and return when it is ready."""
        process = Program(("run", "--quiet", *stages), self.environment, self.log, self.log, Path.cwd())
        self._processes.append(process)
        if not stages or "ingest" in stages:
            wait_until_ready(self.settings.port, process)

    def start_all(self, stages: Iterable[str]) -> None:
        """Start a process for each stage, the doors last."""
        for stage in stages:
            self.start(stage)

    def change(self, **settings: str) -> None:
        """Other settings for what is started from now on."""
        self._set |= settings

    def end(self, which: int) -> None:
        """End one of the processes politely, by the order in which they were started."""
        process = self._processes.pop(which)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0

    def kill(self) -> None:
        """The machine loses power: no handler runs."""
        for process in self._processes:
            process.kill()
            process.wait()
        self._processes.clear()

    def stop(self) -> list[int]:
        """End it politely; returns the exit codes."""
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> list[int]:
        """Until it ended by itself; returns the exit codes."""
        codes = [process.wait(60) for process in self._processes]
        self._processes.clear()
        return codes

    def close(self) -> None:
        """Whatever happened, nothing is left."""
        self.kill()
        self.parts.engine.dispose()

    def audit(self, patience: float = 120.0) -> Audit:
        """The audit once all is worked."""
        migrate(self.parts.engine)
        return settled_audit(self.parts, patience)

    def decisions(self) -> list[tuple[Any, ...]]:
        """What was decided about each text: its relation, door, alternatives and reasons."""
        reader = self.parts.bus.reader()
        try:
            complaints = [codec.decode(Complaint, r.value, r.headers) for r in reader.read([COMPLAINTS])]
            dispatches = [codec.decode(Dispatch, r.value, r.headers) for r in reader.read(self.parts.queues)]
        finally:
            reader.close()
        doors = {d.complaint_id: (d.agency, d.alternatives, d.reasons, d.rules_version) for d in dispatches}
        return sorted((c.report.text, c.channel, c.relation.kind, doors.get(c.id)) for c in complaints)


class Citizens(threading.Thread):
    """Write every letter by the channels in turn, and insist while the service is away."""

    def __init__(self, whole: Whole, channels: tuple[str, ...]) -> None:
        super().__init__()
        self._whole = whole
        self._channels = channels
        self.sent = threading.Semaphore(0)
        self.outcome = Outcome()
        self.letters = load_reports(SAMPLE_REPORTS)

    def run(self) -> None:
        """See `threading.Thread`."""
        self.outcome = Replay(self._whole.parts, self._channels, self.sent.release).run(self.letters)
