"""What the door of counters gets from the desk: the officer, the frame of the pages, and the record of acts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from ingest.http.gate import Gate
from messages.shapes import Attachment, RawMessage
from pages.files.multipart import UploadedFile
from pages.frame import SignedInPages
from pages.refusals import Refused
from pages.translation.message import Message


class CounterOfficer(Protocol):
    """An officer who is signed in and may enter reports."""

    @property
    def name(self) -> str:
        """The name."""

    @property
    def agency(self) -> str:
        """The code of the institution."""

    @property
    def account_id(self) -> UUID:
        """The account."""

    def sees(self, act: str) -> bool:
        """See `pages.frame.Person`."""


@dataclass(frozen=True, slots=True)
class CounterDesk:
    """Parts of the desk. `officer` returns the person of a request, and raises if that person may enter no report.

    `record` appends an act to the audit log: action, subject, officer, detail and time. `usual_period` returns the
    period of a clock in words, `None` without one.
    """

    gate: Gate
    pages: SignedInPages
    officer: Callable[[Request], CounterOfficer]
    record: Callable[[str, str, CounterOfficer, str, datetime], object]
    usual_period: Callable[[str], Message | None]

    def render(
        self, template: str, request: Request, officer: CounterOfficer, values: Mapping[str, Any], status: int = 200
    ) -> Response:
        """Return a page in the frame of the desk."""
        response = self.pages.render(template, request, officer, values)
        response.status_code = status
        return response


class KeptFile(Protocol):
    """A file that the form has uploaded already."""

    @property
    def attachment(self) -> Attachment:
        """The file as the report refers to it."""

    @property
    def name(self) -> str:
        """The name on the officer's device."""


class Scans(Protocol):
    """Stores the files of a form, and seals their names for this form."""

    async def store(
        self, form_id: str, sealed: Sequence[str], uploads: Sequence[UploadedFile], account: str, at: datetime
    ) -> tuple[Sequence[KeptFile], Sequence[Refused]]:
        """Return all files of the form, and a refusal for each file that was left out."""

    def seal(self, form_id: str, file: KeptFile) -> str:
        """Return the file as a field value of this form."""


class Contacts(Protocol):
    """Checks and stores the contact of a report, as for the form of the web."""

    def faults(self, values: Mapping[str, str]) -> Sequence[Refused]:
        """Return a refusal for each contact that the service could not use."""

    async def remember(self, raw: RawMessage, values: Mapping[str, str], address: str) -> None:
        """Store the contact. A mail address gets one mail, with the link that confirms it."""


@dataclass(frozen=True, slots=True)
class CounterPhone:
    """The telephone number of a report, masked, and whether a code has proven it."""

    masked: str
    is_proven: bool


class Phones(Protocol):
    """Proves the number of a report by a code, which the citizen reads to the officer.

    Every method may raise `DatabaseUnavailable`.
    """

    @property
    def can_prove(self) -> bool:
        """Whether the service can send codes."""

    def phone(self, tracking: str) -> CounterPhone | None:
        """Return the number of a report; `None` without one, or if no code can be sent."""

    def send_code(self, tracking: str, account: str) -> None:
        """Send a code to the number, unless it is proven. Raises `Refused`."""

    def check_code(self, tracking: str, typed: str) -> None:
        """Prove the number by the code that the citizen got. Raises `Refused` if it is not the code."""
