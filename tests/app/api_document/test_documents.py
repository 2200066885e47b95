"""Every operation of both ports has a name, a summary and an example, and each example fits its schema."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import pytest

from app.api_document.documented import Documented
from app.api_document.examples import add_examples
from app.assembly import http, operations_http
from app.assembly.parts import Parts
from app.clock import utc_now
from config.settings import Settings
from monitor.health import ProcessHealth
from tests.monitor.console.snapshots import PlantedMonitor, quiet

_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")
_PAGE = "text/html"

Operation = tuple[str, dict[str, Any]]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with everything that has addresses."""
    return settings.model_copy(update={"public_view": True})


@pytest.fixture
def documents(parts: Parts) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Documents of the public port and of the operations' port with the console."""
    producer = parts.bus.producer()
    public = http.build(parts, producer, ProcessHealth(), {})
    monitor = PlantedMonitor(quiet(utc_now()))
    operations = operations_http.build(parts, ProcessHealth(), {}, monitor.loop)
    assert isinstance(operations, Documented)
    yield public.openapi(), operations.openapi()
    producer.close()


def test_every_operation_explains_itself(documents: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Names are unique within a document. Pages for people need no example of their content."""
    for document in documents:
        names = [operation["operationId"] for _, operation in operations_of(document)]
        assert sorted(set(names)) == sorted(names)
        assert [fault for operation in operations_of(document) for fault in faults(operation)] == []
        assert [fault for operation in operations_of(document) for fault in unfit_examples(operation, document)] == []
    paths = {path for document in documents for path in document["paths"]}
    assert paths >= {
        "/web/reports",
        "/publik/{public_id}",
        "/status/{number}",
        "/metrics",
        "/ops",
        "/ops/events",
        "/ops/state",
    }


def test_an_operation_without_words_and_examples_is_found() -> None:
    """The rules of the test above fail for an operation that has nothing."""
    app = Documented("Empty")

    async def send(kode: str) -> None: ...

    body = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}
    app.add_api_route("/x/{kode}", send, methods=["POST"], openapi_extra=body)
    (operation,) = operations_of(app.openapi())
    assert [*faults(operation)] == [
        "POST /x/{kode}: name send",
        "POST /x/{kode}: summary",
        "POST /x/{kode}: example of kode",
        "POST /x/{kode}: example of application/json",
        "POST /x/{kode}: example of application/json",
    ]


def test_the_command_sends_the_examples() -> None:
    """Parameters stand where they belong, quoted for a shell; a parameter without an example is left out."""
    operation: dict[str, Any] = {
        "operationId": "x_send",
        "security": [{"device": []}],
        "parameters": [
            {"name": "code", "in": "path"},
            {"name": "when", "in": "query", "example": "a b"},
            {"name": "other", "in": "query"},
            {"name": "X-Key", "in": "header", "example": "it's"},
        ],
        "requestBody": {"content": {"application/json": {"example": {"text": "Lampu padam."}}}},
        "responses": {},
    }
    add_examples("post", "/x/{code}", operation)
    assert operation["description"] == (
        "```sh\n"
        """curl -X POST "$SITE/x/agama?when=a+b" -H 'Authorization: Bearer TOKEN' -H 'X-Key: it'"'"'s' """
        """-H 'Content-Type: application/json' -d '{"text": "Lampu padam."}'\n"""
        "```"
    )


def operations_of(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Yield each operation of a document with its method and path."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield f"{method.upper()} {path}", operation


def faults(named: Operation) -> Iterator[str]:
    """Yield what an operation lacks."""
    place, operation = named
    if not _NAME.fullmatch(operation["operationId"]):
        yield f"{place}: name {operation['operationId']}"
    if len(operation.get("summary", "").split()) < 3:
        yield f"{place}: summary"
    for parameter in operation.get("parameters", ()):
        if parameter.get("required") and "example" not in parameter:
            yield f"{place}: example of {parameter['name']}"
    for media_type, content in media_types(operation):
        if media_type != _PAGE and "example" not in content:
            yield f"{place}: example of {media_type}"


def unfit_examples(named: Operation, document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the examples in JSON or of a form that do not fit their schema."""
    place, operation = named
    for media_type, content in media_types(operation):
        schema = content.get("schema")
        if not schema or "example" not in content or isinstance(content["example"], str):
            continue
        validator = jsonschema.Draft202012Validator({**schema, "components": document["components"]})
        for error in validator.iter_errors(content["example"]):
            yield f"{place}: {media_type}: {error.message}"


def media_types(operation: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield media type and content of the request and of each successful answer."""
    yield from operation.get("requestBody", {}).get("content", {}).items()
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            yield from response.get("content", {}).items()
