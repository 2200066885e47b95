"""Sections of the table about single parts: decisions, pages, console, audit."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from app.database import open_database
from bench.audit import main as measure_audit
from bench.console import main as measure_console
from bench.desk import main as measure_desk
from bench.normalize import Bench
from bench.oversight import main as measure_oversight
from bench.route_speed import routing_costs
from bench.table.figures import Figure
from bench.table.scale import Scale
from config.database import truncate_journal
from config.reference.duplicate_weights import load_duplicate_weights
from language.model import load_language_model
from normalize.duplicates.factory import DuplicateDetection

_MILLISECONDS = 1e3
_BYTES = 1e6


def growth(scale: Scale) -> Iterator[Figure]:
    """Yield the cost of a message in the duplicate search as the number of stored complaints grows."""
    if not scale.growth:
        return
    matcher = DuplicateDetection(load_language_model(), load_duplicate_weights(), b"bench").matcher
    smallest_cost = 0.0
    with tempfile.TemporaryDirectory(prefix="satupintu-bench-") as folder:
        file = Path(folder) / "bench.db"
        engine = open_database(f"sqlite:///{file}")
        bench = Bench(engine, matcher, scale.growth_messages)
        for size in scale.growth:
            cost = bench.run([size])[str(size)]["all"]
            smallest_cost = smallest_cost or cost
            yield Figure("cpu_us_per_message", f"{size:,} stored", cost)
            truncate_journal(engine)
            yield Figure("megabytes", f"file, {size:,} stored", file.stat().st_size / _BYTES)
            if size != scale.growth[0]:
                yield Figure("ratios", f"{size:,} / {scale.growth[0]:,} stored", cost / smallest_cost)


def routing(scale: Scale) -> Iterator[Figure]:
    """Yield the cost of a routing decision, also with tables ten times as long."""
    costs = routing_costs(scale.routed_reports, grown_tables=scale.grown_tables)
    yield Figure("cpu_us_per_message", "decision", costs["shipped"])
    if scale.grown_tables:
        yield Figure("ratios", "tables ten times as long / shipped", costs["ten_times"] / costs["shipped"])


def desk(scale: Scale) -> Iterator[Figure]:
    """Yield the cost of pages of the desk."""
    databases = ("sqlite", "postgresql") if scale.servers else ("sqlite",)
    for database in databases:
        costs: Mapping[str, Any] = measure_desk(scale.desk_cases, database, scale.officers)
        for page in ("list", "case"):
            yield Figure("cpu_ms", f"{page}, {database}", costs[page])


def oversight(scale: Scale) -> Iterator[Figure]:
    """Yield the cost of pages and figures of oversight."""
    costs = measure_oversight(scale.oversight_cases)
    for name, value in costs.items():
        if isinstance(value, int) and name != "fill_seconds":
            yield Figure("cpu_ms", name, value)


def console(scale: Scale) -> Iterator[Figure]:
    """Yield the cost of a refresh of the operations console, by the number of its listeners."""
    costs: Mapping[str, Any] = measure_console(scale.console_agencies)
    for listeners, milliseconds in costs["refresh_milliseconds"].items():
        yield Figure("cpu_ms", f"refresh, {listeners.replace('_', ' ')}", milliseconds)
    yield Figure("cpu_ms", "count dead letters", costs["milliseconds"]["letters"])


def audit(scale: Scale) -> Iterator[Figure]:
    """Yield the cost of a full audit for 100,000 more messages, and that of an incremental one without news."""
    costs: Mapping[str, Any] = measure_audit(scale.audit_messages)
    yield Figure("cpu_ms", "for 100,000 messages", costs["cpu_seconds_per_100_000_more"] * _MILLISECONDS)
    without_news = costs["runs"][-1]["incremental_without_news"]["cpu_seconds"]
    yield Figure("cpu_ms", "without news", without_news * _MILLISECONDS)
