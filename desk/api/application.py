"""The application of the programming interface, to be mounted at `/agency/v1`."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import structlog
from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy import Engine
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from cases.clocks.deadlines import Deadlines
from config.database import DatabaseUnavailable
from desk.acts.answer_pictures import AnswerPictures
from desk.acts.answers import OfficerAnswers, Record
from desk.acts.divisions import Divisions
from desk.acts.recommendation_answers import RecommendationAnswers
from desk.api import openapi
from desk.api.answer_endpoint import AnswerEndpoint
from desk.api.case_endpoints import CaseEndpoints, OpenFile
from desk.api.contribution_endpoints import ContributionEndpoints
from desk.api.edge import ApiEdge
from desk.api.idempotency import IdempotencyKeys
from desk.api.keys.access import Access
from desk.api.keys.agency_keys import AgencyKey, AgencyKeys
from desk.api.keys.rate_limits import AGENCY_RATES, KeyRateLimiter
from desk.api.keys.scopes import Scope
from desk.api.part_endpoint import PartEndpoint
from desk.api.picture_endpoint import PictureEndpoint
from desk.api.problems import ApiError
from desk.api.recommendation_endpoint import RecommendationEndpoint
from desk.api.responses import error_response
from desk.api.shapes import (
    Answer,
    CaseDetail,
    CasePage,
    ContributionItem,
    ContributionList,
    Document,
    FieldFault,
    InstitutionList,
    PartAccepted,
    Picture,
    RecommendationAnswerItem,
    UnitHolding,
    UnitItem,
    UnitList,
)
from desk.api.unit_endpoints import UnitEndpoints
from desk.institutions import Institutions
from desk.units.contributions import UnitContributions
from desk.units.passing import UnitPassing
from desk.units.units import Units
from messages.channels import ReplyForm
from messages.shapes import Channel

_HTTP_REASONS = {404: "no_such_address", 405: "wrong_method"}
_RETRY_SECONDS = "10"
_READ_AND_ANSWER: tuple[Scope, Scope] = ("read", "answer")

_log = structlog.get_logger()


class AgencyApi:
    """All endpoints.

    `rates` overrides `AGENCY_RATES`. `record` writes the audit log. `reply_forms` has the channels on which
    senders get answers, each in one SMS or post.
    """

    def __init__(
        self,
        engine: Engine,
        keys: AgencyKeys,
        answers: OfficerAnswers,
        recommendations: RecommendationAnswers,
        institutions: Institutions,
        open_file: OpenFile,
        record: Record,
        now: Callable[[], datetime],
        rates: Mapping[str, str],
        reply_forms: Mapping[Channel, ReplyForm],
        deadlines: Deadlines,
        pictures: AnswerPictures,
        units: Units,
        passing: UnitPassing,
        contributions: UnitContributions,
        divisions: Divisions,
    ) -> None:
        self._access = Access(keys, KeyRateLimiter({**AGENCY_RATES, **rates}))
        self._cases = CaseEndpoints(engine, answers, institutions, open_file, record, now, deadlines)
        idempotency_keys = IdempotencyKeys(engine, now)
        self._answer = AnswerEndpoint(engine, answers, institutions, idempotency_keys, reply_forms)
        self._picture = PictureEndpoint(answers, pictures)
        self._units = UnitEndpoints(engine, answers, institutions, units, passing)
        self._contributions = ContributionEndpoints(answers, institutions, contributions)
        self._part = PartEndpoint(answers, divisions, institutions)
        self._recommendation = RecommendationEndpoint(answers, recommendations)

    def application(self) -> ASGIApp:
        """Return the application, whose addresses begin below where it is mounted."""
        app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
        app.include_router(self._routes())
        _install_error_handlers(app)

        @cache
        def document() -> dict[str, Any]:
            return openapi.build_document(app)

        @app.get("/openapi.json", include_in_schema=False)
        def show_document() -> Response:
            return JSONResponse(document())

        return ApiEdge(app)

    def _routes(self) -> APIRouter:
        reading = [Depends(self._access.needing("read"))]
        router = APIRouter(tags=["cases"])
        router.add_api_route(
            "/cases",
            self._cases.cases,
            dependencies=reading,
            operation_id="list_cases",
            response_model=CasePage,
            responses=openapi.problem_responses(),
        )
        router.add_api_route(
            "/cases/{number}",
            self._cases.case,
            dependencies=reading,
            operation_id="read_case",
            response_model=CaseDetail,
            responses={
                200: {"headers": openapi.ETAG_HEADER},
                **openapi.NOT_MODIFIED,
                **openapi.problem_responses(404),
            },
        )
        router.add_api_route(
            "/cases/{number}/answers",
            self._answer.answer,
            methods=["POST"],
            dependencies=[Depends(self._access.needing("answer"))],
            operation_id="answer_case",
            status_code=201,
            response_model=Answer,
            responses={
                200: {"description": "The same answer was stored before.", "model": Answer},
                **openapi.problem_responses(404, 409, 412, 413),
            },
            openapi_extra={"requestBody": openapi.NEW_ANSWER_BODY},
        )
        router.add_api_route(
            "/cases/{number}/recommendations/{recommendation_id}/answer",
            self._recommendation.answer,
            methods=["POST"],
            dependencies=[Depends(self._access.needing("answer"))],
            operation_id="answer_recommendation",
            status_code=201,
            response_model=RecommendationAnswerItem,
            responses={
                200: {"description": "The same answer was stored before.", "model": RecommendationAnswerItem},
                **openapi.problem_responses(404, 409, 413),
            },
            openapi_extra={"requestBody": openapi.RECOMMENDATION_ANSWER_BODY},
        )
        router.add_api_route(
            "/cases/{number}/pictures/{picture_id}",
            self._cases.picture,
            dependencies=[Depends(self._access.needing("pictures"))],
            operation_id="read_picture",
            response_class=Response,
            responses={**openapi.PICTURE, **openapi.problem_responses(404)},
        )
        router.add_api_route(
            "/cases/{number}/pictures",
            self._picture.upload,
            methods=["POST"],
            dependencies=[Depends(self._access.needing("answer"))],
            operation_id="upload_picture",
            status_code=201,
            response_model=Picture,
            responses=openapi.problem_responses(404, 409),
            openapi_extra={"requestBody": openapi.PICTURE_BODY},
        )
        router.add_api_route(
            "/cases/{number}/documents/{document_id}",
            self._cases.document,
            dependencies=[Depends(self._access.needing("pictures"))],
            operation_id="read_document",
            response_class=Response,
            responses={**openapi.DOCUMENT, **openapi.problem_responses(404)},
        )
        router.add_api_route(
            "/cases/{number}/documents",
            self._picture.upload_document,
            methods=["POST"],
            dependencies=[Depends(self._access.needing("answer"))],
            operation_id="upload_document",
            status_code=201,
            response_model=Document,
            responses=openapi.problem_responses(404, 409),
            openapi_extra={"requestBody": openapi.DOCUMENT_BODY},
        )
        router.add_api_route(
            "/cases/{number}/parts",
            self._part.divide,
            methods=["POST"],
            dependencies=[Depends(self._access.needing("answer"))],
            operation_id="divide_case",
            status_code=202,
            response_model=PartAccepted,
            responses=openapi.problem_responses(404, 409, 413),
            openapi_extra={"requestBody": openapi.PART_BODY},
        )
        self._add_unit_routes(router)
        self._add_contribution_routes(router)
        router.add_api_route(
            "/institutions",
            self._cases.institutions,
            dependencies=reading,
            operation_id="find_institutions",
            response_model=InstitutionList,
            responses=openapi.problem_responses(),
        )
        return router

    def _add_unit_routes(self, router: APIRouter) -> None:
        answering, changing = [Depends(self._access.needing("answer"))], [Depends(self._access.needing("units"))]
        for part, endpoint, operation_id, body in (
            ("unit", self._units.pass_on, "pass_on_case", openapi.UNIT_STEP_BODY),
            ("unit/return", self._units.give_back, "give_back_case", openapi.UNIT_RETURN_BODY),
        ):
            router.add_api_route(
                f"/cases/{{number}}/{part}",
                endpoint,
                methods=["POST"],
                dependencies=answering,
                operation_id=operation_id,
                response_model=UnitHolding,
                responses=openapi.problem_responses(404, 409, 413),
                openapi_extra={"requestBody": body},
            )
        router.add_api_route(
            "/units",
            self._units.units,
            dependencies=[Depends(self._access.needing("read"))],
            operation_id="list_units",
            response_model=UnitList,
            responses=openapi.problem_responses(),
        )
        router.add_api_route(
            "/units/{code}",
            self._units.put_unit,
            methods=["PUT"],
            dependencies=changing,
            operation_id="put_unit",
            response_model=UnitItem,
            responses={
                201: {"description": "The unit is new.", "model": UnitItem},
                **openapi.problem_responses(413),
            },
            openapi_extra={"requestBody": openapi.UNIT_BODY},
        )
        router.add_api_route(
            "/units/{code}",
            self._units.remove_unit,
            methods=["DELETE"],
            dependencies=changing,
            operation_id="remove_unit",
            status_code=204,
            response_class=Response,
            responses=openapi.problem_responses(404, 409),
        )

    def _add_contribution_routes(self, router: APIRouter) -> None:
        endpoints = self._contributions
        reading, answering = ([Depends(self._access.needing(scope))] for scope in _READ_AND_ANSWER)
        for path, endpoint, operation_id in (
            ("/contributions", endpoints.contributions, "list_contributions"),
            ("/cases/{number}/contributions", endpoints.of_case, "list_contributions_of_case"),
        ):
            router.add_api_route(
                path,
                endpoint,
                dependencies=reading,
                operation_id=operation_id,
                response_model=ContributionList,
                responses=openapi.problem_responses(*([404] if "{" in path else [])),
            )
        for path, asking, operation_id, body in (
            ("/cases/{number}/contributions", endpoints.ask, "ask_for_contribution", openapi.QUESTION_BODY),
            (
                "/cases/{number}/contributions/{contribution_id}",
                endpoints.give,
                "contribute",
                openapi.CONTRIBUTION_BODY,
            ),
        ):
            router.add_api_route(
                path,
                asking,
                methods=["POST"],
                dependencies=answering,
                operation_id=operation_id,
                response_model=ContributionItem,
                responses=openapi.problem_responses(404, 409, 413),
                openapi_extra={"requestBody": body},
            )
        router.add_api_route(
            "/cases/{number}/contributions/{contribution_id}",
            endpoints.withdraw,
            methods=["DELETE"],
            dependencies=answering,
            operation_id="withdraw_request",
            status_code=204,
            response_class=Response,
            responses=openapi.problem_responses(404, 409),
        )


def _install_error_handlers(app: FastAPI) -> None:
    def answer_error(request: Request, error: ApiError) -> Response:
        _log_refusal(request, error)
        return error_response(error)

    def answer_http_error(request: Request, error: HTTPException) -> Response:
        reason = _HTTP_REASONS.get(error.status_code, "invalid_request")
        return answer_error(request, ApiError(reason, headers=error.headers or {}))

    def answer_invalid(request: Request, error: RequestValidationError) -> Response:
        # FastAPI puts the part of the request (`path`, `query`, `header`) before the name.
        faults = [
            FieldFault(field=".".join(map(str, fault["loc"][1:])) or "request", detail=fault["msg"])
            for fault in error.errors()
        ]
        return answer_error(request, ApiError("invalid_request", faults))

    def answer_unavailable(request: Request, _error: Exception) -> Response:
        return answer_error(request, ApiError("unavailable", headers={"Retry-After": _RETRY_SECONDS}))

    def answer_unexpected(_request: Request, _error: Exception) -> Response:
        return error_response(ApiError("unexpected"))

    handlers: dict[Any, Any] = {
        ApiError: answer_error,
        HTTPException: answer_http_error,
        RequestValidationError: answer_invalid,
        DatabaseUnavailable: answer_unavailable,
        Exception: answer_unexpected,
    }
    for error_type, handler in handlers.items():
        app.add_exception_handler(error_type, handler)


def _log_refusal(request: Request, error: ApiError) -> None:
    """Log a refusal by route and reason. Neither the key nor anything of the request is logged."""
    key: AgencyKey | None = getattr(request.state, "agency_key", None)
    _log.info(
        "agency_request.refused",
        route=str(getattr(request.scope.get("route"), "path", "none")),
        reason=error.reason,
        status=error.status,
        agency=key.agency if key else "",
        key_id=str(key.id) if key else "",
    )
