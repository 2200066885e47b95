"""The gazetteer of the real regions, once, and a short way to read a text."""

from collections.abc import Callable

import pytest

from language.places.gazetteer import Gazetteer
from normalize.entities import extract_entities
from tests.support.rules import language_of

Read = Callable[[str], list[str]]


@pytest.fixture(scope="session")
def gazetteer() -> Gazetteer:
    """As the service loads it."""
    return language_of().gazetteer


@pytest.fixture
def read(gazetteer: Gazetteer) -> Read:
    """What is found in a text, each as `kind=value`, in its order."""

    def one(text: str) -> list[str]:
        return [f"{finding.kind}={finding.value}" for finding in extract_entities(text, gazetteer)]

    return one
