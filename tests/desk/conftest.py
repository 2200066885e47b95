"""Fixtures of the desk's tests."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Engine

from tests.desk.harness import DeskHarness


@pytest.fixture
def desk(engine: Engine, now: Callable[[], datetime]) -> DeskHarness:
    """A router with the desk behind it, on each kind of database."""
    return DeskHarness(engine, now)
