"""The scan for advisories fails for what can be fixed, and for nothing else."""

import json
import sys
from datetime import date
from pathlib import Path

import pytest

from tests.support.advisories import ALLOWED_FILE, Finding, allowed_ids, findings, must_be_fixed, scan
from tests.support.paths import ROOT

TODAY = date(2026, 11, 27)
FIXABLE = Finding("jinja2", "3.1.6", ("CVE-2099-1", "GHSA-aaaa-bbbb-cccc"), ("99.1",))
UNFIXED = Finding("rich", "15.0.0", ("CVE-2099-2",), ())
# As pip-audit 2.10.1 writes it; the advisories are invented.
REPORT = {
    "dependencies": [
        {"name": "typer", "version": "0.27.0", "vulns": []},
        {"name": "colorama", "skip_reason": "its marker does not hold here"},
        {
            "name": "jinja2",
            "version": "3.1.6",
            "vulns": [
                {
                    "id": "CVE-2099-1",
                    "fix_versions": ["99.1"],
                    "aliases": ["GHSA-aaaa-bbbb-cccc"],
                    "description": "Invented.",
                }
            ],
        },
        {
            "name": "rich",
            "version": "15.0.0",
            "vulns": [{"id": "CVE-2099-2", "fix_versions": [], "aliases": [], "description": "Invented."}],
        },
    ],
    "fixes": [],
}
ALLOWED = """
[[allowed]]
id = "GHSA-aaaa-bbbb-cccc"
reason = "The function is not used here."
until = 2026-11-27
"""


def test_a_report_is_read() -> None:
    """Each advisory has its package, version, all of its ids, and the versions that fix it."""
    assert list(findings(REPORT)) == [FIXABLE, UNFIXED]


def test_only_what_has_a_fix_and_no_reason_fails() -> None:
    """An advisory without a fix never fails. One in the allow file passes by any of its ids, until its last day."""
    assert must_be_fixed([FIXABLE, UNFIXED], set()) == [FIXABLE]
    assert must_be_fixed([FIXABLE, UNFIXED], allowed_ids(ALLOWED, TODAY)) == []
    assert must_be_fixed([FIXABLE, UNFIXED], allowed_ids(ALLOWED, date(2026, 11, 28))) == [FIXABLE]


def test_an_allowed_advisory_needs_a_reason() -> None:
    """An entry without a reason is refused; the file of the project is valid."""
    with pytest.raises(ValueError, match="needs id, reason and until"):
        allowed_ids(ALLOWED.replace("The function is not used here.", " "), TODAY)
    allowed_ids(ALLOWED_FILE.read_text(), TODAY)


@pytest.mark.parametrize(
    ("output", "errors", "code", "printed"),
    [
        (json.dumps(REPORT), "", 1, "MUST BE FIXED jinja2 3.1.6"),
        ("", "requests.exceptions.ConnectionError: Failed to resolve", 0, "were not checked"),
        ("", "ValueError: the lock file cannot be read", 2, "pip-audit failed"),
    ],
)
def test_exit_codes(tmp_path: Path, output: str, errors: str, code: int, printed: str) -> None:
    """A finding fails; a source that is away is named and does not fail; any other error of the tool fails."""
    tool = tmp_path / "pip-audit"
    tool.write_text(f"#!{sys.executable}\nimport sys\nprint({output!r})\nsys.exit({errors!r} or 1)\n")
    tool.chmod(0o755)
    exit_code, lines = scan(str(tool))
    assert exit_code == code
    assert printed in "\n".join(lines)


def test_the_tool_is_pinned() -> None:
    """The tool has pins with hashes, without an address of an index."""
    text = (ROOT / ".ci" / "pip-audit.txt").read_text()
    assert "://" not in text
    assert text.count("--hash=sha256:") > text.count("==")
