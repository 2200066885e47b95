"""Measures the processor time to route a complaint, compared with publishing it to Kafka and with larger tables.

`python -m bench.route_speed [REPORTS]` routes invented reports (`bench.stream`), each about an example of the table of
competence. No report comes twice: a stage pays for words and names that it has not seen. It publishes such
complaints one by one with the door's producer to a real Apache Kafka. Then it routes them with tables ten times as
long: nine copies of every topic, row, unit and landmark under other names. Prints microseconds of processor time per
complaint. The ratios of one run are comparable, the times are not.
"""

import csv
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import cycle
from pathlib import Path
from statistics import median

from bench.publishing import publish_alone
from bench.stream import InventedReport, ReportStream
from config.reference.folder import SHIPPED_FOLDER
from messages.shapes import Place, Report
from router.decide import decide
from router.rules import Rules
from router.rules_loading import load_rules_of_folder

# Reports that are routed before the measurement, and in it.
_FIRST_REPORTS, _MEASURED_REPORTS = 1_000, 2_000
_BATCH_SIZE = 200
# One letter for each copy of a row: the tables become ten times as long.
_COPY_LETTERS = "bcdfghjkl"
_MICROSECONDS = 1e6


def main(measured: int = _MEASURED_REPORTS) -> dict[str, float]:
    """Run the measurement; return the figures."""
    costs = routing_costs(measured)
    published = ReportStream(6).take(measured)
    publish_time = publish_alone([_report("", report).model_dump_json().encode() for report in published])
    return {
        "reports": measured,
        "route_us": round(costs["shipped"]),
        "publish_us": round(publish_time),
        "of_publishing": round(costs["shipped"] / publish_time, 2),
        "route_us_at_10_times": round(costs["ten_times"]),
        "growth": round(costs["ten_times"] / costs["shipped"], 2),
    }


def routing_costs(measured: int, *, grown_tables: bool = True) -> dict[str, float]:
    """Return microseconds for a report with the `shipped` tables, and with tables `ten_times` as long if asked for."""
    rules = load_rules_of_folder(SHIPPED_FOLDER)
    first = min(measured, _FIRST_REPORTS)
    reports = _invented_reports([row.example for row in rules.competence.rows], first + measured)
    costs = {"shipped": _route_time(rules, reports, first)}
    if not grown_tables:
        return costs
    with tempfile.TemporaryDirectory(prefix="satupintu-bench-") as folder:
        grown = load_rules_of_folder(_grown(Path(folder)))
        return {**costs, "ten_times": _route_time(grown, reports, first)}


def _invented_reports(examples: Sequence[str], count: int) -> Sequence[Report]:
    invented = ReportStream(6).take(count)
    return [_report(f"{example} ", report) for report, example in zip(invented, cycle(examples), strict=False)]


def _report(beginning: str, report: InventedReport) -> Report:
    return Report(title=report.title, text=f"{beginning}{report.text}", place=Place(address=report.address))


def _route_time(rules: Rules, reports: Sequence[Report], first: int) -> float:
    """Return microseconds per report, the median of batches. The `first` reports fill the caches and do not count."""
    for report in reports[:first]:
        decide(report, rules)
    times = []
    for start in range(first, len(reports), _BATCH_SIZE):
        batch = reports[start : start + _BATCH_SIZE]
        began = time.process_time()
        for report in batch:
            decide(report, rules)
        times.append((time.process_time() - began) / len(batch) * _MICROSECONDS)
    return median(times)


def _grown(folder: Path) -> Path:
    """Write the shipped tables with nine copies of their rows under words of no report; return the folder."""
    shutil.copytree(SHIPPED_FOLDER, folder, dirs_exist_ok=True)
    _add_copies(folder / "topics.csv", _topic_copy)
    _add_copies(folder / "competence.csv", _competence_copy)
    _add_copies(folder / "landmarks.csv", lambda row, letter: {"name": _unwritten_phrases(row["name"], letter)})
    _add_copies(
        folder / "units.csv", lambda row, letter: {"pattern": _unwritten_phrases(row["pattern"], letter), "topic": ""}
    )
    return folder


def _topic_copy(row: dict[str, str], letter: str) -> dict[str, str]:
    name = f"{row['name']} z{letter}" if row["name"] else ""
    return {"topic": f"{row['topic']}-z{letter}", "name": name, "words": _unwritten_phrases(row["words"], letter)}


def _competence_copy(row: dict[str, str], letter: str) -> dict[str, str]:
    return {"id": f"{row['id']}-z{letter}", "topic": f"{row['topic']}-z{letter}"}


def _add_copies(path: Path, changed_cells: Callable[[dict[str, str], str], dict[str, str]]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        for letter in _COPY_LETTERS:
            writer.writerows({**row, **changed_cells(row, letter)} for row in rows)


def _unwritten_phrases(phrases: str, letter: str) -> str:
    """Return the phrases with the same beginning, ending in a word that nobody writes."""
    return "|".join(f"{phrase.removesuffix(' *')} z{letter}uq" for phrase in phrases.split("|"))


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if sys.argv[1:] else _MEASURED_REPORTS), indent=2))  # noqa: T201
