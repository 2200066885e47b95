"""Responses that are a page, and redirects."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from jinja2 import Environment
from starlette.responses import HTMLResponse, RedirectResponse, Response

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def see_other(address: str) -> Response:
    """Return a redirect that a browser follows by GET. `address` is local."""
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


def page_response(
    pages: Environment,
    template: str,
    values: Mapping[str, Any] = _NOTHING,
    status: int = HTTPStatus.OK,
    headers: Mapping[str, str] = _NOTHING,
) -> Response:
    """Return a page. `values` are the variables of the template.

    No cache stores it (`pages.headers`), unless `headers` has another `Cache-Control`.
    """
    return HTMLResponse(pages.get_template(template).render(values), status, headers)
