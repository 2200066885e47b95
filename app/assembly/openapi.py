"""The OpenAPI document of the whole service: schemas that a door wrote where they are used stand under their names.

The doors read their bodies themselves, bounded and untouched, so FastAPI does not know the shapes by itself.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from fastapi import FastAPI

_PLACE = "#/components/schemas/"


class Documented(FastAPI):
    """A FastAPI whose document has no schema in it that a client generator can't find. `schemes` are for security."""

    schemes: Mapping[str, Any] = {}

    def openapi(self) -> dict[str, Any]:
        """The document, made once."""
        return self._document

    @cached_property
    def _document(self) -> dict[str, Any]:
        document = super().openapi()
        components = document.setdefault("components", {})
        components.setdefault("securitySchemes", {}).update(self.schemes)
        schemas = components.setdefault("schemas", {})
        found = _moved(document["paths"], schemas)
        document["paths"] = found
        return document


def _moved(node: Any, schemas: dict[str, Any]) -> Any:
    """The node with every named schema in it moved to `schemas`. Raises `ValueError` on two of one name."""
    if isinstance(node, list):
        return [_moved(each, schemas) for each in node]
    if not isinstance(node, dict):
        return node
    schema = node.get("schema")
    if isinstance(schema, dict) and "title" in schema and ("properties" in schema or "$defs" in schema):
        return {**node, "schema": _named(schema, schemas)}
    return {name: _moved(each, schemas) for name, each in node.items()}


def _named(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, str]:
    inner = schema.get("$defs", {})
    outer = {name: each for name, each in schema.items() if name != "$defs"}
    for name, each in {**inner, schema["title"]: outer}.items():
        made = _pointed(each)
        if schemas.setdefault(name, made) != made:
            raise ValueError(f"two schemas named {name}")
    return {"$ref": _PLACE + schema["title"]}


def _pointed(node: Any) -> Any:
    """The same with its references where the schemas now stand."""
    if isinstance(node, list):
        return [_pointed(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {name: each.replace("#/$defs/", _PLACE) if name == "$ref" else _pointed(each) for name, each in node.items()}
