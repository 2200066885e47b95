"""One answer to many cases: the list of what it touches, the preview, and the outcome for each case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from accounts.permissions import Act, Actor
from desk.acts.answers import VERDICTS_WITH_TEXT, ActResult, CaseProgressView
from desk.pages import wording
from desk.pages.case.act_draft import CaseRenderer
from desk.pages.case.act_slugs import NAMES, RIGHTS, VERDICTS_BY_NAME, readers_of
from desk.pages.case.case_model import possible_acts
from desk.pages.case.preview import Preview
from desk.pages.list_query import BULK_PART, LIST_ADDRESS
from desk.pages.parts import DeskPageParts
from desk.pages.template_text import with_number, with_template
from desk.units.tiers import Tier
from messages.shapes import AnswerContent, AnswerReaders, Verdict
from pages.forms import MAX_TEXT_LENGTH, Form, PostedForm, read_version
from pages.translation.message import Message
from pages.translation.message import message as _
from pages.wording.cases import report_heading

# Each case is read and answered within one request.
MAX_CASES = 200
# A question and a refusal need words for one case.
BULK_VERDICTS: tuple[Verdict, ...] = ("responded", "closed", "accepted")
_SAMPLE_NUMBER = "XXXX-XXXX-XXXX"
_VERSION_SEPARATOR = ":"
_NOTHING_CHOSEN = _("Pilih laporan lebih dahulu, lalu tekan Jawab yang dipilih bersama.")
_TOO_MANY = _("Paling banyak {limit} laporan dapat dijawab bersama. Anda memilih {count}.")
_SENT = _("terkirim")
_WAITS = _("tersimpan, sedang dikirim")


@dataclass(frozen=True, slots=True)
class ChosenCase:
    """A case that was chosen. `fault` says why the answer cannot touch it; `view` is `None` for an unknown number."""

    number: str
    view: CaseProgressView | None
    fault: Message | None

    @property
    def heading(self) -> str:
        """The heading of the report."""
        if self.view is None:
            return ""
        report = self.view.case.dispatch.report
        return report_heading(report.title, report.text)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of the answer to one case."""

    number: str
    text: Message
    is_done: bool


class BulkPage:
    """Endpoint of the answer to many."""

    def __init__(self, parts: DeskPageParts, case_page: CaseRenderer) -> None:
        self._parts = parts
        self._case_page = case_page

    def routes(self) -> APIRouter:
        """Return the routes to serve. They come before those of one case."""
        router = APIRouter()
        address = f"{LIST_ADDRESS}/{BULK_PART}"
        router.add_api_route(address, self.answer_many, methods=["POST"], response_class=HTMLResponse)
        return router

    def answer_many(self, request: Request, form: PostedForm) -> Response:
        """Show what the answer would touch, or send it and show the outcome of each case.

        Sending the same form again changes nothing: each case tells that the answer is recorded already.
        """
        parts = self._parts
        verdict = VERDICTS_BY_NAME.get(form.line("tindakan"), BULK_VERDICTS[0])
        verdict = verdict if verdict in BULK_VERDICTS else BULK_VERDICTS[0]
        actor = parts.require(request, Act.VIEW_CASE, Act.ANSWER_MANY, RIGHTS[verdict])
        versions = chosen_versions(form)
        if fault := _choice_fault(len(versions)):
            return parts.render("bulk.html", request, actor, {"fault": fault}, HTTPStatus.UNPROCESSABLE_ENTITY)
        template_id = form.line("templat")
        templates = parts.work.templates(actor.agency) if template_id else ()
        text = with_template(form.text("isi"), templates, template_id)
        step = "" if template_id else form.line("langkah")
        readers = readers_of(form, verdict)
        text_fault = _text_fault(verdict, text) if step else None
        if step == "kirim" and text_fault is None:
            tier = parts.tier(actor)
            draft = AnswerContent(verdict=verdict, text=text if verdict in VERDICTS_WITH_TEXT else "", readers=readers)
            outcomes = [self._give(actor, tier, number, version, draft) for number, version in versions.items()]
            done_count = sum(outcome.is_done for outcome in outcomes)
            values = {"outcomes": outcomes, "done_count": done_count}
            return parts.render("bulk_result.html", request, actor, values)
        status = HTTPStatus.UNPROCESSABLE_ENTITY if text_fault else HTTPStatus.OK
        choice = self._choice_values(actor, verdict, text, readers, list(versions), has_preview=step == "pratinjau")
        return parts.render("bulk.html", request, actor, {**choice, "text_fault": text_fault, "fault": None}, status)

    def _choice_values(
        self,
        actor: Actor,
        verdict: Verdict,
        text: str,
        readers: AnswerReaders,
        numbers: Sequence[str],
        *,
        has_preview: bool,
    ) -> Mapping[str, Any]:
        tier = self._parts.tier(actor)
        chosen = [self._chosen(actor, tier, verdict, number) for number in numbers]
        touched = [case for case in chosen if case.fault is None]
        return {
            "touched": touched,
            "untouched": [case for case in chosen if case.fault],
            "choices": [(NAMES[choice], wording.ACT_NAMES[choice]) for choice in BULK_VERDICTS],
            "slug": NAMES[verdict],
            "text": text,
            "readers": readers,
            "previews": self._previews(touched, verdict, text, readers) if has_preview else (),
            "templates": self._parts.work.templates(actor.agency),
        }

    def _chosen(self, actor: Actor, tier: Tier, verdict: Verdict, number: str) -> ChosenCase:
        view = self._parts.find_case(actor, number, tier)
        if view is None:
            return ChosenCase(number, None, wording.FAULTS["unknown-case"])
        if not view.case.case.is_current:
            return ChosenCase(number, view, wording.FAULTS["moved"])
        is_possible = verdict in possible_acts(view, actor)
        return ChosenCase(number, view, None if is_possible else wording.FAULTS["not-possible"])

    def _previews(
        self, touched: Sequence[ChosenCase], verdict: Verdict, text: str, readers: AnswerReaders
    ) -> Sequence[tuple[str, Preview]]:
        """Return one preview for each kind of outcome, with the number of the first case that has it."""
        previews: dict[object, tuple[str, Preview]] = {}
        for case in touched:
            if case.view:
                words = with_number(text, case.number)
                shown = self._case_page.preview(case.view, verdict, words, readers=readers)
                previews.setdefault(shown.kind, (case.number, shown))
        return list(previews.values())

    def _give(self, actor: Actor, tier: Tier, number: str, version: int, draft: AnswerContent) -> Outcome:
        view = self._parts.find_case(actor, number, tier)
        if view is None:
            return Outcome(number, wording.FAULTS["unknown-case"], is_done=False)
        tracking = view.case.case.tracking
        answer = draft.model_copy(update={"text": with_number(draft.text, tracking)})
        result = self._parts.answers.give(actor, tier, tracking, version, answer)
        return Outcome(number, _outcome_text(result), is_done=result.fault is None)


def chosen_versions(form: Form) -> Mapping[str, int]:
    """Return the version of each chosen case by number; -1 where the form has none, which is a conflict."""
    versions = {}
    for value in form.lines("nomor"):
        number, _separator, version = value.partition(_VERSION_SEPARATOR)
        if number:
            versions[number] = read_version(version)
    return versions


def _choice_fault(count: int) -> Message | None:
    if count == 0:
        return _NOTHING_CHOSEN
    return _TOO_MANY.filled(limit=MAX_CASES, count=count) if count > MAX_CASES else None


def _text_fault(verdict: Verdict, text: str) -> Message | None:
    if verdict in VERDICTS_WITH_TEXT and not text:
        return wording.FAULTS["text-missing"]
    # Every number is as long as this one.
    longest = len(with_number(text, _SAMPLE_NUMBER))
    return wording.TOO_LONG.filled(limit=MAX_TEXT_LENGTH) if longest > MAX_TEXT_LENGTH else None


def _outcome_text(result: ActResult) -> Message:
    if result.fault:
        return wording.FAULTS[result.fault]
    return _SENT if result.is_published else _WAITS
