"""Measures the peers whose environments are there, and prints tables: `python -m bench.peers [MESSAGES [LOOP …]]`.

`make bench-peers` makes the environments first. MESSAGES (5,000) go through each loop, or through the named ones, and
half as many reports through each candidate search. A peer without its environment is left out, and named.
"""

import sys
from collections.abc import Collection, Iterable

from rich.console import Console
from rich.table import Table

from bench.peers.candidate_costs import measure_candidate_search
from bench.peers.loop_costs import LOOPS, Loop, measure_loop
from bench.pipeline.backends import kafka_is_installed
from config import logs

_MESSAGES = 5_000


def main(messages: int, names: Collection[str]) -> None:
    """Measure and print."""
    logs.configure("ERROR", "json")
    console = Console()
    if kafka_is_installed():
        console.print(_loop_table(messages, [loop for loop in LOOPS if not names or loop.module in names]))
    else:
        console.print("The loops need Apache Kafka: run `make kafka`.")
    console.print(_candidate_table(messages // 2))


def _loop_table(messages: int, loops: Iterable[Loop]) -> Table:
    table = Table("loop", "guarantee", "CPU µs/message", "of ours", "messages/s", title=f"{messages:,} messages")
    ours = 0.0
    for loop in loops:
        try:
            cost = measure_loop(loop, messages)
        except RuntimeError as error:
            print(error, file=sys.stderr)  # noqa: T201 - too long for the table
            table.add_row(loop.module, loop.guarantee, "failed")
            continue
        if cost is None:
            table.add_row(loop.module, loop.guarantee, "not installed")
            continue
        if loop.module == "ours":
            ours = cost.cpu_us
        of_ours = f"{cost.cpu_us / ours:.2f}" if ours else ""
        table.add_row(loop.module, loop.guarantee, f"{cost.cpu_us:,.0f}", of_ours, f"{cost.rate:,.0f}")
    return table


def _candidate_table(reports: int) -> Table:
    table = Table("search", "CPU µs/report", "repeats found", title=f"{reports:,} reports stored")
    for search, figures in measure_candidate_search(reports).items():
        table.add_row(search, f"{figures['cpu_us']:,.0f}", f"{figures['found']:.2f}")
    return table


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else _MESSAGES, sys.argv[2:])
