"""Pages of the dead letters: groups by stage and reason, the records without their text, redrive and drop."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Protocol

from fastapi import APIRouter, Request
from starlette.responses import Response

from accounts.permissions import Act, Actor, actor_label, may
from app.operations.review.dead_letters import DeadLetterFilter, DeadLetters, count_rows
from app.operations.review.redrive import RedriveCounts
from app.staff import addresses
from app.staff.page import StaffFrame, see_result
from app.staff.review_form import EntryPages, ReviewForm, TypedReview
from app.staff.review_wording import NOT_REDRIVEN_TEXTS, RATES, UNKNOWN_ACT
from app.staff.wording import age_text
from messages.shapes import iso
from pages.addresses import with_query
from pages.translation.message import Message

ADDRESS = addresses.DEAD_LETTERS
_SHOWN_LETTERS = 50


class RedriveOperation(Protocol):
    """See `app.operations.review.redrive.RedriveBatches`."""

    def plan(self, choice: DeadLetterFilter) -> RedriveCounts:
        """Return what a redrive would do."""

    def run(self, choice: DeadLetterFilter, rate: float | None, actor: str, why: str, at: datetime) -> RedriveCounts:
        """Redrive the first of the chosen dead letters."""


class DeadLetterPages:
    """Lists, shows, reveals, redrives and drops dead letters."""

    def __init__(self, frame: StaffFrame, dead_letters: DeadLetters, redrive: RedriveOperation) -> None:
        self._frame = frame
        self._dead_letters = dead_letters
        self._redrive = redrive

    def routes(self) -> APIRouter:
        """Return the routes of these pages."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(ADDRESS, self.list, methods=["GET"])
        router.add_api_route(f"{ADDRESS}/putusan", self.decide, methods=["POST"])
        router.include_router(
            EntryPages(self._frame, self._dead_letters, ADDRESS, Act.VIEW_DEAD_LETTERS, _group_address).routes()
        )
        return router

    def list(
        self,
        request: Request,
        tahap: str = "",
        kelompok: str = "",
        bidang: str = "",
        rencana: str = "",
        hasil: str = "",
    ) -> Response:
        """List the groups, the dead letters of the chosen group, and what a redrive of the group would do."""
        actor = self._frame.require(request, Act.VIEW_DEAD_LETTERS)
        form = ReviewForm(tahap=tahap, kelompok=kelompok, bidang=bidang)
        values: dict[str, Any] = {"results": self._frame.results(actor, hasil)}
        if rencana and kelompok:
            values["plan"] = _plan_rows(self._redrive.plan(_group_filter(form)))
        return self._list(request, actor, form, values)

    def decide(self, request: Request, form: TypedReview) -> Response:
        """Redrive or drop dead letters."""
        act = {"kirim": Act.REDRIVE, "buang": Act.DROP}.get(form.tindakan)
        actor = self._frame.require(request, act or Act.REDRIVE)
        if problem := form.problem() or (None if act else UNKNOWN_ACT):
            return self._list(request, actor, form, {}, problem)
        choice = DeadLetterFilter(ids=form.ids) if form.ids else _group_filter(form)
        at, reason = self._frame.now(), form.alasan.strip()
        if act is Act.REDRIVE:
            counts = self._redrive.run(choice, RATES.get(form.laju), actor_label(actor), reason, at)
            if counts.left and not counts.published:
                return self._list(request, actor, form, {"plan": _plan_rows(counts)})
        else:
            for _letter in self._dead_letters.drop(choice, actor_label(actor), reason, at):
                pass
        return see_result(ADDRESS, at, tahap=form.tahap, kelompok=form.kelompok, bidang=form.bidang)

    def _list(
        self,
        request: Request,
        actor: Actor,
        form: ReviewForm,
        values: Mapping[str, Any],
        problem: Message | None = None,
    ) -> Response:
        letters, now = self._dead_letters.undecided(DeadLetterFilter()), self._frame.now()
        group = _group_filter(form, is_open_ended=True)
        in_group = [letter for letter in letters if form.kelompok and group.matches(letter)]
        all_values = {
            "total": len(letters),
            "oldest": age_text(now - letters[0].at) if letters else None,
            "groups": [{**row, "address": _group_address(row)} for row in count_rows(letters)],
            "form": form,
            "letters": [
                {"letter": letter, "address": f"{ADDRESS}/{letter.id}"} for letter in in_group[:_SHOWN_LETTERS]
            ],
            "group_size": len(in_group),
            "plan": None,
            "plan_address": with_query(
                ADDRESS, tahap=form.tahap, kelompok=form.kelompok, bidang=form.bidang, rencana="1"
            ),
            "rates": tuple(RATES),
            "until": iso(now),
            "may_redrive": may(actor, Act.REDRIVE, ""),
            "may_drop": may(actor, Act.DROP, ""),
            **values,
            "problem": problem,
        }
        status = HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK
        return self._frame.render("staff_dead_letters.html", request, actor, all_values, status)


def _group_filter(form: ReviewForm, *, is_open_ended: bool = False) -> DeadLetterFilter:
    """Return the filter of the group on the page: what came after the page was shown is not in it."""
    until = None if is_open_ended else form.shown_until
    return DeadLetterFilter(form.tahap or None, form.kelompok, form.bidang, until=until)


def _group_address(facts: Mapping[str, object]) -> str:
    """Return the address of the group of a dead letter, or of a row of groups."""
    return with_query(ADDRESS, tahap=str(facts["stage"]), kelompok=str(facts["reason"]), bidang=str(facts["field"]))


def _plan_rows(counts: RedriveCounts) -> Mapping[str, Any]:
    left = [(NOT_REDRIVEN_TEXTS.get(reason, reason), count) for reason, count in sorted(counts.left.items())]
    return {"published": sorted(counts.published.items()), "left": left}
