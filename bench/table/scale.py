"""The sizes of a run."""

from dataclasses import dataclass, replace
from typing import Literal

from app.stage_names import STAGES

ScaleName = Literal["tiny", "quick", "full"]


@dataclass(frozen=True, slots=True)
class Scale:
    """Number of reports, cases and so on in each section.

    `growth` are the numbers of stored complaints; `growth_messages` are processed at each of them. With `servers` all
    is measured on Kafka and PostgreSQL too, if they are here; with `one_process` the whole way also with all stages in
    one process, and with `grown_tables` routing also with tables ten times as long. The memory of `memory_stages` is
    measured at rest, that of all stages after each number of `memory_reports`.
    """

    name: ScaleName
    servers: bool
    one_process: bool
    door_reports: int
    stage_messages: int
    way_reports: int
    steady_reports: int
    memory_stages: tuple[str, ...]
    memory_reports: tuple[int, ...]
    growth: tuple[int, ...]
    growth_messages: int
    routed_reports: int
    grown_tables: bool
    desk_cases: int
    officers: int
    oversight_cases: int
    console_agencies: int
    audit_messages: int


FULL = Scale(
    "full",
    servers=True,
    one_process=True,
    door_reports=4_000,
    stage_messages=10_000,
    way_reports=10_000,
    steady_reports=3_600,
    memory_stages=STAGES,
    memory_reports=(2_000, 20_000),
    growth=(10_000, 1_000_000),
    growth_messages=2_000,
    routed_reports=2_000,
    grown_tables=True,
    desk_cases=1_000_000,
    officers=100,
    oversight_cases=100_000,
    console_agencies=700,
    audit_messages=100_000,
)
# Less than a minute on two quiet cores.
QUICK = Scale(
    "quick",
    servers=False,
    one_process=False,
    door_reports=200,
    stage_messages=300,
    way_reports=200,
    steady_reports=200,
    memory_stages=(),
    memory_reports=(),
    growth=(),
    growth_messages=0,
    routed_reports=400,
    grown_tables=False,
    desk_cases=500,
    officers=5,
    oversight_cases=500,
    console_agencies=50,
    audit_messages=1_000,
)
# Only to see that every section runs.
TINY = replace(
    QUICK,
    name="tiny",
    door_reports=8,
    stage_messages=20,
    way_reports=8,
    steady_reports=8,
    memory_stages=STAGES,
    memory_reports=(4, 8),
    growth=(100, 200),
    growth_messages=100,
    routed_reports=10,
    grown_tables=True,
    desk_cases=60,
    officers=2,
    oversight_cases=100,
    console_agencies=20,
    audit_messages=40,
)
SCALES: dict[ScaleName, Scale] = {scale.name: scale for scale in (TINY, QUICK, FULL)}
