"""Fixtures: the gazetteer of the real regions, loaded once, and a short function to extract entities."""

from collections.abc import Callable

import pytest

from language.places.gazetteer import Gazetteer
from normalize.entities import extract_entities
from tests.support.rules import language_of

Extract = Callable[[str], list[str]]


@pytest.fixture(scope="session")
def gazetteer() -> Gazetteer:
    """Return the gazetteer as the service loads it."""
    return language_of().gazetteer


@pytest.fixture
def extract(gazetteer: Gazetteer) -> Extract:
    """Return a function that extracts entities of a text as `kind=value`, in the order of the text."""

    def values(text: str) -> list[str]:
        return [f"{entity.kind}={entity.value}" for entity in extract_entities(text, gazetteer)]

    return values
