"""Endpoint by which a program divides a case: words of the report become a part of their own (decision 0035)."""

from collections.abc import Mapping

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from bus.errors import Retry
from desk.acts.answers import OfficerAnswers
from desk.acts.divisions import DivisionFault, Divisions
from desk.api.case_endpoints import find_case
from desk.api.keys.access import agency_key, key_actor, key_tier
from desk.api.problems import ApiError, body_faults, invalid
from desk.api.responses import json_response
from desk.api.shapes import NewPartBody, PartAccepted
from desk.institutions import Institutions

_RETRY_SECONDS = "10"
_TEXT_FAULTS: Mapping[DivisionFault, str] = {
    "no-words": "Copy the words of the other matter from `text` of the case.",
    "whole": "Nothing would be left. Send only the words of the other matter, or refuse the case.",
    "not-in-report": "Each line must stand in `text` or `title` of the case, without a change.",
}


class PartEndpoint:
    """Endpoint of the interface for programs of agencies."""

    def __init__(self, answers: OfficerAnswers, divisions: Divisions, institutions: Institutions) -> None:
        self._answers = answers
        self._divisions = divisions
        self._institutions = institutions

    def divide(self, request: Request, number: str) -> Response:
        """Make words of the report a part. 202: the part comes when the service has processed it.

        The same words again are one part.
        """
        try:
            body = NewPartBody.model_validate_json(request.state.body)
        except ValidationError as error:
            raise ApiError("invalid_request", body_faults(error)) from None
        if body.agency and not self._institutions.receives_cases(body.agency):
            raise invalid("agency", "No institution with this code gets cases. GET /agency/v1/institutions.")
        if not body.actor.isprintable():
            raise invalid("actor", "Send one line of visible characters.")
        key = agency_key(request)
        view = find_case(self._answers.case, key_tier(request), number)
        try:
            fault = self._divisions.divide(key_actor(key, body.actor), view, body.text, body.agency)
        except Retry:
            raise ApiError("unavailable", headers={"Retry-After": _RETRY_SECONDS}) from None
        if fault and fault in _TEXT_FAULTS:
            raise invalid("text", _TEXT_FAULTS[fault])
        if fault == "not-here":
            raise ApiError("moved" if not view.case.case.is_current else "not_divisible")
        if fault:
            raise ApiError("not_divisible")
        return json_response(PartAccepted(number=view.case.case.tracking), status=202)
