"""Finds what a system has already: a restore only fills an empty one."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Engine, Table
from sqlalchemy import select as select_columns

from bus.port import Reader
from config.database import has_row, read_transaction


def content_of_bus(reader: Reader, topics: Iterable[str], groups: Mapping[str, Sequence[str]]) -> list[str]:
    """Return a sentence for each topic with records, or with former records, and for each group with offsets."""
    used = sorted({partition.topic for partition, span in reader.offset_ranges(topics).items() if span.end})
    faults = [f"topic {topic} has records" for topic in used]
    for group, names in groups.items():
        if reader.members(group):
            faults.append(f"a process of the group {group} is running")
        elif reader.committed(group, names):
            faults.append(f"the group {group} has offsets")
    return faults


def content_of_database(engine: Engine, tables: Iterable[Table]) -> list[str]:
    """Return a sentence for each of these tables with rows."""
    with read_transaction(engine) as connection:
        return [
            f"table {table.name} has rows"
            for table in tables
            if has_row(connection, select_columns(*table.primary_key.columns))
        ]
