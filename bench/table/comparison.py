"""Compares the figures of a run with a baseline, also one of another machine."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from bench.table.figures import KINDS, Kind, Results, section_of

# A figure is worse if it is more than this many times the baseline. Ratios of one run repeat best. Processor time is
# compared in units of the reference loop: between runs with a load of 20 and of 7 on two cores it still differed by up
# to 1.6 times, that of single pages by 2. Rates and delays depend on the rest of the machine, too.
LIMITS: Mapping[Kind, float] = {
    "ratios": 1.4,
    "cpu_us_per_message": 1.6,
    "cpu_ms": 2.0,
    "megabytes": 1.15,
    "rates": 1.6,
    "delays_ms": 2.0,
}
_TIMES: frozenset[Kind] = frozenset({"cpu_us_per_message", "cpu_ms", "delays_ms"})


class Worsening(NamedTuple):
    """A figure that is `factor` times as bad as in the baseline; `limit` is allowed."""

    kind: Kind
    name: str
    factor: float
    limit: float


class ScaleMismatchError(ValueError):
    """The two runs have different sizes."""


def worsenings(results: Results, baseline: Results) -> list[Worsening]:
    """Return the figures that are worse than the baseline, the worst first. A figure of only one run does not count.

    Raises `ScaleMismatchError` if the sizes of the runs differ.
    """
    if results.scale != baseline.scale:
        raise ScaleMismatchError(
            f"the results are of the scale {results.scale}, the baseline of {baseline.scale}: run that scale again"
        )
    worse = (each for each in _factors(results, baseline) if each.factor > each.limit)
    return sorted(worse, key=lambda each: each.factor / each.limit, reverse=True)


def _factors(results: Results, baseline: Results) -> Iterator[Worsening]:
    for kind in KINDS:
        baseline_figures = baseline.of_kind(kind)
        for name, value in results.of_kind(kind).items():
            if (expected := baseline_figures.get(name)) and value:
                yield Worsening(
                    kind, name, _factor(kind, value, expected, _slowdown(name, results, baseline)), LIMITS[kind]
                )


def _factor(kind: Kind, value: float, expected: float, slowdown: float) -> float:
    """Return how many times worse the value is. `slowdown` is the ratio of the reference loops of the two runs."""
    if kind in _TIMES:
        return value / slowdown / expected
    if kind == "rates":
        return expected / (value * slowdown)
    return value / expected


def _slowdown(name: str, results: Results, baseline: Results) -> float:
    section = section_of(name)
    return results.reference_us[section] / baseline.reference_us[section]
