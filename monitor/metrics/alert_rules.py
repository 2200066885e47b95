"""Renders Prometheus alert rules as a rules file. `make alerts` writes it to `alerts/satupintu.yml`.

The recipients of an alert are configured in the Alertmanager, not here.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from monitor.metrics.rule_definitions import SEVERITIES, Rule

FILE = Path(__file__).parent / "alerts" / "satupintu.yml"


def rules_document(rules: Iterable[Rule]) -> str:
    """Return the rules file in Prometheus's format."""
    head = "# Written by `make alerts` from monitor/alert_thresholds.py and monitor/metrics/rule_definitions.py.\n"
    return f"{head}groups:\n  - name: satupintu\n    rules:\n{''.join(map(_rule_text, rules))}"


def _rule_text(rule: Rule) -> str:
    lines = [
        f"- alert: {rule.alert}",
        "  expr: |-",
        *(f"    {line}" for line in rule.expr.splitlines()),
        f"  for: {rule.hold_seconds}s",
        "  labels:",
        f"    severity: {SEVERITIES[rule.urgency]}",
        "  annotations:",
        # A JSON string is a YAML string too.
        f"    summary: {json.dumps(rule.summary)}",
        f"    runbook: {rule.entry}",
    ]
    return "".join(f"      {line}\n" for line in lines)
