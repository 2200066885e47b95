"""Each section of the table of benchmarks runs at a tiny size."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.table.collection import SECTIONS
from bench.table.figures import KINDS, Results
from tests.support.paths import ROOT

# All sections together take minutes of processor time, and `test_benches.py` runs what they are made of.
pytestmark = [pytest.mark.expensive, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_of_the_table_runs(section: str, tmp_path: Path) -> None:
    """It gives figures, with the time of the reference loop, and they are no worse than themselves."""
    file = tmp_path / "results.json"
    _run("run", "--scale", "tiny", "--section", section, "--output", str(file))
    results = Results.load(file)
    assert results.reference_us[section] > 0
    assert any(results.of_kind(kind) for kind in KINDS)
    _run("compare", str(file), "--baseline", str(file))


def _run(*arguments: str) -> None:
    command = [sys.executable, "-m", "bench.table", *arguments]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-2000:]
