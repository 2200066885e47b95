"""Stages with the public view."""

import pytest
from sqlalchemy import Engine

from app.assembly.parts import Parts
from tests.sinks.public.harness import PublicPipeline


@pytest.fixture
def pipeline(parts: Parts, engine: Engine) -> PublicPipeline:
    """All stages on one database."""
    return PublicPipeline(parts, engine)
