"""The documents name what the code has, and nothing else."""

import re
from pathlib import Path
from typing import get_args

from app.cli import COMMANDS
from app.operations.review.redrive import NOT_REDRIVEN
from bench.generated.alert_rules import RULES
from bench.generated.rule_definitions import JOB, SEVERITIES
from config.reference.open311_services import load_open311_services
from config.settings import Settings
from messages.answer_check import AnswerFault
from monitor.alert import ALERT_NAMES
from monitor.alert_first_moves import FIRST_MOVES
from monitor.audit.differences import DIFFERENCE_RULES
from monitor.metrics.catalog import METRICS, Metric
from pages.refusals import REFUSALS
from tests.support.import_graph import PACKAGES
from tests.support.paths import ROOT

# Folders of tools: hidden ones, and what was fetched or installed.
HIDDEN = re.compile(r"(^|/)(\.|node_modules|build|dist)")


def test_every_setting_is_documented() -> None:
    """The table of docs/settings.md lists each environment variable, and no other."""
    documented = set(re.findall(r"`(SATUPINTU_[A-Z0-9_]+)`", (ROOT / "docs" / "settings.md").read_text()))
    assert documented == {f"SATUPINTU_{name.upper()}" for name in Settings.model_fields}


def test_documents_name_existing_paths() -> None:
    """A path in a document that begins with one of our folders exists, seen from the top or from the document."""
    missing = []
    for document in documents():
        for name in re.findall(r"`([a-z_]+/[\w./-]*)`", document.read_text()):
            if (ROOT / name).exists() or (document.parent / name).exists():
                continue
            if document.parent == ROOT or (ROOT / name.partition("/")[0]).exists():
                missing.append(f"{document.relative_to(ROOT)}: {name}")
    assert missing == []


def test_links_of_documents_lead_somewhere() -> None:
    """Each link from one of our documents names an existing file, and an existing heading in it."""
    broken = []
    for document in documents():
        for link in re.findall(r"\]\(([^()\s]+)\)", document.read_text()):
            name, _, heading = link.partition("#")
            target = (document.parent / name) if name else document
            if "://" not in link and not (target.exists() and (not heading or heading in headings_of(target))):
                broken.append(f"{document.relative_to(ROOT)}: {link}")
    assert broken == []


def test_the_reference_names_every_command() -> None:
    """The table of docs/reference.md has each command, and no other."""
    section = (ROOT / "docs" / "reference.md").read_text().partition("## Commands")[2].partition("\n## ")[0]
    rows = [line.split("|")[2] for line in section.splitlines() if line.startswith("| ")]
    assert {name for row in rows for name in re.findall(r"`([a-z][\w-]*)", row)} == set(COMMANDS)


def test_the_readme_names_an_existing_service() -> None:
    """The Open311 example uses a code of config/data/services.csv."""
    (code,) = re.findall(r"service_code=([a-z0-9-]+)", (ROOT / "README.md").read_text())
    assert code in load_open311_services().by_code


def test_every_dependency_has_a_reason() -> None:
    """docs/dependencies.md has one line for each dependency."""
    project = (ROOT / "pyproject.toml").read_text()
    dependencies = set(re.findall(r'^  "([a-z0-9-]+)(?:\[[a-z]+\])?>=', project, re.MULTILINE))
    reasons = set(re.findall(r"^\| `([a-z0-9-]+)` \|", (ROOT / "docs" / "dependencies.md").read_text(), re.MULTILINE))
    assert dependencies == reasons


def test_pinned_dependencies_have_hashes_and_no_address() -> None:
    """The pins work with any package index."""
    for name in ("constraints.txt", "constraints-archive.txt", "constraints-dev.txt"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        assert text.count("--hash=sha256:") > text.count("==")


def test_the_reference_has_every_log_event() -> None:
    """The table lists each event that the code logs, and no other."""
    code = product_code()
    events = re.findall(r'_log\.(?:info|warning|error|critical)\(\s*"([a-z_.]+)"', code)
    events += re.findall(r'_back_off\("([a-z_.]+)"', code)
    assert sorted(set(events)) == sorted(rows_of("Log events"))


def test_the_reference_has_every_refusal() -> None:
    """Each reason of a refusal has a row, and a door, the desk or the check of all requests uses it."""
    assert sorted(REFUSALS) == sorted(rows_of("Refusals"))
    paths = [path for folder in ("desk", "ingest", "pages") for path in (ROOT / folder).rglob("*.py")]
    code = "".join(path.read_text() for path in paths if path.name != "refusals.py")
    assert [reason for reason in REFUSALS if f'"{reason}"' not in code] == []


def test_the_reference_has_every_reason_of_a_dead_letter() -> None:
    """The table lists each reason for a rejection, and each for which a dead letter is not redriven."""
    reasons = set(re.findall(r'(?:Reject|CodecError)\("([a-z_]+)"', product_code()))
    assert set(rows_of("Dead letters")) == reasons | set(get_args(AnswerFault)) | set(NOT_REDRIVEN)


def test_the_alerts_have_every_alert() -> None:
    """Each alert has one row with its urgency and a first move."""
    assert set(ALERT_NAMES) <= {rule.entry for rule in RULES}
    rows = cells_of("Alerts")
    assert sorted(rows_of("Alerts")) == sorted({rule.entry for rule in RULES})
    for name, severities, *texts in rows:
        expected = {SEVERITIES[rule.urgency] for rule in RULES if rule.entry == name}
        assert set(re.findall("page|ticket|info", severities)) == expected, name
        assert all(texts), name


def test_the_alerts_have_the_first_moves_of_the_console() -> None:
    """The console shows the first move beside each alert, in the words of docs/alerts.md."""
    assert sorted(FIRST_MOVES) == sorted(ALERT_NAMES)
    documented = {name: first_move for name, *_, first_move in cells_of("Alerts")}
    assert {name: documented[name] for name in FIRST_MOVES} == FIRST_MOVES


def test_the_reference_has_every_metric() -> None:
    """Each metric has a row with its unit, meaning and labels, and a first move that names existing alerts."""
    rows = cells_of("Metrics")
    assert [row[:3] for row in rows] == [[metric.name, metric.unit, description(metric)] for metric in METRICS]
    assert all(all(row) for row in rows)
    entries = set(rows_of("Alerts"))
    for *_, first_move in rows:
        assert set(re.findall(r"`([a-z-]+)`", first_move)) <= entries, first_move


def test_the_reference_configures_prometheus() -> None:
    """It names the job that the alerts use, and the files of alerts and dashboard."""
    text = (ROOT / "docs" / "reference.md").read_text()
    assert f"job_name: {JOB} " in text
    for file in ("monitor/metrics/alerts/satupintu.yml", "monitor/metrics/grafana/satupintu.json"):
        assert f"`{file}`" in text
        assert (ROOT / file).exists()


def test_the_reference_has_every_difference() -> None:
    """Each difference that the audit reports has a row with its kind, in the audit's order."""
    assert [difference.name for difference in DIFFERENCE_RULES] == rows_of("Differences")
    text = (ROOT / "docs" / "reference.md").read_text()
    assert [rule for rule in DIFFERENCE_RULES if f"| `{rule.name}` | {rule.kind} |" not in text] == []


def documents() -> list[Path]:
    """Return our documents, without those of tools."""
    found = [path for path in ROOT.rglob("*.md") if not HIDDEN.search(str(path.relative_to(ROOT)))]
    assert len(found) > 30
    return found


def headings_of(document: Path) -> set[str]:
    """Return the anchors of a document's headings."""
    titles = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles}


def product_code() -> str:
    """Return the code of all packages."""
    return "".join(path.read_text() for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def description(metric: Metric) -> str:
    """Return the text of a metric in docs/reference.md."""
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"{metric.meaning} By {labels}." if labels else metric.meaning


def cells_of(section: str) -> list[list[str]]:
    """Return the cells of each row of a section's table; the name is without backticks."""
    rows = re.findall(r"^\| `([a-z_.-]+)` \| (.+) \|$", section_text(section), re.MULTILINE)
    return [[name, *(cell.strip() for cell in cells.split("|"))] for name, cells in rows]


def rows_of(section: str) -> list[str]:
    """Return the names in the first column of a section's table."""
    return re.findall(r"^\| `([a-z_.-]+)` \|", section_text(section), re.MULTILINE)


def section_text(section: str) -> str:
    """Return a section of docs/alerts.md or docs/reference.md."""
    document = "alerts.md" if section == "Alerts" else "reference.md"
    return (ROOT / "docs" / document).read_text().partition(f"\n## {section}\n")[2].partition("\n## ")[0]
