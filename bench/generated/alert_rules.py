"""Writes Prometheus's alert rules from the thresholds of the monitor: `monitor/metrics/alerts/satupintu.yml`.

`python -m bench.generated.alert_rules` writes the file; with `--check` it compares the committed file with the code.
The recipients of an alert are configured in the Alertmanager, not here.
"""

import json
import sys
from collections.abc import Iterable

from app.assembly.channels import DIRECTORY
from bench.generated.files import ROOT, write_or_check
from bench.generated.rule_definitions import SEVERITIES, Rule, alert_rules

FILE = ROOT / "monitor" / "metrics" / "alerts" / "satupintu.yml"
RULES: tuple[Rule, ...] = alert_rules([door.name for door in DIRECTORY.doors.values() if door.polled])


def rules_document(rules: Iterable[Rule]) -> str:
    """Return the rules file in Prometheus's format."""
    head = "# Written by `make alerts` from monitor/alert_thresholds.py and bench/generated/rule_definitions.py.\n"
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


def main() -> int:
    """Write the rules, or compare with `--check`; return the exit code."""
    return write_or_check({FILE: rules_document(RULES)}, "alerts")


if __name__ == "__main__":
    sys.exit(main())
