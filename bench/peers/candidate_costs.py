"""Measures the search for earlier reports, ours and with MinHash-LSH over the same look-up keys.

Ours searches and stores in SQLite (the steps `look_up` and `write` of `bench.normalize`), the peers in memory: they are
a floor. `found` is the share of resent reports for which ours decides that they repeat one, and for which a peer has
the earlier report among its candidates.
"""

import json
import subprocess
import tempfile
from collections.abc import Iterator

from app.database import open_database
from bench.normalize import Bench, to_report
from bench.peers.environments import python_of
from bench.stream import ReportStream
from config.reference.duplicate_weights import load_duplicate_weights
from language.model import load_language_model
from normalize.duplicates.factory import DuplicateDetection
from normalize.duplicates.matcher import Matcher
from tests.support.paths import ROOT

_PEERS = ("datasketch", "rensa")


def measure_candidate_search(reports: int) -> dict[str, dict[str, float]]:
    """Return microseconds for a report (`cpu_us`) and the share of repeats found, by search."""
    matcher = DuplicateDetection(load_language_model(), load_duplicate_weights(), b"bench").matcher
    with tempfile.TemporaryDirectory(prefix="satupintu-bench-") as folder:
        # `reports` are stored, and as many are measured.
        bench = Bench(open_database(f"sqlite:///{folder}/bench.db"), matcher, reports)
        costs = bench.run([reports])[str(reports)]
    results = {"ours": {"cpu_us": costs["look_up"] + costs["write"], "found": costs["found"]}}
    if python := python_of("candidates"):
        lines = "\n".join(_lines(matcher, reports))
        for peer in _PEERS:
            command = [str(python), "-m", "bench.peers.candidate_search", peer]
            run = subprocess.run(command, input=lines, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
            results[peer] = json.loads(run.stdout)
    return results


def _lines(matcher: Matcher, count: int) -> Iterator[str]:
    for number, report in enumerate(ReportStream(1).take(2 * count)):
        comparable = matcher.read_known_sender(to_report(report), report.sender, "web", float(number))
        keys = [str(key) for key in matcher.lookup_keys(comparable).stored_keys]
        yield json.dumps({"keys": keys or [str(number)], "sender": report.sender, "is_repeat": report.is_repeat})
