"""The alerts: the file is what the thresholds say, and an alert fires exactly where its concern stands."""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from app import alert_rules
from app.alert_rules import RULES
from app.assembly.channels import DIRECTORY
from monitor.alert_conditions import NAMES, concerns
from monitor.metrics.alert_rules import AGENCY_SECONDS, FILE, SEVERITIES, document
from monitor.metrics.catalog import METRICS, PROCESS_TIME
from monitor.snapshot import DoorState, Snapshot
from tests.monitor.metrics.conftest import Expose, Promtool, values
from tests.monitor.metrics.snapshots import BEGAN, NOT_YET, look, process, queue

CASES = Path(__file__).parent / "alerts.yml"
# Alerts on what no concern is about: how the metrics themselves come, and what only shows over time.
BESIDE = {"AgencyOldest", "DeadLetterRate", "LookOld", "MonitorDown", "ScrapeFailed"}
_FOR_HOW_LONG = "x40"
_AT = "10m"


def test_the_committed_rules_are_current() -> None:
    """A changed threshold is a changed alert: it shows in the diff, or the check fails."""
    assert FILE.read_text() == document(RULES)


def test_every_concern_has_its_alert() -> None:
    """By its name, and as its entry in the runbook; each severity of one name once."""
    assert {_alert(name) for name in NAMES} == {rule.alert for rule in RULES} - BESIDE
    assert {rule.entry for rule in RULES if rule.alert not in BESIDE} == set(NAMES)
    assert len({(rule.alert, rule.urgency) for rule in RULES}) == len(RULES)


def test_the_check_fails_where_they_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`python -m app.alert_rules` writes what `--check` is content with; an edit by hand is found."""
    file = tmp_path / "alerts" / "satupintu.yml"
    monkeypatch.setattr(alert_rules, "FILE", file)
    monkeypatch.setattr(sys, "argv", ["rules", "--check"])
    assert alert_rules.main() == 1
    monkeypatch.setattr(sys, "argv", ["rules"])
    assert alert_rules.main() == 0
    monkeypatch.setattr(sys, "argv", ["rules", "--check"])
    assert alert_rules.main() == 0
    file.write_text(document(RULES).replace(">= 120", ">= 1200"))
    assert alert_rules.main() == 1
    assert "make alerts" in capsys.readouterr().err


def test_promtool_reads_the_rules(promtool: Promtool) -> None:
    """`promtool check rules` finds all of them and nothing wrong."""
    assert f"{len(RULES)} rules found" in promtool("check", "rules", FILE)


def test_the_alerts_ask_for_nothing_else() -> None:
    """Each name of ours in an expression is a metric of the list."""
    assert _names(FILE.read_text()) <= {metric.name for metric in METRICS}


def test_every_alert_was_seen_to_fire_and_not_to_fire(promtool: Promtool) -> None:
    """`promtool test rules` on the written cases, in which each alert does both at its severity."""
    promtool("test", "rules", CASES)
    cases = CASES.read_text()
    fired = re.findall(r"alertname: (\w+)\n +exp_alerts:\n +- exp_labels: {severity: (\w+)", cases)
    assert set(fired) == {(rule.alert, SEVERITIES[rule.urgency]) for rule in RULES}
    assert set(re.findall(r"alertname: (\w+)}\n", cases)) == {rule.alert for rule in RULES}


@pytest.mark.parametrize("seen", [pytest.param(seen, id=name) for name, seen in {**BEGAN, **NOT_YET}.items()])
def test_what_stands_fires(seen: Snapshot, expose: Expose, promtool: Promtool, tmp_path: Path) -> None:
    """From a look to the alerts: those of the concerns that stand, at their urgency, and no others."""
    standing = {(_alert(one.name), SEVERITIES[one.urgency]) for one in concerns(seen, DIRECTORY)}
    _expect(standing, values(expose(seen)), promtool, tmp_path)


def test_the_looks_show_every_concern() -> None:
    """Each name stands in one of those that show one; in the others nothing stands."""
    assert {one.name for seen in BEGAN.values() for one in concerns(seen, DIRECTORY)} == set(NAMES)
    assert {name: concerns(seen, DIRECTORY) for name, seen in NOT_YET.items() if concerns(seen, DIRECTORY)} == {}


def test_a_case_that_an_agency_forgot_fires(expose: Expose, promtool: Promtool, tmp_path: Path) -> None:
    """Twice its time to answer, and nobody at the agency did; triage has an alert of its own."""
    late = look(queues=(queue(age=AGENCY_SECONDS), queue("kemenkes", age=AGENCY_SECONDS - 1)))
    _expect({("AgencyOldest", "ticket")}, values(expose(late)), promtool, tmp_path)


def test_two_monitors_say_it_once(expose: Expose, promtool: Promtool, tmp_path: Path) -> None:
    """What two monitors see, and the process itself says, is one alert."""
    seen = look(stages=BEGAN["stage-stopped"].stages, processes=BEGAN["door-shut"].processes)
    itself = process(address="", doors={"sms": DoorState(why="spool_full")})
    once = values(expose(seen)) | values(expose(None, itself))
    twice = {
        f"{name[:-1]},{ask}}}" if "{" in name else f"{name}{{{ask}}}": value
        for name, value in once.items()
        for ask in ('instance="a:1"', 'instance="b:1"')
    }
    _expect({("DoorShut", "page"), ("StageStopped", "page")}, twice, promtool, tmp_path)


def _expect(firing: set[tuple[str, str]], exposed: Mapping[str, float], promtool: Promtool, folder: Path) -> None:
    """Hold it against what Prometheus makes of these values after ten minutes: these alerts, each for one thing."""
    case = {
        "interval": "15s",
        "input_series": [{"series": name, "values": _steady(name, value)} for name, value in exposed.items()],
        "promql_expr_test": [
            {
                "expr": 'count by (alertname, severity) (ALERTS{alertstate="firing"})',
                "eval_time": _AT,
                "exp_samples": [
                    {"labels": f'{{alertname="{alert}", severity="{severity}"}}', "value": 1}
                    for alert, severity in sorted(firing)
                ],
            }
        ],
    }
    file = folder / "case.yml"
    # JSON is YAML.
    file.write_text(json.dumps({"rule_files": [str(FILE)], "evaluation_interval": "15s", "tests": [case]}))
    promtool("test", "rules", file)


def _steady(name: str, value: float) -> str:
    """The same value all the time; a clock goes as Prometheus's does."""
    if name.startswith(PROCESS_TIME.name):
        return f"0+15{_FOR_HOW_LONG}"
    return f"{value}+0{_FOR_HOW_LONG}"


def _alert(name: str) -> str:
    return name.title().replace("-", "")


def _names(text: str) -> set[str]:
    return set(re.findall(r"satupintu_[a-z_]+", text))
