"""Values that the OpenAPI documents name for a route: arguments, headers, and bodies by media type."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from starlette.types import ASGIApp

from tests.app.routes.asgi_request import answer_of

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
_ADDRESSES = {"": "/openapi.json", "/agency/v1": "/agency/v1/openapi.json"}


class DocumentedRoute(NamedTuple):
    """`form` and `json` are examples with every field of their schema. A field without an example is empty."""

    arguments: frozenset[str] = frozenset()
    headers: frozenset[str] = frozenset()
    form: Mapping[str, Any] = {}
    json: Any = None


async def documented_routes(application: ASGIApp) -> Mapping[tuple[str, str], DocumentedRoute]:
    """Return what the documents of an application say, by method and path."""
    routes: dict[tuple[str, str], DocumentedRoute] = {}
    for prefix, address in _ADDRESSES.items():
        answer = await answer_of(application, "GET", address, {})
        document = json.loads(answer.body) if answer.status == 200 else {"paths": {}}
        for path, operations in document["paths"].items():
            whole_path = path if path.startswith(prefix) else f"{prefix}{path}"
            for method, operation in operations.items():
                routes[method.upper(), whole_path] = _route(document, operation)
    return routes


def planted_values(example: Any, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the example with the value in place of each part, one at a time, and last in place of all parts."""
    places = list(_places(example, ()))
    for place in places:
        yield "/".join(map(str, place)), _with_values(example, (), {place}, value)
    yield "all", _with_values(example, (), set(places), value)


def _route(document: Mapping[str, Any], operation: Mapping[str, Any]) -> DocumentedRoute:
    def names(place: str) -> frozenset[str]:
        return frozenset(entry["name"] for entry in operation.get("parameters", ()) if entry["in"] == place)

    content = operation.get("requestBody", {}).get("content", {})
    form = _example(document, content[FORM]) if FORM in content else {}
    return DocumentedRoute(
        names("query"), names("header"), form, _example(document, content[JSON]) if JSON in content else None
    )


def _example(document: Mapping[str, Any], content: Mapping[str, Any]) -> Any:
    schema = content.get("schema", {})
    while "$ref" in schema:
        *_, kind, name = schema["$ref"].split("/")
        schema = document["components"][kind][name]
    examples = (
        [content["example"]] if "example" in content else [e["value"] for e in content.get("examples", {}).values()]
    )
    fields = dict.fromkeys(schema.get("properties", ()), "")
    return {**fields, **{name: value for example in examples for name, value in example.items()}}


def _places(part: Any, place: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    inner: Iterable[tuple[Any, Any]] = ()
    if isinstance(part, dict):
        inner = part.items()
    elif isinstance(part, list):
        inner = enumerate(part)
    else:
        yield place
    for name, value in inner:
        yield from _places(value, (*place, name))


def _with_values(part: Any, place: tuple[Any, ...], places: set[tuple[Any, ...]], value: Any) -> Any:
    if place in places:
        return value
    if isinstance(part, dict):
        return {name: _with_values(inner, (*place, name), places, value) for name, inner in part.items()}
    if isinstance(part, list):
        return [_with_values(inner, (*place, number), places, value) for number, inner in enumerate(part)]
    return part
