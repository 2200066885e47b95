"""Page of triage: the cases that wait for a decision, those with danger to life first, then the oldest."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from accounts.permissions import TRIAGE_AGENCY, Act, Actor, may
from app.operations.triage import TriageDesk, UndecidedCase
from app.staff import addresses
from app.staff.next_case import ListFilter
from app.staff.page import StaffFrame
from app.staff.ready_texts import CLOSING
from app.staff.triage_filter import read_filter, region_choices, topic_choices
from app.staff.wording import age_text
from config.reference.regions import Regions
from config.time_zones import read_moment
from desk.acts.answers import AnswerProgress, OfficerAnswers
from desk.institutions import Institutions
from desk.units.tiers import Tier
from messages.tracking import read_tracking_number
from pages.responses import see_other
from pages.translation.message import Message, joined
from pages.wording.cases import MISTYPED_NUMBER, region_label, second_matter_sentence, topic_label
from pages.wording.dangers import DANGER_ADVICE, DANGERS
from sinks.ledger.triage_cases import TriagePage, TriagePlace

_SHOWN_CASES = 25
# Most cases of one form: those of a page.
MAX_CHOSEN = _SHOWN_CASES
_CHOICE_SEPARATOR = ":"
# Length of the text of a case in the list. The page of the case has the whole text.
_EXCERPT_LENGTH = 400
# Parts of the cursor.
_WITH_DANGER, _WITHOUT_DANGER = "bahaya", "biasa"


@dataclass(frozen=True, slots=True)
class ListView:
    """Part of the list that is shown, and the number that a person typed."""

    number: str = ""
    cursor: str = ""
    is_all_chosen: bool = False


_FIRST_PAGE = ListView()


class TriageListPage:
    """Lists the cases. `triage_desk` returns the operations with the registry in force.

    `regions` returns the regions, `topics` the names of topics by id.
    """

    def __init__(
        self,
        frame: StaffFrame,
        triage_desk: Callable[[], TriageDesk],
        institutions: Institutions,
        answers: OfficerAnswers,
        regions: Callable[[], Regions],
        topics: Callable[[], Mapping[str, str]],
    ) -> None:
        self._frame = frame
        self._triage_desk = triage_desk
        self._institutions = institutions
        self._answers = answers
        self._regions = regions
        self._topics = topics

    def routes(self) -> APIRouter:
        """Return the routes of this page."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(addresses.TRIAGE, self.show, methods=["GET"])
        return router

    def show(
        self,
        request: Request,
        topik: str = "",
        wilayah: str = "",
        setelah: str = "",
        nomor: str = "",
        pilih: str = "",
        hasil: str = "",
    ) -> Response:
        """Show the list, or the case of a typed number. `pilih=semua` checks all boxes.

        `topik` and `wilayah` are codes or names.
        """
        actor = self._frame.require(request, Act.VIEW_CASE, TRIAGE_AGENCY)
        number = read_tracking_number(nomor) if nomor else None
        if number:
            return see_other(f"{addresses.TRIAGE}/{number}")
        choice = read_filter(topik, wilayah, self._topics(), self._regions())
        results = self._frame.results(actor, hasil)
        problems = [MISTYPED_NUMBER] if nomor else []
        view = ListView(nomor, setelah, is_all_chosen=pilih == "semua")
        return self.page(request, actor, choice, results, problems, HTTPStatus.OK, view)

    def page(
        self,
        request: Request,
        actor: Actor,
        choice: ListFilter,
        results: Sequence[Message] = (),
        problems: Sequence[Message] = (),
        status: HTTPStatus = HTTPStatus.BAD_REQUEST,
        view: ListView = _FIRST_PAGE,
    ) -> Response:
        """Return the list, with what was done and what was not."""
        desk = self._triage_desk()
        topic, region = choice.topic, choice.region
        page = TriagePage(_SHOWN_CASES + 1, _read_cursor(view.cursor))
        cases = list(desk.undecided(topic, region, page=page))
        totals, now = desk.totals(topic, region), self._frame.now()
        subjects = desk.subjects()
        values: dict[str, Any] = {
            "problem": joined(problems) if problems else None,
            "results": results,
            "typed": {"number": view.number, "topic": topic, "region": region},
            "topics": topic_choices(subjects, topic, self._topics()),
            "regions": region_choices(subjects, region, self._regions()),
            "total": totals.cases,
            "oldest": age_text(now - totals.oldest) if totals.oldest else None,
            "cases": [self._shown_case(case, choice, now) for case in cases[:_SHOWN_CASES]],
            "is_all_chosen": view.is_all_chosen,
            "choose_all": choice.address(addresses.TRIAGE, setelah=view.cursor, pilih="semua"),
            "choose_none": choice.address(addresses.TRIAGE, setelah=view.cursor),
            "ready_closings": CLOSING,
            "may_close_many": may(actor, Act.ANSWER_MANY, TRIAGE_AGENCY),
            "next": "",
        }
        if len(cases) > _SHOWN_CASES:
            values["next"] = choice.address(addresses.TRIAGE, setelah=_write_cursor(cases[_SHOWN_CASES - 1]))
        return self._frame.render("staff_triage.html", request, actor, values, status)

    def _shown_case(self, case: UndecidedCase, choice: ListFilter, now: datetime) -> dict[str, Any]:
        triage_case = case.triage_case
        progress = self._answers.progress(Tier(TRIAGE_AGENCY), triage_case.tracking)
        return {
            "address": choice.address(f"{addresses.TRIAGE}/{triage_case.tracking}"),
            "case": triage_case,
            "topic": topic_label(self._topics(), triage_case.topic),
            "region": region_label(self._regions(), triage_case.region),
            "excerpt": excerpt(triage_case.text),
            "age": age_text(now - triage_case.at_triage_since),
            "danger": DANGERS.get(triage_case.danger),
            "danger_advice": DANGER_ADVICE.get(triage_case.danger),
            "is_overdue": triage_case.due_at <= now,
            "is_being_sent": progress is not None and bool(progress.pending),
            "choice": _write_choice(progress) if progress and not triage_case.danger else "",
            "candidates": case.candidates,
            "second_matter": second_matter_sentence(triage_case.second_matter, self._topics(), self._institutions.name),
        }


def read_choice(value: str) -> tuple[str, str, str]:
    """Return number, dispatch and version of a chosen case. A part that is missing is empty."""
    number, dispatch, version = (*value.split(_CHOICE_SEPARATOR, 2), "", "")[:3]
    return read_tracking_number(number) or "", dispatch, version


def _write_choice(progress: AnswerProgress) -> str:
    """Return the value of the box of a case; empty while an act is on its way. A case with danger has no box."""
    if progress.pending or not progress.case.case.is_current:
        return ""
    parts = (progress.case.case.tracking, str(progress.case.dispatch.id), str(progress.version))
    return _CHOICE_SEPARATOR.join(parts)


def excerpt(text: str) -> str:
    """Return the beginning of a text in whole words."""
    if len(text) <= _EXCERPT_LENGTH:
        return text
    beginning = text[:_EXCERPT_LENGTH].rpartition(" ")[0] or text[:_EXCERPT_LENGTH]
    return f"{beginning} …"


def _write_cursor(case: UndecidedCase) -> str:
    triage_case = case.triage_case
    rank = _WITH_DANGER if triage_case.danger else _WITHOUT_DANGER
    return f"{rank}_{triage_case.at_triage_since.isoformat()}_{triage_case.tracking}"


def _read_cursor(typed: str) -> TriagePlace | None:
    """Return the place of the last case of the page before; `None` for another text."""
    rank, _, place = typed.partition("_")
    moment, _, number = place.partition("_")
    at = read_moment(moment)
    if at is None or not number or rank not in {_WITH_DANGER, _WITHOUT_DANGER}:
        return None
    return TriagePlace(rank == _WITHOUT_DANGER, at, number)
