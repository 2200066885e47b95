"""Leaves deleted values in the file of an SQLite database, as rows do that move between pages."""

import random
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine

from bus.sqlite_file import open_sqlite

_ROWS = 400
WORD = b"kicaukenarijingga"
_BUSY_SECONDS = 15.0


def file_of(engine: Engine) -> Path:
    """Return the file of an SQLite database."""
    assert engine.url.database
    return Path(engine.url.database)


def leave_former_values(path: Path) -> None:
    """Store rows with `WORD` in random order and blank them. SQLite keeps some bytes of rows that it has moved."""
    numbers = random.Random(7)  # noqa: S311 - invented rows
    with closing(open_sqlite(path, _BUSY_SECONDS)) as connection, closing(connection.cursor()) as cursor:
        cursor.execute("CREATE TABLE former (id INTEGER PRIMARY KEY, words TEXT)")
        cursor.execute("PRAGMA synchronous=OFF")
        for _ in range(_ROWS):
            key, words = numbers.getrandbits(60), WORD.decode() + "x" * numbers.randrange(900)
            cursor.execute("INSERT INTO former VALUES (?, ?)", (key, words))
            if numbers.random() < 0.5:
                cursor.execute("UPDATE former SET words = '' WHERE id = ?", (key,))
        cursor.execute("UPDATE former SET words = ''")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert has_former_values(path)


def has_former_values(path: Path) -> bool:
    """Return whether the bytes of the database have `WORD`. No row has it."""
    return any(WORD in file.read_bytes() for file in (path, path.with_name(f"{path.name}-wal")) if file.exists())
