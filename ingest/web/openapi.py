"""OpenAPI description of the web door. The door reads the bytes itself, to keep them unchanged."""

from typing import Any

from ingest.web.form_token import TRAP
from messages.payloads.submission import Submission
from pages.files.multipart import MAX_FILES, MULTIPART
from pages.problems import documented_refusals

_JSON = "application/json"
_HTML = "text/html"
_FORM = "application/x-www-form-urlencoded"
_TEXT: dict[str, Any] = {"type": "string"}
_NUMBER: dict[str, Any] = {"type": "string", "pattern": "^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$"}

_ACCEPTED: dict[str, Any] = {
    "type": "object",
    "properties": {
        "tracking": _NUMBER,
        "status_url": {**_TEXT, "format": "uri"},
        "link": {
            **_TEXT,
            "format": "uri",
            "description": "The sender's own page. Keep it secret.",
        },
    },
    "required": ["tracking", "status_url", "link"],
    "additionalProperties": False,
}
_SUBMISSION_SCHEMA = Submission.model_json_schema()
_RECEIPT = {"Location": {"description": "The receipt, with the number.", "schema": _TEXT, "required": True}}

# A form with an error is shown again. A JSON report with an error is answered with a problem.
REPORT: dict[int | str, dict[str, Any]] = {
    200: {"description": "The form again, with the list that was requested, or the recap.", "content": {_HTML: {}}},
    202: {"description": "Accepted.", "content": {_JSON: {"schema": _ACCEPTED}}},
    303: {"description": "The form was accepted.", "headers": _RECEIPT},
    **documented_refusals(400, 413, 429, 503, page=True),
    403: {"description": "The form again: the page of another site sent it.", "content": {_HTML: {}}},
}
_STATUS = {"Location": {"description": "The status of the number.", "schema": _TEXT, "required": True}}
RECEIPT: dict[int | str, dict[str, Any]] = {
    303: {"description": "The address is not signed: see the status.", "headers": _STATUS},
    **documented_refusals(404, page=True),
}


def report_body() -> dict[str, Any]:
    """Return the description of a report as JSON, as a form with files, and as a form without files."""
    files = {"type": "array", "maxItems": MAX_FILES, "items": {**_TEXT, "format": "binary"}}
    return {
        "requestBody": {
            "required": True,
            "content": {
                _JSON: {"schema": _SUBMISSION_SCHEMA},
                MULTIPART: {"schema": _form_schema(files=files)},
                _FORM: {"schema": _form_schema()},
            },
        }
    }


def _form_schema(**extra_properties: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of the form: the fields of the JSON report and the fields that the page carries."""
    citizen_fields = {
        name: {**_TEXT, **_text_limits(field)} for name, field in _SUBMISSION_SCHEMA["properties"].items()
    }
    page_fields = {
        "form_id": {**_TEXT, "format": "uuid", "description": "The page's own: a form sent twice is one report."},
        "token": {**_TEXT, "description": "The page's own; without it the form is shown again."},
        "step": {
            "enum": ["city", "district", "unlocate", "edit", "recap"],
            "description": "The button that only shows the form again; `recap`: the report before it is sent.",
        },
        TRAP: {"const": "", "description": "Filled in by programs only."},
    }
    return {"type": "object", "properties": citizen_fields | page_fields | extra_properties, "required": ["text"]}


def _text_limits(field: dict[str, Any]) -> dict[str, Any]:
    return {name: field[name] for name in ("maxLength", "minLength", "description") if name in field}
