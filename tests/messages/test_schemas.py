"""The committed schemas equal those of the code, and examples are valid."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic_asyncapi import AsyncAPI

from bench.generated.schemas import FOLDER, documents
from tests.journeys.test_journeys import CASES

RECORDS = [path for case in CASES for path in sorted(case.glob("[1-3]-*.json")) if path.name != "1-refused.json"]


def test_committed_schemas_are_current() -> None:
    """A changed shape changes the committed schemas, or the check fails."""
    assert {path.name: path.read_text() for path in FOLDER.glob("*.json")} == dict(documents())


def test_asyncapi_document_is_valid() -> None:
    """The document is valid AsyncAPI 3, and every reference in it resolves."""
    document = json.loads((FOLDER / "asyncapi.json").read_text())
    AsyncAPI.model_validate(document)
    for reference in _references(document):
        target: Any = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_examples_fit_their_schema(path: Path) -> None:
    """Every record of the journeys is valid under its schema."""
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
