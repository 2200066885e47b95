"""Endpoint by which a program answers a recommendation of an overseer."""

from uuid import UUID

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from bus.errors import Retry
from desk.acts.answers import OfficerAnswers
from desk.acts.recommendation_answers import RecommendationAnswers, RecommendationFault, RecommendationResult
from desk.api.case_endpoints import find_case
from desk.api.keys.access import agency_key, key_actor, key_tier
from desk.api.problems import ApiError, body_faults, invalid
from desk.api.responses import json_response
from desk.api.shapes import RecommendationAnswerBody, RecommendationAnswerItem

_RETRY_SECONDS = "10"


class RecommendationEndpoint:
    """Answers by `RecommendationAnswers`. The answer is on the bus before the program gets its response."""

    def __init__(self, answers: OfficerAnswers, recommendations: RecommendationAnswers) -> None:
        self._answers = answers
        self._recommendations = recommendations

    def answer(self, request: Request, number: str, recommendation_id: UUID) -> Response:
        """Answer a recommendation. The same answer again is no second one: 200. Another one is 409."""
        key = agency_key(request)
        body = _read_body(request.state.body)
        text = body.text.strip()
        view = find_case(self._answers.progress, key_tier(request), number)
        try:
            result = self._recommendations.give(
                key_actor(key, body.actor),
                key_tier(request),
                view.case.case.tracking,
                recommendation_id,
                body.outcome,
                text,
            )
        except Retry:
            raise ApiError("unavailable", headers={"Retry-After": _RETRY_SECONDS}) from None
        return self._response(result)

    def _response(self, result: RecommendationResult) -> Response:
        stored = result.recommendation.answer if result.recommendation else None
        if result.fault == "repeated" and stored:
            item = RecommendationAnswerItem(outcome=stored.outcome, text=stored.text, at=stored.at, actor=stored.actor)
            return json_response(item)
        answer = result.answer
        if answer is None or answer.act == "recommended":
            raise _error(result.fault)
        item = RecommendationAnswerItem(outcome=answer.act, text=answer.text, at=answer.at, actor=answer.actor)
        return json_response(item, status=201)


def _error(fault: RecommendationFault | None) -> ApiError:
    if fault == "text-missing":
        return invalid("text", "An answer needs a text.")
    reasons = {"moved": "moved", "unknown-recommendation": "no_such_recommendation", "answered": "answered"}
    return ApiError(reasons.get(fault or "", "no_such_case"))


def _read_body(content: bytes) -> RecommendationAnswerBody:
    """Return the answer in a body. Raises `ApiError` that names each fault and repeats nothing."""
    try:
        body = RecommendationAnswerBody.model_validate_json(content)
    except ValidationError as error:
        raise ApiError("invalid_request", body_faults(error)) from None
    if "\0" in body.text:
        raise invalid("text", "The text must not contain NUL.")
    if not body.actor.isprintable():
        raise invalid("actor", "Send one line of visible characters.")
    return body
