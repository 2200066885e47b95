"""What the OpenAPI document says of these addresses; the door reads arguments itself, to refuse in its own format."""

from collections.abc import Iterable
from typing import Any

from starlette.responses import Response

from ingest.web.open311.adapter import JURISDICTION, STATES
from messages.open311 import ServiceRequest

_TEXT: dict[str, Any] = {"type": "string"}
_NUMBER: dict[str, Any] = {"type": "string", "pattern": "^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$"}
_NULL: dict[str, Any] = {"type": "null"}
_TEXT_OR_NULL: dict[str, Any] = {"type": ["string", "null"]}
_MOMENT: dict[str, Any] = {"type": "string", "format": "date-time"}


def _thing(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def _many(thing: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": thing}


_TOKEN_OR_NUMBER = {**_thing(token=_NUMBER, service_request_id=_NUMBER), "required": ["token"]}
_REQUEST = _thing(
    service_request_id=_NUMBER,
    status={"type": "string", "enum": [*STATES]},
    status_notes=_TEXT,
    service_name=_TEXT_OR_NULL,
    service_code=_TEXT_OR_NULL,
    description=_NULL,
    agency_responsible=_TEXT_OR_NULL,
    service_notice=_NULL,
    requested_datetime=_MOMENT,
    updated_datetime=_MOMENT,
    expected_datetime=_NULL,
    address=_NULL,
    address_id=_NULL,
    zipcode=_NULL,
    lat=_NULL,
    long=_NULL,
    media_url=_NULL,
)
_SERVICE = _thing(
    service_code=_TEXT,
    service_name=_TEXT,
    description=_TEXT,
    metadata={"const": False},
    type={"const": "batch"},
    keywords=_TEXT,
    group=_TEXT,
)
_ENDPOINT = _thing(specification=_TEXT, url=_TEXT, changeset=_TEXT, type=_TEXT, formats=_many(_TEXT))
_ERRORS = _many(_thing(code={"type": "integer"}, description=_TEXT))
_ANSWERS = {
    "discovery": _thing(changeset=_TEXT, contact=_TEXT, key_service=_TEXT, endpoints=_many(_ENDPOINT)),
    "services": _many(_SERVICE),
    "definition": _thing(service_code=_TEXT, attributes={**_many({"type": "object"}), "maxItems": 0}),
    "create": _many(_thing(token=_NUMBER, service_notice=_TEXT, account_id=_NULL)),
    "listing": _many(_REQUEST),
    "show": _many(_REQUEST),
    "token": _many(_TOKEN_OR_NUMBER),
}


class _Json(Response):
    media_type = "application/json"


class _Xml(Response):
    media_type = "text/xml"


_CLASSES: dict[str, type[Response]] = {"json": _Json, "xml": _Xml}


def answer_class(form: str) -> type[Response]:
    """What answers in a format."""
    return _CLASSES[form]


def responses(form: str, name: str) -> dict[int | str, dict[str, Any]]:
    """What the address called `name` answers in a format, errors too. The XML has no schema, as the specification."""
    answer, errors = ({}, {}) if form == "xml" else ({"schema": _ANSWERS[name]}, {"schema": _ERRORS})
    kind = _CLASSES[form].media_type
    return {
        200: {"description": "As the specification has it.", "content": {kind: answer}},
        "default": {"description": "Errors, each with a code and a description.", "content": {kind: errors}},
    }


def _argument(name: str, says: str, where: str = "query", **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": where, "description": says, "schema": {**_TEXT, **schema}}


_JURISDICTION = _argument("jurisdiction_id", "Ours, or nothing.", enum=[JURISDICTION])

PLAIN: dict[str, Any] = {"parameters": [_JURISDICTION]}
LISTING: dict[str, Any] = {
    "parameters": [
        _JURISDICTION,
        _argument("api_key", "Whose requests are listed; without one of ours none are."),
        _argument("service_request_id", "Numbers, separated by commas; the other arguments are passed over then."),
        _argument("service_code", "Services, separated by commas."),
        _argument("start_date", "With the zone; at most 90 days before end_date.", format="date-time"),
        _argument("end_date", "With the zone.", format="date-time"),
        _argument("status", "Both are asked for by open,closed.", enum=[*STATES, ",".join(STATES)]),
    ]
}


def request(services: Iterable[str]) -> dict[str, Any]:
    """What POST Service Request takes, where these are the services' codes."""
    schema = ServiceRequest.model_json_schema()
    schema["properties"]["service_code"] |= {"enum": [*services]}
    schema["properties"]["jurisdiction_id"] |= {"enum": [JURISDICTION, ""]}
    schema["anyOf"] = [{"required": ["lat", "long"]}, {"required": ["address_string"]}]
    key = {"minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
    return {
        "parameters": [
            _argument("Idempotency-Key", "Of an app that tries again: one for each report.", "header", **key)
        ],
        "requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": schema}}},
    }
