"""`satupintu figures` and `satupintu oversight rebuild`."""

import json
from contextlib import closing
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from app.assembly.parts import Parts
from app.assembly.queues import existing_queues
from app.cli import app
from bus.port import Outgoing
from config.database import read_transaction, write_transaction
from messages import codec, ids
from messages.shapes import AgencyAnswer, Dispatch
from messages.topics import AGENCY_ANSWERS, COMPLAINTS
from oversight.figures.counts import NATION
from oversight.figures.definitions import FIGURES
from oversight.read_model.day_counts import read_counts
from router.store import Cause, store_dispatches_once
from tests.oversight.generated_year import GeneratedYear
from tests.support import program
from tests.support.case_stages import all_cases
from tests.support.log_capture import captured_log
from tests.support.reprocessing import reprocess

AGENCIES = ("kementerian-kemenkes", "bumn-pln", "kota-3374", "kabupaten-3404")
BY = ("--actor", "Budi", "--why", "kalender baru")


def run(*arguments: str) -> Result:
    """Run `satupintu` with these arguments."""
    with captured_log():
        return CliRunner().invoke(app, arguments)


def read_json(*arguments: str) -> dict[str, Any]:
    """Return the figures as JSON."""
    result = run("figures", "--json", *arguments)
    assert result.exit_code == 0, result.output
    figures: dict[str, Any] = json.loads(result.stdout)
    return figures


def publish_year(parts: Parts) -> int:
    """Publish the records of some cases, and store their hops as the router does; return the number of reports."""

    def sign(answer: AgencyAnswer) -> AgencyAnswer:
        id_ = ids.answer_id(answer.dispatch_id, answer.verdict, answer.text, answer.suggested_agency)
        return parts.keys.answer_keys.sign(answer.model_copy(update={"id": id_}))

    records = GeneratedYear(4, AGENCIES, sign).generate(60)
    producer = parts.bus.producer()
    producer.publish([Outgoing(item.topic, item.key, item.value, item.headers) for item in records])
    producer.close()
    dispatches = [
        codec.decode(Dispatch, item.value, item.headers)
        for item in records
        if item.topic.startswith("agency-") and item.topic != AGENCY_ANSWERS
    ]
    with write_transaction(parts.engine) as connection:
        for dispatch in dispatches:
            store_dispatches_once(connection, Cause("", dispatch.complaint_id), [dispatch])
    return sum(item.topic == COMPLAINTS for item in records)


@pytest.fixture
def year(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> int:
    """The number of reports that the topics of `parts` have. The commands use its settings."""
    program.set_environment(monkeypatch, parts.settings)
    monkeypatch.setenv("SATUPINTU_REFERENCE_FOLDER", str(parts.settings.reference_folder))
    monkeypatch.setenv("COLUMNS", "80")
    return publish_year(parts)


@pytest.mark.slow
def test_figures_after_a_rebuild(parts: Parts, year: int) -> None:
    """A rebuild reads all facts and is recorded. The table fits 80 columns, JSON has the keys of the definitions."""
    with closing(parts.bus.reader()) as reader:
        reprocess(all_cases(parts).handle, reader, parts.consumer_groups["cases"].topics_with(existing_queues(reader)))
    assert run("oversight", "rebuild").exit_code == 2
    rebuilt = run("oversight", "rebuild", *BY)
    assert (rebuilt.exit_code, rebuilt.stdout) == (0, f"{year} reports\n")
    with read_transaction(parts.engine) as connection:
        counts = read_counts(connection, NATION)
    run("oversight", "rebuild", *BY)
    with read_transaction(parts.engine) as connection:
        assert sorted(read_counts(connection, NATION).counts) == sorted(counts.counts)
    with parts.audit_log.rows() as rows:
        assert [(row.act.action, row.act.why) for row in rows] == [("oversight.rebuild", "kalender baru")] * 2
    nation, agency = read_json("--audit"), read_json("--agency", "kota-3374")
    assert list(nation)[:4] == ["received", "cases", "no_reports", "duplicates_avoided"]
    assert nation.keys() >= {key for figure in FIGURES for key in figure.keys}
    assert sum(nation["received"].values()) == nation["cases"] + nation["no_reports"] + sum(
        nation["duplicates_avoided"].values()
    )
    assert nation["first_agency_right"]["denominator"] > agency["first_agency_right"]["denominator"] > 0
    assert (agency["agency"], agency["month"], nation["needs_rebuild"]) == ("kota-3374", None, False)
    assert (nation["audit_differences"], agency["audit_differences"]) == (0, None)
    assert nation["days_to_answer"]["answered"] > 0
    months = [read_json("--month", month)["cases"] for month in ("2025-07", "2026-08")]
    assert nation["cases"] > months[0] > months[1] == 0
    meals = read_json("--programme", "makan-bergizi")
    assert (meals["programme"], meals["agency"], meals["cases"]) == ("makan-bergizi", None, 0)
    assert (nation["programme"], nation["agency"]) == (None, None)
    table = run("figures", "--agency", "kota-3374")
    assert max(map(len, table.stdout.splitlines())) <= 80
    for words in ("first answer in time", "forwarded in time", "untouched 10 working days", "differences of the audit"):
        assert words in table.stdout
    assert nation["calendar_version"] in table.stderr
    channels = read_json("--by-channel")["by_channel"]
    assert "by_channel" not in nation
    assert sorted(channels) == sorted(nation["received"])
    for name in ("cases", "open"):
        assert sum(figures[name] for figures in channels.values()) == nation[name]
    table = run("figures", "--by-channel")
    assert max(map(len, table.stdout.splitlines())) <= 80
    assert all(name in table.stdout.partition("by channel")[2] for name in channels)
    assert run("figures", "--month", "2026-13").exit_code == 2
    assert run("figures", "--agency", "Kementerian Sihir").exit_code == 2
    unknown = run("figures", "--programme", "sihir")
    assert (unknown.exit_code, "makan-bergizi, stunting" in unknown.stderr) == (2, True)
    assert run("figures", "--programme", "stunting", "--agency", "kota-3374").exit_code == 2
