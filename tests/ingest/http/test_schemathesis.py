"""Valid and invalid requests that Schemathesis derives from the OpenAPI document, for each operation."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import pytest
import requests
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Err
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance
from starlette.responses import Response

from app.assembly.channels import DIRECTORY
from pages.problems import RefusalResponder
from pages.refusal_handlers import install_refusal_handlers
from pages.rejection_counter import RejectionCounter
from tests.ingest.door_client import DoorClient, DoorServer, assert_refused
from tests.ingest.web.open311_client import process, send, token_of

# Requests for each operation, and for those that take a report: up to thirty are needed for a valid one.
_REQUESTS, _REPORT_REQUESTS = 3, 60
# The same in every run, and few: what they must find they find at once, and the suite is run often.
_FEW_REQUESTS = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[*HealthCheck],
)
_CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]
# Where a report is taken; of an SMS no document can say how it is signed.
_REPORTS = {
    "POST /web/reports",
    "POST /mobile/v1/reports",
    "POST /open311/v2/requests.json",
    "POST /open311/v2/requests.xml",
}


def test_no_operation_answers_5xx(served: DoorClient, subtests: pytest.Subtests) -> None:
    """No operation answers 5xx, nor in a format or shape that the document does not declare.

    The document is sufficient: a valid report is accepted at each door.
    """
    number = token_of(send(served))
    process(served, "accepted")
    document = schemathesis.openapi.from_dict(_readable(served.get("/openapi.json").json()))
    accepted_operations = set()
    with requests.Session() as session:
        for parsed in document.get_all_operations():
            if isinstance(parsed, Err):
                pytest.fail(str(parsed.err()))
            operation = parsed.ok()
            valid, invalid = (
                operation.as_strategy(mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
            )
            valid_requests = valid.map(_with_known_values(number, _device_token(served)))

            @settings(_FEW_REQUESTS, max_examples=_REPORT_REQUESTS if operation.label in _REPORTS else _REQUESTS)
            @given(case=valid | valid_requests | invalid, label=st.just(operation.label))
            def ask(case: Case[Any], label: str) -> None:
                response = case.call(base_url=served.address, session=session)
                if response.status_code < HTTPStatus.BAD_REQUEST:
                    accepted_operations.add(label)
                case.validate_response(response, checks=_CHECKS)

            with subtests.test(operation.label):
                ask()
    assert accepted_operations >= _REPORTS


def test_validation_errors_of_fastapi_are_problems(host: DoorServer) -> None:
    """An address whose arguments FastAPI reads answers like all others: 400, with the errors of each field."""

    def show(number: int, page: int) -> int:
        return number + page

    app = FastAPI()
    install_refusal_handlers(
        app, RefusalResponder(lambda _refused, _sent: Response(), ()), RejectionCounter(DIRECTORY.doors.values())
    )
    app.add_api_route("/things/{number}", show)
    host.app = app

    response = requests.get(f"http://127.0.0.1:{host.port}/things/satu", timeout=60)

    assert assert_refused(response, 400, "invalid_submission") == {
        "number": "Isi dengan angka bulat.",
        "page": "Mohon diisi.",
    }


def _readable(node: Any) -> Any:
    """Return the document without `prefixItems`, which Schemathesis 4.32 misreads in answers."""
    if isinstance(node, list):
        return [_readable(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    converted = {name: _readable(inner) for name, inner in node.items()}
    if places := converted.pop("prefixItems", None):
        converted["items"] = {"anyOf": places}
    return converted


def _device_token(served: DoorClient) -> str:
    """Return a device token. Each operation needs its own, because one operation revokes it."""
    response = served.post("/mobile/v1/devices", json={"device_id": str(uuid4())})
    return str(response.json()["token"])


def _with_known_values(number: str, token: str) -> Callable[[Case[Any]], Case[Any]]:
    """Return the strategy with a valid token, and with a report and a service that exist."""
    known_values = {"number": number, "token": number, "code": "agama"}

    def changed(case: Case[Any]) -> Case[Any]:
        case.path_parameters |= {name: value for name, value in known_values.items() if name in case.path_parameters}
        if "service_request_id" in case.query:
            case.query["service_request_id"] = number
        if case.path.startswith("/mobile/"):
            case.headers["Authorization"] = f"Bearer {token}"
        return case

    return changed
