"""Errors of the programming interface: problem details (RFC 9457), in English for developers.

`reason` is a constant for programs, `title` says what is wrong, and `detail` what to do.
"""

from collections.abc import Collection, Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from desk.api.shapes import FieldFault, Problem
from desk.read_model.case_rows import AgencyCaseState
from messages.shapes import MAX_PARTS, Verdict

_Shape = TypeVar("_Shape", bound=BaseModel)


class ProblemKind(NamedTuple):
    """Status, title and first move of a reason."""

    status: HTTPStatus
    title: str
    detail: str


_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_KEY_HINT = "Send the header 'Authorization: Bearer KEY'. The service's administrator issues keys."
PROBLEMS: Mapping[str, ProblemKind] = MappingProxyType(
    {
        "key_missing": ProblemKind(HTTPStatus.UNAUTHORIZED, "The request has no key.", _KEY_HINT),
        "key_invalid": ProblemKind(HTTPStatus.UNAUTHORIZED, "The key is not valid.", _KEY_HINT),
        "key_expired": ProblemKind(HTTPStatus.UNAUTHORIZED, "The key has expired.", "Ask for a new key."),
        "key_revoked": ProblemKind(HTTPStatus.UNAUTHORIZED, "The key was revoked.", "Ask for a new key."),
        "scope_missing": ProblemKind(
            HTTPStatus.FORBIDDEN,
            "The key does not have the right to do this.",
            "WWW-Authenticate names the scope. Ask for a key that has it.",
        ),
        "no_such_address": ProblemKind(
            HTTPStatus.NOT_FOUND, "There is nothing at this address.", "See /agency/v1/openapi.json."
        ),
        "no_such_case": ProblemKind(
            HTTPStatus.NOT_FOUND,
            "Your agency has no case with this number.",
            "Use a number from the list of cases. A case that was just sent may take a moment.",
        ),
        "no_such_picture": ProblemKind(
            HTTPStatus.NOT_FOUND, "The case has no picture with this id.", "Use an address from `pictures` of the case."
        ),
        "no_such_document": ProblemKind(
            HTTPStatus.NOT_FOUND, "The case has no document with this id.", "Use an address from `history` of the case."
        ),
        "no_such_recommendation": ProblemKind(
            HTTPStatus.NOT_FOUND,
            "The case has no recommendation with this id.",
            "Use an id from `recommendations` of the case.",
        ),
        "no_such_unit": ProblemKind(
            HTTPStatus.NOT_FOUND, "Your agency has no unit with this code.", "GET /agency/v1/units lists them."
        ),
        "unit_in_use": ProblemKind(
            HTTPStatus.CONFLICT,
            "The unit has open cases, open requests, officers, keys, webhooks or units below it.",
            "Pass its cases on, withdraw its requests, and give its officers another unit. Nothing was removed.",
        ),
        "not_accountable": ProblemKind(
            HTTPStatus.CONFLICT,
            "The case is not at the unit of your key.",
            "Only the accountable unit gives a case back and asks others. A key of the agency passes it on.",
        ),
        "no_such_contribution": ProblemKind(
            HTTPStatus.NOT_FOUND,
            "No open request of this id is for a unit that your key sees.",
            "It was answered or withdrawn, if it ever was. Nothing was stored.",
        ),
        "asked_already": ProblemKind(
            HTTPStatus.CONFLICT,
            "The unit has an open request about this case.",
            "Withdraw that request first, or wait for the contribution. Nothing was stored.",
        ),
        "over": ProblemKind(
            HTTPStatus.CONFLICT,
            "The case is done, or has left your agency.",
            "No contribution is needed any more. Nothing was stored.",
        ),
        "whole_agency_needed": ProblemKind(
            HTTPStatus.FORBIDDEN,
            "The key belongs to a unit.",
            "The tree of units is changed with a key of the whole agency.",
        ),
        "not_divisible": ProblemKind(
            HTTPStatus.CONFLICT,
            "The case cannot be divided.",
            f"It is closed, is a part itself, or has {MAX_PARTS} parts. Nothing was sent.",
        ),
        "answered": ProblemKind(
            HTTPStatus.CONFLICT,
            "The recommendation has another answer already.",
            "`recommendations` of the case has it. Nothing was sent.",
        ),
        "wrong_method": ProblemKind(
            HTTPStatus.METHOD_NOT_ALLOWED, "The address does not take this method.", "Allow names the methods."
        ),
        "moved": ProblemKind(
            HTTPStatus.CONFLICT, "The case has left your agency.", "No answer is possible any more. Nothing was sent."
        ),
        "not_possible": ProblemKind(
            HTTPStatus.CONFLICT,
            "This verdict is not possible in the present state of the case.",
            "`state` is the state, `possible` are the verdicts that it takes. Nothing was sent.",
        ),
        "changed": ProblemKind(
            HTTPStatus.PRECONDITION_FAILED,
            "The case has changed since you read it.",
            "Read the case again, then decide. Nothing was sent.",
        ),
        "too_large": ProblemKind(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is larger than 64 KB.", "A text has 10,000 characters."
        ),
        "invalid_request": ProblemKind(
            HTTPStatus.UNPROCESSABLE_ENTITY, "The request is not valid.", "`errors` names each fault."
        ),
        "idempotency_key_reused": ProblemKind(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "The Idempotency-Key was used for another answer.",
            "Use a new key for a new answer. Nothing was sent.",
        ),
        "too_many_requests": ProblemKind(
            HTTPStatus.TOO_MANY_REQUESTS, "Too many requests.", "Wait for the seconds in Retry-After."
        ),
        "unavailable": ProblemKind(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "The service cannot answer now.",
            "Send the same request again after the seconds in Retry-After.",
        ),
        "unexpected": ProblemKind(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "The service failed unexpectedly.",
            "Send the same request again later. Tell us if it fails again.",
        ),
    }
)


class ApiError(Exception):
    """A request that is not done. `state` and `possible` belong to `not_possible`."""

    def __init__(
        self,
        reason: str,
        errors: Sequence[FieldFault] = (),
        headers: Mapping[str, str] = _NO_HEADERS,
        state: AgencyCaseState | None = None,
        possible: Sequence[Verdict] | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.errors = tuple(errors)
        self.headers = dict(headers)
        self.state = state
        self.possible = None if possible is None else tuple(possible)

    @property
    def status(self) -> int:
        """The status of the response."""
        return int(PROBLEMS[self.reason].status)

    @property
    def problem(self) -> Problem:
        """The error as problem details."""
        kind = PROBLEMS[self.reason]
        return Problem(
            type="about:blank",
            title=kind.title,
            status=self.status,
            detail=kind.detail,
            reason=self.reason,
            errors=self.errors,
            state=self.state,
            possible=self.possible,
        )


def invalid(field_name: str, detail: str) -> ApiError:
    """Return the error of one invalid field, parameter or header."""
    return ApiError("invalid_request", (FieldFault(field=field_name, detail=detail),))


def body_faults(error: ValidationError) -> Sequence[FieldFault]:
    """Return the faults of a body, each with the name of its field. They repeat nothing of it."""
    return [
        FieldFault(field=".".join(map(str, fault["loc"])) or "body", detail=fault["msg"])
        for fault in error.errors(include_url=False, include_input=False, include_context=False)
    ]


def read_shape(shape: type[_Shape], content: bytes, with_lines: Collection[str] = ()) -> _Shape:
    """Return a body. Fields have one line each, those of `with_lines` several.

    Raises `ApiError` that names each fault and repeats nothing.
    """
    try:
        body = shape.model_validate_json(content)
    except ValidationError as error:
        raise ApiError("invalid_request", body_faults(error)) from None
    for name, value in body.model_dump().items():
        text = value.replace("\n", "") if isinstance(value, str) and name in with_lines else value
        if isinstance(text, str) and not text.isprintable():
            raise invalid(
                name, "Send visible characters." if name in with_lines else "Send one line of visible characters."
            )
    return body
