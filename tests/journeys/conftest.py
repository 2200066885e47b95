"""Comparison of what a journey leads to with its files."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Return a function that compares a text with a file, or rewrites the file with `--goldens`."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--goldens"):
            path.write_text(text)
        assert path.exists(), f"{path.name} is missing: `make goldens`, then read the diff"
        assert text == path.read_text()

    return compare
