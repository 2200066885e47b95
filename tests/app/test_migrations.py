"""The migrations make the tables that the models declare, on both databases, and keep the rows."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, Engine, Integer, MetaData, insert, text

from app.assembly.migrate import MIGRATIONS, migrate, newest_revision
from app.database import open_database
from app.tables import METADATA, MODULES
from bus.errors import Stop
from config.database import DatabaseUnavailable, read_transaction, write_transaction
from ingest.door_store import Cursor
from tests.conftest import missing
from tests.support.paths import ROOT
from tests.support.postgresql import has_locale

SECOND = """
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

def upgrade():
    op.add_column("ingest_cursor", sa.Column("note", sa.String(), nullable=True))
    op.execute("UPDATE ingest_cursor SET note = 'of ' || name")
    with op.batch_alter_table("ingest_cursor") as batch:
        batch.alter_column("note", nullable=False)
    op.create_index("ix_ingest_cursor_note", "ingest_cursor", ["note"])
"""


def differences(engine: Engine, metadata: MetaData) -> list[Any]:
    """Return the changes that a new migration would have to make."""

    def is_declared(name: str | None, kind: str, _parents: object) -> bool:
        # An index of words has no model: its form differs between the databases.
        is_index_of_words = kind == "index" and name == "ix_public_report_words"
        return not (is_index_of_words or (kind == "table" and str(name).startswith("desk_search")))

    options = {"compare_type": True, "compare_server_default": True, "include_name": is_declared}
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, metadata))


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """A folder of migrations with a second one."""
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "0002_notes.py").write_text(SECOND)
    return folder


@pytest.fixture
def changed(blank_database: str) -> Iterator[Engine]:
    """A migrated database that no other test borrows: its tables may change."""
    engine = open_database(blank_database)
    migrate(engine)
    yield engine
    engine.dispose()


def collation_of(connection: Connection, table: str, column: str) -> str:
    """Return the collation of a column on PostgreSQL."""
    query = text(
        "SELECT collation_name FROM information_schema.columns WHERE table_name = :table AND column_name = :name"
    )
    return str(connection.execute(query, {"table": table, "name": column}).scalar_one())


def test_models_and_migrated_tables_are_equal(engine: Engine) -> None:
    """Alembic finds nothing that a migration has forgotten. A second migration changes nothing."""
    migrate(engine)
    assert differences(engine, METADATA) == []


def test_the_newest_revision_is_that_of_alembic() -> None:
    """The names of the files say what Alembic reads in them."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [newest_revision()]


def test_a_migrated_database_needs_no_alembic(engine: Engine) -> None:
    """A process that has nothing to migrate imports neither Alembic nor a migration."""
    code = f"""
import sys
from app.assembly.migrate import migrate, newest_revision
from app.database import open_database
migrate(open_database("{engine.url.render_as_string(hide_password=False)}"))
print(sorted(name for name in sys.modules if name.startswith(("alembic", "app.migrations", "desk"))))
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout == "[]\n"


def test_a_second_migration_keeps_the_rows(changed: Engine, second: Path) -> None:
    """It is applied to rows that are there. A column of text that it adds is compared by bytes on PostgreSQL."""
    with write_transaction(changed) as connection:
        connection.execute(insert(Cursor), [{"name": "b", "value": "1"}, {"name": "a", "value": "2"}])

    migrate(changed, second)

    rows = text("SELECT name, value, note FROM ingest_cursor ORDER BY name")
    with read_transaction(changed) as connection:
        assert list(map(tuple, connection.execute(rows))) == [("a", "2", "of a"), ("b", "1", "of b")]
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == ["0002"]
        if changed.dialect.name == "postgresql":
            assert collation_of(connection, "ingest_cursor", "note") == "C"
    assert [change[-1].name for change in differences(changed, METADATA)] == ["ix_ingest_cursor_note", "note"]


def test_a_migration_that_fails_changes_nothing(changed: Engine, second: Path) -> None:
    """All its statements are one transaction, also those that change tables."""
    script = second / "versions" / "0002_notes.py"
    script.write_text(script.read_text().replace("SET note", "SET no_such_column"))

    with pytest.raises(DatabaseUnavailable):
        migrate(changed, second)

    assert differences(changed, METADATA) == []
    migrate(changed)


def test_a_database_of_a_newer_version_is_refused(changed: Engine, second: Path) -> None:
    """A program does not write to tables that it does not know."""
    migrate(changed, second)

    with pytest.raises(Stop, match="does not fit this version"):
        migrate(changed)


def test_a_forgotten_migration_is_found(engine: Engine) -> None:
    """A column that no migration adds, and a table that no model declares, are differences."""
    planted = MetaData()
    for table in METADATA.sorted_tables:
        if table.name != "ingest_cursor":
            table.to_metadata(planted)
    planted.tables["router_dispatch"].append_column(Column("planted", Integer))
    changes = differences(engine, planted)
    assert {(change[0], str(getattr(change[-1], "name", ""))) for change in changes} >= {
        ("add_column", "planted"),
        ("remove_table", "ingest_cursor"),
    }


def test_every_module_with_a_table_is_listed() -> None:
    """A table whose module is not listed would be unknown to migrations."""
    listed = {module.__name__ for module in MODULES}
    declaring = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for package in (
            "accounts",
            "app",
            "cases",
            "desk",
            "ingest",
            "monitor",
            "normalize",
            "oversight",
            "privacy",
            "router",
            "sinks",
        )
        for path in (ROOT / package).rglob("*.py")
        if re.search(r"^class \w+\(SQLModel, table=True\)", path.read_text(), re.MULTILINE)
    }
    assert declaring == listed


@pytest.mark.only_on("postgresql", "SQLite compares by bytes")
def test_text_of_every_table_is_compared_by_bytes(engine: Engine) -> None:
    """The order is that of SQLite and Python, whatever the locale of the server. It leaves out no sign."""
    with engine.connect() as connection:
        columns = connection.execute(
            text(
                "SELECT table_name || '.' || column_name, collation_name FROM information_schema.columns"
                " WHERE table_schema = 'public' AND data_type IN ('character varying', 'text', 'character')"
            )
        ).all()
    assert len(columns) > 100
    assert [name for name, collation in columns if collation != "C"] == []


@pytest.mark.only_on("postgresql", "SQLite compares by bytes")
def test_the_server_of_the_tests_has_an_order_of_words(engine: Engine) -> None:
    """Its own order would otherwise hide a comparison without the collation of bytes."""
    if not has_locale():
        missing("the locale en_US.UTF-8 (Debian's package `locales`)")
    if "SATUPINTU_TEST_POSTGRES" in os.environ:
        pytest.skip("the server is not ours")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT '33.74' < '33/'")).scalar_one() is False
