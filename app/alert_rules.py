"""Writes Prometheus's alert rules from the thresholds of the monitor.

`python -m app.alert_rules` writes the file; with `--check` it compares the committed file with the code.
"""

import sys

from app.assembly.channels import DIRECTORY
from app.generated_files import write_or_check
from monitor.metrics.alert_rules import FILE, rules_document
from monitor.metrics.rule_definitions import Rule, alert_rules

RULES: tuple[Rule, ...] = alert_rules([door.name for door in DIRECTORY.doors.values() if door.polled])


def main() -> int:
    """Write the rules, or compare with `--check`; return the exit code."""
    return write_or_check({FILE: rules_document(RULES)}, "alerts")


if __name__ == "__main__":
    sys.exit(main())
