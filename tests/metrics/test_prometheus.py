"""A real Prometheus asks a real operations' port: what was seen there becomes an alert, and ceases to be one."""

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from app.assembly import Parts, utc_now
from app.ops import build
from monitor.concerns import BEHIND_SECONDS
from monitor.health import Pulse
from monitor.metrics import METRICS
from monitor.rules import FILE, JOB
from monitor.snapshot import Snapshot, Waiting
from monitor.watching import Watching
from tests.doors.served import Host
from tests.metrics.conftest import DASHBOARD, asked_by, tool
from tests.metrics.planted import ago, look, moved, stage
from tests.ports import free_port

_PATIENCE_SECONDS = 30.0


class Prometheus:
    """One that runs."""

    def __init__(self, port: int) -> None:
        self._address = f"http://127.0.0.1:{port}"

    def says(self, path: str) -> Any:
        """What its API answers; nothing while it is not up."""
        try:
            response = requests.get(f"{self._address}/api/v1/{path}", timeout=5)
        except requests.ConnectionError:
            return {}
        return response.json()["data"] if response.ok else {}

    def firing(self) -> list[dict[str, Any]]:
        """The alerts that fire."""
        return [alert for alert in self.says("alerts").get("alerts", []) if alert["state"] == "firing"]


@contextmanager
def running(folder: Path, target: int) -> Iterator[Prometheus]:
    """Prometheus as the runbook sets it up, but asking every second."""
    program, port = tool("prometheus"), free_port()
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(FILE)],
        "scrape_configs": [{"job_name": JOB, "static_configs": [{"targets": [f"127.0.0.1:{target}"]}]}],
    }
    file = folder / "prometheus.yml"
    file.write_text(json.dumps(config))
    command = [program, f"--config.file={file}", f"--storage.tsdb.path={folder / 'tsdb'}"]
    command += [f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            yield Prometheus(port)
        finally:
            process.terminate()


def _until(true: Callable[[], object]) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < end, "it never was so"
        time.sleep(0.1)


def _behind(seconds: float) -> Snapshot:
    """A look just now at a router whose oldest message waits for so long; all else is well."""
    waiting = {"complaints": Waiting(many=40, oldest=ago(seconds))}
    return moved(look(stages=(stage("router", topics=waiting), stage("ledger"))), utc_now())


@pytest.mark.timeout(120)
def test_from_a_look_to_an_alert_and_back(parts: Parts, tmp_path: Path) -> None:
    """A stage falls behind: it fires with its sentence; it catches up: nothing fires any more.

    Meanwhile all that the dashboard asks is answered.
    """
    seconds = BEHIND_SECONDS
    watching = Watching(lambda: _behind(seconds), threading.Event(), 5.0)
    watching.step()
    host = Host()
    host.app = build(parts, Pulse(), {"web": str}, watching)
    with host.serving(), running(tmp_path, host.port) as prometheus:
        _until(prometheus.firing)
        (alert,) = prometheus.firing()
        assert alert["labels"] == {"alertname": "StageBehind", "severity": "page", "stage": "router"}
        assert alert["annotations"] == {
            "runbook": "stage-behind",
            "summary": "router is behind: the oldest message waits for 2m 0s.",
        }
        (target,) = prometheus.says("targets")["activeTargets"]
        assert (target["health"], target["lastError"]) == ("up", "")
        # OpenMetrics, which it asks for, names a counter without its ending.
        kinds = {metric.name.removesuffix("_total"): metric.kind.value for metric in METRICS}
        known = {one["metric"]: one["type"] for one in prometheus.says("targets/metadata")}
        assert {"satupintu_looks", "satupintu_door_open"} <= known.keys()
        assert known == {name: kinds[name] for name in known}

        asked = asked_by(json.loads(DASHBOARD.read_text()))
        answered = [prometheus.says(f"query?query={quote(question)}") for question in asked]
        assert [answer.get("resultType") for answer in answered] == ["vector"] * len(asked)

        seconds = 1.0
        watching.step()
        _until(lambda: not prometheus.firing())
