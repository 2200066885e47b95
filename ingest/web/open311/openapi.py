"""OpenAPI description of the Open311 endpoints.

The door reads the arguments itself, so that its errors have the format of Open311.
"""

from collections.abc import Iterable
from typing import Any

from starlette.responses import Response

from ingest.web.open311.adapter import JURISDICTION, STATES
from messages.payloads.open311 import ServiceRequest

_TEXT: dict[str, Any] = {"type": "string"}
_NUMBER: dict[str, Any] = {"type": "string", "pattern": "^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$"}
# A tracking number, or the id of a report in the public view.
_REQUEST_ID: dict[str, Any] = {"type": "string", "pattern": "^([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}|P[0-9A-Z]{12})$"}
_NULL: dict[str, Any] = {"type": "null"}
_TEXT_OR_NULL: dict[str, Any] = {"type": ["string", "null"]}
_MOMENT: dict[str, Any] = {"type": "string", "format": "date-time"}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def _array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_TOKEN_OR_NUMBER = {**_object(token=_NUMBER, service_request_id=_NUMBER), "required": ["token"]}
_REQUEST = _object(
    service_request_id=_REQUEST_ID,
    status={"type": "string", "enum": [*STATES]},
    status_notes=_TEXT,
    service_name=_TEXT_OR_NULL,
    service_code=_TEXT_OR_NULL,
    description=_TEXT_OR_NULL,
    agency_responsible=_TEXT_OR_NULL,
    service_notice=_NULL,
    requested_datetime=_MOMENT,
    updated_datetime=_MOMENT,
    expected_datetime=_NULL,
    address=_TEXT_OR_NULL,
    address_id=_NULL,
    zipcode=_NULL,
    lat=_NULL,
    long=_NULL,
    media_url=_NULL,
)
_SERVICE = _object(
    service_code=_TEXT,
    service_name=_TEXT,
    description=_TEXT,
    metadata={"const": False},
    type={"const": "batch"},
    keywords=_TEXT,
    group=_TEXT,
)
_ENDPOINT = _object(specification=_TEXT, url=_TEXT, changeset=_TEXT, type=_TEXT, formats=_array(_TEXT))
_ERRORS = _array(_object(code={"type": "integer"}, description=_TEXT))
_ANSWERS = {
    "discovery": _object(changeset=_TEXT, contact=_TEXT, key_service=_TEXT, endpoints=_array(_ENDPOINT)),
    "services": _array(_SERVICE),
    "definition": _object(service_code=_TEXT, attributes={**_array({"type": "object"}), "maxItems": 0}),
    "create": _array(_object(token=_NUMBER, service_notice=_TEXT, account_id=_NULL)),
    "listing": _array(_REQUEST),
    "show": _array(_REQUEST),
    "token": _array(_TOKEN_OR_NUMBER),
}


class _Json(Response):
    media_type = "application/json"


class _Xml(Response):
    media_type = "text/xml"


_RESPONSE_CLASSES: dict[str, type[Response]] = {"json": _Json, "xml": _Xml}


def response_class(format_name: str) -> type[Response]:
    """Return the response class of a format."""
    return _RESPONSE_CLASSES[format_name]


def responses(format_name: str, endpoint: str) -> dict[int | str, dict[str, Any]]:
    """Return the description of the answers and errors of an endpoint in a format.

    The XML has no schema: the specification gives none.
    """
    is_xml = format_name == "xml"
    answer, errors = ({}, {}) if is_xml else ({"schema": _ANSWERS[endpoint]}, {"schema": _ERRORS})
    media_type = _RESPONSE_CLASSES[format_name].media_type
    return {
        200: {"description": "As the specification has it.", "content": {media_type: answer}},
        "default": {"description": "Errors, each with a code and a description.", "content": {media_type: errors}},
    }


def _argument(name: str, description: str, location: str = "query", **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": location, "description": description, "schema": {**_TEXT, **schema}}


_JURISDICTION = _argument("jurisdiction_id", "Ours, or nothing.", enum=[JURISDICTION])

PLAIN: dict[str, Any] = {"parameters": [_JURISDICTION]}
LISTING: dict[str, Any] = {
    "parameters": [
        _JURISDICTION,
        _argument("api_key", "Key of the client whose requests are listed; without a valid key: the public reports."),
        _argument("service_request_id", "Numbers, separated by commas; then the other arguments are ignored."),
        _argument("service_code", "Services, separated by commas; topics of public reports."),
        _argument("start_date", "With the zone; at most 90 days before end_date.", format="date-time"),
        _argument("end_date", "With the zone.", format="date-time"),
        _argument("status", "Use open,closed for both.", enum=[*STATES, ",".join(STATES)]),
    ]
}


def create_request(service_codes: Iterable[str]) -> dict[str, Any]:
    """Return the description of POST Service Request with these service codes."""
    schema = ServiceRequest.model_json_schema()
    schema["properties"]["service_code"] |= {"enum": [*service_codes]}
    schema["properties"]["jurisdiction_id"] |= {"enum": [JURISDICTION, ""]}
    schema["anyOf"] = [{"required": ["lat", "long"]}, {"required": ["address_string"]}]
    key = {"minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
    return {
        "parameters": [
            _argument("Idempotency-Key", "For an app that repeats requests: one key for each report.", "header", **key)
        ],
        "requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": schema}}},
    }
