"""A service in processes of its own, which a test may kill, and the citizens who write to it."""

import signal
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from app.assembly.channels import CHANNELS
from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.clock import system_clock
from app.simulator.replay import Replay, load_reports
from app.simulator.row_outcomes import SentRow
from app.simulator.wait import settled_audit, wait_until_ready
from app.surroundings import system_surroundings
from bus.port import Reader
from config.settings import Settings
from messages import codec
from messages.shapes import Complaint, Dispatch
from messages.topics import COMPLAINTS
from monitor.audit.audit import Audit
from monitor.consumer_lag import measure_stage
from tests.support.paths import DATA, SMALL_TABLES
from tests.support.ports import free_port
from tests.support.program import Program, inherited_environment

SAMPLE_REPORTS = DATA / "sample_reports.csv"
REGISTRY = SMALL_TABLES
# Patience with a process that was told to stop.
_STOP_PATIENCE_SECONDS = 60
# Groups whose tables a test looks at after an audit, which reads the topics only.
_READ_MODELS = ("cases",)
_POLL_SECONDS = 0.1


class RunningService:
    """A service in processes of its own, and its settings.

    `bootstrap` names the broker; without it the service uses the embedded bus. `settings` override the defaults.
    """

    def __init__(self, home: Path, bootstrap: str = "", **settings: str) -> None:
        self._settings_by_name = {
            "home": str(home),
            "port": str(free_port()),
            "x_base_url": f"http://127.0.0.1:{free_port()}",
            "reference_folder": str(REGISTRY),
            "bus": "kafka" if bootstrap else "local",
            "kafka_bootstrap": bootstrap,
            "log_level": "warning",
            # A test that has audited the service looks at the ledger and the desk at once.
            "batch_pauses": "cases=0,replies=0,forget=0,derivations=0",
            **settings,
        }
        self.settings = Settings.model_validate(self._settings_by_name)
        self.parts = Parts(self.settings, CHANNELS, system_surroundings())
        self.log = home / "service.log"
        self._processes: list[Program] = []

    @property
    def environment(self) -> Mapping[str, str]:
        """Environment of a shell with these settings."""
        variables = {f"SATUPINTU_{name.upper()}": value for name, value in self._settings_by_name.items()}
        return {**inherited_environment(), **variables}

    @property
    def pids(self) -> list[int]:
        """Ids of the running processes, in the order of their start."""
        return [process.pid for process in self._processes]

    @property
    def exit_codes(self) -> dict[int, int]:
        """Exit codes of the processes that ended by themselves, by process id."""
        codes = {process.pid: process.poll() for process in self._processes}
        return {pid: code for pid, code in codes.items() if code is not None}

    def start(self, *stages: str) -> None:
        """Run these stages in a process, or all of them in several. Return when the doors are ready.

        `--threads` instead of stages runs all in one process.
        """
        process = Program(("run", "--quiet", *stages), self.environment, self.log, self.log, Path.cwd())
        self._processes.append(process)
        if not stages or stages[0].startswith("--") or "ingest" in stages:
            wait_until_ready(self.settings.port, process, system_clock())

    def start_all(self, stages: Iterable[str]) -> None:
        """Start a process for each stage. The last is `ingest`: it is ready when its doors are."""
        for stage in stages:
            self.start(stage)

    def change_settings(self, **settings: str) -> None:
        """Change settings of the processes that are started from now on."""
        self._settings_by_name |= settings

    def end_process(self, index: int) -> None:
        """End one process with SIGTERM. `index` is its position in the order of their start."""
        process = self._processes.pop(index)
        process.send_signal(signal.SIGTERM)
        assert process.wait(_STOP_PATIENCE_SECONDS) == 0

    def kill(self) -> None:
        """Kill all processes, as a power cut would: no handler runs."""
        for process in self._processes:
            process.kill()
            process.wait()
        self._processes.clear()

    def stop(self) -> list[int]:
        """End all processes with SIGTERM. Return their exit codes."""
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> list[int]:
        """Wait until all processes have ended. Return their exit codes."""
        codes = [process.wait(_STOP_PATIENCE_SECONDS) for process in self._processes]
        self._processes.clear()
        return codes

    def close(self) -> None:
        """Kill all processes and close the database."""
        self.kill()
        self.parts.engine.dispose()

    def audit(self, patience: float = 120.0) -> Audit:
        """Return the audit after every accepted message is processed, or after `patience` seconds.

        The ledger and the desk have processed all records then, if they run.
        """
        deadline = time.monotonic() + patience
        migrate(self.parts.engine)
        audit = settled_audit(self.parts, patience)
        with closing(self.parts.bus.reader()) as reader:
            while self._processes and self._has_late_read_model(reader) and time.monotonic() < deadline:
                time.sleep(_POLL_SECONDS)
        return audit

    def decisions(self) -> list[tuple[Any, ...]]:
        """Return the decision about each text: its relation, agency, alternatives and reasons."""
        reader = self.parts.bus.reader()
        try:
            complaints = [codec.decode(Complaint, r.value, r.headers) for r in reader.read([COMPLAINTS])]
            dispatches = [codec.decode(Dispatch, r.value, r.headers) for r in reader.read(self.parts.queues)]
        finally:
            reader.close()
        agencies = {d.complaint_id: (d.agency, d.alternatives, d.reasons, d.rules_version) for d in dispatches}
        return sorted((c.report.text, c.channel, c.relation.kind, agencies.get(c.id)) for c in complaints)

    def _has_late_read_model(self, reader: Reader) -> bool:
        groups = [self.parts.consumer_groups[name] for name in _READ_MODELS]
        stages = [measure_stage(reader, group.name, group.topics_with(self.parts.queues)) for group in groups]
        return any(stage.members and stage.topics for stage in stages)


class Citizens(threading.Thread):
    """Sends every sample report by the channels in turn, and sends again while the service is away.

    `sent` is released after each report.
    """

    def __init__(self, service: RunningService, channels: tuple[str, ...]) -> None:
        super().__init__()
        self._service = service
        self._channels = channels
        self.sent = threading.Semaphore(0)
        self.sent_rows: Sequence[SentRow] = ()
        self.reports = load_reports(SAMPLE_REPORTS)

    def run(self) -> None:
        """See `threading.Thread`."""
        self.sent_rows = Replay(self._service.parts, self._channels, self.sent.release).run(self.reports)
