"""The two formats of Open311 GeoReport v2: JSON, and XML with one element for each value. Pure."""

import json
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from xml.etree.ElementTree import Element, SubElement, tostring

from starlette.responses import Response

from desk.api.problems import ApiError

# Beginning of the addresses, below that of the interface.
OPEN311 = "/open311"
Value = str | int | float | None
# Characters that XML 1.0 cannot contain, not even as a reference.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def open311_response(path: str, rows: Sequence[Mapping[str, Value]]) -> Response:
    """Return requests in the format that the path ends with."""
    return _response(path, "service_requests", "request", rows, HTTPStatus.OK, {})


def open311_error(path: str, error: ApiError) -> Response:
    """Return an error. The specification has 400 for an invalid argument."""
    is_invalid = error.status == HTTPStatus.UNPROCESSABLE_ENTITY
    status = HTTPStatus.BAD_REQUEST if is_invalid else HTTPStatus(error.status)
    descriptions = [f"{fault.field}: {fault.detail}" for fault in error.errors]
    if not descriptions:
        descriptions = [f"{error.problem.title} {error.problem.detail}"]
    rows: list[Mapping[str, Value]] = [
        {"code": int(status), "description": description} for description in descriptions
    ]
    return _response(path, "errors", "error", rows, status, error.headers)


def _response(
    path: str,
    root: str,
    item: str,
    rows: Sequence[Mapping[str, Value]],
    status: HTTPStatus,
    headers: Mapping[str, str],
) -> Response:
    if path.endswith(".xml"):
        return Response(_xml(root, item, rows), status, headers, "text/xml; charset=utf-8")
    content = json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return Response(content, status, headers, "application/json")


def _xml(root_name: str, item_name: str, rows: Sequence[Mapping[str, Value]]) -> bytes:
    root = Element(root_name)
    for row in rows:
        item = SubElement(root, item_name)
        for name, value in row.items():
            SubElement(item, name).text = None if value is None else _NOT_XML.sub("", str(value))
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))
