"""Compares the working tree with another commit: both run at the same time, one core each.

`python -m bench.against COMMIT [--rounds 3] [--scale quick] [--part NAME …]` (`make bench-against REF=COMMIT`) measures
the parts of `PARTS` in both trees and prints, for each, the ratio of processor time (new / old; below 1 is cheaper):
the median of the rounds, with the smallest and the largest. The trees change cores after each round. The last line is
JSON. The other commit runs in a worktree of its own, with the libraries of this environment. `--scale full` also
measures the whole way on Kafka and PostgreSQL, where `make kafka` has run.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Annotated

import typer

from bench.table.figures import Results
from bench.table.scale import ScaleName

_ROOT = Path(__file__).parents[1]
# Section of the table, and the figures that are added up: a version may have stages that another one does not have.
PARTS: Mapping[str, tuple[str, Sequence[str]]] = {
    "normalizer": ("stages", ("stages: normalizer, no bus, sqlite",)),
    "router": ("stages", ("stages: router, no bus, sqlite",)),
    "read_models": (
        "stages",
        tuple(f"stages: {stage}, local, sqlite" for stage in ("cases", "ledger", "desk", "oversight")),
    ),
    "sms_door": ("doors", ("doors: SMS, local",)),
    "web_door": ("doors", ("doors: web, local",)),
    "whole_way_embedded": ("whole way", ("whole way: local, sqlite",)),
    "whole_way_kafka": ("whole way", ("whole way: kafka, postgresql",)),
}

app = typer.Typer(pretty_exceptions_enable=False)


@app.command()
def main(
    commit: Annotated[str, typer.Argument(help="The other version.")],
    rounds: Annotated[int, typer.Option(min=1, help="Measurements of each tree.")] = 3,
    scale: Annotated[ScaleName, typer.Option(help="Sizes of a measurement.")] = "quick",
    part: Annotated[list[str] | None, typer.Option(help=f"Any of {', '.join(PARTS)}. Default: all.")] = None,
) -> None:
    """Measure both trees side by side and print the ratios."""
    if unknown := set(part or ()) - set(PARTS):
        raise typer.BadParameter(f"there is no part {', '.join(sorted(unknown))}")
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:  # noqa: PLR2004 - one for each tree
        raise typer.BadParameter("two cores are needed: one for each tree")
    sections = sorted({PARTS[name][0] for name in part or PARTS})
    ratios: dict[str, list[float]] = {}
    with _worktree(commit) as other, tempfile.TemporaryDirectory(prefix="satupintu-bench-") as folder:
        for number in range(rounds):
            new_core, old_core = (cores[0], cores[1]) if number % 2 else (cores[1], cores[0])
            files = Path(folder) / f"new-{number}.json", Path(folder) / f"old-{number}.json"
            sides = ((_ROOT, new_core, files[0]), (other, old_core, files[1]))
            _wait([_start(tree, core, scale, sections, file) for tree, core, file in sides])
            new, old = (Results.load(file).cpu_us_per_message for file in files)
            for name, ratio in _ratios(new, old, part or PARTS):
                ratios.setdefault(name, []).append(ratio)
    for name, values in ratios.items():
        print(f"{name:20} {median(values):.2f}  ({min(values):.2f} to {max(values):.2f})")  # noqa: T201
    summary = {name: {"ratio": round(median(each), 3), "rounds": each} for name, each in ratios.items()}
    print(json.dumps({"commit": commit, "scale": scale, "parts": summary}))  # noqa: T201


def _ratios(new: Mapping[str, float], old: Mapping[str, float], names: Iterable[str]) -> Iterator[tuple[str, float]]:
    """Yield the ratio of each part that both trees have measured."""
    for name in names:
        sums = [sum(costs.get(figure, 0.0) for figure in PARTS[name][1]) for costs in (new, old)]
        if all(sums):
            yield name, round(sums[0] / sums[1], 3)


def _start(tree: Path, core: int, scale: ScaleName, sections: Iterable[str], output: Path) -> "subprocess.Popen[bytes]":
    """Start the measurement of a tree on one core. Its packages are found before the installed ones."""
    chosen = [argument for section in sections for argument in ("--section", section)]
    command = [sys.executable, "-m", "bench.table", "run", "--scale", scale, *chosen, "--output", str(output)]
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONHASHSEED": "0"}
    return subprocess.Popen(  # noqa: S603 - our own command
        command,
        cwd=tree,
        env=environment,
        stdout=subprocess.DEVNULL,
        preexec_fn=partial(os.sched_setaffinity, 0, {core}),  # noqa: PLW1509 - this process has one thread
    )


def _wait(processes: Sequence["subprocess.Popen[bytes]"]) -> None:
    """Wait until all have ended. Raises `SystemExit` if one has failed: its errors are on the terminal."""
    codes = [process.wait() for process in processes]
    if any(codes):
        raise SystemExit(f"a measurement ended with exit code {max(codes)}")


@contextmanager
def _worktree(commit: str) -> Iterator[Path]:
    """Check the commit out beside this tree. Yield its folder, which is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="satupintu-against-") as folder:
        tree = Path(folder) / "tree"
        git = partial(subprocess.run, cwd=_ROOT, check=True, capture_output=True)
        git(["git", "worktree", "add", "--detach", str(tree), commit])
        if (_ROOT / ".kafka").exists():
            (tree / ".kafka").symlink_to(_ROOT / ".kafka")
        try:
            yield tree
        finally:
            git(["git", "worktree", "remove", "--force", str(tree)])


if __name__ == "__main__":
    app()
