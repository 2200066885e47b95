"""The pages of a generated year, started once."""

from collections.abc import Iterator

import pytest

from tests.oversight.pages.site import OversightSite, oversight_site
from tests.support.databases import Databases


@pytest.fixture(scope="module")
def site(database: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OversightSite]:
    """The pages on a real server."""
    with database.engine(tmp_path_factory.mktemp("oversight-pages")) as engine, oversight_site(engine) as started_site:
        yield started_site
