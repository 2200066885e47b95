"""Stages with the public view."""

import pytest
from sqlalchemy import Engine

from app.assembly.parts import Parts
from language.model import load_language_model
from tests.sinks.public.harness import PublicPipeline


@pytest.fixture
def pipeline(parts: Parts, engine: Engine) -> PublicPipeline:
    """All stages on one database."""
    return PublicPipeline(parts, engine, load_language_model())
