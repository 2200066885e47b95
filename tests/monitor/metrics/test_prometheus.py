"""A real Prometheus scrapes a real operations' port: an alert fires and stops firing."""

import json
import threading
from pathlib import Path
from urllib.parse import quote

import pytest

from app.assembly.channels import DIRECTORY
from app.assembly.operations_http import build
from app.assembly.parts import Parts
from app.clock import utc_now
from monitor.alert_thresholds import BEHIND_SECONDS
from monitor.health import ProcessHealth
from monitor.metrics.catalog import METRICS
from monitor.monitor_loop import MonitorLoop
from monitor.snapshot import Backlog, Snapshot
from tests.ingest.door_client import DoorServer
from tests.monitor.metrics.conftest import DASHBOARD, dashboard_queries
from tests.monitor.metrics.prometheus import running
from tests.monitor.metrics.snapshots import ago, shift_time, snapshot_with, stage
from tests.support.waiting import wait_for

_PATIENCE_SECONDS = 30.0


def _behind(seconds: float) -> Snapshot:
    """Return a current snapshot in which the router's oldest message has waited this long."""
    topics = {"complaints": Backlog(many=40, oldest=ago(seconds))}
    return shift_time(snapshot_with(stages=(stage("router", topics=topics), stage("cases"))), utc_now())


@pytest.mark.timeout(120)
def test_an_alert_fires_and_stops_firing(parts: Parts, tmp_path: Path) -> None:
    """The alert fires with its sentence when a stage falls behind, and stops when the stage catches up.

    Prometheus answers every query of the dashboard.
    """
    oldest_seconds = BEHIND_SECONDS
    loop = MonitorLoop(lambda: _behind(oldest_seconds), DIRECTORY, threading.Event(), 5.0)
    loop.step()
    host = DoorServer()
    host.app = build(parts, ProcessHealth(), {"web": str}, loop)
    with host.serving(), running(tmp_path, host.port) as prometheus:
        wait_for(prometheus.firing)
        (alert,) = prometheus.firing()
        assert alert["labels"] == {"alertname": "StageBehind", "severity": "page", "stage": "router"}
        assert alert["annotations"] == {
            "runbook": "stage-behind",
            "summary": "The oldest message has waited 2m 0s for router.",
        }
        (target,) = prometheus.query_api("targets")["activeTargets"]
        assert (target["health"], target["lastError"]) == ("up", "")
        # Prometheus asks for OpenMetrics, in which the name of a counter has no `_total`.
        kinds = {metric.name.removesuffix("_total"): metric.kind.value for metric in METRICS}
        scraped = {metadata["metric"]: metadata["type"] for metadata in prometheus.query_api("targets/metadata")}
        assert {"satupintu_snapshots", "satupintu_door_open"} <= scraped.keys()
        assert scraped == {name: kinds[name] for name in scraped}

        queries = dashboard_queries(json.loads(DASHBOARD.read_text()))
        answers = [prometheus.query_api(f"query?query={quote(query)}") for query in queries]
        assert [answer.get("resultType") for answer in answers] == ["vector"] * len(queries)

        oldest_seconds = 1.0
        loop.step()
        wait_for(lambda: not prometheus.firing())
