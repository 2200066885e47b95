"""Measures everything and prints one table, or compares a run with the baseline.

`python -m bench.table run [--scale full|quick|tiny] [--section NAME …] [--growth N …]` measures, prints the table and
writes `bench/results.json`. `--growth` replaces the numbers of stored complaints, as in `--growth 10000 --growth
10000000`. `python -m bench.table compare [RESULTS]` compares it with `bench/baseline.json`: it prints what is worse and
ends with exit code 1 if anything is. `python -m bench.table accept` makes the results the baseline.
"""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench.table.collection import SECTIONS, collect
from bench.table.comparison import ScaleMismatchError, worsenings
from bench.table.figures import Results
from bench.table.printing import print_results, print_worsenings
from bench.table.scale import SCALES, ScaleName
from config import logs

_FOLDER = Path(__file__).parents[1]
RESULTS, BASELINE = _FOLDER / "results.json", _FOLDER / "baseline.json"
_WIDTH = 120

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)


@app.command()
def run(
    scale: Annotated[ScaleName, typer.Option(help="Sizes of the run.")] = "full",
    section: Annotated[list[str] | None, typer.Option(help=f"Any of {', '.join(SECTIONS)}. Default: all.")] = None,
    growth: Annotated[list[int] | None, typer.Option(help="Numbers of stored complaints.")] = None,
    output: Annotated[Path, typer.Option(help="File of the results.")] = RESULTS,
) -> None:
    """Measure, print the table and write the results."""
    if unknown := set(section or ()) - set(SECTIONS):
        raise typer.BadParameter(f"there is no section {', '.join(sorted(unknown))}")
    logs.configure("ERROR", "json")
    sizes = SCALES[scale]
    if growth:
        sizes = replace(sizes, growth=tuple(growth), growth_messages=SCALES["full"].growth_messages)
    progress = Console(stderr=True)
    results = collect(sizes, section or list(SECTIONS), progress.print)
    results.save(output)
    print_results(results, Console(width=_WIDTH))


@app.command()
def compare(
    results: Annotated[Path, typer.Argument(help="File of the results.")] = RESULTS,
    baseline: Annotated[Path, typer.Option(help="File of the baseline.")] = BASELINE,
) -> None:
    """Compare results with the baseline. Exit code 1: a figure is worse."""
    try:
        worse = worsenings(Results.load(results), Results.load(baseline))
    except (OSError, ScaleMismatchError) as error:
        raise typer.BadParameter(str(error)) from error
    print_worsenings(worse, Console(width=_WIDTH))
    raise typer.Exit(int(bool(worse)))


@app.command()
def accept() -> None:
    """Make the results the baseline: after a change whose figures are known and wanted."""
    shutil.copy(RESULTS, BASELINE)


if __name__ == "__main__":
    app()
