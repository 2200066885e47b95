"""Endpoint of follow-ups. The own link is the credential: a page of another site does not have it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args
from uuid import UUID

from fastapi import APIRouter, Request
from jinja2 import Environment
from starlette.responses import JSONResponse, Response

from ingest.http.gate import MAX_BODY_BYTES, Gate
from ingest.web.adapter import is_json
from ingest.web.follow_ups.adapter import (
    CONFIRMED_ACTS,
    TypedFollowUp,
    read_follow_up,
    typed_follow_up,
    wrap_follow_up,
)
from ingest.web.form_files import FormFiles
from ingest.web.form_pages import combine, is_cut, messages_by_field
from ingest.web.form_reader import read_form
from ingest.web.form_state import read_form_state
from ingest.web.form_token import FormFile, FormTokens
from ingest.wrap import Wrapper
from messages.sender_link import sender_token
from messages.shapes import SenderAct
from pages.files.cleaning import MAX_FILE_BYTES
from pages.files.multipart import MAX_FILES, MAX_FILES_BYTES, MULTIPART, PostedForm, posted_form
from pages.problems import documented_refusals
from pages.refusal_handlers import record_refusal
from pages.refusals import Refused
from pages.refused import refusable_page
from pages.responses import see_other
from pages.sizes import readable_size

# Kind of request whose rate limits follow-ups.
RATE = "follow-up"
_TEXT: dict[str, Any] = {"type": "string"}
_FIELDS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "token": {**_TEXT, "description": "The last part of the sender's own link."},
        "act": {"enum": [act for act in get_args(SenderAct) if act != "reports"]},
        "text": {**_TEXT, "maxLength": 10_000},
        "rating": {**_TEXT, "description": "1 to 5, with `rates`."},
        "confirm": {**_TEXT, "description": "Not empty, with `withdraws` and `asks-to-be-forgotten`."},
        "form_id": {**_TEXT, "description": "A form sent twice with the same id is one follow-up."},
    },
    "required": ["token", "act"],
}
_ACCEPTED = {
    "type": "object",
    "properties": {"tracking": _TEXT, "token": {**_TEXT, "description": "Opens the page of what was added."}},
    "required": ["tracking", "token"],
}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": _FIELDS},
            MULTIPART: {"schema": _FIELDS},
            "application/x-www-form-urlencoded": {"schema": _FIELDS},
        },
    }
}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The page that asks for a confirmation.", "content": {"text/html": {}}},
    202: {"description": "Accepted.", "content": {"application/json": {"schema": _ACCEPTED}}},
    303: {
        "description": "The form was accepted: back to the report.",
        "headers": {"Location": {"required": True, "schema": _TEXT}},
    },
    **documented_refusals(400, 404, 413, 429, 503, page=True),
}


class FollowUpDoor:
    """`link_key` checks the links. `new_id` returns a random UUID."""

    def __init__(
        self,
        gate: Gate,
        wrapper: Wrapper,
        files: FormFiles,
        tokens: FormTokens,
        templates: Environment,
        link_key: bytes,
        new_id: Callable[[], UUID],
    ) -> None:
        self._gate = gate
        self._wrapper = wrapper
        self._files = files
        self._tokens = tokens
        self._templates = templates
        self._link_key = link_key
        self._new_id = new_id

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter(tags=["web"])
        router.add_api_route(
            "/web/follow-ups",
            self.follow_up,
            methods=["POST"],
            status_code=202,
            summary="Add to a report, object, confirm, rate or withdraw, by the sender's own link",
            responses=_RESPONSES,
            openapi_extra=_BODY,
        )
        return router

    async def follow_up(self, request: Request) -> Response:
        """Accept a follow-up: a form leads back to the sender's page, JSON gets the number of the message."""
        if is_json(request.headers):
            return await self._accept_json(request)
        with posted_form() as form:
            await read_form(request, self._gate, form)
            return await self._accept_form(request, form)

    async def _accept_json(self, request: Request) -> Response:
        arrival = await self._gate.read_arrival(request)
        self._gate.check_rate(RATE, arrival.address)
        typed = typed_follow_up(_json_fields(arrival.body))
        submission = read_follow_up(typed, self._link_key, 0)
        message = wrap_follow_up(submission, typed.form_id, self._new_id(), (), arrival.at, self._wrapper)
        await self._gate.accept(message)
        raw = message.raw
        # Words that are added to a closed report become a case of their own, with answers on its own page.
        return JSONResponse({"tracking": raw.tracking, "token": sender_token(raw.id, self._link_key)}, 202)

    async def _accept_form(self, request: Request, form: PostedForm) -> Response:
        state = read_form_state(form.fields)
        arrival = self._gate.arrival(request, b"")
        typed = typed_follow_up(state.values)
        typed = replace(typed, form_id=state.form_id or str(self._new_id()))
        files: Sequence[FormFile] = ()
        if _needs_question(typed, state.values):
            return self._page(typed, files, None)
        try:
            self._gate.check_rate(RATE, arrival.address)
            files, refusals = await self._files.store(
                typed.form_id, state.sealed_files, form.uploads, arrival.address, arrival.at
            )
            if form.cut:
                limit = MAX_FILES_BYTES if form.uploads else MAX_BODY_BYTES
                refusals.insert(0, Refused(form.cut, limit=readable_size(limit)))
            if refusals:
                raise combine(refusals)
            submission = read_follow_up(typed, self._link_key, len(files))
            attachments = [file.attachment for file in files]
            message = wrap_follow_up(submission, typed.form_id, self._new_id(), attachments, arrival.at, self._wrapper)
            await self._gate.accept(message)
        except Refused as refused:
            record_refusal(request, refused)
            return self._page(typed, files, refused)
        return see_other(f"/l/{typed.token}?terkirim={typed.act}")

    def _page(self, typed: TypedFollowUp, files: Sequence[FormFile], refused: Refused | None) -> Response:
        """Return the page on which a follow-up can be corrected or confirmed.

        Its words and files are still there, as far as they were read.
        """
        context = {
            "typed": typed,
            "kept": [(self._tokens.seal(typed.form_id, file), file) for file in files],
            "errors": messages_by_field(refused),
            "is_cut": is_cut(refused),
            "message": refused.message if refused and not refused.field_errors else "",
            "has_link": refused is None or refused.reason != "no_such_link",
            "needs_confirmation": typed.act in CONFIRMED_ACTS,
            "limits": {"files": MAX_FILES, "file": MAX_FILE_BYTES, "all": MAX_FILES_BYTES},
        }
        return refusable_page(self._templates, "follow_up.html", context, refused)


def _needs_question(typed: TypedFollowUp, values: Mapping[str, str]) -> bool:
    """Return whether the sender presses the button of an act that needs a confirmation for the first time."""
    return typed.act in CONFIRMED_ACTS and not typed.is_confirmed and "asked" not in values


def _json_fields(body: bytes) -> dict[str, str]:
    """Return the fields of a JSON object as text. Raises `Refused` if the body is none."""
    try:
        content = json.loads(body)
        fields = {name: _field_text(value) for name, value in content.items()}
    except (ValueError, AttributeError, RecursionError):
        raise Refused("invalid_submission") from None
    return {name: value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for name, value in fields.items()}


def _field_text(value: object) -> str:
    """Return a JSON value as a form sends it. No value and an empty box are an empty field."""
    if value is None or value is False:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
