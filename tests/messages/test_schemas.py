"""The contracts that are written down: what is committed is what the code means, and examples fit it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic_asyncapi import AsyncAPI

from app.schemas import FOLDER, documents
from tests.journeys.test_journeys import HERE

RECORDS = [path for path in sorted(HERE.glob("*/[1-3]-*.json")) if not path.name.endswith("refused.json")]


def test_committed_schemas_are_current() -> None:
    """A changed shape is a changed contract: it shows in the diff, or the check fails."""
    assert {path.name: path.read_text() for path in FOLDER.glob("*.json")} == dict(documents())


def test_asyncapi_document_is_one() -> None:
    """The document has the shape that AsyncAPI 3 wants, and every reference in it leads somewhere."""
    document = json.loads((FOLDER / "asyncapi.json").read_text())
    AsyncAPI.model_validate(document)
    for reference in _references(document):
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_examples_fit_their_schema(path: Path) -> None:
    """Every record on the journeys is what its schema says."""
    record = json.loads(path.read_text())
    name = record["headers"]["ce_type"].removeprefix("id.lapor.")
    schema = json.loads((FOLDER / f"{name}.json").read_text())
    Draft202012Validator(schema).validate(record["value"])


def _references(document: object) -> Iterator[str]:
    if isinstance(document, dict):
        if isinstance(document.get("$ref"), str):
            yield document["$ref"]
        for inner in document.values():
            yield from _references(inner)
    if isinstance(document, list):
        for inner in document:
            yield from _references(inner)
