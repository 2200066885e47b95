"""The pages of a generated year, started once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.oversight.pages.site import OversightSite, oversight_site


@pytest.fixture(scope="package")
def site(tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OversightSite]:
    """The pages on a real server."""
    with oversight_site(tables, tmp_path_factory.mktemp("oversight-pages")) as started_site:
        yield started_site
