"""The alert rules match the thresholds, and a rule fires exactly when the console's alert is active."""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from app.assembly.channels import DIRECTORY
from bench.generated import alert_rules
from bench.generated.alert_rules import FILE, RULES, rules_document
from bench.generated.rule_definitions import AGENCY_SECONDS, SEVERITIES
from monitor.alert import ALERT_NAMES
from monitor.alert_conditions import find_alerts
from monitor.metrics.catalog import METRICS, PROCESS_TIME
from monitor.snapshot import DoorState, Snapshot
from tests.monitor.metrics.conftest import Expose, Promtool, values
from tests.monitor.metrics.snapshots import NOT_RAISED, RAISED, process, queue, snapshot_with

CASES = Path(__file__).parent / "alerts.yml"
# Rules without an alert on the console: for the metrics themselves, and for changes over time.
RULES_WITHOUT_ALERT = {"AgencyOldest", "DeadLetterRate", "SnapshotOld", "MonitorDown", "ScrapeFailed"}
# Number of samples, and time of the evaluation.
_SAMPLES = "x40"
_EVAL_TIME = "10m"


def test_the_committed_rules_are_current() -> None:
    """A changed threshold changes the committed file, or the check fails."""
    assert FILE.read_text() == rules_document(RULES)


def test_every_alert_has_its_rule() -> None:
    """The rule has the alert's name, and a runbook entry. A name has each severity once."""
    assert {_alert_name(name) for name in ALERT_NAMES} == {rule.alert for rule in RULES} - RULES_WITHOUT_ALERT
    assert {rule.entry for rule in RULES if rule.alert not in RULES_WITHOUT_ALERT} == set(ALERT_NAMES)
    assert len({(rule.alert, rule.urgency) for rule in RULES}) == len(RULES)


def test_the_check_finds_a_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--check` accepts the written file, and fails after an edit by hand."""
    file = tmp_path / "alerts" / "satupintu.yml"
    monkeypatch.setattr(alert_rules, "FILE", file)
    monkeypatch.setattr(sys, "argv", ["rules", "--check"])
    assert alert_rules.main() == 1
    monkeypatch.setattr(sys, "argv", ["rules"])
    assert alert_rules.main() == 0
    monkeypatch.setattr(sys, "argv", ["rules", "--check"])
    assert alert_rules.main() == 0
    file.write_text(rules_document(RULES).replace(">= 120", ">= 1200"))
    assert alert_rules.main() == 1
    assert "make alerts" in capsys.readouterr().err


def test_promtool_accepts_the_rules(promtool: Promtool) -> None:
    """`promtool check rules` finds all rules and no error."""
    assert f"{len(RULES)} rules found" in promtool("check", "rules", FILE)


def test_rules_use_only_metrics_of_the_catalog() -> None:
    """Every name with our prefix is a metric of the catalog."""
    assert _names(FILE.read_text()) <= {metric.name for metric in METRICS}


def test_every_rule_fires_and_stops_firing(promtool: Promtool) -> None:
    """`promtool test rules` runs the cases of `alerts.yml`, in which every rule does both at each severity."""
    promtool("test", "rules", CASES)
    cases = CASES.read_text()
    fired = re.findall(r"alertname: (\w+)\n +exp_alerts:\n +- exp_labels: {severity: (\w+)", cases)
    assert set(fired) == {(rule.alert, SEVERITIES[rule.urgency]) for rule in RULES}
    assert set(re.findall(r"alertname: (\w+)}\n", cases)) == {rule.alert for rule in RULES}


def test_active_alerts_fire(expose: Expose, promtool: Promtool, tmp_path: Path) -> None:
    """The active alerts of each snapshot fire at their urgency, and no others. One run of promtool has all cases."""
    cases = [
        _case(name, _active_alerts(snapshot), values(expose(snapshot)))
        for name, snapshot in (*RAISED.items(), *NOT_RAISED.items())
    ]
    _run_cases(cases, promtool, tmp_path)


def test_promtool_finds_a_wrong_case(expose: Expose, promtool: Promtool, tmp_path: Path) -> None:
    """One case of many that expects another alert fails the run, which names it."""
    cases = [
        _case("right", set(), values(expose(NOT_RAISED["empty snapshot"]))),
        _case("wrong", set(), values(expose(RAISED["bus-away"]))),
    ]
    with pytest.raises(AssertionError, match="wrong"):
        _run_cases(cases, promtool, tmp_path)


def test_the_snapshots_raise_every_alert() -> None:
    """The other snapshots raise none."""
    assert {alert.name for snapshot in RAISED.values() for alert in find_alerts(snapshot, DIRECTORY)} == set(
        ALERT_NAMES
    )
    assert {
        name: find_alerts(snapshot, DIRECTORY)
        for name, snapshot in NOT_RAISED.items()
        if find_alerts(snapshot, DIRECTORY)
    } == {}


def test_a_case_without_answer_for_two_weeks_fires(expose: Expose, promtool: Promtool, tmp_path: Path) -> None:
    """Triage has an alert of its own."""
    late = snapshot_with(queues=(queue(age=AGENCY_SECONDS), queue("kemenkes", age=AGENCY_SECONDS - 1)))
    _run_cases([_case("late", {("AgencyOldest", "ticket")}, values(expose(late)))], promtool, tmp_path)


def test_two_monitors_cause_one_alert(expose: Expose, promtool: Promtool, tmp_path: Path) -> None:
    """Two monitors and the process itself expose the same condition."""
    snapshot = snapshot_with(stages=RAISED["stage-stopped"].stages, processes=RAISED["door-shut"].processes)
    own_state = process(address="", doors={"sms": DoorState(reason="spool_full")})
    single = values(expose(snapshot)) | values(expose(None, own_state))
    doubled = {
        f"{name[:-1]},{instance}}}" if "{" in name else f"{name}{{{instance}}}": value
        for name, value in single.items()
        for instance in ('instance="a:1"', 'instance="b:1"')
    }
    _run_cases([_case("doubled", {("DoorShut", "page"), ("StageStopped", "page")}, doubled)], promtool, tmp_path)


def _active_alerts(snapshot: Snapshot) -> set[tuple[str, str]]:
    """Return name and severity of each alert that is active in the snapshot."""
    return {(_alert_name(alert.name), SEVERITIES[alert.urgency]) for alert in find_alerts(snapshot, DIRECTORY)}


def _case(name: str, firing: set[tuple[str, str]], exposed: Mapping[str, float]) -> dict[str, Any]:
    """Return a case: after ten minutes with these values exactly these alerts fire, once each."""
    return {
        "name": name,
        "interval": "15s",
        "input_series": [{"series": name, "values": _steady(name, value)} for name, value in exposed.items()],
        "promql_expr_test": [
            {
                "expr": 'count by (alertname, severity) (ALERTS{alertstate="firing"})',
                "eval_time": _EVAL_TIME,
                "exp_samples": [
                    {"labels": f'{{alertname="{alert}", severity="{severity}"}}', "value": 1}
                    for alert, severity in sorted(firing)
                ],
            }
        ],
    }


def _run_cases(cases: Sequence[dict[str, Any]], promtool: Promtool, folder: Path) -> None:
    """Assert that promtool finds every case true."""
    file = folder / "cases.yml"
    # JSON is YAML.
    file.write_text(json.dumps({"rule_files": [str(FILE)], "evaluation_interval": "15s", "tests": cases}))
    promtool("test", "rules", file)


def _steady(name: str, value: float) -> str:
    """Return a constant series; a clock advances with Prometheus's clock."""
    if name.startswith(PROCESS_TIME.name):
        return f"0+15{_SAMPLES}"
    return f"{value}+0{_SAMPLES}"


def _alert_name(name: str) -> str:
    return name.title().replace("-", "")


def _names(text: str) -> set[str]:
    return set(re.findall(r"satupintu_[a-z_]+", text))
