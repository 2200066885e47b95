"""The dashboard: it can be imported anywhere, asks only for metrics of the list, and shows or alerts on each."""

import json
import re
from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest

from app.alert_rules import RULES
from monitor.alert_conditions import BEHIND_SECONDS, HANGING_SECONDS, SPOOL_SHARE, TRIAGE_SECONDS
from monitor.metrics.alert_rules import LOOK_SECONDS, document
from monitor.metrics.catalog import METRICS
from tests.monitor.metrics.conftest import DASHBOARD, Promtool, asked_by

ROWS = ["What needs a person", "Doors", "Stages", "Put aside", "Agencies", "Processes"]


@pytest.fixture(scope="module")
def dashboard() -> dict[str, Any]:
    """As it is imported."""
    read: dict[str, Any] = json.loads(DASHBOARD.read_text())
    return read


def test_every_metric_is_shown_or_alerted_on(dashboard: dict[str, Any]) -> None:
    """Nothing is measured that nobody looks at, and nothing is looked for that is not measured."""
    asked = " ".join(asked_by(dashboard))
    used = set(re.findall(r"satupintu_[a-z_]+", f"{asked} {document(RULES)}"))
    assert used == {metric.name for metric in METRICS}


def test_labels_are_those_of_the_list(dashboard: dict[str, Any]) -> None:
    """What an expression gathers by, and what a legend names, some metric has."""
    labels = {label for metric in METRICS for label in metric.labels} | {"alertname", "severity"}
    for expression in asked_by(dashboard):
        for named in re.findall(r"by \(([a-z, ]+)\)", expression):
            assert set(named.split(", ")) <= labels, expression
    assert set(re.findall(r"{{(\w+)}}", DASHBOARD.read_text())) <= labels


def test_its_limits_are_those_of_the_alerts(dashboard: dict[str, Any]) -> None:
    """A line in a graph, or another colour of a number, is where the alert fires."""
    drawn = {
        panel["title"]: panel["fieldConfig"]["defaults"]["thresholds"]["steps"][1]["value"]
        for panel in _panels(dashboard)
        if len(panel["fieldConfig"]["defaults"]["thresholds"]["steps"]) > 1
    }
    assert drawn == {
        "Last look": LOOK_SECONDS,
        "Audit's differences": 1,
        "Needed a person": 1,
        "Silence, of what is usual": 1,
        "Spool's room": SPOOL_SHARE,
        "Age of the oldest": BEHIND_SECONDS,
        "Oldest at triage": TRIAGE_SECONDS,
        "Has not come round": HANGING_SECONDS,
    }


def test_it_belongs_to_no_server(dashboard: dict[str, Any]) -> None:
    """Which Prometheus is asked is chosen where it is imported; nothing in it is an id of another Grafana."""
    (variable,) = dashboard["templating"]["list"]
    assert (variable["type"], variable["query"], variable["name"]) == ("datasource", "prometheus", "datasource")
    assert dashboard["id"] is None
    for panel in _panels(dashboard):
        for asks in (panel, *panel["targets"]):
            assert asks["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


def test_rows_and_panels_lie_beside_each_other(dashboard: dict[str, Any]) -> None:
    """From what needs a person down to the processes; none covers another, each has a number and says what it is."""
    assert [panel["title"] for panel in dashboard["panels"] if panel["type"] == "row"] == ROWS
    numbers = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(numbers)) == len(numbers)
    assert all(panel["description"] and panel["title"] for panel in _panels(dashboard))
    for one, other in combinations([panel["gridPos"] for panel in dashboard["panels"]], 2):
        assert not (_overlap(one, other, "x", "w") and _overlap(one, other, "y", "h")), (one, other)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in dashboard["panels"])
    tops = [panel["gridPos"]["y"] for panel in dashboard["panels"]]
    assert all(before <= after for before, after in pairwise(tops))


def test_prometheus_understands_every_question(dashboard: dict[str, Any], promtool: Promtool, tmp_path: Path) -> None:
    """As recording rules, which promtool reads."""
    asked = asked_by(dashboard)
    rules = [{"record": f"asked:{number}", "expr": expression} for number, expression in enumerate(asked)]
    file = tmp_path / "asked.yml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert f"{len(asked)} rules found" in promtool("check", "rules", "--lint=none", file)


def _panels(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (panel for panel in dashboard["panels"] if panel["type"] != "row")


def _expressions(dashboard: dict[str, Any]) -> list[str]:
    return [target["expr"] for panel in _panels(dashboard) for target in panel["targets"]]


def _overlap(one: dict[str, int], other: dict[str, int], at: str, size: str) -> bool:
    return one[at] < other[at] + other[size] and other[at] < one[at] + one[size]
