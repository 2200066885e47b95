"""The dashboard can be imported into any Grafana, and uses only metrics of the catalog."""

import json
import re
from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest

from bench.generated.alert_rules import RULES, rules_document
from bench.generated.rule_definitions import SNAPSHOT_SECONDS
from monitor.alert_thresholds import BEHIND_SECONDS, HANGING_SECONDS, SPOOL_SHARE, TRIAGE_SECONDS
from monitor.metrics.catalog import METRICS
from tests.monitor.metrics.conftest import DASHBOARD, Promtool, dashboard_queries

ROWS = ["Alerts", "Doors", "Stages", "Pending review", "Agencies", "Processes"]


@pytest.fixture(scope="module")
def dashboard() -> dict[str, Any]:
    """Return the dashboard's JSON."""
    content: dict[str, Any] = json.loads(DASHBOARD.read_text())
    return content


def test_every_metric_is_shown_or_has_an_alert(dashboard: dict[str, Any]) -> None:
    """No metric is unused, and no unknown metric is queried."""
    queries = " ".join(dashboard_queries(dashboard))
    used = set(re.findall(r"satupintu_[a-z_]+", f"{queries} {rules_document(RULES)}"))
    assert used == {metric.name for metric in METRICS}


def test_labels_are_those_of_the_catalog(dashboard: dict[str, Any]) -> None:
    """Every label in a query or in a legend belongs to some metric."""
    labels = {label for metric in METRICS for label in metric.labels} | {"alertname", "severity"}
    for expression in dashboard_queries(dashboard):
        for grouping in re.findall(r"by \(([a-z, ]+)\)", expression):
            assert set(grouping.split(", ")) <= labels, expression
    assert set(re.findall(r"{{(\w+)}}", DASHBOARD.read_text())) <= labels


def test_drawn_thresholds_are_those_of_the_alerts(dashboard: dict[str, Any]) -> None:
    """A line in a graph, or a change of colour, is at the alert's threshold."""
    thresholds = {
        panel["title"]: panel["fieldConfig"]["defaults"]["thresholds"]["steps"][1]["value"]
        for panel in _panels(dashboard)
        if len(panel["fieldConfig"]["defaults"]["thresholds"]["steps"]) > 1
    }
    assert thresholds == {
        "Age of the snapshot": SNAPSHOT_SECONDS,
        "Audit differences": 1,
        "Active alerts over time": 1,
        "Silence, relative to usual": 1,
        "Used spool space": SPOOL_SHARE,
        "Age of the oldest message": BEHIND_SECONDS,
        "Oldest case at triage": TRIAGE_SECONDS,
        "Busy with one batch": HANGING_SECONDS,
    }


def test_the_dashboard_belongs_to_no_server(dashboard: dict[str, Any]) -> None:
    """The Prometheus server is chosen at import. The file has no id of another Grafana."""
    (variable,) = dashboard["templating"]["list"]
    assert (variable["type"], variable["query"], variable["name"]) == ("datasource", "prometheus", "datasource")
    assert dashboard["id"] is None
    for panel in _panels(dashboard):
        for element in (panel, *panel["targets"]):
            assert element["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


def test_panels_do_not_overlap(dashboard: dict[str, Any]) -> None:
    """The rows have the expected order. Every panel has an id, a title and a description."""
    assert [panel["title"] for panel in dashboard["panels"] if panel["type"] == "row"] == ROWS
    numbers = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(numbers)) == len(numbers)
    assert all(panel["description"] and panel["title"] for panel in _panels(dashboard))
    for first, second in combinations([panel["gridPos"] for panel in dashboard["panels"]], 2):
        assert not (_overlap(first, second, "x", "w") and _overlap(first, second, "y", "h")), (first, second)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in dashboard["panels"])
    tops = [panel["gridPos"]["y"] for panel in dashboard["panels"]]
    assert all(top <= next_top for top, next_top in pairwise(tops))


def test_promtool_accepts_every_query(dashboard: dict[str, Any], promtool: Promtool, tmp_path: Path) -> None:
    """The queries are checked as recording rules."""
    queries = dashboard_queries(dashboard)
    rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(queries)]
    file = tmp_path / "queries.yml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert f"{len(queries)} rules found" in promtool("check", "rules", "--lint=none", file)


def _panels(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (panel for panel in dashboard["panels"] if panel["type"] != "row")


def _overlap(first: dict[str, int], second: dict[str, int], axis: str, size: str) -> bool:
    return first[axis] < second[axis] + second[size] and second[axis] < first[axis] + first[size]
