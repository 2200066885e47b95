"""The OpenAPI document of the whole service: schemas that a door wrote in place are moved under their names.

The doors read their bodies themselves, with a limit and unchanged, so FastAPI does not know the shapes.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from fastapi import FastAPI

_SCHEMAS = "#/components/schemas/"


class Documented(FastAPI):
    """A FastAPI whose document names every schema, for client generators. `schemes` are the security schemes."""

    schemes: Mapping[str, Any] = {}

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
        return document


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
