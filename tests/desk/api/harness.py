"""The programming interface on a real server, with a router and the read model behind it."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import requests
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.routing import Mount

from app.assembly.desk.institutions import RegistryInstitutions
from bus.errors import Retry
from bus.port import Outgoing
from cases.pictures.store import read_picture
from config.database import DatabaseUnavailable
from desk.acts.answer_pictures import AnswerPictures
from desk.acts.divisions import Divisions
from desk.acts.recommendation_answers import RecommendationAnswers
from desk.api.application import AgencyApi
from desk.api.case_document import PREFIX
from desk.api.keys.agency_keys import AgencyKeys
from desk.api.keys.scopes import SCOPES, Scope
from desk.units.contributions import UnitContributions
from desk.units.passing import UnitPassing
from desk.units.units import Units
from desk.webhooks.change_queue import ChangeQueue
from messages.sealing import Sealer
from messages.shapes import AgencyAnswer, Dispatch
from messages.tracking import tracking_number
from tests.conftest import NOW
from tests.desk.harness import DeskHarness
from tests.ingest.door_client import DoorServer
from tests.router.test_linked import complaint_of
from tests.support.attachments import ample_space
from tests.support.deadlines import DEADLINES
from tests.support.records import at
from tests.support.rules import SMALL, cached_rules

HEALTH, PLN = "kementerian-kemenkes", "bumn-pln"
_PATIENCE_SECONDS = 120.0
SEALER = Sealer([b"k" * 64])


@dataclass
class Clock:
    """A clock that a test sets."""

    time: datetime = NOW

    def __call__(self) -> datetime:
        """Return the time."""
        return self.time


@dataclass
class ApiHarness:
    """`acts` are the rows of the audit log, `files` the stored pictures. `is_log_away`: no act can be recorded."""

    engine: Engine
    server: DoorServer
    rates: dict[str, str] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    acts: list[tuple[str, str, str, str]] = field(default_factory=list)
    files: dict[UUID, bytes] = field(default_factory=dict)
    is_log_away: bool = False
    is_bus_away: bool = False

    def __post_init__(self) -> None:  # noqa: D105 - see the class
        self.desk = DeskHarness(self.engine, self.clock)
        self.units = Units(self.engine, self.record, self.clock)
        self.keys = AgencyKeys(self.engine, self.record, self.clock, uuid4, new_token)
        self.headers = self.headers_of(HEALTH)
        self.serve()

    def serve(self, publish: Callable[[Any], None] | None = None, **changed: Any) -> None:
        """Serve the interface. `publish` and `changed` are of `OfficerAnswers`."""
        answers = self.desk.officer_answers(publish or self.publish, **{"record": self.record, **changed})
        institutions = RegistryInstitutions(lambda: cached_rules(SMALL).registry)
        api = AgencyApi(
            self.engine,
            self.keys,
            answers,
            RecommendationAnswers(answers, self.record, self.publish_recommendations, self.clock),
            institutions,
            self.open_file,
            self.record,
            self.clock,
            self.rates,
            {"web": "sms", "sms": "sms"},
            DEADLINES,
            AnswerPictures(self.engine, SEALER, lambda _: nullcontext(), ample_space().take, self.clock),
            self.units,
            UnitPassing(self.engine, self.record, self.clock, uuid4, ChangeQueue(self.clock).add_passed),
            UnitContributions(self.engine, self.record, self.clock, uuid4, ChangeQueue(self.clock).add_contribution),
            Divisions(self.record, self.publish_corrections, self.clock),
        )
        self.server.app = Starlette(routes=[Mount(PREFIX, api.application())])

    @property
    def address(self) -> str:
        """The address of the service."""
        return f"http://127.0.0.1:{self.server.port}"

    def record(self, action: str, subject: str, actor: str, why: str, _at: datetime) -> None:
        """Append to the audit log."""
        if self.is_log_away:
            raise DatabaseUnavailable("away")
        self.acts.append((action, subject, actor, why))

    def publish_corrections(self, messages: Sequence[Outgoing]) -> None:
        """Let router and desk process corrections. Raises `Retry` while the bus is away."""
        if self.is_bus_away:
            raise Retry("away")
        for message in messages:
            self.desk.router.offset += 1
            self.desk.follow(at(message, self.desk.router.offset))

    def publish(self, answer: AgencyAnswer) -> None:
        """Keep an answer for `DeskHarness.deliver`."""
        self.desk.published.append(answer)

    def publish_recommendations(self, messages: Sequence[Outgoing]) -> None:
        """Let the desk read the answers to recommendations. Raises `Retry` while the bus is away."""
        if self.is_bus_away:
            raise Retry("away")
        for message in messages:
            self.desk.read(message)

    def open_file(self, file_id: UUID) -> bytes | None:
        """Return a stored file."""
        of_answer = read_picture(self.engine, SEALER, file_id)
        return of_answer.content if of_answer else self.files.get(file_id)

    def key_of(self, agency: str, scopes: Sequence[Scope] = SCOPES, **arguments: Any) -> str:
        """Return a new key."""
        return self.keys.issue(agency, scopes, "Admin", "test", **arguments)[1]

    def headers_of(self, agency: str, scopes: Sequence[Scope] = SCOPES) -> dict[str, str]:
        """Return the headers with a new key."""
        return {"Authorization": f"Bearer {self.key_of(agency, scopes)}"}

    def send(self, number: int, text: str, **changed: Any) -> Sequence[Dispatch]:
        """Let a citizen complain; the tracking number is that of `number_of`. `changed` are fields of the report,
        with `report_kind` for its kind.
        """
        relation = {name: changed.pop(name) for name in ("of", "kind", "channel") if name in changed}
        complaint = complaint_of(number, text, **relation)
        marks = {name: changed.pop(name, None) for name in ("suggestion", "similar_closed_case")}
        danger = changed.pop("danger", "")
        kind = {"kind": changed.pop("report_kind")} if "report_kind" in changed else {}
        report = complaint.report.model_copy(update=changed | kind)
        fields = {"danger": danger, "tracking": number_of(number), "report": report, **marks}
        return self.desk.send(complaint.model_copy(update=fields))

    def get(self, path: str, headers: dict[str, str] | None = None, **params: Any) -> requests.Response:
        """Send a GET request with the key of the first agency, or with these headers."""
        all_headers = self.headers if headers is None else headers
        return requests.get(self.address + PREFIX + path, headers=all_headers, params=params, timeout=_PATIENCE_SECONDS)

    def post(
        self, path: str, body: Any, headers: dict[str, str] | None = None, **more_headers: str
    ) -> requests.Response:
        """Send a POST request with a JSON body."""
        all_headers = {**(self.headers if headers is None else headers), **more_headers}
        return requests.post(self.address + PREFIX + path, json=body, headers=all_headers, timeout=_PATIENCE_SECONDS)

    def answer(self, number: int, verdict: str, text: str = "", **fields: Any) -> requests.Response:
        """Answer a case of the first agency."""
        headers = fields.pop("headers", {})
        return self.post(f"/cases/{number_of(number)}/answers", {"verdict": verdict, "text": text, **fields}, **headers)


def number_of(number: int) -> str:
    """Return the tracking number of a complaint in tests."""
    return tracking_number(UUID(int=number), b"key of the tests")


def new_token() -> str:
    """Return a secret of a key, which differs from all others."""
    return uuid4().hex + "_-azAZ09_-a"


def assert_problem(response: requests.Response, status: int, reason: str) -> dict[str, str]:
    """Check that the response is a problem with this reason; return its field errors."""
    assert response.headers["Content-Type"] == "application/problem+json", response.text
    problem = response.json()
    assert (response.status_code, problem["status"], problem["reason"]) == (status, status, reason), response.text
    return {fault["field"]: fault["detail"] for fault in problem["errors"]}
