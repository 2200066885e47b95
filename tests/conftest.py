"""Fixtures of all tests: settings with a folder for each test, both kinds of database, the parts of a process."""

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import Engine, text

from app.assembly.channels import CHANNELS
from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.database import open_database
from config.reference.regions import Regions, load_regions
from config.settings import Settings
from tests.support.arrival_ids import ROOT_SECRET
from tests.support.prepared_parts import create_topics, migrate_database
from tests.support.processes import needs_process
from tests.support.rules import share_tables
from tests.support.shared_statements import create_sharing_engine

pytest_plugins = ["tests.bus.kafka.fixture"]

# By default Hypothesis fails an example that takes longer than 200 ms: a duration, which a busy machine exceeds.
hypothesis.settings.register_profile("no_deadline", deadline=None)
hypothesis.settings.register_profile("quick", deadline=None, max_examples=20)

# A Tuesday afternoon in Jakarta.
NOW = datetime(2026, 11, 24, 8, 4, 5, 678000, tzinfo=UTC)
# The longest files, longest first.
_LONG = (
    "tests/project/test_bench_sections.py",
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

# Version of the tables of a migrated PostgreSQL, once one is known.
_MIGRATED: set[str] = set()


@pytest.fixture(scope="session", autouse=True)
def shared_tables() -> Iterator[None]:
    """Load equal tables and rules, and compile equal statements, once for all tests of this process."""
    with pytest.MonkeyPatch.context() as patch:
        share_tables(patch)
        patch.setattr("config.database.create_engine", create_sharing_engine)
        yield


@pytest.fixture
def now() -> Callable[[], datetime]:
    """A clock that always shows `NOW`."""
    return lambda: NOW


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of one test, with secrets that are the same in every run."""
    values = {
        "home": tmp_path,
        "secret_key": ROOT_SECRET,
        "twilio_auth_tokens": "twilio-test",
        "x_bearer_token": "x-test",
        "x_base_url": "http://127.0.0.1:9",
    }
    return Settings.model_validate(values)


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with databases to copy."""
    return tmp_path_factory.mktemp("templates")


@pytest.fixture(scope="session")
def tables(templates: Path) -> Iterator[Path]:
    """A migrated SQLite database without rows, to copy."""
    path = templates / "test.db"
    engine = open_database(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    content = path.read_bytes()
    yield path
    assert path.read_bytes() == content, f"a test wrote to {path}, which later tests copied"


@pytest.fixture(scope="session")
def regions() -> Regions:
    """The country's regions, loaded once."""
    return load_regions()


@pytest.fixture
def parts(settings: Settings, tables: Path, templates: Path, regions: Regions) -> Iterator[Parts]:
    """The parts of a process on the embedded bus with its topics, and on a migrated database."""
    process_parts = Parts(settings, CHANNELS)
    process_parts.regions = regions
    migrate_database(process_parts, tables)
    create_topics(process_parts, templates)
    yield process_parts
    process_parts.audit_heads.close()
    process_parts.engine.dispose()


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a real PostgreSQL: the one named by SATUPINTU_TEST_POSTGRES, otherwise one started for the session."""
    if url := os.environ.get("SATUPINTU_TEST_POSTGRES"):
        yield url
        return
    from tests.support.postgresql import start_postgres  # noqa: PLC0415 - it imports this module

    server = start_postgres(tmp_path_factory.mktemp("postgres"))
    try:
        _set_up_server(server.get_uri())
        yield server.get_uri()
    finally:
        server.cleanup()


@pytest.fixture
def empty_postgres(postgres_url: str) -> str:
    """URL of a PostgreSQL without tables."""
    engine = open_database(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return postgres_url


@pytest.fixture(scope="session")
def postgres_engine(postgres_url: str) -> Iterator[Engine]:
    """Engine of the PostgreSQL; it compiles a statement once for all tests."""
    engine = open_database(postgres_url)
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A migrated database without rows, of each kind."""
    if request.param == "sqlite":
        engine = open_database(f"sqlite:///{shutil.copy(request.getfixturevalue('tables'), tmp_path)}")
    else:
        engine = request.getfixturevalue("postgres_engine")
        empty_postgresql(engine)
    yield engine
    engine.dispose()


def _set_up_server(url: str) -> None:
    """Turn off what makes tests slow or uncertain.

    No test cuts the power of the server. Statistics from rows of an earlier test would change the plans of a later one.
    """
    engine = open_database(url).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("ALTER SYSTEM SET autovacuum_analyze_threshold = 2000000000"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()


def empty_postgresql(engine: Engine) -> None:
    """Migrate the database, unless an earlier test did, and delete all rows."""
    if not _MIGRATED or _version(engine) not in _MIGRATED:
        migrate(engine)
        _MIGRATED.add(_version(engine))
    with engine.begin() as connection:
        names = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars()
        tables = sorted(set(names) - {"alembic_version"})
        # With few rows in many tables this takes a fifth of the time of TRUNCATE.
        connection.execute(text("; ".join(f"DELETE FROM {table}" for table in tables)))  # noqa: S608 - our own tables


def _version(engine: Engine) -> str:
    """Return the version of the tables, or "" without tables."""
    with engine.connect() as connection:
        if connection.execute(text("SELECT to_regclass('public.alembic_version')")).scalar_one() is None:
            return ""
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def pytest_configure(config: pytest.Config) -> None:
    """Try fewer examples with `--quick`."""
    hypothesis.settings.load_profile("quick" if config.getoption("--quick") else "no_deadline")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--quick` deselect what is slow or starts a process. Among several workers begin with the longest files.

    A worker gets a file as a whole: a long one that begins last would leave the other workers idle.
    """
    if not config.getoption("--expensive"):
        expensive = {item for item in items if item.get_closest_marker("expensive")}
        config.hook.pytest_deselected(items=list(expensive))
        items[:] = [item for item in items if item not in expensive]
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
    """Define `--expensive`, `--goldens` and `--quick`."""
    parser.addoption("--expensive", action="store_true", help="run tests that take minutes too")
    parser.addoption("--goldens", action="store_true", help="rewrite the files of the journeys")
    parser.addoption(
        "--quick", action="store_true", help="leave out slow tests and tests that start a server, browser or command"
    )
