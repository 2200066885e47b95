"""Memory of a process that normalizes and routes a long stream of reports: it must not grow with their number.

`python -m bench.memory_growth [REPORTS [SAMPLE]]` gives 60,000 or REPORTS invented reports (`bench.stream`) in batches
of 200 to a normalizer and a router in one process of their own, on SQLite, and prints its memory (PSS) after each 2,000
or SAMPLE reports as JSON lines: the number of reports, the megabytes, and the seconds of processor time. The stream is
made in another process, which does not count.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from itertools import count, islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from pydantic import SecretStr

from app.assembly.channels import CHANNELS
from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.assembly.startup.loading import load
from app.garbage_collection import exempt_loaded_objects
from app.surroundings import system_surroundings
from bench.processes import cpu_seconds, megabytes
from bench.stages import arrivals, as_records
from bus.port import Outgoing
from config import logs
from config.settings import Settings
from messages.topics import COMPLAINTS

_REPORTS, _SAMPLE, _BATCH_SIZE = 60_000, 2_000, 200


def main(reports: int = _REPORTS, sample: int = _SAMPLE) -> Iterator[tuple[int, float, float]]:
    """Yield the number of processed reports, the megabytes, and the seconds of processor time of the process."""
    spawn = get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="satupintu-bench-") as folder:
        settings = Settings(
            home=Path(folder),
            database_url=SecretStr(f"sqlite:///{folder}/bench.db"),
            public_url="https://lapor.contoh.id",
        )
        ours, theirs = spawn.Pipe()
        process = spawn.Process(target=_process_batches, args=(theirs, settings), daemon=True)
        process.start()
        assert process.pid  # noqa: S101 - it has been started
        stream = arrivals(_receive_parts(ours, settings), reports)
        processed = 0
        while batch := list(islice(stream, _BATCH_SIZE)):
            ours.send(batch)
            ours.recv()
            processed += len(batch)
            if processed % sample < len(batch) or processed == reports:
                yield processed, megabytes(process.pid), cpu_seconds([process.pid])
        ours.send([])
        process.join()


def _receive_parts(connection: Connection, settings: Settings) -> Parts:
    """Return parts with the same settings, once the process has made its database and its secrets."""
    connection.recv()
    return Parts(settings, CHANNELS, system_surroundings())


def _process_batches(connection: Connection, settings: Settings) -> None:
    """Normalize and route each batch that comes, and answer when it is done, until one is empty."""
    logs.configure("WARNING", "json")
    parts = Parts(settings, CHANNELS, system_surroundings())
    load(parts, ("normalize", "router"))
    migrate(parts.engine)
    exempt_loaded_objects()
    offsets, complaint_offsets = count(), count()
    connection.send(None)
    while batch := connection.recv():
        outputs: list[Outgoing] = list(parts.normalizer.stage.handle(list(as_records(batch, offsets))))
        complaints = (output for output in outputs if output.topic == COMPLAINTS)
        parts.router.stage.handle(list(as_records(complaints, complaint_offsets)))
        connection.send(None)


if __name__ == "__main__":
    for number, size, seconds in main(*map(int, sys.argv[1:])):
        line = {"reports": number, "megabytes": round(size, 1), "cpu_seconds": round(seconds, 1)}
        print(json.dumps(line), flush=True)  # noqa: T201
