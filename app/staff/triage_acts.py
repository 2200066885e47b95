"""Acts of triage: give a case to an agency, ask its sender, close it or several. Then the next case opens."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from accounts.permissions import TRIAGE_AGENCY, Act, Actor, actor_label
from app.operations.not_possible import NotPossible
from app.operations.recorder import Recorder
from app.operations.triage import TriageDesk
from app.operations.triage_decisions import recorded_offsets
from app.staff import addresses, wording
from app.staff.next_case import ListFilter, NextCase
from app.staff.page import StaffFrame
from app.staff.ready_texts import ASKING, ASSIGNING, CLOSING, ready_text
from app.staff.triage_case_page import TriageCasePage
from app.staff.triage_list_page import MAX_CHOSEN, TriageListPage, read_choice
from app.staff.typed import reason_problem
from bus.port import Bus
from desk.acts.answers import OfficerAnswers
from desk.units.tiers import Tier
from messages.replies.reply_texts import TRIAGE_NAME, answer_text, is_complete
from messages.shapes import AgencyAnswer, AnswerContent, Verdict, iso
from messages.topics import TRIAGE
from messages.tracking import read_tracking_number
from pages.forms import PostedForm, Typed, read_version
from pages.responses import see_other
from pages.translation.message import Message

_MAX_TEXT_LENGTH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class _TypedAnswer:
    """An answer to the sender of a case, as a form has it.

    `text` is the ready text of a button, or `own_text`, which the person typed. `dispatch` and `version` are those that
    the page showed; `choice` is the list from which the person came.
    """

    actor: Actor
    number: str
    tracking: str
    text: str
    own_text: str
    dispatch: str
    version: str
    choice: ListFilter
    at: datetime


class TriageActs:
    """Receives the forms of the list and of the page of a case.

    `agency_name` returns the name of an institution by its code.
    """

    def __init__(
        self,
        frame: StaffFrame,
        list_page: TriageListPage,
        case_page: TriageCasePage,
        next_case: NextCase,
        triage_desk: Callable[[], TriageDesk],
        answers: OfficerAnswers,
        bus: Bus,
        log: Recorder,
        agency_name: Callable[[str], str],
    ) -> None:
        self._frame = frame
        self._list_page = list_page
        self._case_page = case_page
        self._next_case = next_case
        self._triage_desk = triage_desk
        self._answers = answers
        self._bus = bus
        self._log = log
        self._agency_name = agency_name

    def routes(self) -> APIRouter:
        """Return the routes of the forms."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(addresses.TRIAGE_MANY, self.close_many, methods=["POST"])
        router.add_api_route(f"{addresses.TRIAGE_CASE}/putusan", self.decide, methods=["POST"])
        router.add_api_route(f"{addresses.TRIAGE_CASE}/tanya", self.ask, methods=["POST"])
        router.add_api_route(f"{addresses.TRIAGE_CASE}/bukan-laporan", self.close, methods=["POST"])
        return router

    def decide(
        self,
        request: Request,
        number: str,
        instansi: Typed = "",
        siap: Typed = "",
        alasan: Typed = "",
        disposisi: Typed = "",
        topik: Typed = "",
        wilayah: Typed = "",
    ) -> Response:
        """Give the case to an agency, with the typed reason or a ready one."""
        actor = self._frame.require(request, Act.DECIDE_TRIAGE, TRIAGE_AGENCY)
        choice, why = ListFilter.read(topik, wilayah), alasan if alasan.strip() else ready_text(ASSIGNING, siap)
        values = {"typed": {"agency": instansi, "ready": siap, "reason": alasan}, "search": instansi, "list": choice}
        if problem := reason_problem(why) or (None if instansi else wording.AGENCY_MISSING):
            return self._case_page.page(request, actor, number, values, problem)
        tracking, at = read_tracking_number(number) or "", self._frame.now()
        place = self._next_case.place(tracking)
        try:
            with closing(self._bus.producer()) as producer, closing(self._bus.reader()) as reader:
                decision = self._triage_desk().decide(
                    tracking, instansi, actor_label(actor), why.strip(), at, producer, reader, disposisi
                )
        except NotPossible as error:
            return self._conflict(request, actor, number, values, wording.fault_text(self._named(error)))
        if decision.earlier_decision:
            problem = self._no_effect(tracking, decision.earlier_decision)
            return self._conflict(request, actor, number, values, problem)
        return see_other(self._next_case.address(place, choice, iso(at)))

    def ask(self, request: Request, number: str, form: PostedForm) -> Response:
        """Ask the sender. The question must fit one SMS: a sender by SMS gets no second one with the rest.

        The button of a ready question sends that one.
        """
        typed = self._typed_answer(request, number, form, Act.ASK, ASKING)
        sms = answer_text("asked", typed.tracking, TRIAGE_NAME, typed.text)
        values = {"question": typed.own_text}, {"question_sms": sms if typed.own_text else ""}
        is_too_long = bool(typed.text) and not is_complete(sms, typed.text)
        return self._answer(request, typed, "asked", *values, wording.TOO_LONG_FOR_SMS if is_too_long else None)

    def close(self, request: Request, number: str, form: PostedForm) -> Response:
        """Close the case without an agency, with a reason that the sender reads. See `ask` for ready ones."""
        typed = self._typed_answer(request, number, form, Act.CLOSE, CLOSING)
        is_too_long = len(typed.text) > _MAX_TEXT_LENGTH
        problem = wording.TEXT_TOO_LONG if is_too_long else None
        return self._answer(request, typed, "closed", {"closing": typed.own_text}, {}, problem)

    def _typed_answer(
        self, request: Request, number: str, form: PostedForm, act: Act, ready_texts: Mapping[str, str]
    ) -> _TypedAnswer:
        """Return an answer to the sender, after a check of the right to it."""
        actor, own_text = self._frame.require(request, act, TRIAGE_AGENCY), form.text("teks")
        return _TypedAnswer(
            actor=actor,
            number=number,
            tracking=read_tracking_number(number) or "",
            text=ready_text(ready_texts, form.line("siap")) or own_text,
            own_text=own_text,
            dispatch=form.line("disposisi"),
            version=form.line("versi"),
            choice=ListFilter.read(form.line("topik"), form.line("wilayah")),
            at=self._frame.now(),
        )

    def _answer(
        self,
        request: Request,
        typed: _TypedAnswer,
        verdict: Verdict,
        shown_text: Mapping[str, str],
        shown_values: Mapping[str, str],
        problem: Message | None,
    ) -> Response:
        """Give the answer, and open the next case; otherwise show the case with what was typed and the problem."""
        shown = {**shown_text, "dispatch": typed.dispatch, "version": typed.version}
        values = {"typed": shown, **shown_values, "list": typed.choice}
        if problem:
            return self._case_page.page(request, typed.actor, typed.number, values, problem)
        place = self._next_case.place(typed.tracking)
        draft = AnswerContent(verdict=verdict, text=typed.text)
        if fault := self._give(typed.actor, typed.tracking, typed.dispatch, typed.version, draft, typed.at):
            return self._conflict(request, typed.actor, typed.number, values, fault)
        return see_other(self._next_case.address(place, typed.choice, iso(typed.at)))

    def close_many(self, request: Request, form: PostedForm) -> Response:
        """Close the chosen cases of the list for one ready reason. A case that changed since is not closed."""
        actor = self._frame.require(request, Act.CLOSE, TRIAGE_AGENCY)
        self._frame.require(request, Act.ANSWER_MANY, TRIAGE_AGENCY)
        choice = ListFilter.read(form.line("topik"), form.line("wilayah"))
        reason, chosen = ready_text(CLOSING, form.line("siap")), form.lines("pilih")
        if not reason or not chosen:
            return self._list_page.page(request, actor, choice, problems=[wording.NOTHING_CHOSEN])
        if len(chosen) > MAX_CHOSEN:
            return self._list_page.page(request, actor, choice, problems=[wording.TOO_MANY_CHOSEN])
        at, problems = self._frame.now(), []
        for value in chosen:
            number, dispatch, version = read_choice(value)
            problem = self._give(actor, number, dispatch, version, AnswerContent(verdict="closed", text=reason), at)
            if problem:
                problems.append(wording.NOT_CLOSED.filled(number=number, problem=problem))
        if problems:
            results = self._frame.results(actor, iso(at))
            return self._list_page.page(request, actor, choice, results, problems, HTTPStatus.CONFLICT)
        return see_other(choice.address(addresses.TRIAGE, hasil=iso(at)))

    def _give(
        self, actor: Actor, tracking: str, shown_dispatch: str, version: str, draft: AnswerContent, at: datetime
    ) -> Message | None:
        """Give the answer of triage; return why it has no effect, if so."""
        desk = self._triage_desk()
        with closing(self._bus.reader()) as reader:
            # The offsets first: the ledger, which is read next, has every decision before them.
            start_offsets = recorded_offsets(reader)
            try:
                dispatch_id = desk.open_dispatch(tracking, shown_dispatch)
            except NotPossible as error:
                return wording.fault_text(self._named(error))
            result = self._answers.give(actor, Tier(TRIAGE), tracking, read_version(version), draft, at)
            if result.fault:
                return wording.ANSWER_FAULTS[result.fault]
            first = desk.first_decision(dispatch_id, reader, start_offsets)
        has_effect = first is None or (result.answer is not None and first.id == result.answer.id)
        return None if has_effect or first is None else self._no_effect(tracking, first)

    def _no_effect(self, tracking: str, first: AgencyAnswer) -> Message:
        """Return who decided first, and that the later act has no effect."""
        error = NotPossible("", "decided", number=tracking, agency=first.suggested_agency or TRIAGE, actor=first.actor)
        return wording.NO_EFFECT.filled(decision=wording.fault_text(self._named(error)))

    def _named(self, error: NotPossible) -> NotPossible:
        """Return the error with the names of agencies instead of their codes. Triage keeps its code."""
        names = {
            key: self._agency_name(code) if key in {"agency", "representative"} and code != TRIAGE else code
            for key, code in error.values.items()
        }
        return NotPossible(str(error), error.fault, **names)

    def _conflict(
        self, request: Request, actor: Actor, number: str, values: dict[str, Any], problem: Message
    ) -> Response:
        """Return the page of the case as it is now, with the typed text and the reason why nothing was done."""
        return self._case_page.page(request, actor, number, values, problem, HTTPStatus.CONFLICT)
