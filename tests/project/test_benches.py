"""Each small bench that needs no data from outside runs, so that a change elsewhere cannot break one unnoticed."""

import subprocess
import sys

import pytest

from tests.support.paths import ROOT

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "arguments",
    [
        ("audit", "100"),
        ("classification",),
        ("console", "20"),
        ("duplicates",),
        ("masks",),
        ("oversight", "300"),
        ("queue_counts", "300"),
        ("refusal", "5"),
    ],
    ids=" ".join,
)
def test_a_bench_runs(arguments: tuple[str, ...]) -> None:
    """It ends without an error and prints figures. Their size is no concern of this test."""
    name, *sizes = arguments
    result = subprocess.run(
        [sys.executable, "-m", f"bench.{name}", *sizes], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr[-2000:]
    assert any(character.isdigit() for character in result.stdout)
