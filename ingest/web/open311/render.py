"""Renders answers in the two formats of Open311, and replaces problems (RFC 9457) with the errors of Open311.

The JSON follows from the XML by the Spark convention: an element that contains several elements is a list of them.
"""

import json
import re
from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element, tostring

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.problems import PROBLEM_MEDIA_TYPE

PREFIX = "/open311/v2"

Value = str | int | bool | None | Sequence["Value"] | Mapping[str, "Value"]

# Name of the elements inside each list.
_ITEM_NAMES = {
    "services": "service",
    "attributes": "attribute",
    "service_requests": "request",
    "endpoints": "endpoint",
    "formats": "format",
    "errors": "error",
}
# Characters that XML 1.0 cannot contain, not even as a reference.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PROBLEM = PROBLEM_MEDIA_TYPE.encode()


def render(path: str, name: str, value: Value, status: int = 200) -> Response:
    """Return `value` in the format that `path` ends with, XML by default. `name` is the root element of the XML."""
    return Response(_content(path, name, value), status, media_type=_media_type(path))


def _media_type(path: str) -> str:
    return "application/json; charset=utf-8" if path.endswith(".json") else "text/xml; charset=utf-8"


def _content(path: str, name: str, value: Value) -> bytes:
    if path.endswith(".json"):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return bytes(tostring(_element(name, value), encoding="utf-8", xml_declaration=True))


def _element(name: str, value: Value) -> Element:
    element = Element(name)
    match value:
        case None:
            pass
        case bool():
            element.text = str(value).lower()
        case str() | int():
            element.text = _NOT_XML.sub("", str(value))
        case Mapping():
            element.extend(_element(child_name, child) for child_name, child in value.items())
        case _:
            element.extend(_element(_ITEM_NAMES[name], item) for item in value)
    return element


class Open311Errors:
    """ASGI middleware that converts each problem under `PREFIX` into Open311 errors, whoever sent it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection; see the ASGI specification."""
        if scope["type"] == "http" and scope["path"].startswith(f"{PREFIX}/"):
            send = _ErrorConverter(scope["path"], send)
        await self._app(scope, receive, send)


class _ErrorConverter:
    """Collects a problem until it is complete and sends it as Open311 errors. Other messages pass unchanged."""

    def __init__(self, path: str, send: Send) -> None:
        self._path = path
        self._send = send
        self._start: Message | None = None
        self._problem = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if dict(message["headers"]).get(b"content-type", b"").startswith(_PROBLEM):
                self._start = message
                return
        elif self._start is not None:
            self._problem += message.get("body", b"")
            if not message.get("more_body"):
                await self._send_errors(self._start)
            return
        await self._send(message)

    async def _send_errors(self, start: Message) -> None:
        content = _content(self._path, "errors", _errors(json.loads(self._problem)))
        headers = MutableHeaders(raw=list(start["headers"]))
        headers["Content-Type"] = _media_type(self._path)
        headers["Content-Length"] = str(len(content))
        await self._send({**start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": content})


def _errors(problem: Mapping[str, object]) -> Value:
    """Return one error for each field error of the problem, otherwise one with its title."""
    field_errors = problem.get("errors")
    if isinstance(field_errors, list) and field_errors:
        descriptions = [f"{error['field']}: {error['detail']}" for error in field_errors]
    else:
        descriptions = [str(problem["title"])]
    return [{"code": int(str(problem["status"])), "description": description} for description in descriptions]
