"""Endpoints of contributions: a question to a unit, its withdrawal, and what the unit wrote."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from sqlalchemy import Row
from starlette.requests import Request
from starlette.responses import Response

from config.time_zones import time_zone
from desk.acts.answers import OfficerAnswers
from desk.api.case_endpoints import find_case
from desk.api.keys.access import agency_key, key_actor, key_tier
from desk.api.problems import ApiError, invalid, read_shape
from desk.api.responses import json_response
from desk.api.shapes import ContributionBody, ContributionItem, ContributionList, QuestionBody
from desk.institutions import Institutions
from desk.units.contributions import (
    ContributionFault,
    ContributionState,
    Question,
    UnitContributions,
    contribution_state,
    state_in_case,
)
from desk.units.tree import read_code

# Field and detail of a fault.
_FIELD_FAULTS: Mapping[ContributionFault, tuple[str, str]] = {
    "unknown-unit": ("unit", "Your agency has no unit with this code. GET /agency/v1/units."),
    "not-in-force": ("unit", "The unit is not in force today. Choose another one."),
    "is-accountable": ("unit", "The unit has the case itself. Choose another one."),
    "question-missing": ("question", "Write a question."),
    "question-too-long": ("question", "At most 1000 characters."),
    "text-missing": ("text", "Write the contribution."),
    "text-too-long": ("text", "At most 10000 characters."),
    "day-over": ("due_on", "The day is over. Send today or a later day, or none."),
    "day-too-late": ("due_on", "Not after the deadline of the case. Send an earlier day, or none."),
}
_REASONS: Mapping[ContributionFault, str] = {
    "over": "over",
    "not-accountable": "not_accountable",
    "asked-already": "asked_already",
    "not-asked": "no_such_contribution",
}
Open = Annotated[bool, Query(description="Only requests that wait for a contribution.")]


class ContributionEndpoints:
    """Every answer has only requests that the key may read."""

    def __init__(self, answers: OfficerAnswers, institutions: Institutions, contributions: UnitContributions) -> None:
        self._answers = answers
        self._institutions = institutions
        self._contributions = contributions

    def contributions(
        self,
        request: Request,
        open: Open = False,  # noqa: A002, FBT002 - FastAPI passes by name
    ) -> Response:
        """List the last requests to the units that your key sees, the latest first.

        A key of a unit reads the question as long as the request is open.
        """
        tier = key_tier(request)
        rows = self._contributions.of_units(tier, is_open=open)
        items = ((row, contribution_state(row, is_over=row.is_over)) for row in rows)
        return _list_of(
            _item(row, row.tracking, state, shows_question=tier.is_whole or state == "open") for row, state in items
        )

    def of_case(self, request: Request, number: str) -> Response:
        """List the requests about a case, oldest first: all for the accountable unit, else those to the key's units."""
        tier = key_tier(request)
        case = self._readable(request, number)
        return _list_of(_item_of_case(row, case) for row in self._contributions.of_case(tier, case))

    def ask(self, request: Request, number: str) -> Response:
        """Ask another unit about a case of the key. The same question again changes nothing."""
        body, key, tier = (
            read_shape(QuestionBody, request.state.body, ("question",)),
            agency_key(request),
            key_tier(request),
        )
        case = self._case(request, number)
        question = Question(read_code(body.unit), body.question.strip(), body.due_on)
        zone = time_zone(self._institutions.region(key.agency)).value
        check_contribution(self._contributions.ask(key_actor(key, body.actor), tier, case, question, zone))
        rows = [row for row in self._contributions.of_case(tier, case) if row.unit_code == question.unit]
        # A unit has one open request, unless it answered in this very moment.
        row = next((row for row in rows if row.ended_at is None), rows[-1])
        return json_response(_item_of_case(row, case))

    def give(self, request: Request, number: str, contribution_id: UUID) -> Response:
        """Give the contribution of a unit that the key sees. The same one again changes nothing."""
        body, key, tier = (
            read_shape(ContributionBody, request.state.body, ("text",)),
            agency_key(request),
            key_tier(request),
        )
        case = self._readable(request, number)
        text = body.text.strip()
        check_contribution(self._contributions.give(key_actor(key, body.actor), tier, case, contribution_id, text))
        (row,) = [row for row in self._contributions.of_case(tier, case) if row.id == contribution_id]
        return json_response(_item_of_case(row, case))

    def withdraw(self, request: Request, number: str, contribution_id: UUID) -> Response:
        """Withdraw a request about a case of the key."""
        key, tier = agency_key(request), key_tier(request)
        case = self._case(request, number)
        check_contribution(self._contributions.withdraw(key_actor(key, ""), tier, case, contribution_id))
        return Response(status_code=204, headers={"Cache-Control": "private, no-cache"})

    def _case(self, request: Request, number: str) -> Row[Any]:
        case: Row[Any] = find_case(self._answers.progress, key_tier(request), number).case.case
        return case

    def _readable(self, request: Request, number: str) -> Row[Any]:
        case: Row[Any] = find_case(self._answers.progress, key_tier(request).with_asked(), number).case.case
        return case


def check_contribution(fault: ContributionFault | None) -> None:
    """Raise `ApiError` if nothing was done."""
    if fault and fault in _FIELD_FAULTS:
        raise invalid(*_FIELD_FAULTS[fault])
    if fault:
        raise ApiError(_REASONS[fault])


def _list_of(items: Iterable[ContributionItem]) -> Response:
    return json_response(ContributionList(contributions=tuple(items)))


def _item_of_case(row: Row[Any], case: Row[Any]) -> ContributionItem:
    return _item(row, case.tracking, state_in_case(row, case), shows_question=True)


def _item(row: Row[Any], number: str, state: ContributionState, *, shows_question: bool) -> ContributionItem:
    return ContributionItem(
        id=row.id,
        number=number,
        unit=row.unit_code,
        name=row.unit,
        state=state,
        question=row.question if shows_question else "",
        due=row.due_at,
        asked=row.asked_at,
        asked_by=row.asked_by,
        text=row.text,
        ended=row.ended_at,
        ended_by=row.ended_by,
    )
