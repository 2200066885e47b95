"""Endpoints of units: the tree of an agency, and the steps of a case between its units."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, Row
from starlette.requests import Request
from starlette.responses import Response

from config.database import read_transaction
from config.time_zones import time_zone
from desk.acts.answers import OfficerAnswers
from desk.api.case_endpoints import find_case
from desk.api.keys.access import agency_key, key_actor, key_tier
from desk.api.problems import ApiError, invalid, read_shape
from desk.api.responses import json_response
from desk.api.shapes import UnitBody, UnitHolding, UnitItem, UnitList, UnitReturnBody, UnitStepBody
from desk.institutions import Institutions
from desk.units.passing import PassingFault, Step, UnitPassing, read_holding
from desk.units.tree import Unit, UnitFault, UnitFaultReason, read_code
from desk.units.units import Units

# Reason of these acts in the audit log.
_WHY = "agency interface"
# Field and detail of a fault of a step.
_STEP_FAULTS: Mapping[PassingFault, tuple[str, str]] = {
    "unknown-unit": ("unit", "Your key's unit and those below it have none with this code. GET /agency/v1/units."),
    "not-in-force": ("unit", "The unit is not in force today. Choose another one."),
    "day-over": ("due_on", "The day is over. Send today or a later day, or none."),
    "day-too-late": ("due_on", "Not after the deadline of the case. Send an earlier day, or none."),
    "why-missing": ("why", "A return needs a reason."),
}
# Field and detail of a fault of a unit. The others are `unit_in_use`.
_UNIT_FAULTS: Mapping[UnitFaultReason, tuple[str, str]] = {
    "code-invalid": ("code", "Letters, digits, '.', '_' and '-', at most 40."),
    "name-invalid": ("name", "One line of 1 to 200 visible characters."),
    "decree-invalid": ("decree", "One line of at most 200 visible characters."),
    "parent-unknown": ("parent", "There is no such unit. Create it first."),
    "cycle": ("parent", "The unit would be below itself."),
    "days-reversed": ("valid_until", "Before valid_from."),
    "too-many": ("code", "An agency has at most 5000 units."),
}


class UnitEndpoints:
    """The tree is changed by keys of the whole agency alone."""

    def __init__(
        self,
        engine: Engine,
        answers: OfficerAnswers,
        institutions: Institutions,
        units: Units,
        passing: UnitPassing,
    ) -> None:
        self._engine = engine
        self._answers = answers
        self._institutions = institutions
        self._units = units
        self._passing = passing

    def units(self, request: Request) -> Response:
        """List the units of your agency, or those that your key sees, each behind the one above it."""
        tier = key_tier(request)
        items = [_item(unit) for _, unit in self._units.tree(tier.agency).in_order() if tier.has_unit(unit.code)]
        return json_response(UnitList(units=tuple(items)))

    def put_unit(self, request: Request, code: str) -> Response:
        """Add a unit, or change it. 201 for a new one."""
        body, key = read_shape(UnitBody, request.state.body), agency_key(request)
        self._require_whole(request)
        unit = Unit(
            read_code(code),
            " ".join(body.name.split()),
            read_code(body.parent) or body.parent,
            body.decree.strip(),
            body.decree_date,
            body.valid_from,
            body.valid_until,
        )
        try:
            is_new = self._units.put(key.agency, unit, key_actor(key, body.actor).name, _WHY)
        except UnitFault as fault:
            raise unit_error(fault) from None
        return json_response(_item(unit), status=201 if is_new else 200)

    def remove_unit(self, request: Request, code: str) -> Response:
        """Remove a unit without open cases, officers, keys and units below it."""
        key = agency_key(request)
        self._require_whole(request)
        try:
            self._units.remove(key.agency, read_code(code), key_actor(key, "").name, _WHY)
        except UnitFault as fault:
            raise unit_error(fault) from None
        return Response(status_code=204, headers={"Cache-Control": "private, no-cache"})

    def pass_on(self, request: Request, number: str) -> Response:
        """Make a unit accountable for a case. The same step again changes nothing."""
        body, key = read_shape(UnitStepBody, request.state.body), agency_key(request)
        case = find_case(self._answers.progress, key_tier(request), number).case.case
        step = Step(read_code(body.unit), body.why.strip(), body.due_on)
        zone = time_zone(self._institutions.region(key.agency)).value
        return self._stepped(
            case, self._passing.pass_on(key_actor(key, body.actor), key_tier(request), case, step, zone)
        )

    def give_back(self, request: Request, number: str) -> Response:
        """Give a case of the key's unit back with a reason."""
        body, key = read_shape(UnitReturnBody, request.state.body), agency_key(request)
        case = find_case(self._answers.progress, key_tier(request), number).case.case
        return self._stepped(case, self._passing.give_back(key_actor(key, body.actor), case, body.why.strip()))

    def _stepped(self, case: Row[Any], fault: PassingFault | None) -> Response:
        if fault and fault in _STEP_FAULTS:
            raise invalid(*_STEP_FAULTS[fault])
        if fault:
            reasons = {"moved": "moved", "not-accountable": "not_accountable"}
            raise ApiError(reasons.get(fault, "no_such_case"))
        with read_transaction(self._engine) as connection:
            holding = read_holding(connection, case.dispatch_id)
        unit = self._units.tree(case.agency).units.get(holding.unit_code)
        return json_response(
            UnitHolding(
                number=case.tracking, unit=holding.unit_code, name=unit.name if unit else "", due=holding.unit_due_at
            )
        )

    def _require_whole(self, request: Request) -> None:
        if not key_tier(request).is_whole:
            raise ApiError("whole_agency_needed")


def _item(unit: Unit) -> UnitItem:
    return UnitItem(
        code=unit.code,
        name=unit.name,
        parent=unit.parent,
        decree=unit.decree,
        decree_date=unit.decree_date,
        valid_from=unit.valid_from,
        valid_until=unit.valid_until,
    )


def unit_error(fault: UnitFault) -> ApiError:
    """Return the problem that a fault of a unit is."""
    if fault.reason in _UNIT_FAULTS:
        return invalid(*_UNIT_FAULTS[fault.reason])
    return ApiError("no_such_unit" if fault.reason == "unknown-unit" else "unit_in_use")
