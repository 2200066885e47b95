"""Each bench runs at a tiny size, so that a change elsewhere cannot break one unnoticed."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.peers.loop_costs import LOOPS
from bench.pipeline.backends import kafka_is_installed
from tests.conftest import missing
from tests.support.paths import DATA, ROOT

# Some start servers, which takes minutes on a busy machine.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

# Arguments of each bench. `{data}` is a folder of invented texts, `{out}` an empty one.
RUNS = {
    "against": ["HEAD", "--rounds", "1", "--scale", "tiny", "--part", "normalizer"],
    "archive": ["40"],
    "audit": ["100"],
    "calibration": ["20"],
    "classification": ["{data}"],
    "console": ["20"],
    "desk": ["60", "sqlite", "2"],
    "duplicates": [],
    "entities": [],
    "evaluation": ["route", "tests/data/reports/streets-test.jsonl"],
    "footprint": ["20"],
    "generated.alert_rules": ["--check"],
    "generated.figures_document": ["--check"],
    "generated.schemas": ["--check"],
    "generated.table_lists": ["--check"],
    "generated.translations": ["--check"],
    "holiday_table": ["--check"],
    "long_texts": ["100"],
    "masks": [],
    "memory_growth": ["40", "20"],
    "normalize": ["100"],
    "normalizers": ["12", "2"],
    "outage": ["10"],
    "head": ["300"],
    "oversight": ["300"],
    "peers": ["40", "ours"],
    "perturbed": ["20"],
    "pipeline.door_delays": ["120"],
    "pipeline.lifecycles": ["--stored", "40", "--rates", "2,4", "--seconds", "2"],
    "places": ["{data}/complaints/national_2017_dev.csv"],
    "point_table": [],
    "queue_counts": ["300"],
    "queueing": ["8"],
    "refusal": ["5"],
    "route_speed": ["10"],
    "routing": ["heldout"],
    "same_output": [],
    "stages": ["--sqlite-only", "20"],
    "units": ["300", "sqlite", "2"],
    "vocabulary": ["{data}/..", "{out}/vocabulary.csv"],
    "words": [],
}
# Modules that others import, or start: the echo and the loops. The loops of peers run where a peer is installed.
LIBRARIES = {
    "corpus",
    "duplicate_streams",
    "duplicate_training",
    "evaluation.confidence_interval",
    "evaluation.duplicate_metrics",
    "evaluation.explained_messages",
    "evaluation.labelled_messages",
    "evaluation.routing_figures",
    "evaluation.routing_metrics",
    "generated.files",
    "generated.rule_definitions",
    "learning",
    "logistic",
    "peers.candidate_costs",
    "peers.candidate_search",
    "peers.environments",
    "peers.loop_costs",
    "peers.loops.work",
    *(f"peers.loops.{loop.module}" for loop in LOOPS),
    "pipeline.backends",
    "pipeline.door_requests",
    "pipeline.doors",
    "pipeline.echo",
    "pipeline.service",
    "pipeline.stage_costs",
    "pipeline.stage_memory",
    "pipeline.startup",
    "pipeline.stored_history",
    "pipeline.whole_way",
    "processes",
    "publishing",
    "reports",
    "routing_fit",
    "shared_data",
    "stream",
    "table.collection",
    "table.comparison",
    "table.figures",
    "table.part_sections",
    "table.pipeline_sections",
    "table.printing",
    "table.reference_loop",
    "table.scale",
}
NEEDS_KAFKA = {"normalize", "outage", "route_speed"}
# They start services or servers: each takes five seconds of processor time or more.
EXPENSIVE = {
    *(
        "against",
        "archive",
        "audit",
        "desk",
        "footprint",
        "normalize",
        "normalizers",
        "outage",
        "peers",
        "queueing",
        "units",
    ),
    *("pipeline.door_delays", "pipeline.lifecycles", "route_speed", "same_output"),
}


def test_every_bench_runs_in_the_tests() -> None:
    """A module of `bench` is run by a test here, or is named as a part of others."""
    paths = (path.relative_to(ROOT / "bench") for path in (ROOT / "bench").rglob("*.py"))
    modules = {".".join(path.with_suffix("").parts) for path in paths if path.name != "__init__.py"}
    assert {name.removesuffix(".__main__") for name in modules} == RUNS.keys() | LIBRARIES | {"table"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.expensive if name in EXPENSIVE else ()) for name in RUNS]
)
def test_a_bench_runs(name: str, tmp_path: Path) -> None:
    """It ends without an error. The size of its figures is no concern of this test."""
    if name in NEEDS_KAFKA and not kafka_is_installed():
        missing("Apache Kafka: run `make kafka`")
    data = tmp_path / "shared" / "data"
    _write_invented_texts(data)
    arguments = [argument.format(data=data, out=tmp_path) for argument in RUNS[name]]
    result = subprocess.run(
        [sys.executable, "-m", f"bench.{name}", *arguments],
        cwd=ROOT,
        env={**os.environ, "BENCH_SHARED_DATA": str(data)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]


def _write_invented_texts(data: Path) -> None:
    """Write files with the names and columns of the real texts. Each judged report gets an invented text."""
    files = [DATA / "routing" / f"{name}.csv" for name in ("heldout", "sample")]
    ids = [row["tracking_id"] for file in files for row in csv.DictReader(file.read_text().splitlines())]
    text = "Lampu jalan padam di Jl. Kenanga Kota Semarang. Mohon ditindaklanjuti, terima kasih"
    reports = [["tracking_id", "title", "text", "addressed_agency"]]
    reports += [[id_, f"Lampu {id_}", text, "Pemerintah Kota Semarang"] for id_ in ids]
    messages = [["Teks", "label"], ["besok jadi ya", "0"], ["selamat anda menang undian", "1"], ["promo pulsa", "2"]]
    for name, rows in (("complaints/national_2017_dev", reports), ("sms/upi_sms_2018", messages)):
        path = data / f"{name}.csv"
        path.parent.mkdir(parents=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
    lexicons = data / "lexicons"
    (lexicons / "stif").mkdir(parents=True)
    for name in ("train.inf", "train.for", "dev.inf", "dev.for"):
        (lexicons / "stif" / name).write_text("lampu jln padam\nsampah bau bgt\n")
    (lexicons / "root_words.txt").write_text("lampu jalan padam\n")
    (lexicons / "informal_formal.tsv").write_text("informal\tformal\njln\tjalan\n")
    (lexicons / "slang_words.json").write_text('{"bgt": "banget"}')
