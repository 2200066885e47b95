"""The migrations make the tables that the models declare, on both databases."""

import os
import re
import subprocess
import sys
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Engine, Integer, MetaData, text

from app.assembly.migrate import migrate, newest_revision
from app.tables import METADATA, MODULES
from tests.conftest import missing
from tests.support.paths import ROOT
from tests.support.postgresql import has_locale


def differences(engine: Engine, metadata: MetaData) -> list[Any]:
    """Return the changes that a new migration would have to make."""

    def is_declared(name: str | None, kind: str, _parents: object) -> bool:
        # The index of words has no model: its form differs between the databases.
        return not (kind == "table" and str(name).startswith("desk_search"))

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": is_declared})
        return list(compare_metadata(context, metadata))


def test_models_and_migrated_tables_are_equal(engine: Engine) -> None:
    """Alembic finds nothing that a migration has forgotten. A second migration changes nothing."""
    migrate(engine)
    assert differences(engine, METADATA) == []


def test_the_newest_revision_is_that_of_alembic() -> None:
    """The names of the files say what Alembic reads in them."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "app" / "migrations"))
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


@pytest.mark.parametrize("name", ["ingest_attachment", "normalize_key", "normalize_matter"])
def test_tables_that_were_once_forgotten(name: str) -> None:
    """They are known to the migrations."""
    assert name in METADATA.tables


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
