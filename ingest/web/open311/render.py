"""Answers in the two formats of Open311, and its errors in place of the problems that all other addresses answer with.

JSON follows the XML by the Spark convention: a container of many is a list of what stands in it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element, tostring

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PREFIX = "/open311/v2"

Value = str | int | bool | None | Sequence["Value"] | Mapping[str, "Value"]

# What stands in each container.
_ITEMS = {
    "services": "service",
    "attributes": "attribute",
    "service_requests": "request",
    "endpoints": "endpoint",
    "formats": "format",
    "errors": "error",
}
# What XML 1.0 has no way to write, not even as a reference.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PROBLEM = b"application/problem+json"


def render(path: str, name: str, value: Value, status: int = 200) -> Response:
    """`value` in the format that the path ends with, XML where it names none; `name` is XML's outermost element."""
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
            element.text = _UNWRITABLE.sub("", str(value))
        case Mapping():
            element.extend(_element(inner, said) for inner, said in value.items())
        case _:
            element.extend(_element(_ITEMS[name], said) for said in value)
    return element


class Open311Errors:
    """Tells every problem under `PREFIX` as Open311 tells errors, whoever answered with it: door, gate or crowd."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "http" and scope["path"].startswith(f"{PREFIX}/"):
            send = _Retold(scope["path"], send)
        await self._app(scope, receive, send)


class _Retold:
    """Holds a problem back until it is whole, and sends on everything else as it comes."""

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
                await self._tell(self._start)
            return
        await self._send(message)

    async def _tell(self, start: Message) -> None:
        content = _content(self._path, "errors", _errors(json.loads(self._problem)))
        headers = MutableHeaders(raw=list(start["headers"]))
        headers["Content-Type"] = _media_type(self._path)
        headers["Content-Length"] = str(len(content))
        await self._send({**start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": content})


def _errors(problem: Mapping[str, object]) -> Value:
    """One error for each field at fault, else one for all."""
    status, faults = problem["status"], problem.get("errors")
    told = [f"{fault['field']}: {fault['detail']}" for fault in faults] if isinstance(faults, list) else []
    return [{"code": int(str(status)), "description": said} for said in told or [str(problem["title"])]]
