"""The service of the second day with its citizens: SMS, X, form and app, against a loopback Twilio and a practice X."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4
from xml.etree import ElementTree as ET

import requests
from sqlmodel import col, select
from twilio.request_validator import RequestValidator

from accounts.invitations import NewPerson
from accounts.permissions import Role
from app.assembly.desk.accounts import build_account_services
from app.simulator.sender import Sender, SimulatedReport, tracking_in
from app.simulator.wait import wait_until_polled
from cases.facts.tables import ComplaintFact, DispatchFact
from config.database import read_transaction
from messages.topics import TRIAGE
from tests.accounts.desk_client import DeskClient
from tests.end_to_end.browser.conftest import practice_x
from tests.end_to_end.browser.test_sign_in import PASSWORD
from tests.support.loopback import serving
from tests.support.loopback_twilio import ACCOUNT, TOKEN, LoopbackTwilio
from tests.support.paths import SHIPPED_TABLES
from tests.support.service import RunningService

_WRITTEN = tomllib.loads((Path(__file__).parent / "second_day.toml").read_text())
REPORTS: Sequence[Mapping[str, Any]] = _WRITTEN["report"]
CONVERSATIONS: Sequence[Mapping[str, Any]] = _WRITTEN["conversation"]
_PATIENCE_SECONDS = 60.0


class SentMessage(NamedTuple):
    """A message that the service has accepted, with its number. `is_report`: it is no talk."""

    number: str
    text: str
    is_report: bool
    written: Mapping[str, Any]


class Holder(NamedTuple):
    """Institution that has a report. `is_own_case`: the report is a case of its own."""

    agency: str
    is_own_case: bool


@dataclass
class Day:
    """A day's service, and what was sent to it. `answers` are those to SMS, `first_holders` before any person acted."""

    service: RunningService
    twilio: LoopbackTwilio
    reports: list[SentMessage] = field(default_factory=list)
    talk: list[SentMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    first_holders: Mapping[str, Holder] = field(default_factory=dict)
    _newest_post: int = 0

    @property
    def address(self) -> str:
        """Address of the service."""
        return f"http://127.0.0.1:{self.service.settings.port}"

    def send_everything(self) -> None:
        """Send all reports, then the conversations: what a sender writes next comes when all before is processed."""
        for sender, written in enumerate(REPORTS, start=1):
            self.reports.append(SentMessage(self._send(sender, written), written["text"], True, written))
        self.settle()
        for turn in range(max(len(written["says"]) for written in CONVERSATIONS)):
            for sender, written in enumerate(CONVERSATIONS, start=1001):
                for text in written["says"][turn : turn + 1]:
                    is_report = any(text.startswith(words) for words in written["reports"])
                    self.talk.append(SentMessage(self._say(sender, written["by"], text), text, is_report, written))
            self.settle()
        self.first_holders = self.holders()

    def settle(self) -> None:
        """Wait until every message is processed."""
        settings, clock = self.service.settings, self.service.parts.clock
        wait_until_polled(settings.x_url, self._newest_post, _PATIENCE_SECONDS, clock)
        self.service.audit()

    def holders(self) -> Mapping[str, Holder]:
        """Return who has each report now, by its number. What was set aside is in none."""
        query = (
            select(col(ComplaintFact.tracking), col(DispatchFact.agency), col(DispatchFact.own_case))
            .join(DispatchFact, col(DispatchFact.complaint_id) == col(ComplaintFact.id))
            .order_by(col(DispatchFact.hop))
        )
        with read_transaction(self.service.parts.engine) as connection:
            return {row.tracking: Holder(row.agency, row.own_case) for row in connection.execute(query)}

    def invite(self, role: Role, name: str, agency: str = "") -> str:
        """Create an account with a password; return its mail address."""
        services = build_account_services(self.service.parts, self.service.parts.audit_log.append)
        email = f"{name.split(maxsplit=1)[0].lower()}@contoh.example"
        agency = TRIAGE if role is Role.TRIAGE else agency
        token = services.people.invite(NewPerson(email, name, role, agency), "uji", "hari kedua")
        self.set_password(f"/desk/undangan/{token}")
        return email

    def set_password(self, path: str) -> None:
        """Open an invitation and set the password."""
        answer = DeskClient(self.address).post(path, {"sandi": PASSWORD, "ulang": PASSWORD})
        assert answer.status_code == requests.codes.see_other, answer.text

    @cached_property
    def _sender(self) -> Sender:
        settings, secrets = self.service.settings, self.service.parts.secrets
        return Sender(self.address, settings.reached_at, TOKEN, settings.x_url, secrets.x_token)

    def _send(self, sender: int, written: Mapping[str, Any]) -> str:
        if written["by"] in {"sms", "twitter"}:
            return self._say(sender, written["by"], written["text"])
        fields = {name: written[name] for name in ("title", "region", "agency") if name in written}
        report = SimulatedReport(uuid4().hex, written["text"], sender=sender, **fields)
        number = tracking_in(self._sender.send(written["by"], report))
        assert number, written
        return number

    def _say(self, sender: int, channel: str, text: str) -> str:
        return self._sms(sender, text) if channel == "sms" else self._post(sender, text)

    def _sms(self, sender: int, text: str) -> str:
        sid = f"SM{uuid4().hex}"
        fields = {"MessageSid": sid, "From": f"+628000{sender:07}", "To": "1708", "Body": text, "NumMedia": "0"}
        signature = RequestValidator(TOKEN).compute_signature(f"{self.service.settings.reached_at}/sms/twilio", fields)
        response = requests.post(
            f"{self.address}/sms/twilio", data=fields, headers={"X-Twilio-Signature": signature}, timeout=60
        )
        response.raise_for_status()
        self.answers.append(ET.fromstring(response.content).findtext("Message") or "")  # noqa: S314 - our own door's
        return self.service.parts.wrapper.tracking("sms", sid)

    def _post(self, sender: int, text: str) -> str:
        response = requests.post(
            f"{self.service.settings.x_url}/2/tweets",
            json={"text": f"@Lapor1708 {text}", "author_id": f"77{sender:06}", "ref": uuid4().hex},
            headers={"Authorization": f"Bearer {self.service.parts.secrets.x_token}"},
            timeout=60,
        )
        response.raise_for_status()
        post = str(response.json()["data"]["id"])
        self._newest_post = int(post)
        return self.service.parts.wrapper.tracking("twitter", post)


@contextmanager
def day_service(home: Path, **settings: str) -> Iterator[Day]:
    """Run the service with the shipped tables until the block ends."""
    with ExitStack() as stack:
        twilio = stack.enter_context(serving(LoopbackTwilio()))
        replies = {"twilio_account_sid": ACCOUNT, "twilio_auth_tokens": TOKEN, "twilio_base_url": twilio.url}
        x_names = ("x_consumer_key", "x_consumer_secret", "x_access_token", "x_access_token_secret")
        service = RunningService(
            home,
            reference_folder=str(SHIPPED_TABLES),
            twilio_from="+628001708",
            sms_per_minute="600",
            **replies,
            **dict.fromkeys(x_names, "x-test-key"),
            **settings,
        )
        stack.callback(service.close)
        stack.enter_context(practice_x(service, home))
        service.start("--threads")
        day = Day(service, twilio)
        day.send_everything()
        yield day
