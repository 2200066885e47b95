"""Takes the forms of the acts: answers to the case, notes, units and officers. Each ends with a redirect."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import Row
from starlette.responses import HTMLResponse, Response

from accounts.permissions import Act, Actor
from config.database import read_transaction
from config.time_zones import time_zone
from desk.acts.answers import ActFault, ActResult, CaseProgressView
from desk.pages import wording
from desk.pages.case.act_draft import NO_PICTURES, ActDraft, CaseRenderer, NoteDraft, UnitDraft
from desk.pages.case.act_pictures import ChosenPictures, chosen_pictures
from desk.pages.case.act_slugs import RIGHTS, VERDICTS_BY_NAME, readers_of
from desk.pages.case.case_model import events_since, possible_acts
from desk.pages.case.unit_part import officers_of_case
from desk.pages.list_query import LIST_ADDRESS, ListQuery
from desk.pages.parts import DeskPageParts, Officer, list_query
from desk.pages.template_text import with_number, with_template
from desk.pages.unit_wording import DAY_INVALID, PASSING_FAULTS
from desk.read_model.queries import read_page, row_cursor
from desk.units.passing import Step
from desk.units.tree import read_code
from messages.shapes import (
    MAX_ANSWER_PICTURES,
    MAX_EXTENSION_DAYS,
    VERDICTS_WITH_PICTURES,
    AnswerContent,
    Verdict,
)
from messages.topics import TRIAGE
from pages.addresses import TRIAGE_LIST
from pages.files.form_with_files import PostedFormWithFiles
from pages.forms import MAX_TEXT_LENGTH, Form, PostedForm, read_number
from pages.responses import see_other
from pages.translation.message import Message

_MAX_UNIT_LENGTH = 200
_MAX_REASON_LENGTH = 500
# A larger number of days is no number.
_LARGEST_TYPED_DAYS = 999_999
# Faults after which the page of the case is shown again with the text: something is missing in the form.
_FORM_FAULTS: frozenset[ActFault] = frozenset(
    {
        *("text-missing", "unknown-agency", "misplaced-field", "unknown-picture", "unknown-document"),
        *("extension-days-missing", "extension-too-long"),
    }
)
_INNER_PART = "#di-dalam"
# Begin of a page. A redirect without a fragment would keep that of the form (RFC 9110, 10.2.2).
_TOP = "#isi"


class ActForms:
    """Endpoints of the forms on a case's page."""

    def __init__(self, parts: DeskPageParts, case_page: CaseRenderer) -> None:
        self._parts = parts
        self._case_page = case_page

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter()
        for part, endpoint in (
            ("jawab", self.answer),
            ("catatan", self.add_note),
            ("unit", self.assign_unit),
            ("kembalikan", self.give_back),
            ("petugas", self.assign_officer),
        ):
            address = f"{LIST_ADDRESS}/{{number}}/{part}"
            router.add_api_route(address, endpoint, methods=["POST"], response_class=HTMLResponse)
        return router

    def answer(self, request: Request, number: str, posted: PostedFormWithFiles) -> Response:
        """Give an answer, or show its preview. Then redirect to the next case, the list or the same case."""
        parts, form = self._parts, posted.fields
        verdict = VERDICTS_BY_NAME.get(form.line("tindakan"))
        actor = parts.require(request, Act.VIEW_CASE, *([RIGHTS[verdict]] if verdict else []))
        view = parts.find_case(actor, number)
        if view is None or verdict is None:
            return parts.missing(request, actor, number)
        if actor.agency == TRIAGE:
            # Its acts have one place: a page of the desk that is still open is an old one.
            return see_other(f"{TRIAGE_LIST}/{view.case.case.tracking}")
        is_possible = verdict in possible_acts(view, actor)
        pictures = NO_PICTURES
        if is_possible and verdict in VERDICTS_WITH_PICTURES:
            pictures = chosen_pictures(parts.pictures, view.case.dispatch, posted)
        if is_possible and (form.line("templat") or form.line("langkah") == "cari"):
            return self._continued(request, actor, view, verdict, form, pictures)
        draft = self._draft(view, verdict, form, pictures)
        if is_possible and (draft.fault or pictures.has_fault or form.line("langkah") == "pratinjau"):
            return self._case_page.render(request, actor, view, draft)
        answer = AnswerContent(
            verdict=verdict,
            text=draft.text,
            suggested_agency=draft.suggested_agency,
            pictures=tuple(file.id for file in pictures.files),
            pictures_public=pictures.is_public,
            document=pictures.document.id if pictures.document else None,
            readers=draft.readers,
            extension_days=draft.extension_days,
        )
        result = parts.answers.give(actor, parts.tier(actor), view.case.case.tracking, form.version(), answer)
        if result.fault:
            return self._refused(request, actor, draft, result, form)
        address = self._next_address(request, actor, view, result, draft)
        return see_other(address + _TOP)

    def add_note(self, request: Request, number: str, form: PostedForm) -> Response:
        """Add an internal note. A form that is sent twice adds it once."""
        parts = self._parts
        actor = parts.require(request, Act.VIEW_CASE, Act.NOTE)
        view = parts.find_readable(actor, number)
        if view is None:
            return parts.missing(request, actor, number)
        text = form.text("isi")
        if len(text) > MAX_TEXT_LENGTH:
            fault = wording.TOO_LONG.filled(limit=MAX_TEXT_LENGTH)
            return self._case_page.render(request, actor, view, note=NoteDraft(text, fault))
        if text:
            parts.work.add_note(actor, actor.agency, view.case.case.complaint_id, text, form.form_id())
        return self._inner_part(request, view, catatan="tersimpan")

    def assign_unit(self, request: Request, number: str, form: PostedForm) -> Response:
        """Give the case to a unit of the agency, or send another message to the unit that has it."""
        parts = self._parts
        actor = parts.require(request, Act.VIEW_CASE, Act.ASSIGN_UNIT)
        view = parts.find_case(actor, number)
        if view is None:
            return parts.missing(request, actor, number)
        case, unit = view.case.case, form.line("unit")[:_MAX_UNIT_LENGTH]
        message = form.line("alasan")[:_MAX_REASON_LENGTH]
        if parts.units.tree(actor.agency).units:
            return self._pass_on(request, actor, view, UnitDraft(unit, message, form.line("tenggat-unit")))
        steps = [step for step in parts.work.assignments(actor.agency, case.dispatch_id) if step.unit]
        is_repeated = bool(steps) and (steps[-1].unit, steps[-1].why) == (unit, message)
        if unit and case.is_current and not is_repeated:
            parts.work.assign_unit(actor, actor.agency, case.dispatch_id, unit, message)
        return self._inner_part(request, view)

    def give_back(self, request: Request, number: str, form: PostedForm) -> Response:
        """Give the case of the own unit back, with a reason. The person may not see it any more."""
        parts = self._parts
        actor = parts.require(request, Act.VIEW_CASE, Act.ASSIGN_UNIT)
        view = parts.find_case(actor, number)
        if view is None:
            return parts.missing(request, actor, number)
        draft = UnitDraft(why=form.line("alasan")[:_MAX_REASON_LENGTH], is_return=True)
        fault = parts.passing.give_back(actor, view.case.case, draft.why)
        if fault:
            return self._step_refused(request, actor, number, draft, PASSING_FAULTS[fault])
        return see_other(list_query(request).list_address() + _TOP)

    def _pass_on(self, request: Request, actor: Actor, view: CaseProgressView, draft: UnitDraft) -> Response:
        parts, case = self._parts, view.case.case
        try:
            day = date.fromisoformat(draft.day) if draft.day else None
        except ValueError:
            return self._step_refused(request, actor, case.tracking, draft, DAY_INVALID)
        zone = time_zone(parts.institutions.region(actor.agency)).value
        step = Step(read_code(draft.unit), draft.why, day)
        fault = parts.passing.pass_on(actor, parts.tier(actor), case, step, zone)
        if fault:
            return self._step_refused(request, actor, case.tracking, draft, PASSING_FAULTS[fault])
        return self._inner_part(request, view)

    def _step_refused(self, request: Request, actor: Actor, number: str, draft: UnitDraft, fault: Message) -> Response:
        """Return the page of the case with why a step was not done, or that the person does not see it any more."""
        view = self._parts.find_case(actor, number)
        if view is None:
            return self._parts.missing(request, actor, number)
        return self._case_page.render(request, actor, view, unit_draft=replace(draft, fault=fault))

    def assign_officer(self, request: Request, number: str, form: PostedForm) -> Response:
        """Give the case to an officer of the agency, by account. Without one, the person takes it."""
        parts = self._parts
        actor = parts.require(request, Act.VIEW_CASE, Act.ASSIGN_UNIT)
        view = parts.find_case(actor, number)
        if view is None:
            return parts.missing(request, actor, number)
        case = view.case.case
        officer = self._officer(actor, view, form.line("akun"))
        holder = parts.work.holder(actor.agency, case.dispatch_id)
        if officer and case.is_current and str(officer.account_id) != (holder.account_id if holder else ""):
            parts.work.assign_officer(actor, actor.agency, case.dispatch_id, officer.account_id, officer.name)
        return self._inner_part(request, view)

    def _continued(
        self,
        request: Request,
        actor: Actor,
        view: CaseProgressView,
        verdict: Verdict,
        form: Form,
        pictures: ChosenPictures,
    ) -> Response:
        """Return the page with what was typed, and with a template behind it or the institutions that were searched."""
        templates = [*self._parts.work.templates(actor.agency), *self._contributions(actor, view)]
        text = with_number(with_template(form.text("isi"), templates, form.line("templat")), view.case.case.tracking)
        draft = ActDraft(
            verdict,
            text,
            form.line("tujuan"),
            form.line("lanjut"),
            pictures=pictures,
            readers=readers_of(form, verdict),
            extension_days=_extension_days(verdict, form),
        )
        return self._case_page.render(request, actor, view, draft, institution_words=form.line("instansi"))

    def _contributions(self, actor: Actor, view: CaseProgressView) -> Sequence[Row[Any]]:
        """Return the contributions of units, which are inserted as templates are."""
        rows = self._parts.contributions.of_case(self._parts.tier(actor), view.case.case)
        return [row for row in rows if row.text]

    def _draft(self, view: CaseProgressView, verdict: Verdict, form: Form, pictures: ChosenPictures) -> ActDraft:
        text = with_number(form.text("isi"), view.case.case.tracking)
        suggested_agency = form.line("tujuan") if verdict == "refused" else ""
        days = _extension_days(verdict, form)
        return ActDraft(
            verdict,
            text,
            suggested_agency,
            continue_at=form.line("lanjut"),
            fault=self._draft_fault(view, verdict, text, suggested_agency, pictures)
            or _days_fault(view, verdict, days),
            preview=self._case_page.preview(
                view,
                verdict,
                text,
                files=pictures.contents,
                readers=readers_of(form, verdict),
                extension_days=days,
            ),
            pictures=pictures,
            readers=readers_of(form, verdict),
            extension_days=days,
        )

    def _draft_fault(
        self, view: CaseProgressView, verdict: Verdict, text: str, suggested_agency: str, pictures: ChosenPictures
    ) -> Message | None:
        if len(text) > MAX_TEXT_LENGTH:
            return wording.TOO_LONG.filled(limit=MAX_TEXT_LENGTH)
        if len(pictures.files) > MAX_ANSWER_PICTURES:
            return wording.TOO_MANY_PICTURES
        if suggested_agency and not self._parts.institutions.receives_cases(suggested_agency):
            return wording.FAULTS["unknown-agency"]
        room = self._case_page.question_room(view, verdict, text)
        return wording.SMS_TOO_LONG.filled(count=-room) if room is not None and room < 0 else None

    def _refused(self, request: Request, actor: Actor, draft: ActDraft, result: ActResult, form: Form) -> Response:
        """Return the page about an act that did not take effect. It has the text, and what changed in between."""
        fault = result.fault
        view = self._parts.find_case(actor, result.view.case.case.tracking) if result.view else None
        if view is None or fault is None:
            return self._parts.missing(request, actor, "")
        if fault in _FORM_FAULTS:
            begun = replace(draft, fault=wording.FAULTS[fault], preview=None)
            return self._case_page.render(request, actor, view, begun)
        values = {
            "view": view,
            "draft": draft,
            # The text is shown, and the files are stored by now. The version is that of the case as it is.
            "typed": form.others("isi", "foto", "surat", "versi", "langkah"),
            "title": wording.ACT_NAMES[draft.verdict] if draft.verdict else "",
            "fault": wording.FAULTS[fault],
            "suggested_name": self._parts.institutions.name(draft.suggested_agency) if draft.suggested_agency else "",
            "changes": events_since(view, form.version(), self._parts.institutions.name),
            "not_counted": wording.NOT_COUNTED,
            "is_repeated": fault == "repeated",
            "may_send": fault == "conflict" and draft.verdict in possible_acts(view, actor),
        }
        return self._parts.render("act_refused.html", request, actor, values, HTTPStatus.CONFLICT)

    def _next_address(
        self, request: Request, actor: Actor, view: CaseProgressView, result: ActResult, draft: ActDraft
    ) -> str:
        query = list_query(request)
        act_id = str(result.answer.id) if result.answer else ""
        if draft.continue_at == "laporan":
            return query.case_address(view.case.case.tracking, hasil=act_id)
        next_number = self._next_number(actor, query, view) if draft.continue_at == "berikutnya" else ""
        return query.case_address(next_number, hasil=act_id) if next_number else query.list_address(hasil=act_id)

    def _next_number(self, actor: Actor, query: ListQuery, view: CaseProgressView) -> str:
        """Return the number of the case that follows this one in the list; "" after the last one."""
        case, parts = view.case.case, self._parts
        zone = time_zone(parts.institutions.region(actor.agency)).value
        case_filter = query.case_filter(actor.account_id, zone)
        position, tier = row_cursor(case, case_filter), parts.tier(actor)
        with read_transaction(parts.engine) as connection:
            page = read_page(connection, tier, case_filter, parts.now(), 1, position)
        return page.rows[0].tracking if page.rows else ""

    def _officer(self, actor: Actor, view: CaseProgressView, account_id: str) -> Officer | None:
        if not account_id:
            return Officer(actor.account_id, actor.name)
        officers = officers_of_case(self._parts, view)
        return next((officer for officer in officers if str(officer.account_id) == account_id), None)

    def _inner_part(self, request: Request, view: CaseProgressView, **outcome: str) -> Response:
        address = list_query(request).case_address(view.case.case.tracking, **outcome)
        return see_other(address + _INNER_PART)


def _extension_days(verdict: Verdict, form: Form) -> int:
    """Return the working days of an extension; 0 without a number. A larger number than any row allows is cut."""
    days = read_number(form.line("hari"), _LARGEST_TYPED_DAYS) if verdict == "extended" else None
    return min(days or 0, MAX_EXTENSION_DAYS)


def _days_fault(view: CaseProgressView, verdict: Verdict, days: int) -> Message | None:
    if verdict != "extended" or not view.extension.longest:
        return None
    if days < 1:
        return wording.FAULTS["extension-days-missing"]
    return wording.FAULTS["extension-too-long"] if view.extension.fault(days) else None
