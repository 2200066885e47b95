"""Processor time to route a complaint, beside that of publishing it to Kafka; and with ten times the rules and places.

`python -m bench.route_speed` routes the examples of the table of competence with what people write around them, and
publishes the same complaints one by one with the door's producer to a real Apache Kafka. Then it routes them again by
tables ten times as long: every topic, row, institution's alias, unit and landmark nine times more under other names.
Prints microseconds of processor time each; a run's ratios are what counts.
"""

import csv
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.publishing import publish_alone
from config.reference.folder import SHIPPED_FOLDER
from messages.shapes import Report
from router.decide import decide
from router.rules import Rules
from router.rules_loading import load_rules_of_folder

_AROUND = (
    "Selamat pagi Bapak/Ibu admin yang saya hormati, mohon izin menyampaikan keluhan. {} Hal ini sudah berlangsung "
    "cukup lama dan kami sudah berkali-kali menyampaikan kepada petugas, tetapi belum ada tanggapan. Mohon segera "
    "dicek karena mengganggu warga sekitar, terutama anak-anak dan orang tua. Terima kasih atas perhatiannya."
)
_ROUNDS, _TIMES = 5, 10


def main() -> dict[str, float]:
    """Run it; returns what was measured."""
    rules = load_rules_of_folder(SHIPPED_FOLDER)
    reports = [Report(text=_AROUND.format(row.example)) for row in rules.competence.rows]
    routed = _routed(rules, reports)
    published = publish_alone([report.model_dump_json().encode() for report in reports])
    with tempfile.TemporaryDirectory(prefix="satupintu-bench-") as folder:
        grown = load_rules_of_folder(_grown(Path(folder)))
        more = _routed(grown, reports)
    return {
        "reports": len(reports),
        "route_us": round(routed),
        "publish_us": round(published),
        "of_publishing": round(routed / published, 2),
        "route_us_at_10_times": round(more),
        "growth": round(more / routed, 2),
    }


def _routed(rules: Rules, reports: Sequence[Report]) -> float:
    """Microseconds each, the median of some rounds; the first round, which warms caches, does not count."""
    spent = []
    for _ in range(_ROUNDS + 1):
        began = time.process_time()
        for report in reports:
            decide(report, rules)
        spent.append((time.process_time() - began) / len(reports) * 1e6)
    return sorted(spent[1:])[_ROUNDS // 2]


def _grown(folder: Path) -> Path:
    """The shipped tables with nine copies of their rows under words that no report has."""
    shutil.copytree(SHIPPED_FOLDER, folder, dirs_exist_ok=True)
    _grow(folder / "topics.csv", lambda row, n: {"topic": f"{row['topic']}-z{n}", "words": _other(row["words"], n)})
    _grow(folder / "competence.csv", lambda row, n: {"id": f"{row['id']}-z{n}", "topic": f"{row['topic']}-z{n}"})
    _grow(folder / "landmarks.csv", lambda row, n: {"name": _other(row["name"], n)})
    _grow(folder / "units.csv", lambda row, n: {"pattern": _other(row["pattern"], n), "topic": ""})
    return folder


def _grow(path: Path, changed: Callable[[dict[str, str], str], dict[str, str]]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        out.writeheader()
        out.writerows(rows)
        for copy in range(1, _TIMES):
            letter = "bcdfghjkl"[copy - 1]
            out.writerows({**row, **changed(row, letter)} for row in rows)


def _other(phrases: str, letter: str) -> str:
    """The same phrases beginning as before, and ending in a word that nobody writes."""
    return "|".join(f"{phrase.removesuffix(' *')} z{letter}uq" for phrase in phrases.split("|"))


if __name__ == "__main__":
    print(json.dumps(main(), indent=2))  # noqa: T201
