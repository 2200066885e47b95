"""What the OpenAPI document says of the web door; the door reads the bytes itself, to keep them untouched."""

from typing import Any

from ingest.http.problems import documented_refusals
from ingest.web.form_token import TRAP
from ingest.web.multipart import MAX_FILES, MULTIPART
from messages.submission import Submission

_JSON = "application/json"
_HTML = "text/html"
_FORM = "application/x-www-form-urlencoded"
_TEXT: dict[str, Any] = {"type": "string"}
_NUMBER: dict[str, Any] = {"type": "string", "pattern": "^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$"}

_ACCEPTED: dict[str, Any] = {
    "type": "object",
    "properties": {"tracking": _NUMBER, "status_url": {**_TEXT, "format": "uri"}},
    "required": ["tracking", "status_url"],
    "additionalProperties": False,
}
_RECEIPT = {"Location": {"description": "The receipt, with the number.", "schema": _TEXT, "required": True}}

# A form with a fault is shown again; a program hears the fault as a problem.
REPORT: dict[int | str, dict[str, Any]] = {
    200: {"description": "The form again, with the list that was asked for.", "content": {_HTML: {}}},
    202: {"description": "Accepted.", "content": {_JSON: {"schema": _ACCEPTED}}},
    303: {"description": "The form was accepted.", "headers": _RECEIPT},
    **documented_refusals(400, 413, 422, 429, 503, page=True),
    403: {"description": "The form again: another site's page sent it.", "content": {_HTML: {}}},
}
RECEIPT: dict[int | str, dict[str, Any]] = documented_refusals(404, page=True)


def _form(**more: dict[str, Any]) -> dict[str, Any]:
    """The fields of the form: those of the twin, and what the page itself carries."""
    said = {name: {**_TEXT, **_length(field)} for name, field in Submission.model_json_schema()["properties"].items()}
    ours = {
        "form_id": {**_TEXT, "format": "uuid", "description": "The page's own: makes a form sent twice one report."},
        "token": {**_TEXT, "description": "The page's own; without it the form is shown again."},
        "step": {
            "enum": ["city", "district", "unlocate"],
            "description": "The button that only brings the form again.",
        },
        TRAP: {"const": "", "description": "Filled in by machines only."},
    }
    return {"type": "object", "properties": said | ours | more, "required": ["text"]}


def _length(field: dict[str, Any]) -> dict[str, Any]:
    return {name: field[name] for name in ("maxLength", "minLength", "description") if name in field}


def report_body() -> dict[str, Any]:
    """A report as JSON, and as the form is sent: with files and without."""
    files = {"type": "array", "maxItems": MAX_FILES, "items": {**_TEXT, "format": "binary"}}
    return {
        "requestBody": {
            "required": True,
            "content": {
                _JSON: {"schema": Submission.model_json_schema()},
                MULTIPART: {"schema": _form(files=files)},
                _FORM: {"schema": _form()},
            },
        }
    }
