"""Page of one case at triage: the text, the candidates, and the forms of a decision."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import Response

from accounts.permissions import TRIAGE_AGENCY, Act, Actor, may
from app.operations.not_possible import NotPossible
from app.operations.triage import CaseView, TriageDesk
from app.staff import addresses
from app.staff.next_case import ListFilter
from app.staff.page import StaffFrame
from app.staff.ready_texts import ASKING, ASSIGNING, CLOSING
from app.staff.wording import age_text, fault_text
from config.reference.regions import Regions
from desk.acts.answers import CaseProgressView, OfficerAnswers
from desk.institutions import Institutions
from desk.pages.list_query import LIST_ADDRESS as DESK_CASES
from desk.read_model.case_view import AccompanyingReport
from desk.units.tiers import Tier
from language.masking import mask_text
from messages.channels import ChannelDirectory
from messages.shapes import MAX_PARTS, Report
from messages.tracking import read_tracking_number
from pages.translation.message import Message
from pages.wording.cases import KINDS, MISTYPED_NUMBER, region_label, second_matter_sentence, topic_label
from pages.wording.dangers import DANGER_ADVICE, DANGERS, TRIAGE_STEP
from pages.wording.events import EVENTS


class CaseNames(NamedTuple):
    """Names of channels, regions and topics. `regions` returns the regions in force, `topics` the names by id."""

    channels: ChannelDirectory
    regions: Callable[[], Regions]
    topics: Callable[[], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """Report that belongs to the case. Title and text are masked."""

    tracking: str
    at: datetime
    is_of_sender: bool
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Institution that an officer may choose for a case. `why` says why the case is not there already."""

    code: str
    name: str
    why: str = ""


class TriageCasePage:
    """Shows a case. `triage_desk` returns the operations with the registry in force."""

    def __init__(
        self,
        frame: StaffFrame,
        triage_desk: Callable[[], TriageDesk],
        institutions: Institutions,
        answers: OfficerAnswers,
        names: CaseNames,
    ) -> None:
        self._frame = frame
        self._triage_desk = triage_desk
        self._institutions = institutions
        self._answers = answers
        self._names = names

    def routes(self) -> APIRouter:
        """Return the routes of this page."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(addresses.TRIAGE_CASE, self.show, methods=["GET"])
        return router

    def show(
        self,
        request: Request,
        number: str,
        cari: str = "",
        topik: str = "",
        wilayah: str = "",
        hasil: str = "",
        bagian: str = "",
    ) -> Response:
        """Show the case of a number, with the institutions that match the typed words.

        `topik` and `wilayah` are the filter of the list from which the person came. `bagian`: a division was just sent.
        """
        actor = self._frame.require(request, Act.VIEW_CASE, TRIAGE_AGENCY)
        results, choice = self._frame.results(actor, hasil), ListFilter.read(topik, wilayah)
        values = {"search": cari, "results": results, "list": choice, "is_part_sent": bagian == "terkirim"}
        return self.page(request, actor, number, values)

    def page(
        self,
        request: Request,
        actor: Actor,
        typed_number: str,
        values: Mapping[str, Any],
        problem: Message | None = None,
        status: HTTPStatus = HTTPStatus.BAD_REQUEST,
    ) -> Response:
        """Return the page with the typed `values`; with the `status` if there is a problem."""
        number = read_tracking_number(typed_number)
        if number is None:
            return self._message(request, actor, MISTYPED_NUMBER)
        try:
            view = self._triage_desk().show(number)
        except NotPossible as error:
            return self._message(request, actor, fault_text(error))
        if view.case.agency != TRIAGE_AGENCY and not may(actor, Act.VIEW_CASE, view.case.agency):
            agency = self._institutions.name(view.case.agency)
            fault = NotPossible("", "not-at-triage", number=view.case.tracking, agency=agency)
            return self._message(request, actor, fault_text(fault), HTTPStatus.CONFLICT)
        all_values = {**self._case_values(actor, view, str(values.get("search", ""))), **values, "problem": problem}
        return self._frame.render(
            "staff_triage_case.html", request, actor, all_values, status if problem else HTTPStatus.OK
        )

    def _case_values(self, actor: Actor, view: CaseView, search: str) -> dict[str, Any]:
        case = view.case
        is_open = case.agency == TRIAGE_AGENCY and view.decision is None
        progress = self._answers.case(Tier(TRIAGE_AGENCY), case.tracking) if is_open else None
        if progress:
            self._answers.opened([progress.case.case])
        return {
            "address": f"{addresses.TRIAGE}/{case.tracking}",
            "list_address": addresses.TRIAGE,
            "kind": KINDS[case.kind],
            "channel": self._names.channels.label_of(case.channel),
            "topic": topic_label(self._names.topics(), case.topic),
            "region": region_label(self._names.regions(), case.region),
            "second_matter": second_matter_sentence(case.second_matter, self._names.topics(), self._institutions.name),
            "messages": [_shown_message(report) for report in progress.case.reports] if progress else [],
            "message_count": progress.case.report_count if progress else 0,
            "files": _count_files(progress) if progress else 0,
            "desk_address": f"{DESK_CASES}/{case.tracking}",
            "ready_reasons": ASSIGNING,
            "ready_questions": ASKING,
            "ready_closings": CLOSING,
            "case": case,
            "danger": DANGERS.get(case.danger),
            "danger_advice": DANGER_ADVICE.get(case.danger) if is_open else None,
            "danger_step": TRIAGE_STEP,
            "waiting": age_text(self._frame.now() - case.received_at),
            "agency": self._institutions.name(case.agency),
            "decision": self._institutions.name(view.decision) if view.decision else "",
            "is_closed": view.decision == TRIAGE_AGENCY,
            "choices": self._choices(view, search),
            "found_none": bool(search.strip()) and not self._institutions.search(search),
            "history": [(EVENTS[event.kind].filled(agency=event.agency), event) for event in view.history],
            "may_decide": is_open and may(actor, Act.DECIDE_TRIAGE, TRIAGE_AGENCY),
            "is_private": progress is not None and is_private(progress.case.dispatch.report),
            "version": progress.version if progress and progress.case.case.is_current else None,
            "suggested_number": _suggested_number(progress),
            **self._division_values(actor, progress),
            "search": search,
            "typed": {},
        }

    def _division_values(self, actor: Actor, progress: CaseProgressView | None) -> Mapping[str, Any]:
        """Return the parts of the report, and the agency of its second matter if it may be divided."""
        name = self._institutions.name
        if progress is None:
            return {"parts": (), "may_divide": False}
        dispatch, parts = progress.case.dispatch, progress.case.parts
        matter = dispatch.second_matter
        is_possible = progress.case.case.is_current and progress.state != "selesai"
        return {
            "parts": [(part, name(part.agency)) for part in parts],
            "may_divide": is_possible
            and not dispatch.part_of
            and len(parts) + 1 < MAX_PARTS
            and may(actor, Act.DIVIDE, TRIAGE_AGENCY),
            "part_agency": matter.agency if matter else "",
            "part_agency_name": name(matter.agency) if matter and matter.agency else "",
        }

    def _choices(self, view: CaseView, search: str) -> Sequence[Choice]:
        """Return the institutions of the search, then the candidates."""
        candidates = {
            candidate.agency: Choice(candidate.agency, candidate.name, candidate.why) for candidate in view.candidates
        }
        matches = {match.code: Choice(match.code, match.name) for match in self._institutions.search(search)}
        return tuple((matches | candidates).values())

    def _message(
        self, request: Request, actor: Actor, problem: Message, status: HTTPStatus = HTTPStatus.NOT_FOUND
    ) -> Response:
        return self._frame.render("staff_triage_gone.html", request, actor, {"problem": problem}, status)


def _suggested_number(progress: CaseProgressView | None) -> str:
    """Return the number of the open case that a case is perhaps the same as; empty without one."""
    suggestion = progress.case.suggestion if progress else None
    return suggestion.suggested_tracking if suggestion and suggestion.state == "open" else ""


def _shown_message(report: AccompanyingReport) -> ShownMessage:
    is_of_sender = report.relation == "repeat"
    return ShownMessage(
        report.tracking, report.at, is_of_sender, mask_text(report.report.title), mask_text(report.report.text)
    )


def _count_files(progress: CaseProgressView) -> int:
    reports = (progress.case.dispatch.report, *(item.report for item in progress.case.reports))
    return sum(len(report.attachments) for report in reports)


def is_private(report: Report) -> bool:
    """Return True if the sender gets no words by SMS: somebody else may read the telephone."""
    return report.anonim or report.rahasia
