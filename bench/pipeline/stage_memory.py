"""Measures the memory of each stage as a process of its own: `satupintu run normalize` and so on.

`imports` and `tables` are those of a process that has only imported the modules, and loaded the tables, of the stage.
`at rest` is the started stage. Then the door takes reports, and each stage in turn processes what the stages before it
have published: `after N` is its memory when it has processed N records. All are megabytes (PSS).
"""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import islice, pairwise
from typing import NamedTuple

from app.assembly.channels import CHANNELS
from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.simulator.wait import answers
from app.stage_names import STAGES
from app.surroundings import system_surroundings
from bench.pipeline.backends import Backend
from bench.pipeline.door_requests import check_accepted, door_requests, send_all, web_request
from bench.pipeline.service import MeasuredService, environment, start_service, stop_processes
from config.settings import Settings
from messages.topics import COMPLAINTS, raw_topic
from tests.support.ports import free_port

# The consumer group of each stage that counts.
_GROUPS = {"normalize": "normalize", "router": "router", "cases": "cases"}
_REST_SECONDS, _POLL_SECONDS, _PATIENCE_SECONDS = 3.0, 0.2, 900.0
# Prints the memory of a process that has imported the modules of a stage, and then that with its tables.
_LOAD_STAGE = """
import os, sys
from bench.processes import megabytes
from app.commands.common.process import open_parts
from app.assembly.startup import loading
with open_parts() as parts:
    loading.import_modules(parts.settings, sys.argv[1:])
    imports = megabytes(os.getpid())
    loading.load_tables(parts, sys.argv[1:])
    print(imports, megabytes(os.getpid()))
"""


class StageMemory(NamedTuple):
    """Megabytes of a stage at a moment."""

    stage: str
    moment: str
    megabytes: float


def measure_stage_memory(
    backend: Backend, stages: Sequence[str] = STAGES, counts: Sequence[int] = ()
) -> Iterator[StageMemory]:
    """Yield the memory of each of these stages loaded and at rest, and of all after so many records (rising)."""
    parts = Parts(Settings.model_validate(backend.settings), CHANNELS, system_surroundings())
    # A stage that finds an older database migrates it, and keeps the modules for that.
    migrate(parts.engine)
    parts.engine.dispose()
    for stage in stages:
        imports, tables = _loaded_megabytes(backend, stage)
        yield StageMemory(stage, "imports", imports)
        yield StageMemory(stage, "tables", tables)
        with _started_stage(backend, stage) as service:
            time.sleep(_REST_SECONDS)
            yield StageMemory(stage, "at rest", service.megabytes())
    # Nothing is published until the stages were measured at rest.
    for stage in STAGES if counts else ():
        with _started_stage(backend, stage) as service:
            for count in _process(service, stage, counts):
                yield StageMemory(stage, f"after {count:,}", service.megabytes())


@contextmanager
def _started_stage(backend: Backend, stage: str) -> Iterator[MeasuredService]:
    ops_port = free_port()
    stage_backend = replace(backend, settings={**backend.settings, "ops_port": str(ops_port)})
    process = start_service(stage_backend, stage)
    service = MeasuredService(stage_backend, process)
    try:
        _wait_until_started(service, ops_port)
        yield service
    finally:
        stop_processes(process)
        service.parts.engine.dispose()


def _loaded_megabytes(backend: Backend, stage: str) -> tuple[float, float]:
    command = [sys.executable, "-c", _LOAD_STAGE, stage]
    output = subprocess.run(command, env=environment(backend), check=True, capture_output=True, text=True).stdout  # noqa: S603
    imports, tables = map(float, output.split())
    return imports, tables


def _wait_until_started(service: MeasuredService, ops_port: int) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not answers(ops_port, "/startup"):
        service.check_running()
        if time.monotonic() > deadline:
            raise TimeoutError("the stage did not start")
        time.sleep(_POLL_SECONDS)


def _process(service: MeasuredService, stage: str, counts: Sequence[int]) -> Iterator[int]:
    """Let the stage process its records. Yield each of `counts` when it has processed so many."""
    if stage == "ingest":
        requests = door_requests(web_request, service.parts, seed=40)
        for previous, count in pairwise((0, *counts)):
            check_accepted(send_all(service.settings.port, list(islice(requests, count - previous))))
            yield count
    elif stage in _GROUPS:
        for count in counts:
            _wait_until_processed(service, _GROUPS[stage], count)
            yield count


def _wait_until_processed(service: MeasuredService, group_name: str, count: int) -> None:
    """Return when the group has processed so many records of its first topics, or all if there are fewer.

    Not every report is a complaint.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    group = service.parts.consumer_groups[group_name]
    topics = [name for name in group.topics if name == COMPLAINTS or name.startswith(raw_topic(""))]
    with closing(service.parts.bus.reader()) as reader:
        wanted = min(count, sum(span.end for span in reader.offset_ranges(topics).values()))
        while sum(reader.committed(group.name, topics).values()) < wanted:
            service.check_running()
            if time.monotonic() > deadline:
                raise TimeoutError(f"{group_name} did not process {wanted} records")
            time.sleep(_POLL_SECONDS)
