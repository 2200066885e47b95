"""Shares between the applications of a test process what libraries derive from our code alone.

Each test builds applications and settings of its own. To read the signatures of the routes, to compile the templates
and to look at the types of the settings takes longer than most tests.
"""

from collections.abc import Callable, Hashable
from dataclasses import fields, replace
from functools import lru_cache
from types import MethodType
from typing import Any

import pytest
from fastapi import routing
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import _get_body_field, get_dependant, get_typed_return_annotation
from jinja2 import Environment
from pydantic_settings import EnvSettingsSource
from starlette.routing import compile_path


def share_builds(patch: pytest.MonkeyPatch) -> None:
    """Let this process read each signature, template and type once."""
    patch.setattr(routing, "get_dependant", _sharing_signatures(get_dependant))
    patch.setattr(routing, "_get_body_field", _sharing_bodies(_get_body_field))
    patch.setattr(routing, "get_typed_return_annotation", _sharing_answers(get_typed_return_annotation))
    patch.setattr(routing, "compile_path", lru_cache(None)(compile_path))
    patch.setattr(Environment, "compile", _sharing_templates(Environment.compile))
    for name in ("_extract_field_info", "_field_is_complex"):
        patch.setattr(EnvSettingsSource, name, _sharing_types(getattr(EnvSettingsSource, name)))


def _sharing_signatures(read: Callable[..., Dependant]) -> Callable[..., Dependant]:
    """Return `read` with a memory of methods. Those of one function differ in `self` alone."""
    known: dict[Hashable, Dependant] = {}

    def shared_dependant(*, path: str, call: Callable[..., Any], scope: Any) -> Dependant:
        if not isinstance(call, MethodType):
            return read(path=path, call=call, scope=scope)
        key = path, call.__func__, scope
        if key not in known:
            known[key] = read(path=path, call=call, scope=scope)
        values = {field.name: getattr(known[key], field.name) for field in fields(Dependant)}
        # A route may add to its lists.
        lists: dict[str, Any] = {name: [*value] for name, value in values.items() if isinstance(value, list)}
        return replace(known[key], call=call, **lists)

    return shared_dependant


def _sharing_answers(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return `read` with a memory of the functions of methods."""
    of_function = lru_cache(None)(read)
    return lambda call: of_function(call.__func__) if isinstance(call, MethodType) else read(call)


def _sharing_bodies(build: Callable[..., Any]) -> Callable[..., Any]:
    """Return `build` with a memory of fields: those of a shared signature are the same objects."""
    known: dict[Hashable, Any] = {}

    def get_body_field(*, body_params: list[Any], name: str, embed_body_fields: bool) -> Any:
        key = name, embed_body_fields, tuple(id(field) for field in body_params)
        if key not in known:
            # The fields stay, and so does what their ids mean.
            known[key] = body_params, build(body_params=body_params, name=name, embed_body_fields=embed_body_fields)
        return known[key][1]

    return get_body_field


def _sharing_templates(build: Callable[..., Any]) -> Callable[..., Any]:
    """Return `build` with a memory of texts. The code depends on the names that an environment has too."""
    known: dict[Hashable, Any] = {}

    def compile_template(environment: Environment, source: Any, *arguments: Any, **options: Any) -> Any:
        key = (
            source,
            arguments,
            tuple(options.items()),
            environment.autoescape,
            *(frozenset(names) for names in (environment.extensions, environment.filters, environment.tests)),
        )
        if key not in known:
            known[key] = build(environment, source, *arguments, **options)
        return known[key]

    return compile_template


def _sharing_types(look: Callable[..., Any]) -> Callable[..., Any]:
    """Return `look` with a memory of fields. The answer depends on nothing but the type and the names."""
    known: dict[Hashable, Any] = {}

    def look_at(source: EnvSettingsSource, field: Any, *names: Any) -> Any:
        key = source.settings_cls, source.env_prefix, source.case_sensitive, id(field), names
        if key not in known:
            known[key] = field, look(source, field, *names)
        return known[key][1]

    return look_at
