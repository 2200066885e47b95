"""Builds the pages of staff from the parts of the process."""

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime

from fastapi import APIRouter

from accounts.permissions import Act
from accounts.signed_in import SignedIn
from app.assembly.desk.own_figures import summary_reader
from app.assembly.parts import Parts
from app.operations.audit.listing import AuditListing
from app.operations.audit.log import AuditLog
from app.operations.review.dead_letters import DeadLetters
from app.operations.review.quarantine import Quarantine
from app.operations.review.redrive import Redrive, RedriveBatches
from app.operations.review.set_aside import SetAside
from app.operations.tracing.report_trace import ReportTracer
from app.operations.tracing.trace_step import TraceStep
from app.operations.triage import TriageDesk
from app.staff import addresses
from app.staff.audit_log_page import AuditLogPage
from app.staff.correction_page import CorrectionPage
from app.staff.dead_letters_page import DeadLetterPages
from app.staff.head_page import NAVIGATION as HEAD_NAVIGATION
from app.staff.head_page import HeadPage
from app.staff.next_case import NextCase
from app.staff.page import StaffFrame
from app.staff.quarantine_page import QuarantinePages
from app.staff.retention_page import RetentionPage
from app.staff.set_aside_page import SetAsidePages
from app.staff.trace_page import TracePage
from app.staff.triage_acts import TriageActs
from app.staff.triage_case_page import CaseNames, TriageCasePage
from app.staff.triage_division import TriageDivision
from app.staff.triage_list_page import TriageListPage
from bus.port import Outgoing
from desk.acts.answers import OfficerAnswers
from desk.acts.divisions import Divisions
from desk.acts.suggestions import SuggestionActs
from desk.institutions import Institutions
from pages.frame import NavigationEntry, SignedInPages
from pages.translation.message import message as _

# Links of the staff pages, for the frame of all signed-in pages.
STAFF_NAVIGATION: Sequence[NavigationEntry] = (
    HEAD_NAVIGATION,
    NavigationEntry(_("Triase"), addresses.TRIAGE, Act.DECIDE_TRIAGE),
    NavigationEntry(_("Disisihkan"), addresses.SET_ASIDE, Act.DECIDE_TRIAGE),
    NavigationEntry(_("Karantina"), addresses.QUARANTINE, Act.VIEW_QUARANTINE),
    NavigationEntry(_("Surat mati"), addresses.DEAD_LETTERS, Act.VIEW_DEAD_LETTERS),
    NavigationEntry(_("Telusur"), addresses.TRACE, Act.TRACE),
    NavigationEntry(_("Gabung dan pisah"), addresses.CORRECTIONS, Act.CORRECT_RELATION),
    NavigationEntry(_("Log audit"), addresses.AUDIT_LOG, Act.VIEW_AUDIT_LOG),
    NavigationEntry(_("Masa simpan"), addresses.RETENTION, Act.VIEW_AUDIT_LOG),
)


class StaffPages:
    """Pages of triage, of what was set aside, and of all else that staff decide or read.

    `log` is the audit log without the system user: the persons have signed in.
    """

    def __init__(
        self,
        parts: Parts,
        signed_in: SignedIn,
        pages: SignedInPages,
        answers: OfficerAnswers,
        institutions: Institutions,
        log: AuditLog,
        suggestions: SuggestionActs,
    ) -> None:
        self._parts = parts
        self._answers = answers
        self._institutions = institutions
        self._log = log
        self._suggestions = suggestions
        self._listing = AuditListing(parts.engine)
        self._frame = StaffFrame(signed_in, pages, self._listing.count_acts, parts.now)

    def routes(self) -> APIRouter:
        """Return the routes of all pages."""
        router = APIRouter()
        for page_router in self._page_routers():
            router.include_router(page_router)
        return router

    def _page_routers(self) -> Sequence[APIRouter]:
        parts, frame, log = self._parts, self._frame, self._log
        names = CaseNames(parts.channels, lambda: parts.tables.regions, lambda: parts.tables.topic_names)
        list_page = TriageListPage(
            frame, self._triage_desk, self._institutions, self._answers, names.regions, names.topics
        )
        case_page = TriageCasePage(frame, self._triage_desk, self._institutions, self._answers, names)
        next_case = NextCase(parts.engine, self._triage_desk, self._answers)
        name = self._institutions.name
        acts = TriageActs(
            frame, list_page, case_page, next_case, self._triage_desk, self._answers, parts.bus, log, name
        )
        divisions = Divisions(log.append, self._publish, parts.now)
        quarantine = Quarantine(parts.bus, parts.wrapper, parts.sealer, log)
        dead_letters = DeadLetters(parts.bus, parts.sealer, parts.topics, log)
        redrive = RedriveBatches(Redrive(dead_letters, parts.topics, log), parts.clock.sleep, parts.clock.monotonic)
        return (
            list_page.routes(),
            case_page.routes(),
            acts.routes(),
            TriageDivision(frame, case_page, self._answers, divisions, self._institutions).routes(),
            SetAsidePages(frame, self._set_aside, parts.channels).routes(),
            QuarantinePages(frame, quarantine).routes(),
            DeadLetterPages(frame, dead_letters, redrive).routes(),
            TracePage(frame, self._trace).routes(),
            CorrectionPage(frame, parts.engine, parts.bus, log, name, self._suggestions).routes(),
            AuditLogPage(frame, self._listing, log.verify).routes(),
            RetentionPage(frame, parts.tables.retention).routes(),
            HeadPage(
                frame,
                summary_reader(parts, self._institutions),
                self._institutions,
                names.regions,
                names.topics,
                parts.tables.programmes.names(),
            ).routes(),
        )

    def _publish(self, messages: Sequence[Outgoing]) -> None:
        with closing(self._parts.bus.producer()) as producer:
            producer.publish(messages)

    def _triage_desk(self) -> TriageDesk:
        """Return the operations of triage with the registry in force."""
        parts = self._parts
        return TriageDesk(parts.engine, parts.registry, self._log, parts.keys.answer_keys, parts.keys.answer_check)

    def _set_aside(self) -> SetAside:
        parts = self._parts
        return SetAside(parts.engine, parts.bus, parts.sealer, parts.normalizer.readers, self._log)

    def _trace(self, number: str, since: datetime) -> Sequence[TraceStep]:
        parts = self._parts
        with closing(parts.bus.reader()) as reader:
            groups = parts.consumer_groups.values()
            return ReportTracer(reader, parts.engine, parts.channels.names, parts.queues, groups).trace(number, since)
