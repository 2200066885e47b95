"""Comparison of the benchmark's results with a baseline."""

from pathlib import Path

import pytest

from bench.table.comparison import LIMITS, ScaleMismatchError, worsenings
from bench.table.figures import KINDS, Figure, Kind, Results


def _results(kind: Kind, value: float, reference_us: float = 1_000.0, scale: str = "quick") -> Results:
    results = Results(scale, {}, {"doors": reference_us})
    results.add("doors", [Figure(kind, "web", value)])
    return results


@pytest.mark.parametrize("kind", KINDS)
def test_a_figure_within_its_limit_is_not_worse(kind: Kind) -> None:
    """Equal results have no worsening, and neither have better ones."""
    better = 200.0 if kind == "rates" else 50.0
    assert worsenings(_results(kind, 100.0), _results(kind, 100.0)) == []
    assert worsenings(_results(kind, better), _results(kind, 100.0)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_figure_beyond_its_limit_is_worse(kind: Kind) -> None:
    """Higher costs are worse, and lower rates."""
    factor = LIMITS[kind] * 1.1
    value = 100.0 / factor if kind == "rates" else 100.0 * factor
    (worse,) = worsenings(_results(kind, value), _results(kind, 100.0))
    assert (worse.kind, worse.name) == (kind, "doors: web")
    assert worse.factor == pytest.approx(factor, rel=0.01)


def test_times_are_compared_by_the_reference_loop() -> None:
    """On a machine that is half as fast, twice the time is the same. A ratio is compared as it is."""
    baseline = _results("cpu_us_per_message", 100.0, reference_us=1_000.0)
    assert worsenings(_results("cpu_us_per_message", 200.0, reference_us=2_000.0), baseline) == []
    assert worsenings(_results("ratios", 2.0, reference_us=2_000.0), _results("ratios", 1.0)) != []
    assert worsenings(_results("rates", 50.0, reference_us=2_000.0), _results("rates", 100.0)) == []


def test_the_worst_figure_comes_first() -> None:
    """The figures are sorted by how far they are beyond their limit."""
    results, baseline = (Results("quick", {}, {"doors": 1.0}) for _ in range(2))
    results.add("doors", [Figure("ratios", "a", 2.0), Figure("ratios", "b", 4.0)])
    baseline.add("doors", [Figure("ratios", "a", 1.0), Figure("ratios", "b", 1.0)])
    assert [worse.name for worse in worsenings(results, baseline)] == ["doors: b", "doors: a"]


def test_a_figure_of_one_run_alone_is_not_compared() -> None:
    """A new section has no baseline yet, and a machine may have no Kafka."""
    assert worsenings(_results("ratios", 9.0), Results("quick", {})) == []


def test_runs_of_different_sizes_are_not_compared() -> None:
    """Costs depend on the size of a run."""
    with pytest.raises(ScaleMismatchError, match="full"):
        worsenings(_results("ratios", 1.0, scale="full"), _results("ratios", 1.0))


def test_results_are_kept_in_a_file(tmp_path: Path) -> None:
    """What is saved is loaded again."""
    results = _results("ratios", 1.5)
    results.save(tmp_path / "results.json")
    assert Results.load(tmp_path / "results.json") == results
