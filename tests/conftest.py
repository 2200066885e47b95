"""Fixtures of all tests: settings with a folder for each test, both kinds of database, the parts of a process."""

import gc
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis
import pytest
import structlog
from sqlalchemy import Engine, create_engine, text

from app.assembly.parts import Parts
from app.surroundings import system_surroundings
from config.reference.regions import Regions, load_regions
from config.settings import Settings
from tests.support.arrival_ids import ROOT_SECRET
from tests.support.databases import POSTGRESQL, SQLITE, Databases, PostgresqlDatabases, SqliteDatabases
from tests.support.memory_folder import keep_temporary_files_in_memory
from tests.support.prepared_parts import create_topics, opened_parts
from tests.support.processes import needs_process
from tests.support.rules import share_tables
from tests.support.shared_builds import share_builds
from tests.support.shared_statements import create_sharing_engine

pytest_plugins = ["tests.bus.kafka.fixture"]

# By default Hypothesis fails an example that takes longer than 200 ms: a duration, which a busy machine exceeds.
hypothesis.settings.register_profile("no_deadline", deadline=None)
hypothesis.settings.register_profile("quick", deadline=None, max_examples=20)

# A Tuesday afternoon in Jakarta.
NOW = datetime(2026, 11, 24, 8, 4, 5, 678000, tzinfo=UTC)
# The longest files, longest first.
_LONG = (
    "tests/project/test_benches.py",
    "tests/app/routes/test_every_route.py",
    "tests/end_to_end/browser/test_form.py",
    "tests/end_to_end/test_service.py",
    "tests/bus/kafka/test_kafka_bus.py",
    "tests/end_to_end/browser/test_nothing_runs.py",
    "tests/ingest/http/test_schemathesis.py",
    "tests/contracts/",
    "tests/ingest/smpp/test_door.py",
    "tests/end_to_end/test_store_and_forward.py",
    "tests/end_to_end/browser/",
    "tests/app/test_cli.py",
    "tests/monitor/test_on_kafka.py",
    "tests/end_to_end/",
    "tests/bus/",
    "tests/app/review/",
    "tests/app/test_triage.py",
    "tests/app/test_purge.py",
    "tests/ingest/http/",
    "tests/desk/",
    "tests/monitor/",
    "tests/app/",
    "tests/normalize/",
    "tests/router/",
)

_BOTH = "both"
# New objects until the youngest are examined. With Python's 700 that is a seventh of the time of a test of a page.
_NEW_OBJECTS = 20_000


@pytest.fixture(scope="session", autouse=True)
def shared_tables() -> Iterator[None]:
    """Load equal tables, compile equal statements and read equal signatures once for all tests of this process."""
    with pytest.MonkeyPatch.context() as patch:
        share_tables(patch)
        share_builds(patch)
        patch.setattr("config.database.create_engine", create_sharing_engine)
        yield


@pytest.fixture
def now() -> Callable[[], datetime]:
    """A clock that always shows `NOW`."""
    return lambda: NOW


@pytest.fixture(scope="module")
def database(request: pytest.FixtureRequest) -> Databases:
    """The databases of this test: see `pytest_generate_tests`."""
    kind = getattr(request, "param", _kinds(request.config)[0])
    databases: Databases = request.getfixturevalue(f"{kind}_databases")
    return databases


@pytest.fixture(scope="session")
def sqlite_databases(templates: Path) -> Iterator[SqliteDatabases]:
    """Copies of a migrated SQLite file."""
    databases = SqliteDatabases(templates)
    yield databases
    databases.check()


@pytest.fixture(scope="session")
def postgresql_databases() -> Iterator[PostgresqlDatabases]:
    """Databases of the server named by SATUPINTU_TEST_POSTGRES, otherwise of one that is started for this session."""
    with ExitStack() as stack:
        url = os.environ.get("SATUPINTU_TEST_POSTGRES")
        if not url:
            from tests.support.postgresql import start_postgres  # noqa: PLC0415 - it imports this module

            # Not below pytest's folder: another run of pytest closes that to the user of the server.
            folder = stack.enter_context(TemporaryDirectory(prefix="satupintu-postgres-", ignore_cleanup_errors=True))
            server = start_postgres(Path(folder) / "data")
            stack.callback(server.cleanup)
            url = server.get_uri()
            _set_up_server(url)
        databases = PostgresqlDatabases(url, f"satupintu_{os.environ.get('PYTEST_XDIST_WORKER', 'gw')}")
        stack.callback(databases.close)
        yield databases


@pytest.fixture
def engine(database: Databases, tmp_path: Path) -> Iterator[Engine]:
    """A migrated database without rows."""
    with database.engine(tmp_path / "engine") as engine:
        yield engine


@pytest.fixture
def other_engine(database: Databases, tmp_path: Path) -> Iterator[Engine]:
    """A second migrated database without rows, of the same kind."""
    with database.engine(tmp_path / "other") as engine:
        yield engine


@pytest.fixture
def blank_database(database: Databases, tmp_path: Path) -> Iterator[str]:
    """URL of a database without tables."""
    with database.blank(tmp_path) as url:
        yield url


@pytest.fixture
def database_settings(database: Databases, tmp_path: Path) -> Iterator[Mapping[str, str]]:
    """Settings by which a service with the data folder `tmp_path` finds a migrated database without rows."""
    with database.settings(tmp_path) as values:
        yield values


@pytest.fixture(scope="session")
def process_databases(request: pytest.FixtureRequest) -> Databases:
    """The databases of tests that start processes. Those take long, and run on the first kind of this run only."""
    databases: Databases = request.getfixturevalue(f"{_kinds(request.config)[0]}_databases")
    return databases


@pytest.fixture
def process_database(process_databases: Databases, tmp_path: Path) -> Iterator[Mapping[str, str]]:
    """Settings of the database of a test that starts processes. A service on SQLite makes its own file."""
    with ExitStack() as stack:
        yield {} if process_databases.kind == SQLITE else stack.enter_context(process_databases.settings(tmp_path))


@pytest.fixture
def other_settings(database: Databases, tmp_path: Path) -> Iterator[Mapping[str, str]]:
    """Settings by which another service, with the data folder `tmp_path / "other"`, finds its database without rows."""
    with database.settings(tmp_path / "other") as values:
        yield values


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of one test, with secrets that are the same in every run."""
    values = {
        "home": tmp_path,
        "secret_key": ROOT_SECRET,
        "twilio_auth_tokens": "twilio-test",
        "x_bearer_token": "x-test",
        "x_base_url": "http://127.0.0.1:9",
    }
    if "database" in request.fixturenames or _kinds(request.config)[0] == POSTGRESQL:
        values |= request.getfixturevalue("database_settings")
    return Settings.model_validate(values)


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files to copy."""
    return tmp_path_factory.mktemp("templates")


@pytest.fixture(scope="session")
def regions() -> Regions:
    """The country's regions, loaded once."""
    return load_regions()


@pytest.fixture
def parts(settings: Settings, database: Databases, templates: Path, regions: Regions) -> Iterator[Parts]:
    """The parts of a process on the embedded bus with its topics, and on a migrated database."""
    with opened_parts(settings, database, system_surroundings()) as process_parts:
        process_parts.tables.regions = regions
        create_topics(process_parts, templates)
        yield process_parts


def _set_up_server(url: str) -> None:
    """Turn off what makes tests slow or uncertain.

    No test cuts the power of the server. A vacuum meanwhile would change the plans that a test looks at.
    """
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("ALTER SYSTEM SET autovacuum = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test whose fixtures need a database on every chosen kind, or on the one that its mark names."""
    if "database" not in metafunc.fixturenames:
        return
    kinds = [kind for kind in _kinds(metafunc.config) if kind in _possible_kinds(metafunc.definition)]
    if metafunc.definition.get_closest_marker("one_kind") or "chromium" in metafunc.fixturenames:
        del kinds[1:]
    metafunc.parametrize("database", kinds or [SQLITE], indirect=True, scope="module")


def _kinds(config: pytest.Config) -> Sequence[str]:
    """Return the kinds of database of this run. A test that does not need both runs on the first."""
    chosen = str(config.getoption("--database"))
    if chosen == _BOTH and config.getoption("--quick"):
        return (SQLITE,)
    return (SQLITE, POSTGRESQL) if chosen == _BOTH else (chosen,)


def _possible_kinds(item: pytest.Item) -> Sequence[str]:
    marker = item.get_closest_marker("only_on")
    return marker.args[:1] if marker else (SQLITE, POSTGRESQL)


def pytest_configure(config: pytest.Config) -> None:
    """Keep temporary files in memory, collect garbage seldom, and try fewer examples with `--quick`.

    A logged error has a plain traceback: structlog's own draws the variables of each frame, which takes 0.1 s.
    """
    gc.set_threshold(_NEW_OBJECTS)
    keep_temporary_files_in_memory(os.environ)
    renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], renderer])
    hypothesis.settings.load_profile("quick" if config.getoption("--quick") else "no_deadline")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests of another kind of database, and with `--quick` what is slow or starts a process.

    Among several workers begin with the longest files.

    A worker gets a file as a whole: a long one that begins last would leave the other workers idle.
    """
    if not config.getoption("--expensive"):
        expensive = {item for item in items if item.get_closest_marker("expensive")}
        config.hook.pytest_deselected(items=list(expensive))
        items[:] = [item for item in items if item not in expensive]
    other = {item for item in items if not set(_kinds(config)) & set(_possible_kinds(item))}
    config.hook.pytest_deselected(items=list(other))
    items[:] = [item for item in items if item not in other]
    if config.getoption("--quick"):
        slow = {item for item in items if needs_process(item) or item.get_closest_marker("slow")}
        config.hook.pytest_deselected(items=list(slow))
        items[:] = [item for item in items if item not in slow]
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: next((rank for rank, name in enumerate(_LONG) if name in item.nodeid), len(_LONG)))


def pytest_collection_finish() -> None:
    """Leave the imported modules out of every later garbage collection."""
    gc.collect()
    gc.freeze()


def missing(tool: str) -> None:
    """Skip the test because a tool is missing. In CI it fails."""
    if os.environ.get("CI"):
        pytest.fail(tool)
    pytest.skip(tool)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Define `--database`, `--expensive`, `--goldens` and `--quick`."""
    parser.addoption(
        "--database", choices=(SQLITE, POSTGRESQL, _BOTH), default=_BOTH, help="kind of database that the tests use"
    )
    parser.addoption("--expensive", action="store_true", help="run tests that take minutes too")
    parser.addoption("--goldens", action="store_true", help="rewrite the files of the journeys")
    parser.addoption(
        "--quick", action="store_true", help="leave out slow tests and tests that start a server, browser or command"
    )
