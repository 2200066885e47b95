"""Compares the pinned dependencies with published advisories: `make advisories`.

Exit 1 for an advisory that has a fix and is not in `.ci/advisories.toml`. If the source of the advisories cannot be
reached, this is printed and nothing fails.
"""

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from tests.support.paths import ROOT

ALLOWED_FILE = ROOT / ".ci" / "advisories.toml"
_LOCK_FILE = ROOT / "constraints-dev.txt"
# Errors of pip-audit and of its HTTP client when the source of the advisories does not answer.
_NETWORK_ERRORS = ("ConnectionError", "ConnectTimeout", "ReadTimeout", "ProxyError", "SSLError", "ServiceError")
_SHOWN_LINES = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """Advisory about a pinned version. `ids` are its id and aliases; without a fix `fixed_in` is empty."""

    package: str
    version: str
    ids: tuple[str, ...]
    fixed_in: tuple[str, ...]

    def __str__(self) -> str:
        """Return one line for people."""
        fix = f"fixed in {', '.join(self.fixed_in)}" if self.fixed_in else "no fix yet"
        return f"{self.package} {self.version}: {' = '.join(self.ids)}, {fix}"


def findings(report: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield each advisory of pip-audit's JSON report."""
    for package in report["dependencies"]:
        for advisory in package.get("vulns", ()):
            ids = (advisory["id"], *advisory["aliases"])
            yield Finding(package["name"], package["version"], ids, tuple(advisory["fix_versions"]))


def allowed_ids(text: str, today: date) -> set[str]:
    """Return the ids of the allow file whose last day has not passed. Raises `ValueError` for one without a reason."""
    entries = tomllib.loads(text).get("allowed", [])
    for entry in entries:
        if not {"id", "reason", "until"} <= entry.keys() or not entry["reason"].strip():
            raise ValueError(f"{entry.get('id', 'an entry')} needs id, reason and until")
    return {entry["id"] for entry in entries if entry["until"] >= today}


def must_be_fixed(all_findings: Sequence[Finding], allowed: set[str]) -> list[Finding]:
    """Return the findings that have a fix and are not allowed."""
    return [finding for finding in all_findings if finding.fixed_in and allowed.isdisjoint(finding.ids)]


def source_is_away(errors: str) -> bool:
    """Return True if these lines of pip-audit say that the source of the advisories did not answer."""
    return any(name in errors for name in _NETWORK_ERRORS)


def scan(pip_audit: str, *options: str) -> tuple[int, list[str]]:
    """Run pip-audit on the pins. Return the exit code, and lines for people. `options` are more for pip-audit."""
    command = [pip_audit, "--vulnerability-service", "osv", "--disable-pip", "--no-deps", "--format", "json", *options]
    command += ["--progress-spinner", "off", "--requirement", str(_LOCK_FILE)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        all_findings = list(findings(json.loads(run.stdout)))
    except ValueError:
        if source_is_away(run.stderr):
            return 0, ["Advisories were not checked: their source cannot be reached from here."]
        return 2, ["pip-audit failed:", *run.stderr.splitlines()[-_SHOWN_LINES:]]
    serious = must_be_fixed(all_findings, allowed_ids(ALLOWED_FILE.read_text(), datetime.now(UTC).date()))
    lines = [f"{'MUST BE FIXED ' if finding in serious else ''}{finding}" for finding in all_findings]
    summary = f"{len(all_findings)} advisories about the pinned versions, {len(serious)} to be fixed: `make lock`."
    return (1 if serious else 0), [*lines, summary]


def main() -> int:
    """Print the result of the scan and return its exit code."""
    code, lines = scan(*sys.argv[1:])
    print("\n".join(lines))  # noqa: T201 - the output of the command
    return code


if __name__ == "__main__":
    sys.exit(main())
