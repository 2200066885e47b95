"""The OpenAPI document of a port: named schemas, operations with a name and a summary, and examples.

The doors read their bodies themselves, with a limit and unchanged, so FastAPI does not know the shapes. They write the
schemas in place; this module moves them under their names.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from app.api_document.examples import add_examples

_SCHEMAS = "#/components/schemas/"


class Documented(FastAPI):
    """A FastAPI whose document names every schema, for client generators. `schemes` are the security schemes.

    It offers no page of FastAPI, because those load their scripts from other hosts: see `app.api_document.viewer`.
    """

    schemes: Mapping[str, Any] = {}

    def __init__(self, title: str) -> None:
        super().__init__(
            title=title,
            description="Words: `docs/glossary.md`.",
            version="1",
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
            # `traceparent` on the records says where a report is; nobody collects traces of requests.
            telemetry={"tracing": False, "metrics": False, "logs": False},
            generate_unique_id_function=_operation_id,
        )

    def openapi(self) -> dict[str, Any]:
        """Return the document, which is made once."""
        return self._document

    @cached_property
    def _document(self) -> dict[str, Any]:
        document = super().openapi()
        components = document.setdefault("components", {})
        components.setdefault("securitySchemes", {}).update(self.schemes)
        schemas = components.setdefault("schemas", {})
        document["paths"] = _move_schemas(document["paths"], schemas)
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                _summarize(operation)
                add_examples(method, path, operation)
        return document


def _operation_id(route: APIRoute) -> str:
    """Return the name of an operation: its tag, the function, and the format if the address ends with one."""
    tag = [str(tag) for tag in route.tags[:1]]
    _, _, ending = route.path_format.rpartition("/")[2].partition(".")
    return "_".join([*tag, route.name.strip("_"), *([ending] if ending else [])])


def _summarize(operation: dict[str, Any]) -> None:
    """Set the summary to the first sentence of the docstring, and the description to the rest."""
    first, _, rest = operation.pop("description", "").partition("\n\n")
    sentence, _, following = first.partition(". ")
    operation["summary"] = " ".join(sentence.split()).rstrip(".")
    if description := "\n\n".join(text for text in (following, rest) if text):
        operation["description"] = description


def _move_schemas(node: Any, schemas: dict[str, Any]) -> Any:
    """Return the node with every titled schema in it moved to `schemas`. Raise `ValueError` on two of one name."""
    if isinstance(node, list):
        return [_move_schemas(element, schemas) for element in node]
    if not isinstance(node, dict):
        return node
    schema = node.get("schema")
    if isinstance(schema, dict) and _is_named(schema):
        return {**node, "schema": _add_schema(schema, schemas)}
    return {name: _move_schemas(content, schemas) for name, content in node.items()}


def _is_named(schema: dict[str, Any]) -> bool:
    return "title" in schema and ("properties" in schema or "$defs" in schema)


def _add_schema(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, str]:
    """Add a schema and its definitions to `schemas`; return the reference to it."""
    definitions = schema.get("$defs", {})
    without_definitions = {name: content for name, content in schema.items() if name != "$defs"}
    for name, definition in {**definitions, schema["title"]: without_definitions}.items():
        named_schema = _with_moved_references(definition)
        if schemas.setdefault(name, named_schema) != named_schema:
            raise ValueError(f"two schemas named {name}")
    return {"$ref": _SCHEMAS + schema["title"]}


def _with_moved_references(node: Any) -> Any:
    """Return the node with references to the new location of the schemas."""
    if isinstance(node, list):
        return [_with_moved_references(element) for element in node]
    if not isinstance(node, dict):
        return node
    return {
        name: content.replace("#/$defs/", _SCHEMAS) if name == "$ref" else _with_moved_references(content)
        for name, content in node.items()
    }
