"""Every place of a system that may have data of a person: files, columns of tables, topics and archives.

A place is named as in the written list (`docs/personal-data.md`). A database and a Parquet file are read as bytes and
by their reader, because pages that were freed, and compressed ones, show only one of the two.
"""

import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
from sqlalchemy import Engine, inspect, text

from app.assembly.parts import Parts
from bus.port import Record
from config.database import read_transaction
from messages.topics import AGENCY_ANSWERS, agency_topic
from tests.end_to_end.canary.persons import Finding, findings_in

Findings = Mapping[str, frozenset[Finding]]
_QUEUES = "agency-*"
_INDEX_PARTS = "desk_search_"


def findings_by_place(contents: Iterable[tuple[str, bytes]]) -> Findings:
    """Return what the places have. Places without a person's data are left out."""
    found: defaultdict[str, set[Finding]] = defaultdict(set)
    for place, content in contents:
        if findings := findings_in(content):
            found[place] |= findings
    return {place: frozenset(findings) for place, findings in found.items()}


def files(folder: Path, prefix: str = "file") -> Iterator[tuple[str, bytes]]:
    """Yield all files of a folder. Journals of a database count as the database.

    A process of its own reads them: closing a file would release the locks that SQLite holds on it in this one.
    """
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            for suffix in ("-wal", "-shm", "-journal"):
                name = name.removesuffix(suffix)
            # Rows keep the name of their file, which may be one of a person.
            content = subprocess.run(["cat", path], capture_output=True, check=True).stdout
            yield f"{prefix}: {name}", content + path.name.encode()


def tables(engine: Engine) -> Iterator[tuple[str, bytes]]:
    """Yield each column of each table with all its values."""
    with read_transaction(engine) as connection:
        names = inspect(connection).get_table_names()
        # The index of words is read by its own table. Its parts share the beginnings of words, and are in the file.
        for table in (name for name in names if not name.startswith(_INDEX_PARTS)):
            rows = connection.execute(text(f'SELECT * FROM "{table}"')).mappings().all()  # noqa: S608 - our own tables
            for column in rows[0] if rows else ():
                yield f"table: {table}.{column}", b"\n".join(_bytes_of(row[column]) for row in rows)


def topics(parts: Parts) -> Iterator[tuple[str, bytes]]:
    """Yield the keys, headers and values of each topic."""
    with closing(parts.bus.reader()) as reader:
        for name in sorted(spec.name for spec in reader.topics()):
            yield from _contents("topic", name, list(reader.read([name])))


def archive(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the columns of the Parquet files of an archive, and its other files."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".parquet":
            topic = path.relative_to(folder).parts[0]
            table = pq.read_table(path, partitioning=None)
            for column in table.column_names:
                values = table.column(column).to_pylist()
                yield f"archive: {_topic_place(topic)} {column}", b"\n".join(map(_bytes_of, values))
        if path.is_file():
            yield "archive: files", path.read_bytes() + path.as_posix().encode()


def _contents(kind: str, topic: str, records: Iterable[Record]) -> Iterator[tuple[str, bytes]]:
    place = f"{kind}: {_topic_place(topic)}"
    for record in records:
        yield f"{place} key", record.key
        yield f"{place} headers", repr(record.headers).encode()
        yield f"{place} value", record.value


def _topic_place(topic: str) -> str:
    """Return the name of a topic in the list. All queues of agencies have one."""
    return _QUEUES if topic.startswith(agency_topic("")) and topic != AGENCY_ANSWERS else topic


def _bytes_of(value: object) -> bytes:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    return str(value).encode()
