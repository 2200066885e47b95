"""The documents: few, and true."""

import re

from app.alert_rules import RULES
from app.operations.review.redrive import NOT_REDRIVEN
from config.reference.open311_services import load_open311_services
from config.settings import Settings
from ingest.http.refusals import REFUSALS
from monitor.alert import ALERT_NAMES
from monitor.audit.differences import DIFFERENCE_RULES
from monitor.metrics.catalog import METRICS, Metric
from monitor.metrics.rule_definitions import JOB, SEVERITIES
from tests.project.test_layout import ROOMS
from tests.support.paths import ROOT


def test_every_setting_is_documented() -> None:
    """The table of docs/settings.md lists each variable, and none that is no more."""
    written = set(re.findall(r"`(SATUPINTU_[A-Z0-9_]+)`", (ROOT / "docs" / "settings.md").read_text()))
    assert written == {f"SATUPINTU_{name.upper()}" for name in Settings.model_fields}


def test_documents_name_no_folder_that_is_not_there() -> None:
    """README, ARCHITECTURE and CONTRIBUTING point only at what exists."""
    for document in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"):
        for name in re.findall(r"`([a-z_]+/[\w./-]*)`", (ROOT / document).read_text()):
            assert (ROOT / name).exists(), f"{document} names {name}"


def test_the_readme_reports_to_a_service_that_is_there() -> None:
    """The Open311 example names a code of config/data/services.csv."""
    (code,) = re.findall(r"service_code=([a-z0-9-]+)", (ROOT / "README.md").read_text())
    assert code in load_open311_services().by_code


def test_every_dependency_has_its_reason() -> None:
    """One line each in docs/dependencies.md."""
    project = (ROOT / "pyproject.toml").read_text()
    named = set(re.findall(r'^  "([a-z0-9-]+)(?:\[[a-z]+\])?>=', project, re.MULTILINE))
    reasons = set(re.findall(r"^\| `([a-z0-9-]+)` \|", (ROOT / "docs" / "dependencies.md").read_text(), re.MULTILINE))
    assert named == reasons


def test_pinned_without_an_address() -> None:
    """Whoever installs takes the packages from the index they trust."""
    for name in ("constraints.txt", "constraints-dev.txt"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        assert text.count("--hash=sha256:") > text.count("==")


def test_the_runbook_knows_every_event() -> None:
    """Whoever is woken by a line of the log finds it there, and finds nothing that is no more."""
    code = "".join(path.read_text() for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    logged = re.findall(r'_log\.(?:info|warning|error|critical)\(\s*"([a-z_.]+)"', code)
    logged += re.findall(r'_back_off\("([a-z_.]+)"', code)
    assert sorted(set(logged)) == sorted(rows_of("Log events"))


def test_the_runbook_knows_every_refusal() -> None:
    """Each reason for which a door turns somebody away has a row; each is used by some door, and has its sentence."""
    assert sorted(REFUSALS) == sorted(rows_of("Refusals"))
    code = "".join(path.read_text() for path in (ROOT / "ingest").rglob("*.py") if path.name != "refusals.py")
    assert [reason for reason in REFUSALS if f'"{reason}"' not in code] == []


def test_the_runbook_knows_every_reason_of_a_dead_letter() -> None:
    """Each for which a stage puts a record aside, and each for which a letter is left where it is."""
    code = "".join(path.read_text() for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    reasons = set(re.findall(r'(?:Reject|CodecError)\("([a-z_]+)"', code))
    assert set(rows_of("Dead letters")) == reasons | set(NOT_REDRIVEN)


def test_the_runbook_knows_all_that_needs_a_person() -> None:
    """Each concern and each alert has one entry with a first move; it says how urgent the alert is."""
    assert set(ALERT_NAMES) <= {rule.entry for rule in RULES}
    rows = cells_of("Alerts")
    assert sorted(rows_of("Alerts")) == sorted({rule.entry for rule in RULES})
    for name, alert, *says in rows:
        urgencies = {SEVERITIES[rule.urgency] for rule in RULES if rule.entry == name}
        assert set(re.findall("page|ticket|info", alert)) == urgencies, name
        assert all(says), name


def test_the_runbook_knows_every_metric() -> None:
    """With its unit, its meaning and its labels as in the list; what is unusual, and what to do then."""
    rows = cells_of("Metrics")
    assert [row[:3] for row in rows] == [[metric.name, metric.unit, explained(metric)] for metric in METRICS]
    assert all(all(row) for row in rows)
    entries = set(rows_of("Alerts"))
    for *_, first_move in rows:
        assert set(re.findall(r"`([a-z-]+)`", first_move)) <= entries, first_move


def test_the_runbook_points_prometheus_at_us() -> None:
    """By the name of the job that the alerts know."""
    text = (ROOT / "docs" / "runbook.md").read_text()
    assert f"job_name: {JOB} " in text
    for file in ("monitor/metrics/alerts/satupintu.yml", "monitor/metrics/grafana/satupintu.json"):
        assert f"`{file}`" in text
        assert (ROOT / file).exists()


def explained(metric: Metric) -> str:
    """As the runbook says it."""
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"{metric.meaning} By {labels}." if labels else metric.meaning


def cells_of(section: str) -> list[list[str]]:
    """The rows of a section's table, the name without its quotes."""
    rows = re.findall(r"^\| `([a-z_.-]+)` \| (.+) \|$", table_of(section), re.MULTILINE)
    return [[name, *(cell.strip() for cell in rest.split("|"))] for name, rest in rows]


def test_the_runbook_knows_every_difference() -> None:
    """Each that the audit names has a row, of its kind, in its order; and none that it does not name."""
    assert [difference.name for difference in DIFFERENCE_RULES] == rows_of("Differences")
    text = (ROOT / "docs" / "runbook.md").read_text()
    assert [each for each in DIFFERENCE_RULES if f"| `{each.name}` | {each.kind} |" not in text] == []


def rows_of(section: str) -> list[str]:
    """The names in the first column of a section's table in the runbook."""
    return re.findall(r"^\| `([a-z_.-]+)` \|", table_of(section), re.MULTILINE)


def table_of(section: str) -> str:
    """A section of the runbook."""
    return (ROOT / "docs" / "runbook.md").read_text().partition(f"\n## {section}\n")[2].partition("\n## ")[0]
