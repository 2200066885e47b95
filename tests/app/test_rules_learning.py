"""Learning of the weights from decisions of persons: what a case teaches, its bounds, and the command."""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from app.cli import app
from app.evaluation.routing_metrics import JudgedReport, invented_reports
from app.operations.learning.decided_cases import DecidedCase, decided_cases, find_report
from app.operations.learning.retraining import (
    MAX_EXAMPLES_OF_REFUSER,
    CaseReport,
    bounded_weights,
    example_json,
    is_held_out,
    retrain,
)
from app.operations.learning.retraining_result import AgencyChange, FigureChange, Retraining
from app.operations.learning.row_proposals import row_proposals
from app.operations.learning.tolerances import excesses
from config.database import read_transaction
from config.reference.reloading import FixedSource
from messages.topics import TRIAGE
from router.rules import Rules
from router.scoring import Weights
from tests.conftest import NOW
from tests.router.test_corrections import CorrectionHarness
from tests.router.test_linked import RouterHarness, complaint_of, dispatches, id_of
from tests.support.log_capture import captured_log
from tests.support.rules import SHIPPED, SMALL, cached_rules
from tests.support.stages import make_router

pytestmark = pytest.mark.slow

Run = Callable[..., Result]
SINCE = NOW - timedelta(days=1)
# With this weight the institution that comes next gets the case of the competent one.
WRONG_WEIGHTS = {"next": 2.5}


def with_weights(rules: Rules, **weights: float) -> Rules:
    """Return the rules with other weights."""
    return replace(rules, weights=Weights({**rules.weights.by_kind, **weights}, rules.weights.threshold))


def decide_all(router: RouterHarness, reports: Sequence[JudgedReport]) -> None:
    """Route reports. An agency that is not competent refuses and names the competent one, which accepts."""
    for number, judged in enumerate(reports, 1):
        complaint = complaint_of(number, "-").model_copy(update={"report": judged.report()})
        (dispatch,) = dispatches(router.route(complaint))
        if dispatch.agency != judged.institution:
            (dispatch,) = dispatches(router.route_answer(dispatch, "refused", judged.institution))
        if not dispatch.actor:
            router.route_answer(dispatch, "accepted")


def read_cases(engine: Engine) -> list[CaseReport]:
    """Return the decided cases with their words."""
    with read_transaction(engine) as connection:
        return [
            CaseReport(case, find_report(connection, case.complaint_id)) for case in decided_cases(connection, SINCE)
        ]


@pytest.fixture(scope="module")
def shipped_rules() -> Rules:
    """The shipped rules."""
    return cached_rules(SHIPPED)


def figure(retraining: Retraining, reports: str, name: str) -> FigureChange:
    """Return one figure."""
    return next(change for change in retraining.figures if (change.reports, change.name) == (reports, name))


def test_decisions_correct_a_wrong_weight(engine: Engine, now: Callable[[], datetime], shipped_rules: Rules) -> None:
    """Refusals, choices at triage and acceptances are read from the router's tables, and the figures become better."""
    rules = with_weights(shipped_rules, **WRONG_WEIGHTS)
    learning, measuring = invented_reports(for_learning=True), invented_reports(for_learning=False)
    decidable = [report for report in learning if report.is_decidable]
    decide_all(RouterHarness(make_router(engine, FixedSource(rules), now)), decidable[::4][:60])
    cases = read_cases(engine)
    kinds = {item.case.kind for item in cases}
    assert kinds == {"refusal", "triage", "acceptance"}
    assert len(cases) == 60
    assert all(item.case.refused_by for item in cases if item.case.kind == "refusal")
    retraining = retrain(rules, cases, decidable[1::8], measuring[::3])
    assert sum(retraining.cases.values()) + retraining.sizes["cases"] == 60
    assert shipped_rules.weights.by_kind["next"] < retraining.weights.by_kind["next"] < WRONG_WEIGHTS["next"]
    for reports in ("cases", "labelled"):
        change = figure(retraining, reports, "right")
        assert change.after > change.before
    assert list(excesses(retraining)) == []
    rows = list(row_proposals([item.case for item in cases], rules.competence))
    assert all(row.refused >= 2 and row.taken_by != TRIAGE for row in rows)
    # An example has no words of its report.
    example = json.dumps(example_json(rules, cases[0]))
    assert cases[0].report.text[:30] not in example
    assert cases[0].case.agency in example


def test_a_merge_into_a_case_elsewhere_is_a_decision(engine: Engine, now: Callable[[], datetime]) -> None:
    """The report belonged to the agency of that case. Open cases, cases at triage and refused ones teach nothing."""
    router = CorrectionHarness(make_router(engine, FixedSource(cached_rules(SMALL)), now))
    texts = ("banjir di Kota Semarang", "Mohon PLN datang", "halo", "Mohon Kemenkes datang")
    first, second, _, refused = [
        dispatches(router.route(complaint_of(number, text)))[0] for number, text in enumerate(texts, 1)
    ]
    router.route_answer(refused, "refused", "bumn-pln")
    assert read_cases(engine) == []
    assert second.agency != first.agency
    router.merge(2, 1)
    (merged,) = read_cases(engine)
    assert (merged.case.kind, merged.case.complaint_id, merged.case.agency) == ("merge", id_of(2), first.agency)


def poisoned_cases(reports: Sequence[JudgedReport], refuser: str, taker: str) -> list[CaseReport]:
    """Return cases that one agency refused although it is competent, and that another one took."""
    return [
        CaseReport(
            DecidedCase(UUID(int=3 * number + 1), "refusal", taker, (refuser,), "listrik", "listrik", NOW),
            report.report(),
        )
        for number, report in enumerate(reports)
    ]


def test_an_agency_that_refuses_everything_moves_no_other(shipped_rules: Rules) -> None:
    """Its refusals count as a few examples: agencies and figures are as after learning without them."""
    learning, measuring = invented_reports(for_learning=True), invented_reports(for_learning=False)
    refuser = "bumn-pln"
    own_reports = [report for report in (*learning, *measuring) if report.institution == refuser]
    cases = poisoned_cases(own_reports * 12, refuser, "kementerian-esdm")
    assert len(cases) > 5 * MAX_EXAMPLES_OF_REFUSER
    assert not any(is_held_out(item.case.complaint_id) for item in cases)
    others_measured = [report for report in measuring if report.institution != refuser]
    poisoned = retrain(shipped_rules, cases, learning, others_measured)
    clean = retrain(shipped_rules, [], learning, others_measured)
    assert set(excesses(poisoned)) <= set(excesses(clean))
    counts = {change.agency: change.after for change in clean.agencies}
    assert all(abs(change.after - counts.get(change.agency, change.before)) <= 1 for change in poisoned.agencies)
    assert figure(poisoned, "labelled", "right").after >= figure(clean, "labelled", "right").after - 0.01


def test_a_run_changes_a_weight_by_a_bounded_amount() -> None:
    """By at most 0.3, or three tenths of a larger weight. No weight is negative."""
    bounded = bounded_weights({"matter": 9.0, "hint": 0.0, "place": 2.1}, {"matter": 2.0, "hint": 0.1, "place": 2.0})
    assert bounded == {"matter": 2.6, "hint": 0.0, "place": 2.1}


@pytest.mark.parametrize(
    ("figures", "agencies", "count"),
    [
        ([FigureChange("labelled", "right", 0.95, 0.94)], [], 0),
        ([FigureChange("labelled", "right", 0.95, 0.93)], [], 1),
        ([FigureChange("labelled", "wrong", 0.01, 0.03), FigureChange("labelled", "wrong", 0.03, 0.01)], [], 1),
        # One of five cases.
        ([FigureChange("cases", "right", 1.0, 0.8)], [], 0),
        ([FigureChange("cases", "right", 1.0, 0.6)], [], 1),
        ([FigureChange("labelled", "right, city", 1.0, 0.0)], [], 0),
        ([], [AgencyChange("bumn-pln", 5, 4), AgencyChange("bumn-kai", 1, 9)], 0),
        ([], [AgencyChange("bumn-pln", 5, 3)], 1),
    ],
)
def test_tolerances(figures: list[FigureChange], agencies: list[AgencyChange], count: int) -> None:
    """A figure may become a little worse, or worse by one report; an agency may lose one report, or a tenth."""
    retraining = Retraining(Weights({}, 0.6), {}, {"labelled": 400, "cases": 5}, figures, agencies)
    assert len(list(excesses(retraining))) == count


LEARNING = {"text": "banjir di Kota Semarang", "institution": "kota-3374"}
MEASURED = {"text": "lampu mati di Kab. Sleman", "institution": "kabupaten-3404"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An operator's folder of tables."""
    return Path(shutil.copytree(SMALL, tmp_path / "tables"))


@pytest.fixture
def run(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Return a runner of commands with these tables and a data folder of its own."""
    monkeypatch.setenv("SATUPINTU_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SATUPINTU_REFERENCE_FOLDER", str(folder))
    with captured_log():
        yield lambda *arguments: CliRunner().invoke(app, arguments)


def write_reports(path: Path, *lines: dict[str, str]) -> str:
    """Write labelled reports; return the path."""
    path.write_text("\n".join(map(json.dumps, lines)))
    return str(path)


def test_the_command_shows_and_then_writes(run: Run, folder: Path, tmp_path: Path) -> None:
    """Nothing is written without --write. Then the former table is kept, the version changes, the act is recorded."""
    reports = write_reports(tmp_path / "reports.jsonl", *[LEARNING, MEASURED] * 3)
    examples = tmp_path / "examples.jsonl"
    before = (folder / "doors.csv").read_text()
    shown = run("rules", "learn", "--reports", reports, "--examples", str(examples), "--json")
    assert shown.exit_code == 0, shown.output
    result = json.loads(shown.stdout)
    assert (result["written"], result["beyond_tolerance"], result["learned_cases"]) == (False, [], {})
    assert any(weight["before"] != weight["after"] for weight in result["weights"].values())
    assert (folder / "doors.csv").read_text() == before
    assert examples.read_text() == ""
    assert run("rules", "learn", "--reports", reports, "--write").exit_code == 2

    written = run("rules", "learn", "--reports", reports, "--write", "--actor", "budi", "--why", "ditinjau")
    assert written.exit_code == 0, written.output
    assert (folder / "former" / f"doors-{result['version']}.csv").read_text() == before
    assert (folder / "doors.csv").read_text() != before
    assert result["version"] not in run("rules", "lint").stdout
    (row,) = json.loads(run("audit-log", "list", "--json").stdout)
    assert (row["action"], row["why"]) == ("rules.learn", "ditinjau")
    assert row["actor"].startswith("budi (")
    assert result["version"] in row["subject"]


def test_worse_weights_are_written_by_force_alone(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The figure beyond its tolerance is named with exit code 1. The shipped tables are never written."""
    table = folder / "doors.csv"
    # The report that is measured only just reaches the city, and the learned reports say that nobody could place it.
    table.write_text(table.read_text().replace("local-matter,1", "local-matter,0.4").replace("place,1.5", "place,0"))
    before = table.read_text()
    lines = [{**LEARNING, "institution": "triage"}, LEARNING] * 3
    options = ("--reports", write_reports(tmp_path / "reports.jsonl", *lines), "--actor", "budi", "--why", "ditinjau")
    refused = run("rules", "learn", *options, "--write")
    assert refused.exit_code == 1
    assert "right of the labelled goes from 1.000 to 0.000" in refused.output
    assert (table.read_text(), (folder / "former").exists()) == (before, False)
    assert run("rules", "learn", *options, "--write", "--force").exit_code == 0
    assert table.read_text() != before
    monkeypatch.setenv("SATUPINTU_REFERENCE_FOLDER", str(SHIPPED))
    shipped = (SHIPPED / "doors.csv").read_text()
    assert run("rules", "learn", *options, "--write", "--force").exit_code == 1
    assert (SHIPPED / "doors.csv").read_text() == shipped
