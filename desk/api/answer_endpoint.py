"""Endpoint by which a program answers a case."""

from collections.abc import Mapping
from typing import Annotated, get_args

from fastapi import Header
from pydantic import ValidationError
from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import Response

from accounts.permissions import Actor
from cases.course.verdicts import state_after
from config.database import read_transaction
from desk.acts.answers import ActFault, ActResult, AnswerProgress, OfficerAnswers, clean_content
from desk.api.case_document import current_state
from desk.api.case_endpoints import find_case
from desk.api.etags import required_version
from desk.api.idempotency import IdempotencyKeys, read_key
from desk.api.keys.access import agency_key, key_actor, key_tier
from desk.api.keys.agency_keys import AgencyKey
from desk.api.problems import ApiError, body_faults, invalid
from desk.api.responses import json_response
from desk.api.shapes import Answer, AnswerDraftBody
from desk.api.stored_answers import read_answer
from desk.institutions import Institutions
from messages.answer_check import content_id
from messages.channels import ReplyForm
from messages.replies.answer_replies import AnswerSubject, room_left
from messages.shapes import FIELD_VERDICTS, AnswerContent, Channel, Verdict

# Another act may be stored between reading the case and storing this one. An answer without a condition begins again.
_ATTEMPTS = 5
_VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

# Field and detail of a fault of the draft itself.
_DRAFT_FAULTS: Mapping[ActFault, tuple[str, str]] = {
    "text-missing": ("text", "This verdict needs a text."),
    "unknown-agency": (
        "suggested_agency",
        "There is no such agency. GET /agency/v1/institutions?q=NAME finds codes.",
    ),
    "not-extendable": ("verdict", "The deadline of this kind of report cannot be extended."),
    "already-extended": ("verdict", "The deadline of this case was extended before. Answer before the new one."),
    "answered-already": ("verdict", "The case has an answer. Its deadline needs no extension."),
    "deadline-passed": ("verdict", "The deadline has passed and cannot be extended. Answer the case."),
    "extension-days-missing": ("extension_days", "Send the number of working days, from 1 on."),
    "extension-too-long": ("extension_days", "More working days than the rules allow for this case."),
    "unknown-picture": (
        "pictures",
        "A picture is not stored for this case. POST /agency/v1/cases/NUMBER/pictures first.",
    ),
    "unknown-document": (
        "document",
        "The document is not stored for this case. POST /agency/v1/cases/NUMBER/documents first.",
    ),
}

IdempotencyKey = Annotated[
    str | None,
    Header(
        description="A key of your own for this answer, as in a UUID. Used for another answer that was stored: 422."
    ),
]
IfMatch = Annotated[
    str | None, Header(description="ETag of the case that you read. If the case has other answers since: 412.")
]


class AnswerEndpoint:
    """Answers by `OfficerAnswers`. `reply_forms` has the channels on which senders get a question in one message."""

    def __init__(
        self,
        engine: Engine,
        answers: OfficerAnswers,
        institutions: Institutions,
        idempotency_keys: IdempotencyKeys,
        reply_forms: Mapping[Channel, ReplyForm],
    ) -> None:
        self._engine = engine
        self._answers = answers
        self._institutions = institutions
        self._idempotency_keys = idempotency_keys
        self._reply_forms = reply_forms

    def answer(
        self, request: Request, number: str, idempotency_key: IdempotencyKey = None, if_match: IfMatch = None
    ) -> Response:
        """Answer a case. The same verdict with the same text is the same answer: it is stored once."""
        key = agency_key(request)
        body = _read_draft(request.state.body)
        claimed_key = read_key(idempotency_key)
        view = find_case(self._answers.progress, key_tier(request), number)
        self._check(view, body)
        if claimed_key is None:
            return self._answer(key, view, body, if_match)
        payload = f"{view.case.case.tracking}\0{body.model_dump_json()}"
        was_free = self._idempotency_keys.claim(key.agency, claimed_key, payload)
        try:
            return self._answer(key, view, body, if_match)
        except ApiError:
            # Nothing was stored: the program may send a corrected answer with the same key.
            if was_free:
                self._idempotency_keys.release(key.agency, claimed_key)
            raise

    def _answer(self, key: AgencyKey, view: AnswerProgress, body: AnswerDraftBody, if_match: str | None) -> Response:
        """Return the response to an answer. Raises `ApiError` if it is not stored."""
        version = required_version(if_match, view.case.case.hop, view.version)
        draft = clean_content(body.content())
        result = self._give(view, version, draft, key_actor(key, body.actor))
        if result.answer is None or result.view is None:
            return self._refused(result, draft, version)
        state = state_after(result.view.state, draft.verdict, key.agency)
        answer = result.answer
        return json_response(
            Answer(
                **draft.model_dump(),
                id=answer.id,
                number=result.view.case.case.tracking,
                actor=answer.actor,
                at=answer.at,
                state=state or result.view.state,
                version=result.view.version + 1,
                published=result.is_published,
            ),
            status=201,
        )

    def _give(self, view: AnswerProgress, version: int | None, draft: AnswerContent, actor: Actor) -> ActResult:
        for _ in range(_ATTEMPTS):
            result = self._answers.answer(actor, view, version, draft)
            if result.fault != "conflict" or result.view is None or version is not None:
                break
            view = result.view
        return result

    def _check(self, view: AnswerProgress, body: AnswerDraftBody) -> None:
        """Raise `ApiError` for a draft that cannot be an answer to this case."""
        if misplaced := sorted(body.misplaced_fields()):
            verdicts = " and ".join(sorted(FIELD_VERDICTS[misplaced[0]], reverse=True))
            raise invalid(misplaced[0], f"Goes only with {verdicts}.")
        report, dispatch = view.case.dispatch.report, view.case.dispatch
        form = self._reply_forms.get(dispatch.channel)
        if body.verdict != "asked" or report.is_private or form is None:
            return
        name = self._institutions.name(dispatch.agency)
        room = room_left(form, AnswerSubject("asked", dispatch.tracking, dispatch.agency, name), body.text)
        if room < 0:
            raise invalid("text", f"The question does not fit one SMS. Shorten it by {-room} characters.")

    def _refused(self, result: ActResult, draft: AnswerContent, version: int | None) -> Response:
        """Return the response to an answer that was not stored now. Raises `ApiError` if it is not stored at all."""
        view = result.view
        if view is not None and (repeated := self._repeated(view, draft)):
            return json_response(repeated)
        raise _fault(result.fault, view, version)

    def _repeated(self, view: AnswerProgress, draft: AnswerContent) -> Answer | None:
        """Return the answer if it is stored already."""
        answer_id = content_id(view.case.dispatch.id, draft)
        with read_transaction(self._engine) as connection:
            stored = read_answer(connection, view.case.case.agency, answer_id)
        if stored is None:
            return None
        return Answer(
            **stored.content.model_dump(),
            id=answer_id,
            number=view.case.case.tracking,
            actor=stored.actor,
            at=stored.at,
            state=current_state(view),
            version=view.version,
            published=stored.is_published,
        )


def _fault(fault: ActFault | None, view: AnswerProgress | None, version: int | None) -> ApiError:
    """Return the error of an answer that is not stored."""
    if view is None:
        return ApiError("no_such_case")
    if fault == "not-possible":
        possible = [
            verdict
            for verdict in _VERDICTS
            if state_after(view.state, verdict, view.case.case.agency)
            and (verdict != "extended" or view.extension.longest)
        ]
        return ApiError("not_possible", state=view.state, possible=possible)
    if fault and fault in _DRAFT_FAULTS:
        return invalid(*_DRAFT_FAULTS[fault])
    if fault == "moved":
        return ApiError("moved")
    return ApiError("changed") if version is not None else ApiError("unavailable", headers={"Retry-After": "1"})


def _read_draft(content: bytes) -> AnswerDraftBody:
    """Return the answer in a body. Raises `ApiError` that names each fault and repeats nothing."""
    try:
        body = AnswerDraftBody.model_validate_json(content)
    except ValidationError as error:
        raise ApiError("invalid_request", body_faults(error)) from None
    if "\0" in body.text:
        raise invalid("text", "The text must not contain NUL.")
    for name, value in (("suggested_agency", body.suggested_agency or ""), ("actor", body.actor)):
        if not value.isprintable():
            raise invalid(name, "Send one line of visible characters.")
    return body
