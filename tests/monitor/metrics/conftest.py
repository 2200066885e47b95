"""Expositions of planted snapshots, and Prometheus's tools."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from app.assembly.channels import DIRECTORY
from monitor.active_alerts import AlertRegister
from monitor.metrics.catalog import METRICS
from monitor.metrics.exposition import Exposition
from monitor.monitor_loop import Observation
from monitor.snapshot import ProcessState, Snapshot, WorkerState
from tests.conftest import NOW, missing
from tests.support.paths import ROOT
from tests.support.stages import WATCHED_TOPICS

DASHBOARD = ROOT / "monitor" / "metrics" / "grafana" / "satupintu.json"
# The process that runs the monitor. It has no worker and no door.
OWN = ProcessState(address="", instance="monitor-1")

Expose = Callable[..., str]
Promtool = Callable[..., str]


@pytest.fixture
def expose() -> Expose:
    """Return the text of `/metrics` for a monitor's snapshot; for `None`, that of a process without monitor."""

    def exposed(snapshot: Snapshot | None, own: ProcessState = OWN) -> str:
        observation = Observation(3, snapshot, AlertRegister(DIRECTORY).update(snapshot)) if snapshot else None
        registry = CollectorRegistry()
        registry.register(Exposition(lambda: own, lambda: observation, WATCHED_TOPICS, lambda: NOW))
        return generate_latest(registry).decode()

    return exposed


@pytest.fixture
def busy() -> ProcessState:
    """Return a process with every figure that a process can have."""
    parts = {"router": WorkerState(worked=7, rejected=1, retried=2, fenced=1, fenced_seconds=9.5, silent_seconds=0.2)}
    return ProcessState.model_validate(
        {"address": "", "instance": "host-a", "doors": {"web": {}, "sms": {"reason": "spool_full"}}, "spooled": 12}
        | {"spool_share": 0.25, "disk_share": 0.5, "refused": {"sms": {"unsigned": 4}}, "parts": parts}
    )


@pytest.fixture(scope="session")
def promtool() -> Promtool:
    """Return a function that runs promtool, requires success, and returns its output."""
    path = tool("promtool")

    def run(*arguments: str | Path, stdin: str | None = None) -> str:
        completed = subprocess.run(
            [path, *arguments], input=stdin, capture_output=True, text=True, check=False, timeout=60
        )
        assert completed.returncode == 0, completed.stdout + completed.stderr
        return completed.stdout + completed.stderr

    return run


def tool(name: str) -> str:
    """Return the path of one of Prometheus's programs; skip the test without it."""
    path = shutil.which(name)
    if not path:
        missing(f"Prometheus: no {name} on PATH")
    return str(path)


def dashboard_queries(dashboard: dict[str, Any]) -> list[str]:
    """Return the queries of the dashboard's panels, as Grafana sends them to Prometheus."""
    targets = [target for panel in dashboard["panels"] for target in panel.get("targets", ())]
    return [target["expr"].replace("$__rate_interval", "1m") for target in targets]


def families(exposition: str) -> dict[str, Metric]:
    """Parse an exposition into metric families by name; the name of a counter has no `_total`."""
    return {family.name: family for family in text_string_to_metric_families(exposition)}


def values(exposition: str) -> dict[str, float]:
    """Return each value by `name{label="value"}`, with the labels in the catalog's order and without empty ones."""
    values_by_name = {}
    order = {metric.name: metric.labels for metric in METRICS}
    for family in families(exposition).values():
        for sample in family.samples:
            labels = {name: sample.labels[name] for name in order[sample.name] if sample.labels[name]}
            label_text = ",".join(f'{name}="{value}"' for name, value in labels.items())
            values_by_name[f"{sample.name}{{{label_text}}}" if labels else sample.name] = sample.value
    return values_by_name
