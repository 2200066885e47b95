"""Prints the figures of a run as one table."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from bench.table.comparison import Worsening
from bench.table.figures import KINDS, Results, section_of

_TITLES = {
    "ratios": "ratio",
    "cpu_us_per_message": "CPU µs/message",
    "cpu_ms": "CPU ms",
    "delays_ms": "delay ms",
    "megabytes": "MB",
    "rates": "per second",
}


def print_results(results: Results, console: Console) -> None:
    """Print one line for each figure, in the order of the sections."""
    table = Table(title=f"make bench ({results.scale})")
    table.add_column("section")
    table.add_column("figure")
    table.add_column("unit")
    table.add_column("value", justify="right")
    for section in results.reference_us:
        for kind in KINDS:
            for name, value in results.of_kind(kind).items():
                if section_of(name) == section:
                    table.add_row(section, name.removeprefix(f"{section}: "), _TITLES[kind], f"{value:,g}")
        table.add_section()
    console.print(table)
    reference = ", ".join(f"{section} {value:.0f}" for section, value in results.reference_us.items())
    console.print(f"Reference loop, µs: {reference}")
    console.print("Versions: " + ", ".join(f"{name} {version}" for name, version in results.versions.items()))


def print_worsenings(worsenings: Sequence[Worsening], console: Console) -> None:
    """Print what is worse than the baseline."""
    for each in worsenings:
        console.print(
            f"{each.name} ({_TITLES[each.kind]}): {each.factor:.2f} times the baseline, at most {each.limit:g}"
        )
    console.print("Nothing is worse than the baseline." if not worsenings else f"{len(worsenings)} figures are worse.")
