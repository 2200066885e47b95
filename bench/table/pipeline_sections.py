"""Sections of the table about the service and its processes."""

from collections.abc import Iterator

from bench.pipeline.backends import BusKind, DatabaseKind, kafka_is_installed, running_backend
from bench.pipeline.doors import measure_doors
from bench.pipeline.stage_costs import measure_stages
from bench.pipeline.stage_memory import measure_stage_memory
from bench.pipeline.startup import measure_start
from bench.pipeline.whole_way import STEADY_RATE, WholeWay, measure_whole_way
from bench.stages import main as measure_stages_alone
from bench.table.figures import Figure
from bench.table.scale import Scale

_MILLISECONDS = 1e3
_LOCAL: tuple[BusKind, DatabaseKind] = ("local", "sqlite")
_KAFKA: tuple[BusKind, DatabaseKind] = ("kafka", "postgresql")


def doors(scale: Scale) -> Iterator[Figure]:
    """Yield the cost of a report at each door, and its ratio to that of the echo."""
    for bus, _ in _backends(scale):
        for channel, costs in measure_doors(bus, scale.door_reports).items():
            yield Figure("cpu_us_per_message", f"{channel}, {bus}", costs["door"])
            yield Figure("cpu_us_per_message", f"echo of {channel}, {bus}", costs["echo"])
            yield Figure("ratios", f"{channel} / echo, {bus}", costs["door"] / costs["echo"])


def stages(scale: Scale) -> Iterator[Figure]:
    """Yield the cost of a record in each stage, without a bus and on each bus and database."""
    alone = measure_stages_alone(with_postgresql=scale.servers, reports=scale.stage_messages)
    for database, costs in alone.items():
        for stage, microseconds in costs.items():
            yield Figure("cpu_us_per_message", f"{stage}, no bus, {database}", microseconds)
    kinds = [(bus, database) for bus, _ in _backends(scale) for _, database in _backends(scale)]
    for bus, database in kinds:
        with running_backend(bus, database) as backend:
            costs_on_bus = measure_stages(backend, scale.stage_messages)
        for stage, cost in costs_on_bus.items():
            yield Figure("cpu_us_per_message", f"{stage}, {backend.name}", cost)


def whole_way(scale: Scale) -> Iterator[Figure]:
    """Yield the cost, rate, delays and memory of reports from the door to the last stage."""
    for kinds in _backends(scale):
        with running_backend(*kinds) as backend:
            burst, steady = measure_whole_way(backend, (), scale.way_reports, scale.steady_reports)
        name, cost = backend.name, _cost(burst)
        yield from _burst_figures(name, burst)
        yield Figure("ratios", f"steady / burst, {name}", _cost(steady) / cost)
        yield from _steady_figures(f"steady {STEADY_RATE:.0f}/s, {name}", steady)
        if scale.one_process:
            with running_backend(*kinds) as backend:
                (burst,) = measure_whole_way(backend, ("--threads",), scale.way_reports)
            yield from _burst_figures(f"one process, {name}", burst)
            yield Figure("ratios", f"one process / several, {name}", _cost(burst) / cost)


def start(_: Scale) -> Iterator[Figure]:
    """Yield the cost of the start of commands and of the service."""
    seconds = measure_start()
    for name, value in seconds.items():
        yield Figure("cpu_ms", name, value * _MILLISECONDS)
    yield Figure("ratios", "run / imports", seconds["run"] / seconds["imports"])


def memory(scale: Scale) -> Iterator[Figure]:
    """Yield the memory of each stage as a process of its own."""
    for kinds in _backends(scale):
        with running_backend(*kinds) as backend:
            for stage, moment, megabytes in measure_stage_memory(backend, scale.memory_stages, scale.memory_reports):
                yield Figure("megabytes", f"{stage}, {moment}, {backend.name}", megabytes)


def _cost(run: WholeWay) -> float:
    """Return microseconds for a report in all processes."""
    return sum(run.cpu_us.values())


def _burst_figures(name: str, run: WholeWay) -> Iterator[Figure]:
    yield Figure("rates", name, run.rate)
    yield Figure("cpu_us_per_message", name, _cost(run))
    if len(run.cpu_us) > 1:
        for process, cost in run.cpu_us.items():
            yield Figure("cpu_us_per_message", f"{name}, {process}", cost)
    for moment, megabytes in run.megabytes.items():
        yield Figure("megabytes", f"{name}, {moment}", megabytes)


def _steady_figures(name: str, run: WholeWay) -> Iterator[Figure]:
    """Yield what reports cost at a steady rate, and their delays."""
    yield Figure("cpu_us_per_message", name, _cost(run))
    for end, delays in run.delays.items():
        for quantile, milliseconds in delays.items():
            yield Figure("delays_ms", f"{name}, {end} {quantile}", milliseconds)


def _backends(scale: Scale) -> tuple[tuple[BusKind, DatabaseKind], ...]:
    """Return the pairs of bus and database of a run."""
    return (_LOCAL, _KAFKA) if scale.servers and kafka_is_installed() else (_LOCAL,)
