"""A real Prometheus asks a real operations' port: what was seen there becomes an alert, and ceases to be one."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from app.assembly.channels import DIRECTORY
from app.assembly.operations_http import build
from app.assembly.parts import Parts
from app.clock import utc_now
from monitor.alert_conditions import BEHIND_SECONDS
from monitor.health import Pulse
from monitor.metrics.catalog import METRICS
from monitor.monitor_loop import Watching
from monitor.snapshot import Snapshot, Waiting
from tests.ingest.door_client import DoorServer
from tests.monitor.metrics.conftest import DASHBOARD, asked_by
from tests.monitor.metrics.prometheus import running
from tests.monitor.metrics.snapshots import ago, look, moved, stage

_PATIENCE_SECONDS = 30.0


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
    watching = Watching(lambda: _behind(seconds), DIRECTORY, threading.Event(), 5.0)
    watching.step()
    host = DoorServer()
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
