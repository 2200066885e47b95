"""Lends databases to tests: SQLite and PostgreSQL behind one interface."""

import shutil
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sqlalchemy import URL, Engine, create_engine, make_url, text
from sqlalchemy.exc import ProgrammingError

from app.assembly.migrate import migrate
from app.database import open_database

SQLITE, POSTGRESQL = "sqlite", "postgresql"
# A database that was lent more often is replaced: deleted rows take space until a vacuum.
_MOST_LOANS = 100
# The file that a service without `database_url` opens in its data folder.
_FILE = "satupintu.db"
_HAS_STATISTICS = text(
    "SELECT EXISTS (SELECT FROM pg_class"
    " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples >= 0)"
)


class Databases(ABC):
    """Databases of one kind. Each belongs to its borrower until the end of the body."""

    kind: str

    @abstractmethod
    def lent(self, folder: Path) -> AbstractContextManager[str]:
        """Lend a migrated database without rows; yield its URL. On SQLite it is the file of a service in `folder`."""

    @abstractmethod
    def blank(self, folder: Path) -> AbstractContextManager[str]:
        """Lend a database without tables; yield its URL. On SQLite it is a file in `folder`, which need not exist."""

    @abstractmethod
    def opened(self, url: str) -> AbstractContextManager[Engine]:
        """Yield an engine of a lent database. It may be the one of all its borrowers."""

    @contextmanager
    def engine(self, folder: Path) -> Iterator[Engine]:
        """Lend a migrated database without rows; yield its engine. On SQLite it is a file in `folder`."""
        with self.lent(folder) as url, self.opened(url) as engine:
            yield engine

    @contextmanager
    def settings(self, home: Path) -> Iterator[Mapping[str, str]]:
        """Lend a migrated database without rows to a service; yield the settings by which it finds it.

        On SQLite there are none: it is the file that the service opens in its data folder `home`.
        """
        home.mkdir(parents=True, exist_ok=True)
        with self.lent(home) as url:
            yield {} if self.kind == SQLITE else {"database_url": url}


class SqliteDatabases(Databases):
    """Copies of a migrated file: a fiftieth of the time of a migration. `folder` holds the file."""

    kind = SQLITE

    def __init__(self, folder: Path) -> None:
        self._template = folder / "migrated.db"
        engine = open_database(f"sqlite:///{self._template}")
        migrate(engine)
        engine.dispose()
        self._content = self._template.read_bytes()

    def check(self) -> None:
        """Raise `AssertionError` if a test wrote to the file that is copied."""
        assert self._template.read_bytes() == self._content, f"a test wrote to {self._template}"

    @contextmanager
    def lent(self, folder: Path) -> Iterator[str]:  # noqa: D102 - see the base class
        folder.mkdir(parents=True, exist_ok=True)
        yield f"sqlite:///{shutil.copy(self._template, folder / _FILE)}"

    @contextmanager
    def blank(self, folder: Path) -> Iterator[str]:  # noqa: D102 - see the base class
        yield f"sqlite:///{folder / 'blank.db'}"

    @contextmanager
    def opened(self, url: str) -> Iterator[Engine]:  # noqa: D102 - see the base class
        engine = open_database(url)
        yield engine
        engine.dispose()


class PostgresqlDatabases(Databases):
    """Databases of a server. One that is given back loses its rows and is lent again: that takes milliseconds.

    `prefix` begins their names: test processes share a server.
    """

    kind = POSTGRESQL

    def __init__(self, server_url: str, prefix: str) -> None:
        self._url = make_url(server_url)
        self._prefix = prefix
        self._server = create_engine(self._url, isolation_level="AUTOCOMMIT")
        self._template = self._create("migrated", "template0")
        engine = open_database(_text(self._url_of(self._template)))
        migrate(engine)
        with engine.connect() as connection:
            names = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars()
            tables = sorted(set(names) - {"alembic_version"})
        # A connection to a template forbids its copy.
        engine.dispose()
        # With few rows in many tables this takes a fifth of the time of TRUNCATE.
        self._deletion = text("; ".join(f"DELETE FROM {table}" for table in tables))  # noqa: S608 - our own tables
        self._free: list[str] = []
        self._engines: dict[str, Engine] = {}
        self._loans: Counter[str] = Counter()
        self._created = 0

    def close(self) -> None:
        """Close all connections, and drop the databases."""
        for engine in self._engines.values():
            engine.dispose()
        for name in (*self._engines, self._template):
            self._drop(name)
        self._server.dispose()

    @contextmanager
    def lent(self, folder: Path) -> Iterator[str]:  # noqa: ARG002, D102 - see the base class
        name = self._borrow()
        yield _text(self._url_of(name))
        self._give_back(name)

    @contextmanager
    def blank(self, folder: Path) -> Iterator[str]:  # noqa: ARG002, D102 - see the base class
        self._created += 1
        name = self._create(f"blank_{self._created}", "template0")
        try:
            yield _text(self._url_of(name))
        finally:
            self._drop(name)

    @contextmanager
    def opened(self, url: str) -> Iterator[Engine]:
        """Yield the engine of the database: its connections and compiled statements are those of all borrowers."""
        yield self._engines[str(make_url(url).database)]

    def _borrow(self) -> str:
        if self._free:
            return self._free.pop()
        self._created += 1
        name = self._create(f"test_{self._created}", self._template)
        self._engines[name] = open_database(_text(self._url_of(name)))
        return name

    def _give_back(self, name: str) -> None:
        self._loans[name] += 1
        if self._loans[name] < _MOST_LOANS and self._delete_rows(name):
            self._free.append(name)
            return
        self._engines.pop(name).dispose()
        self._drop(name)

    def _delete_rows(self, name: str) -> bool:
        """Delete all rows. Return False if the borrower has dropped a table or collected statistics.

        With the statistics of rows that are gone, the next borrower gets plans that take minutes.
        """
        try:
            with self._engines[name].begin() as connection:
                connection.execute(self._deletion)
                return not connection.execute(_HAS_STATISTICS).scalar_one()
        except ProgrammingError:
            return False

    def _create(self, name: str, template: str) -> str:
        full_name = f"{self._prefix}_{name}"
        self._drop(full_name)
        with self._server.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {full_name} TEMPLATE {template}"))
        return full_name

    def _drop(self, name: str) -> None:
        with self._server.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))

    def _url_of(self, name: str) -> URL:
        return self._url.set(database=name)


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)
