"""Expositions of what was planted, and Prometheus's tools."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from app.assembly.channels import DIRECTORY
from monitor.active_alerts import Register
from monitor.metrics.catalog import METRICS
from monitor.metrics.exposition import Exposition
from monitor.monitor_loop import View
from monitor.snapshot import PartState, ProcessState, Snapshot
from tests.conftest import NOW, missing
from tests.support.paths import ROOT
from tests.support.stages import WATCHED_TOPICS

DASHBOARD = ROOT / "monitor" / "metrics" / "grafana" / "satupintu.json"
# The process that runs the monitor: it works nothing, and has no door.
OWN = ProcessState(address="", instance="monitor-1")

Expose = Callable[..., str]
Promtool = Callable[..., str]


@pytest.fixture
def expose() -> Expose:
    """What `/metrics` says where the monitor saw this; of a process without a monitor, where it saw nothing."""

    def exposed(seen: Snapshot | None, own: ProcessState = OWN) -> str:
        view = View(3, seen, Register(DIRECTORY).stand(seen)) if seen else None
        registry = CollectorRegistry()
        registry.register(Exposition(lambda: own, lambda: view, WATCHED_TOPICS, lambda: NOW))
        return generate_latest(registry).decode()

    return exposed


@pytest.fixture
def busy() -> ProcessState:
    """A process with whatever a process can have."""
    parts = {"router": PartState(worked=7, rejected=1, retried=2, fenced=1, fenced_seconds=9.5, silent_seconds=0.2)}
    return ProcessState.model_validate(
        {"address": "", "instance": "host-a", "doors": {"web": {}, "sms": {"why": "spool_full"}}, "spooled": 12}
        | {"spool_share": 0.25, "refused": {"sms": {"unsigned": 4}}, "parts": parts}
    )


@pytest.fixture(scope="session")
def promtool() -> Promtool:
    """Runs promtool, which must be content; returns what it says."""
    path = tool("promtool")

    def run(*arguments: str | Path, given: str | None = None) -> str:
        done = subprocess.run([path, *arguments], input=given, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


def tool(name: str) -> str:
    """The path of one of Prometheus's programs."""
    path = shutil.which(name)
    if not path:
        missing(f"Prometheus: no {name} on PATH")
    return str(path)


def asked_by(dashboard: dict[str, Any]) -> list[str]:
    """The questions of its panels, as they go to Prometheus."""
    targets = [target for panel in dashboard["panels"] for target in panel.get("targets", ())]
    return [target["expr"].replace("$__rate_interval", "1m") for target in targets]


def families(exposition: str) -> dict[str, Metric]:
    """By name, as a reader of the format finds them; a counter's without its ending."""
    return {family.name: family for family in text_string_to_metric_families(exposition)}


def values(exposition: str) -> dict[str, float]:
    """Each sample as `name{label="value"}`, the labels as in the list, without those that say nothing."""
    found = {}
    order = {metric.name: metric.labels for metric in METRICS}
    for family in families(exposition).values():
        for sample in family.samples:
            said = {name: sample.labels[name] for name in order[sample.name] if sample.labels[name]}
            labels = ",".join(f'{name}="{value}"' for name, value in said.items())
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found
