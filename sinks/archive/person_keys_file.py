"""Copy of the persons' keys in an archive: without them nobody can open its sealed contacts.

The keys are wrapped by root keys, which are not in the archive. Each run replaces the copy: a key that was destroyed
since is destroyed in the archive too.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from sinks.archive.contained_path import contained_path
from sinks.archive.durable_files import DurableFiles
from sinks.archive.manifest import PERSON_KEYS, KeysFile, keys_file_path
from sinks.archive.parquet import load_pyarrow
from sinks.archive.part_writer import file_digest

_ROWS_AT_ONCE = 5_000


class ArchivedKey(NamedTuple):
    """A row of the table of persons' keys. `wrapped` is empty if the key was destroyed."""

    key_id: str
    sender: str
    wrapped: str
    root_key_id: str
    created_at: datetime
    retired_at: datetime | None


def write_keys(folder: Path, files: DurableFiles, keys: Iterable[ArchivedKey]) -> KeysFile:
    """Write all keys to a file whose name follows from its content. Delete no earlier file."""
    pa, parquet = load_pyarrow()
    temporary = files.temporary(contained_path(folder, f"{PERSON_KEYS}/keys.parquet"))
    count, remaining = 0, iter(keys)
    schema = _schema(pa)
    with parquet.ParquetWriter(temporary, schema, compression="zstd") as writer:
        while rows := [key._asdict() for key in islice(remaining, _ROWS_AT_ONCE)]:
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
            count += len(rows)
    digest = file_digest(temporary)
    name = keys_file_path(digest)
    files.publish(contained_path(folder, name), temporary)
    return KeysFile(path=name, keys=count, sha256=digest)


def read_keys(folder: Path, file: KeysFile) -> Iterator[ArchivedKey]:
    """Yield the keys of a file. Raises `Stop` if it is not in the folder."""
    _, parquet = load_pyarrow()
    with parquet.ParquetFile(contained_path(folder, file.path)) as part:
        for batch in part.iter_batches(_ROWS_AT_ONCE):
            yield from (ArchivedKey(**row) for row in batch.to_pylist())


def key_paths(folder: Path) -> Iterator[str]:
    """Yield the path of every file of keys, also of temporary ones, within the archive."""
    for path in sorted((folder / PERSON_KEYS).glob("*")):
        yield path.relative_to(folder).as_posix()


def _schema(pa: Any) -> Any:
    time = pa.timestamp("us", tz="UTC")
    texts = [pa.field(name, pa.string()) for name in ("key_id", "sender", "wrapped", "root_key_id")]
    return pa.schema([*texts, pa.field("created_at", time), pa.field("retired_at", time)])
