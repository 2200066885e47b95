"""Page of triage: the cases that wait for a decision, those with danger to life first, then the oldest."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from accounts.permissions import TRIAGE_AGENCY, Act
from app.operations.triage import TriageDesk, UndecidedCase
from app.staff import addresses
from app.staff.page import StaffFrame
from app.staff.wording import age_text
from config.time_zones import read_moment
from messages.tracking import read_tracking_number
from pages.addresses import with_query
from pages.responses import see_other
from pages.wording.cases import MISTYPED_NUMBER
from pages.wording.dangers import DANGER_ADVICE, DANGERS
from sinks.ledger.triage_cases import TriagePage, TriagePlace

_SHOWN_CASES = 25
# Length of the text of a case in the list. The page of the case has the whole text.
_EXCERPT_LENGTH = 400
# Parts of the cursor.
_WITH_DANGER, _WITHOUT_DANGER = "bahaya", "biasa"


class TriageListPage:
    """Lists the cases. `triage_desk` returns the operations with the registry in force."""

    def __init__(self, frame: StaffFrame, triage_desk: Callable[[], TriageDesk]) -> None:
        self._frame = frame
        self._triage_desk = triage_desk

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
        hasil: str = "",
    ) -> Response:
        """Show the list, or the case of a typed number."""
        actor = self._frame.require(request, Act.VIEW_CASE, TRIAGE_AGENCY)
        number = read_tracking_number(nomor) if nomor else None
        if number:
            return see_other(f"{addresses.TRIAGE}/{number}")
        desk = self._triage_desk()
        topic, region = topik.strip(), wilayah.strip()
        page = TriagePage(_SHOWN_CASES + 1, _read_cursor(setelah))
        cases = list(desk.undecided(topic, region, page=page))
        totals, now = desk.totals(topic, region), self._frame.now()
        values: dict[str, Any] = {
            "problem": MISTYPED_NUMBER if nomor else None,
            "results": self._frame.results(actor, hasil),
            "typed": {"number": nomor, "topic": topik, "region": wilayah},
            "total": totals.cases,
            "oldest": age_text(now - totals.oldest) if totals.oldest else None,
            "cases": [_shown_case(case, now) for case in cases[:_SHOWN_CASES]],
            "next": "",
        }
        if len(cases) > _SHOWN_CASES:
            cursor = _write_cursor(cases[_SHOWN_CASES - 1])
            values["next"] = with_query(addresses.TRIAGE, topik=topic, wilayah=region, setelah=cursor)
        return self._frame.render("staff_triage.html", request, actor, values)


def _shown_case(case: UndecidedCase, now: datetime) -> dict[str, Any]:
    triage_case = case.triage_case
    return {
        "address": f"{addresses.TRIAGE}/{triage_case.tracking}",
        "case": triage_case,
        "excerpt": excerpt(triage_case.text),
        "age": age_text(now - triage_case.at_triage_since),
        "danger": DANGERS.get(triage_case.danger),
        "danger_advice": DANGER_ADVICE.get(triage_case.danger),
        "is_overdue": triage_case.due_at <= now,
        "candidates": case.candidates,
    }


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
