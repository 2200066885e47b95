"""What one report takes in all stages: processor time, bytes on the bus and bytes in PostgreSQL.

`python -m bench.footprint [REPORTS]` publishes 2,000 or REPORTS invented reports (`bench.stream`) on the embedded bus
and lets each stage process them in batches of 200 on PostgreSQL (`bench.pipeline.stage_costs`). Nobody answers, so
answers and what follows from them are left out. Prints for each report:

* `cpu_us`: microseconds of processor time of each stage, and of PostgreSQL (`servers`) for a record of it;
* `bus_bytes`: bytes of the records of each topic (agencies' queues together): as they are, and compressed by gzip in
  batches of 20, which takes as much room as Kafka's zstd;
* `database_bytes`: bytes of the tables of each package with their indexes, and of PostgreSQL's log (WAL).
"""

import gzip
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice

from sqlalchemy import Engine, text

from app.assembly.channels import CHANNELS
from app.assembly.parts import Parts
from app.surroundings import system_surroundings
from bench.pipeline.backends import running_backend
from bench.pipeline.stage_costs import measure_stages
from bus.port import Record
from config import logs
from config.database import read_transaction
from config.settings import Settings

_REPORTS = 2_000
_RECORDS_OF_BATCH = 20
_QUEUES = "agency-"
_TABLE_SIZES = (
    "SELECT tablename, pg_total_relation_size(quote_ident(tablename)) FROM pg_tables WHERE schemaname = 'public'"
)
_WRITTEN_LOG = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')"


def main(reports: int) -> dict[str, object]:
    """Run the measurement; return the figures of one report."""
    logs.configure("ERROR", "json")
    with running_backend("local", "postgresql") as backend:
        parts = Parts(Settings.model_validate(backend.settings), CHANNELS, system_surroundings())
        log_before = _written_log(parts.engine)
        costs = measure_stages(backend, reports)
        log_bytes = _written_log(parts.engine) - log_before
        result = {
            "cpu_us": _rounded(costs, 1),
            "bus_bytes": {name: _rounded(sizes, reports) for name, sizes in _bus_bytes(parts).items()},
            "database_bytes": _rounded({**_table_bytes(parts.engine), "log": log_bytes}, reports),
        }
        parts.engine.dispose()
    return result


def _bus_bytes(parts: Parts) -> Mapping[str, Mapping[str, float]]:
    """Return the bytes of all records by topic, as they are and compressed."""
    sizes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    with closing(parts.bus.reader()) as reader:
        for spec in reader.topics():
            records = iter(reader.read([spec.name]))
            while batch := list(islice(records, _RECORDS_OF_BATCH)):
                contents = list(_contents(batch))
                name = "queues" if spec.name.startswith(_QUEUES) else spec.name
                sizes[name]["plain"] += sum(map(len, contents))
                sizes[name]["compressed"] += len(gzip.compress(b"".join(contents)))
    return sizes


def _contents(records: Sequence[Record]) -> Iterator[bytes]:
    """Yield key, headers and value of each record."""
    for record in records:
        headers = (name.encode() + value for name, value in record.headers)
        yield b"".join((record.key or b"", *headers, record.value))


def _table_bytes(engine: Engine) -> Mapping[str, float]:
    """Return the bytes of all tables by the first word of their names."""
    sizes: Counter[str] = Counter()
    with read_transaction(engine) as connection:
        for table, size in connection.execute(text(_TABLE_SIZES)):
            sizes[table.partition("_")[0]] += size
    return sizes


def _written_log(engine: Engine) -> float:
    with read_transaction(engine) as connection:
        return float(connection.execute(text(_WRITTEN_LOG)).scalar_one())


def _rounded(values: Mapping[str, float], reports: int) -> dict[str, int]:
    return {name: round(value / reports) for name, value in values.items() if round(value / reports)}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if len(sys.argv) > 1 else _REPORTS), indent=2))  # noqa: T201
