"""The page of one case: the report, its course, and the forms of all acts that are possible."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from accounts.permissions import Act, Actor, may
from config.database import read_transaction
from desk.acts.answers import VERDICTS_WITH_TEXT, CaseProgressView
from desk.escalation.told_persons import told_moments
from desk.institutions import Institution
from desk.pages import wording
from desk.pages.case import case_model
from desk.pages.case.act_draft import ActDraft, ContributionDraft, DivisionDraft, NoteDraft, UnitDraft
from desk.pages.case.act_slugs import NAMES, VERDICTS_BY_NAME
from desk.pages.case.contribution_part import contribution_values
from desk.pages.case.division_form import DivisionPart
from desk.pages.case.done_acts import done_act
from desk.pages.case.preview import Preview, ReplyWay, other_readers, preview, public_place, question_room
from desk.pages.case.recommendation_part import RecommendationDraft, RecommendationPart, recommendation_parts
from desk.pages.case.release_part import release_part
from desk.pages.case.suggestion_part import FormerPart, SuggestionPart, former_part, suggestion_part
from desk.pages.case.unit_part import unit_values
from desk.pages.list_query import LIST_ADDRESS
from desk.pages.parts import DeskPageParts, list_query
from desk.pages.told_wording import ShownMoment, shown_moments
from desk.read_model.case_rows import other_matter
from desk.read_model.open_suggestions import SuggestingCases, read_suggesting_cases
from desk.units.tiers import Tier
from language.masking import mask_with_labels
from messages.replies.reply_texts import AttachedFiles, extension_words
from messages.sender_link import sample_link
from messages.shapes import MAX_ANSWER_PICTURES, MAX_PARTS, VERDICTS_WITH_PICTURES, AnswerReaders, Dispatch, Verdict
from messages.topics import TRIAGE
from pages.addresses import TRIAGE_LIST
from pages.files.cleaning import MAX_FILE_BYTES
from pages.files.document_cleaning import MAX_DOCUMENT_BYTES, MAX_DOCUMENT_PAGES
from pages.forms import plain_line
from pages.responses import see_other
from pages.sizes import readable_size
from pages.translation.message import Message
from pages.wording.cases import CASE_STATES, KINDS, report_heading, second_matter_sentence, topic_label
from pages.wording.dangers import AGENCY_STEP, DANGER_ADVICE, DANGERS, TRIAGE_STEP

_MAX_SEARCH_LENGTH = 100
_NO_ACT, _NO_NOTE, _NO_RECOMMENDATION, _NO_STEP = ActDraft(), NoteDraft(), RecommendationDraft(), UnitDraft()
_NO_DIVISION = DivisionDraft()
_NO_CONTRIBUTION = ContributionDraft()


@dataclass(frozen=True, slots=True)
class Destination:
    """An institution to which a refusal may point, and the one to which the complaint would go then."""

    code: str
    name: str
    next_name: str


@dataclass(frozen=True, slots=True)
class SecondMatterPart:
    """A second matter of the report: a sentence, and the agency of the matter, to which the report may be passed on."""

    sentence: Message
    agency_name: str
    agency: str


@dataclass(frozen=True, slots=True)
class ActForm:
    """The form of one act."""

    verdict: Verdict
    slug: str
    title: Message
    has_text: bool
    has_pictures: bool
    is_open: bool
    draft: ActDraft
    room: int | None


class CasePage:
    """Endpoint of a case's page. `render` shows it again with an act that is not ready to be sent."""

    def __init__(self, parts: DeskPageParts) -> None:
        self._parts = parts

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter()
        address = f"{LIST_ADDRESS}/{{number}}"
        router.add_api_route(address, self.show, methods=["GET"], response_class=HTMLResponse)
        return router

    def show(
        self,
        request: Request,
        number: str,
        tindakan: str = "",
        hasil: str = "",
        tujuan: str = "",
        terkirim: str = "",
        publik: str = "",
        catatan: str = "",
        banding: str = "",
        bagian: str = "",
    ) -> Response:
        """Return the page.

        `tindakan` opens the form of an act, with the institution `tujuan` if it is a refusal. `hasil` is the id of an
        act that was just done, `terkirim` that of a recommendation that was just answered. `publik` shows the words
        that everybody would read. `catatan`: a note was just stored. `banding` shows the pictures of the sender beside
        those of the work. `bagian`: a division was just sent.
        """
        parts = self._parts
        actor = parts.require(request, Act.VIEW_CASE)
        view = parts.find_readable(actor, number)
        if view is None:
            return parts.missing(request, actor, number)
        tracking = view.case.case.tracking
        if tracking != number:
            # The number of an accompanying report, or a spelling that a person typed.
            return see_other(list_query(request).case_address(tracking))
        case = view.case.case
        if may(actor, Act.RESPOND, case.agency) and parts.tier(actor).has_unit(case.unit_code):
            # A danger stays unopened until somebody has read it who can answer.
            parts.answers.opened([view.case.case])
        destination = tujuan if parts.institutions.receives_cases(tujuan) else ""
        draft = ActDraft(VERDICTS_BY_NAME.get(tindakan), suggested_agency=destination)
        return self.render(
            request,
            actor,
            view,
            draft,
            act_id=hasil,
            answered_recommendation=terkirim,
            shows_public_words=bool(publik),
            is_note_stored=catatan == "tersimpan",
            compares_pictures=bool(banding),
            is_division_sent=bagian == "terkirim",
        )

    def render(
        self,
        request: Request,
        actor: Actor,
        view: CaseProgressView,
        draft: ActDraft = _NO_ACT,
        note: NoteDraft = _NO_NOTE,
        *,
        institution_words: str = "",
        act_id: str = "",
        suggestion_fault: Message | None = None,
        recommendation: RecommendationDraft = _NO_RECOMMENDATION,
        answered_recommendation: str = "",
        shows_public_words: bool = False,
        is_note_stored: bool = False,
        compares_pictures: bool = False,
        unit_draft: UnitDraft = _NO_STEP,
        division: DivisionDraft = _NO_DIVISION,
        is_division_sent: bool = False,
        contribution: ContributionDraft = _NO_CONTRIBUTION,
    ) -> Response:
        """Return the page with what a person has begun, or why a suggestion was not decided.

        For the person of a unit that is only asked for a contribution it has the report, and no act of the agency.
        """
        parts, tier = self._parts, self._parts.tier(actor)
        is_accountable = tier.has_unit(view.case.case.unit_code)
        words = plain_line(institution_words)[:_MAX_SEARCH_LENGTH]
        values = {
            **self._report_values(view, tier),
            **self._inner_values(actor, view, tier),
            **contribution_values(parts, actor, view, tier),
            "contribution_draft": contribution,
            "note": note,
            "unit_draft": unit_draft,
            "is_note_stored": is_note_stored,
            "form_id": parts.work.new_form_id(),
            "acts": self._act_forms(actor, view, draft) if is_accountable else (),
            "public_place": public_place(view, self._reply_way(view.case.dispatch)),
            "destinations": self._destinations(view, words, draft.suggested_agency),
            "institution_words": words,
            "without_suggestion": self._next_name(view, None),
            "triage_address": f"{TRIAGE_LIST}/{view.case.case.tracking}"
            if actor.agency == TRIAGE and view.case.case.is_current
            else "",
            "templates": parts.work.templates(actor.agency),
            "done_act": done_act(parts.answers, tier, act_id),
            "suggestion": self._suggestion_part(actor, view),
            "suggestion_fault": suggestion_fault,
            "former": self._former_part(actor, view),
            "recommendations": self._recommendation_parts(actor, view, recommendation, answered_recommendation)
            if is_accountable
            else (),
            "release": release_part(parts.release, actor, view, mask_with_labels, shows_words=shows_public_words)
            if is_accountable
            else None,
            "comparison": _comparison(view),
            "compares_pictures": compares_pictures,
            "may_be_public": parts.release is not None and not view.case.dispatch.report.rahasia,
            "most_pictures": MAX_ANSWER_PICTURES,
            "picture_limit": readable_size(MAX_FILE_BYTES),
            "document_limit": readable_size(MAX_DOCUMENT_BYTES),
            "document_pages": MAX_DOCUMENT_PAGES,
            "division": self._division_part(
                actor, view, division, is_accountable=is_accountable, is_sent=is_division_sent
            ),
            "unsent_answer": recommendation if recommendation.fault else None,
        }
        has_fault = draft.fault or draft.pictures.has_fault or note.fault or recommendation.fault or unit_draft.fault
        has_fault = has_fault or division.fault or contribution.fault
        status = HTTPStatus.UNPROCESSABLE_ENTITY if has_fault else HTTPStatus.OK
        if suggestion_fault:
            status = HTTPStatus.CONFLICT
        return parts.render("case.html", request, actor, values, status)

    def preview(
        self,
        view: CaseProgressView,
        verdict: Verdict,
        text: str,
        *,
        files: AttachedFiles = "",
        readers: AnswerReaders = "",
        extension_days: int = 0,
    ) -> Preview:
        """Return the preview of an act."""
        dispatch = view.case.dispatch
        name, way = self._parts.institutions.name(dispatch.agency), self._reply_way(dispatch)
        words = extension_words(extension_days, text) if verdict == "extended" else text
        shown = preview(view, verdict, words, name, way, files=files)
        others = other_readers(view, verdict, readers, files=files, has_public_view=self._parts.release is not None)
        return replace(shown, notices=[*shown.notices, *others])

    def question_room(self, view: CaseProgressView, verdict: Verdict, text: str) -> int | None:
        """Return the room that a question leaves in its SMS; see `desk.pages.case.preview.question_room`."""
        dispatch = view.case.dispatch
        way = self._reply_way(dispatch)
        form = None if way.needs_proof else way.form
        return question_room(view, verdict, text, self._parts.institutions.name(dispatch.agency), form)

    def _reply_way(self, dispatch: Dispatch) -> ReplyWay:
        parts, channel = self._parts, dispatch.channel
        return ReplyWay(
            form=parts.channels.answer_forms.get(channel),
            channel_label=parts.channels.label_of(channel),
            sample_link=sample_link(parts.public_address),
            status_page=f"{parts.public_address}/status/{dispatch.tracking}",
            objection_period=parts.deadlines.objection_period(parts.now()),
            needs_proof=channel in parts.channels.with_proof,
            has_direct_messages=channel in parts.direct_message_channels,
        )

    def _report_values(self, view: CaseProgressView, tier: Tier) -> Mapping[str, Any]:
        parts, case, dispatch = self._parts, view.case.case, view.case.dispatch
        region = parts.institutions.region(case.agency)
        is_open = case.is_current and case.tab in {"new", "working", "waiting"} and view.state != "selesai"
        return {
            "view": view,
            "case": case,
            "report": dispatch.report,
            "heading": report_heading(dispatch.report.title, dispatch.report.text),
            "kind": KINDS[dispatch.report.kind],
            "state": CASE_STATES[view.state if case.is_current else case.state],
            "deadline": wording.deadline_in_words(case.due_at, parts.now(), region, clock_stopped=view.state == "tunda")
            if is_open
            else None,
            "channel": parts.channels.label_of(dispatch.channel),
            "counter_way": wording.COUNTER_WAYS.get(dispatch.report.counter_way),
            "topic": topic_label(parts.topics(), dispatch.topic),
            "second_matter": self._second_matter(view),
            "place": list(case_model.place_lines(dispatch.report)),
            "files": case_model.shown_files(dispatch.report) if view.case.are_files_open else (),
            "reports": [(item, case_model.shown_files(item.report)) for item in view.case.reports],
            "suggesting": self._suggesting(view, tier) if case.is_current else None,
            "history": case_model.history(view, parts.institutions.name),
            "not_counted": wording.NOT_COUNTED,
            "danger": DANGERS.get(case.danger),
            "danger_advice": DANGER_ADVICE.get(case.danger) if case.danger_since else None,
            "danger_step": TRIAGE_STEP if case.agency == TRIAGE else AGENCY_STEP,
            "reopened": wording.REOPENED if dispatch.reopened else None,
            "objection": case_model.last_message(view, "objects") if dispatch.reopened else None,
            "withdrawal": case_model.last_message(view, "withdraws") if case.is_current else None,
        }

    def _second_matter(self, view: CaseProgressView) -> SecondMatterPart | None:
        parts, matter = self._parts, other_matter(view.case.dispatch)
        sentence = second_matter_sentence(matter, parts.topics(), parts.institutions.name)
        if matter is None or sentence is None:
            return None
        name = parts.institutions.name(matter.agency) if matter.agency else ""
        return SecondMatterPart(sentence, name, matter.agency)

    def _division_part(
        self, actor: Actor, view: CaseProgressView, draft: DivisionDraft, *, is_accountable: bool, is_sent: bool
    ) -> DivisionPart:
        name, case, matter = self._parts.institutions.name, view.case.case, other_matter(view.case.dispatch)
        agency = matter.agency if matter and matter.agency != case.agency else ""
        is_open = (
            is_accountable and case.is_current and view.state != "selesai" and len(view.case.parts) + 1 < MAX_PARTS
        )
        return DivisionPart(
            tuple((part, name(part.agency)) for part in view.case.parts),
            may_divide=is_open and not view.case.dispatch.part_of and may(actor, Act.DIVIDE, case.agency),
            draft=draft,
            agency=agency,
            agency_name=name(agency) if agency else "",
            is_sent=is_sent,
        )

    def _inner_values(self, actor: Actor, view: CaseProgressView, tier: Tier) -> Mapping[str, Any]:
        parts, case = self._parts, view.case.case
        is_accountable = tier.has_unit(case.unit_code)
        is_shown = case.is_current and not view.case.is_anonymous and is_accountable
        return {
            "notes": parts.work.notes(case.agency, case.complaint_id),
            "assignments": parts.work.assignments(case.agency, case.dispatch_id) if is_accountable else (),
            "holder": parts.work.holder(case.agency, case.dispatch_id),
            "told_moments": self._told_moments(case.agency, case.dispatch_id),
            **unit_values(parts, actor, view, tier),
            "may_note": may(actor, Act.NOTE, case.agency),
            "may_assign": case.is_current and is_accountable and may(actor, Act.ASSIGN_UNIT, case.agency),
            "may_view_identity": is_shown and may(actor, Act.VIEW_IDENTITY, case.agency),
        }

    def _suggesting(self, view: CaseProgressView, tier: Tier) -> SuggestingCases:
        with read_transaction(self._parts.engine) as connection:
            return read_suggesting_cases(connection, tier, view.case.case)

    def _told_moments(self, agency: str, dispatch_id: UUID) -> Sequence[ShownMoment]:
        with read_transaction(self._parts.engine) as connection:
            moments = told_moments(connection, agency, [dispatch_id])
        return shown_moments(moments.get(dispatch_id, ()))

    def _suggestion_part(self, actor: Actor, view: CaseProgressView) -> SuggestionPart | None:
        suggestion, number = view.case.suggestion, view.case.case.tracking
        if suggestion is None:
            return None
        acts = self._parts.suggestions
        address = acts.comparison_address(number, suggestion.suggested_tracking)
        return suggestion_part(actor, actor.agency, suggestion, acts.outcome(number), address)

    def _recommendation_parts(
        self, actor: Actor, view: CaseProgressView, draft: RecommendationDraft, sent_id: str
    ) -> Sequence[RecommendationPart]:
        parts = self._parts
        region = parts.institutions.region(view.case.case.agency)
        return recommendation_parts(actor, view, parts.deadlines, parts.now(), region, draft, sent_id)

    def _former_part(self, actor: Actor, view: CaseProgressView) -> FormerPart | None:
        former = view.case.former
        if former is None:
            return None
        address = self._parts.suggestions.comparison_address(view.case.case.tracking, former.former_tracking)
        return former_part(actor, former, address)

    def _act_forms(self, actor: Actor, view: CaseProgressView, draft: ActDraft) -> Sequence[ActForm]:
        if actor.agency == TRIAGE:
            # Triage decides on its own page.
            return ()
        return [
            ActForm(
                verdict,
                NAMES[verdict],
                wording.ACT_NAMES[verdict],
                has_text=verdict in VERDICTS_WITH_TEXT,
                has_pictures=verdict in VERDICTS_WITH_PICTURES,
                is_open=verdict == draft.verdict,
                draft=draft if verdict == draft.verdict else ActDraft(),
                room=self.question_room(view, verdict, ""),
            )
            for verdict in case_model.possible_acts(view, actor)
        ]

    def _destinations(self, view: CaseProgressView, words: str, chosen: str) -> Sequence[Destination]:
        institutions = self._parts.institutions
        matches = [item for item in institutions.search(words) if item.code != view.case.case.agency] if words else []
        if chosen and chosen not in {institution.code for institution in matches}:
            matches = [Institution(chosen, institutions.name(chosen)), *matches]
        return [Destination(item.code, item.name, self._next_name(view, item.code)) for item in matches]

    def _next_name(self, view: CaseProgressView, suggested_agency: str | None) -> str:
        institutions = self._parts.institutions
        return institutions.name(institutions.after_refusal(view.case.history, suggested_agency))


def _comparison(view: CaseProgressView) -> tuple[Sequence[case_model.ShownFile], Sequence[case_model.ShownFile]] | None:
    """Return the pictures of the sender and those of the work; `None` without any of the work."""
    if not view.case.are_files_open or not (work := case_model.work_pictures(view)):
        return None
    sent = case_model.sent_pictures(view)
    return [case_model.shown_file(file) for file in sent], [case_model.shown_file(file) for file in work]
