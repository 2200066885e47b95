"""Page of merges, splits and suggestions of likely duplicates: a preview of the reports, then the decision."""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Literal

from fastapi import APIRouter, Request
from sqlalchemy import Engine
from starlette.responses import Response

from accounts.permissions import Act, Actor, actor_label
from app.operations.corrections import Corrections
from app.operations.duplicates.suggested_pairs import SuggestedPair, SuggestedPairs
from app.operations.not_possible import NotPossible
from app.operations.recorder import Recorder
from app.operations.report_preview import ReportPreview, ReportPreviews
from app.staff import addresses
from app.staff.page import StaffFrame, see_result
from app.staff.typed import reason_problem
from app.staff.wording import fault_text
from bus.port import Bus
from desk.acts.suggestions import SuggestionActs, SuggestionOutcome
from desk.read_model.suggested_case import OF_SENDERS
from messages.tracking import read_tracking_number
from pages.forms import Typed
from pages.translation.message import Message
from pages.wording.cases import MISTYPED_NUMBER
from pages.wording.dangers import DANGERS
from pages.wording.suggestions import FAULTS, evidence_sentences

ADDRESS = addresses.CORRECTIONS
# Suggestions are listed if the report is not older, and at most so many.
_LISTED_AGE, _MAX_LISTED = timedelta(days=30), 50
_OUTCOMES: dict[str, SuggestionOutcome] = {"sama": "same", "bukan": "different"}
_KINDS: dict[str, Literal["repeat", "joins"]] = {"repeat": "repeat", "joins": "joins"}


class CorrectionPage:
    """Previews, merges and splits reports. `agency_name` returns the name of an institution by its code."""

    def __init__(
        self,
        frame: StaffFrame,
        engine: Engine,
        bus: Bus,
        log: Recorder,
        agency_name: Callable[[str], str],
        suggestions: SuggestionActs,
    ) -> None:
        self._frame = frame
        self._engine = engine
        self._bus = bus
        self._log = log
        self._agency_name = agency_name
        self._previews = ReportPreviews(engine)
        self._suggestions = suggestions
        self._pairs = SuggestedPairs(engine)

    def routes(self) -> APIRouter:
        """Return the routes of this page."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(ADDRESS, self.show, methods=["GET"])
        router.add_api_route(ADDRESS, self.merge, methods=["POST"])
        router.add_api_route(f"{ADDRESS}/pisah", self.split, methods=["POST"])
        router.add_api_route(f"{ADDRESS}/usulan", self.decide, methods=["POST"])
        return router

    def show(self, request: Request, a: str = "", b: str = "", hasil: str = "") -> Response:
        """Show the form, and a preview of one report or of two."""
        actor = self._frame.require(request, Act.CORRECT_RELATION)
        return self._page(request, actor, a, b, {"results": self._frame.results(actor, hasil)})

    def merge(
        self, request: Request, a: Typed = "", b: Typed = "", hubungan: Typed = "", alasan: Typed = ""
    ) -> Response:
        """Merge the report b into the case of a."""
        actor = self._frame.require(request, Act.CORRECT_RELATION)
        typed = {"kind": hubungan, "reason": alasan}
        target, number, at = read_tracking_number(a), read_tracking_number(b), self._frame.now()
        kind = _KINDS.get(hubungan, "joins")

        def publish(corrections: Corrections) -> object:
            return corrections.merge(target or "", number or "", kind, actor_label(actor), alasan.strip(), at)

        problem = reason_problem(alasan) or (None if target and number else MISTYPED_NUMBER)
        return self._correct(request, actor, (a, b), typed, problem, publish, at)

    def split(self, request: Request, a: Typed = "", alasan: Typed = "") -> Response:
        """Make the report a a case of its own."""
        actor = self._frame.require(request, Act.CORRECT_RELATION)
        number, at = read_tracking_number(a), self._frame.now()

        def publish(corrections: Corrections) -> object:
            return corrections.split(number or "", actor_label(actor), alasan.strip(), at)

        problem = reason_problem(alasan) or (None if number else MISTYPED_NUMBER)
        return self._correct(request, actor, (a, ""), {"reason": alasan}, problem, publish, at)

    def decide(self, request: Request, a: Typed = "", b: Typed = "", putusan: Typed = "") -> Response:
        """Confirm or deny that the report b is the same as what is suggested for it."""
        actor = self._frame.require(request, Act.CORRECT_RELATION)
        number, outcome, at = read_tracking_number(b), _OUTCOMES.get(putusan), self._frame.now()
        if number is None or outcome is None:
            return self._page(request, actor, a, b, {}, MISTYPED_NUMBER)
        if fault := self._suggestions.decide(actor, number, outcome, at):
            return self._page(request, actor, a, b, {}, FAULTS[fault], HTTPStatus.CONFLICT)
        return see_result(ADDRESS, at)

    def _correct(
        self,
        request: Request,
        actor: Actor,
        numbers: tuple[str, str],
        typed: dict[str, str],
        problem: Message | None,
        publish: Callable[[Corrections], object],
        at: datetime,
    ) -> Response:
        """Publish a correction, or show the page again with the reason why it was not published."""
        if problem:
            return self._page(request, actor, *numbers, {"typed": typed}, problem)
        try:
            with closing(self._bus.producer()) as producer:
                publish(Corrections(self._engine, producer, self._log))
        except NotPossible as error:
            return self._page(request, actor, *numbers, {"typed": typed}, fault_text(error), HTTPStatus.CONFLICT)
        return see_result(ADDRESS, at)

    def _page(
        self,
        request: Request,
        actor: Actor,
        a: str,
        b: str,
        values: dict[str, Any],
        problem: Message | None = None,
        status: HTTPStatus = HTTPStatus.BAD_REQUEST,
    ) -> Response:
        previews, preview_problem = self._read_previews([typed for typed in (a, b) if typed.strip()])
        all_values: dict[str, Any] = {
            "a": a,
            "b": b,
            "previews": [self._shown(preview) for preview in previews],
            "pair": self._open_pair([preview.number for preview in previews]),
            "listed": [] if previews else self._listed_pairs(),
            "counts": None if previews else self._pairs.counts(self._frame.now() - _LISTED_AGE),
            "typed": {},
            **values,
            "problem": problem or preview_problem,
        }
        is_fault = all_values["problem"] is not None
        return self._frame.render("staff_merge.html", request, actor, all_values, status if is_fault else HTTPStatus.OK)

    def _read_previews(self, typed_numbers: list[str]) -> tuple[list[ReportPreview], Message | None]:
        """Return the previews, and why one of them is missing."""
        previews, problem = list[ReportPreview](), None
        for typed in typed_numbers:
            number = read_tracking_number(typed)
            try:
                previews += [self._previews.preview(number)] if number else []
                problem = problem or (None if number else MISTYPED_NUMBER)
            except NotPossible as error:
                problem = problem or fault_text(error)
        return previews, problem

    def _open_pair(self, numbers: list[str]) -> dict[str, Any] | None:
        """Return the open suggestion that concerns two reports; `None` without one."""
        pairs = [pair for number in numbers if (pair := self._pairs.find(number))] if len(numbers) > 1 else []
        pair = next((pair for pair in pairs if {pair.number, pair.suggested_number} == set(numbers)), None)
        if pair is None or pair.state != "open":
            return None
        evidence = [name for name in pair.evidence if OF_SENDERS not in name]
        return {"number": pair.number, "other": pair.suggested_number, "evidence": evidence_sentences(evidence)}

    def _listed_pairs(self) -> list[dict[str, Any]]:
        pairs = self._pairs.open_pairs(self._frame.now() - _LISTED_AGE)[:_MAX_LISTED]
        return [self._listed(pair) for pair in pairs]

    def _listed(self, pair: SuggestedPair) -> dict[str, Any]:
        return {
            "number": pair.number,
            "other": pair.suggested_number,
            "agency": self._agency_name(pair.agency),
            "other_agency": self._agency_name(pair.suggested_agency),
            "at": pair.suggested_at,
            "danger": DANGERS.get(pair.danger),
        }

    def _shown(self, preview: ReportPreview) -> dict[str, Any]:
        return {"report": preview, "agency": self._agency_name(preview.agency) if preview.agency else ""}
