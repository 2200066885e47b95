"""The write-ahead journal of an SQLite file stays short, whoever reads the file."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import cycle
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.database import open_database
from bus.local.bus import LocalBus
from bus.port import Outgoing, TopicSpec
from bus.sqlite_file import JOURNAL_BYTES, open_sqlite
from config.database import read_transaction, write_transaction

# In all, three times the size at which the journal is emptied.
_CHUNKS, _CHUNK = 48, b"x" * 1_000_000
# The commit after which the journal is too long is in it, too.
_SPARE_BYTES = 2 * len(_CHUNK)
_TRANSACTION_SECONDS = 0.005


@pytest.fixture
def journalled(tmp_path: Path) -> Iterator[Engine]:
    """A database with a table of chunks."""
    engine = open_database(f"sqlite:///{tmp_path / 'some.db'}")
    with write_transaction(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE chunk (content BLOB)")
    yield engine
    engine.dispose()


@contextmanager
def overlapping_transactions(path: Path) -> Iterator[None]:
    """Read the file in short transactions until the block ends. Each begins before the one before it ends."""
    ended, has_begun = threading.Event(), threading.Event()

    def begin(connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()

    def read() -> None:
        with closing(open_sqlite(path, 15)) as former, closing(open_sqlite(path, 15)) as latter:
            begin(former)
            has_begun.set()
            connections = cycle([latter, former])
            for current, previous in zip(connections, cycle([former, latter]), strict=False):
                begin(current)
                previous.commit()
                if ended.wait(_TRANSACTION_SECONDS):
                    return

    with ThreadPoolExecutor(1) as threads:
        reader = threads.submit(read)
        has_begun.wait()
        try:
            yield
        finally:
            ended.set()
        reader.result()


def journal_bytes(path: Path) -> int:
    """Return the size of the journal of a file."""
    return path.with_name(f"{path.name}-wal").stat().st_size


def test_the_database_beside_readers(journalled: Engine, tmp_path: Path) -> None:
    """At every moment a short transaction reads. SQLite alone would begin the journal never again."""
    path, sizes = tmp_path / "some.db", []
    with overlapping_transactions(path):
        for _ in range(_CHUNKS):
            with write_transaction(journalled) as connection:
                connection.exec_driver_sql("INSERT INTO chunk VALUES (?)", (_CHUNK,))
            sizes.append(journal_bytes(path))
    assert max(sizes) < JOURNAL_BYTES + _SPARE_BYTES


def test_the_bus_beside_readers(tmp_path: Path) -> None:
    """The same for the embedded bus, on which doors publish."""
    path, sizes = tmp_path / "bus.db", []
    bus = LocalBus(path, time.time)
    bus.ensure([TopicSpec("some", 1, None)])
    half = Outgoing("some", b"key", _CHUNK[::2])
    with closing(bus.producer()) as producer, overlapping_transactions(path):
        for _ in range(_CHUNKS):
            producer.publish([half, half])
            sizes.append(journal_bytes(path))
    assert max(sizes) < JOURNAL_BYTES + _SPARE_BYTES


@pytest.mark.slow
def test_a_long_transaction_ends(journalled: Engine, tmp_path: Path) -> None:
    """What was written beside an audit or a back-up is kept until it ends. Then the journal is short again."""
    path = tmp_path / "some.db"
    with read_transaction(journalled) as reading:
        reading.exec_driver_sql("SELECT count(*) FROM chunk").scalar()
        for _ in range(_CHUNKS):
            with write_transaction(journalled) as connection:
                connection.exec_driver_sql("INSERT INTO chunk VALUES (?)", (_CHUNK,))
        assert journal_bytes(path) > _CHUNKS * len(_CHUNK)
    for _ in range(2):
        with write_transaction(journalled) as connection:
            connection.exec_driver_sql("INSERT INTO chunk VALUES ('')")
    assert journal_bytes(path) <= JOURNAL_BYTES
