"""A form as bytes: its fields, its files, the page that follows, and the refusal that this page shows. Pure."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ingest.web.form_pages import SubmittedForm
from ingest.web.form_state import read_form_state
from ingest.web.form_token import FormTokens
from pages.refusals import FieldError, Refused
from pages.translation.message import Message


def encode_draft(form: SubmittedForm, tokens: FormTokens) -> bytes:
    """Return a form as bytes. Its files are sealed for it."""
    # Latin-1 maps each byte to one character, so bytes that are not UTF-8 stay unchanged.
    fields = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in form.state.fields]
    refused = form.refused
    content = {
        "fields": fields,
        "form_id": form.form_id,
        "token": form.token,
        "files": [tokens.seal(form.form_id, file) for file in form.files],
        "refused": _encode_refused(refused) if refused else None,
    }
    return json.dumps(content, ensure_ascii=False).encode()


def decode_draft(content: bytes, tokens: FormTokens, now: datetime) -> SubmittedForm:
    """Return the form of `encode_draft`. A file that is too old is left out."""
    values = json.loads(content)
    form_id = values["form_id"]
    fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in values["fields"]]
    files = [file for sealed in values["files"] if (file := tokens.open_file(form_id, sealed, now))]
    refused = _decode_refused(values["refused"]) if values["refused"] else None
    return SubmittedForm(read_form_state(fields), form_id, values["token"], files, refused=refused)


def _encode_refused(refused: Refused) -> Mapping[str, Any]:
    errors = [[error.field, _encode_text(error.detail)] for error in refused.field_errors]
    return {"reason": refused.reason, "values": _encode_values(refused.message.values), "errors": errors}


def _decode_refused(content: Mapping[str, Any]) -> Refused:
    errors = tuple(FieldError(field, _decode_text(detail)) for field, detail in content["errors"])
    values = {name: _decode_text(value) for name, value in content["values"].items()}
    return Refused(content["reason"], errors, None, **values)


def _encode_values(values: Mapping[str, object]) -> Mapping[str, Any]:
    return {name: _encode_text(value if isinstance(value, str) else str(value)) for name, value in values.items()}


def _encode_text(text: str) -> str | Mapping[str, Any]:
    """Return a text as JSON. That of a page keeps what its translation needs; it has no plural on the form."""
    return {"msgid": text.msgid, "values": _encode_values(text.values)} if isinstance(text, Message) else text


def _decode_text(text: str | Mapping[str, Any]) -> str:
    if isinstance(text, str):
        return text
    return Message(text["msgid"], {name: _decode_text(value) for name, value in text["values"].items()})
