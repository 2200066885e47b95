"""The agency's pages over a real read model, behind the real headers, protection of forms and templates."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4, uuid5

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from accounts.permissions import Actor, Role
from accounts.signed_in import SignedIn, install_sign_in_handlers
from app.assembly.channels import DIRECTORY
from app.assembly.desk.http import desk_templates
from app.assembly.desk.institutions import RegistryInstitutions
from app.assembly.desk.suggestions import StaffSuggestions
from app.staff.head_page import NAVIGATION as HEAD_NAVIGATION
from bus.errors import Retry
from bus.port import Outgoing
from cases.pictures.store import read_picture
from config.database import DatabaseUnavailable
from config.reference.regions import Region, Regions
from desk.acts.answer_pictures import AnswerPictures
from desk.acts.case_work import CaseWork
from desk.acts.divisions import Divisions
from desk.acts.public_release import ReleaseActs
from desk.acts.recommendation_answers import RecommendationAnswers
from desk.pages.desk_pages import NAVIGATION, DeskPages
from desk.pages.integration.integration_pages import NAVIGATION as INTEGRATION_NAVIGATION
from desk.pages.parts import DeskPageParts, Officer
from desk.units.contributions import UnitContributions
from desk.units.passing import UnitPassing
from desk.units.tiers import Tier
from desk.units.units import Units
from desk.webhooks.change_queue import ChangeQueue
from messages.sealing import Sealed, Sealer
from messages.shapes import AgencyAnswer, Attachment, Channel, Contact, FollowUp, Kind, Report, Verdict
from messages.tracking import tracking_number
from pages.csrf import SameOriginForms
from pages.files.file_space import FileSpace
from pages.frame import SignedInPages
from pages.headers import PageHeaders
from pages.language import PageLanguage
from sinks.public.releases import PublicReleases
from tests.desk.harness import DeskHarness
from tests.router.test_linked import complaint_of, id_of
from tests.support.agency_answers import signed, unsigned_answer
from tests.support.attachments import ample_space
from tests.support.case_stages import PROPOSALS, make_case_stage
from tests.support.deadlines import DEADLINES
from tests.support.records import at
from tests.support.rules import SMALL, cached_rules

HEALTH, PLN = "kementerian-kemenkes", "bumn-pln"
SARI = Actor(UUID(int=1), "Sari Dewi", Role.OFFICER, HEALTH)
BUDI = Actor(UUID(int=2), "Budi Santoso", Role.OFFICER, HEALTH)
WAYAN = Actor(UUID(int=3), "Wayan Putra", Role.OFFICER, PLN)
CONTACT = Contact(name="Sekar Wulandari", phone="+6280000001708", email="sekar@contoh.id")
_KEY = b"key of the tests"
_SEALER = Sealer([b"k" * 64])
_REGIONS = Regions(
    [Region("33", "Jawa Tengah"), Region("33.74", "Kota Semarang"), Region("33.74.01", "Semarang Tengah")]
)
_ADDRESS = "http://127.0.0.1"


def number_of(number: int) -> str:
    """Return the tracking number of an example."""
    return tracking_number(id_of(number), _KEY)


@dataclass
class DeskSite:
    """`actor` is the person who is signed in. `acts` are the rows of the audit log.

    `corrections` are the published ones that `process_corrections` has not processed.
    """

    desk: DeskHarness
    actor: Actor | None = SARI
    acts: list[tuple[str, str, str, str, datetime]] = field(default_factory=list)
    files: dict[UUID, bytes] = field(default_factory=dict)
    later: timedelta = timedelta()
    corrections: list[Outgoing] = field(default_factory=list)
    bus_is_away: bool = False
    audit_log_is_away: bool = False
    direct_message_channels: frozenset[Channel] = frozenset({"twitter"})
    stood_in_for: dict[str, str] = field(default_factory=dict)
    space: FileSpace = field(default_factory=ample_space)

    def __post_init__(self) -> None:  # noqa: D105 - see the class
        self.app = FastAPI()
        self.app.add_middleware(PageLanguage)
        self.app.add_middleware(PageHeaders, new_nonce=lambda: "nonce")
        self.app.add_middleware(SameOriginForms, own_address=_ADDRESS, refusal=_refusal)
        institutions = RegistryInstitutions(lambda: cached_rules(SMALL).registry)
        pages = desk_templates(DEADLINES.calendar)
        answers = self.desk.officer_answers(self.publish, record=self.record, now=self.now, retries=(Retry,))
        self.parts = DeskPageParts(
            engine=self.desk.engine,
            signed_in=SignedIn(lambda _request: self.actor),
            pages=SignedInPages(pages, institutions.name, (*NAVIGATION, *INTEGRATION_NAVIGATION)),
            answers=answers,
            suggestions=StaffSuggestions(self.desk.engine, lambda: _CorrectionProducer(self), _SiteLog(self)),
            recommendations=RecommendationAnswers(answers, self.record, self.publish_messages, self.now),
            divisions=Divisions(self.record, _CorrectionProducer(self).publish, self.now),
            work=CaseWork(self.desk.engine, self.record, self.now, uuid4),
            units=Units(self.desk.engine, self.record, self.now),
            passing=UnitPassing(self.desk.engine, self.record, self.now, uuid4, ChangeQueue(self.now).add_passed),
            contributions=UnitContributions(
                self.desk.engine, self.record, self.now, uuid4, ChangeQueue(self.now).add_contribution
            ),
            institutions=institutions,
            regions=lambda: _REGIONS,
            topics=lambda: {"puskesmas": "Puskesmas dan pustu"},
            proposals=PROPOSALS,
            channels=DIRECTORY,
            public_address="https://lapor.contoh.id",
            direct_message_channels=self.direct_message_channels,
            officers=lambda agency: [Officer(a.account_id, a.name) for a in (BUDI, SARI) if a.agency == agency],
            stood_in_for=lambda _account_id: self.stood_in_for,
            open_file=self.open_file,
            open_contact=lambda sealed, message: Contact.model_validate_json(_SEALER.open(Sealed(sealed), message)),
            record=self.record,
            now=self.now,
            deadlines=DEADLINES,
            release=ReleaseActs(PublicReleases(self.desk.engine, self.now), self.record, self.now),
            pictures=AnswerPictures(self.desk.engine, _SEALER, _no_place, self.space.take, self.now),
        )
        self.app.include_router(DeskPages(self.parts, (*NAVIGATION, HEAD_NAVIGATION)).routes())
        install_sign_in_handlers(self.app, _refusal)

    def open_file(self, file_id: UUID) -> bytes | None:
        """Return the bytes of a picture; `None` if it was deleted."""
        of_answer = read_picture(self.desk.engine, _SEALER, file_id)
        return of_answer.content if of_answer else self.files.get(file_id)

    def now(self) -> datetime:
        """Return the present time of the desk."""
        return self.desk.now() + self.later

    def publish(self, answer: AgencyAnswer) -> None:
        """Publish an answer of an officer; `deliver` of the desk routes it. Raises `Retry` while the bus is away."""
        if self.bus_is_away:
            raise Retry("away")
        self.desk.published.append(answer)

    def publish_messages(self, messages: Sequence[Outgoing]) -> None:
        """Let the desk read the answers to recommendations. Raises `Retry` while the bus is away."""
        if self.bus_is_away:
            raise Retry("away")
        for message in messages:
            self.desk.read(message)

    def record(self, *act: Any) -> None:
        """Append to the audit log. Raises `DatabaseUnavailable` while it is away."""
        if self.audit_log_is_away:
            raise DatabaseUnavailable("away")
        self.acts.append(act)

    def send(self, number: int, text: str = "Kemenkes, puskesmas tutup", **report: Any) -> str:
        """Let a citizen send a report; return its tracking number.

        `report_kind` is that of the report. `of` and `kind` relate it to an earlier one; `suggestion` names one that is
        perhaps the same, `similar_closed_case` a closed one. `danger` is the danger to life that it tells of, `act`
        what the sender does.
        """
        related = {name: report.pop(name) for name in ("of", "kind", "channel") if name in report}
        marks = {name: report.pop(name, None) for name in ("suggestion", "similar_closed_case")}
        complaint = complaint_of(number, text, **related)
        changed = {
            **marks,
            "danger": report.pop("danger", ""),
            "follow_up": FollowUp(act=report.pop("act", "reports")),
            "tracking": number_of(number),
            "report": Report.model_validate(
                {"text": text, "title": "Antrean panjang", "kind": report.pop("report_kind", Kind.PENGADUAN), **report}
            ),
            "contact": _SEALER.seal(CONTACT.model_dump_json().encode(), complaint.message_id),
        }
        self.desk.send(complaint.model_copy(update=changed))
        return number_of(number)

    def write_ledger(self) -> None:
        """Let the ledger read all records that the desk has read."""
        make_case_stage(self.desk.engine).handle(self.desk.records)

    def process_corrections(self) -> None:
        """Let router, desk and ledger process the published corrections."""
        corrections, self.corrections = self.corrections, []
        for correction in corrections:
            self.desk.router.offset += 1
            self.desk.follow(at(correction, self.desk.router.offset))
        self.write_ledger()

    def signed_answer(self, number: str, verdict: Verdict, text: str, agency: str = HEALTH) -> AgencyAnswer:
        """Return an answer that the agency gave by its own program, to the last dispatch that it has."""
        view = self.desk.officer_answers().case(Tier(agency), number)
        assert view
        return signed(unsigned_answer(view.case.dispatch, verdict, text=text))

    def picture(self, name: str, content: bytes, media_type: str = "image/png") -> Attachment:
        """Store a file; return what a report has of it."""
        attachment_id = uuid5(UUID(int=0), name)
        self.files[attachment_id] = content
        values = {"id": attachment_id, "media_type": media_type, "size": len(content), "sha256": "0" * 64}
        return Attachment.model_validate(values)


def _no_place(_agency: str) -> AbstractContextManager[None]:
    return nullcontext()


class _CorrectionProducer:
    """Producer that keeps corrections for `DeskSite.process_corrections`."""

    def __init__(self, site: DeskSite) -> None:
        self._site = site

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """Keep the messages. Raises `Retry` while the bus is away."""
        if self._site.bus_is_away:
            raise Retry("away")
        self._site.corrections += messages

    def close(self) -> None:
        """Do nothing."""


@dataclass
class _SiteLog:
    """Audit log of a site."""

    site: DeskSite

    def append(self, action: str, subject: str, actor: str, why: str, at: datetime) -> None:
        """Append an act."""
        self.site.record(action, subject, actor, why, at)


def _refusal(_request: Request, status: HTTPStatus) -> Response:
    return PlainTextResponse("refused", status)
