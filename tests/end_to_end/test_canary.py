"""A canary through every channel and everything that can happen to a report: its bytes are only where the list says."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from config.reference.retention import load_retention
from tests.end_to_end.canary.life import Life
from tests.end_to_end.canary.pages import all_pages
from tests.end_to_end.canary.places import findings_by_place
from tests.end_to_end.canary.providers import Providers, serving_providers
from tests.end_to_end.canary.system import System
from tests.end_to_end.canary.written_list import read_list, unlisted, without_findings
from tests.support.databases import Databases
from tests.support.retention_rows import row_of


@pytest.fixture
def providers(tmp_path: Path) -> Iterator[Providers]:
    """All providers, and a folder for what they keep."""
    folder = tmp_path / "providers"
    folder.mkdir()
    with serving_providers(folder) as serving:
        yield serving


@pytest.fixture(params=["local", pytest.param("kafka", marks=[pytest.mark.faults, pytest.mark.expensive])])
def system(request: pytest.FixtureRequest, tmp_path: Path, providers: Providers) -> Iterator[System]:
    """A running service with the embedded bus and SQLite, or with Kafka and PostgreSQL."""
    if request.param == "kafka":
        node, url = request.getfixturevalue("own_node"), request.getfixturevalue("blank_database")
        system = System(tmp_path, providers, node.bootstrap, url)
    else:
        system = System(tmp_path, providers)
    system.service.start()
    yield system
    system.service.close()


@pytest.mark.one_kind("starts a whole service; other tests run its statements on both")
@pytest.mark.slow
def test_a_canary_is_only_where_the_list_says(system: System, providers: Providers, database: Databases) -> None:
    """Reports in three modes live through everything. Then all are forgotten, and at last the retention ends."""
    life = Life(system.service, providers)
    rows = [row for row in read_list() if system.has_backup or not row.place.startswith("backup")]
    life.report()
    life.handle()
    life.review()
    system.end_day()
    system.save()
    pages = list(all_pages(life))
    system.service.kill()
    found = findings_by_place(
        chain(pages, providers.received().items(), system.contents(), system.restored_contents(database))
    )
    assert unlisted(found, rows) == []
    assert without_findings(found, rows) == []

    system.service.start()
    system.forget_everybody(life)
    stays = [row for row in rows if row.stays]
    assert unlisted(findings_by_place(all_pages(life)), stays) == []
    system.save()
    system.service.stop()
    system.end_grace()
    found = findings_by_place(chain(system.contents(), system.restored_contents(database)))
    assert unlisted(found, stays) == []
    _assert_files_have_a_retention(system)

    system.end_retention()
    found = findings_by_place(system.contents())
    assert unlisted(found, ()) == []


def _assert_files_have_a_retention(system: System) -> None:
    """Each file that a running service has made is an item of the retention table."""
    home, table = system.service.settings.home, load_retention()
    names = {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}
    assert {"spool.db", "service.log"} <= names
    assert sorted(name for name in names if row_of(table, f"file:{name}") is None) == []
