"""Pages of the quarantine: groups by door and reason, the messages without their text, and the decisions."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from accounts.permissions import Act, Actor, actor_label, may
from app.operations.review.quarantine import Quarantine, QuarantineFilter
from app.staff import addresses
from app.staff.page import StaffFrame, see_result
from app.staff.review_form import EntryPages, TypedReview
from app.staff.review_wording import UNKNOWN_ACT, quarantine_reason
from app.staff.wording import age_text
from messages.shapes import Quarantined, iso
from pages.addresses import with_query
from pages.translation.message import Message

ADDRESS = addresses.QUARANTINE
_SHOWN_MESSAGES = 50


class QuarantinePages:
    """Lists, shows, reveals, releases and drops quarantined messages."""

    def __init__(self, frame: StaffFrame, quarantine: Quarantine) -> None:
        self._frame = frame
        self._quarantine = quarantine

    def routes(self) -> APIRouter:
        """Return the routes of these pages."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(ADDRESS, self.list, methods=["GET"])
        router.add_api_route(f"{ADDRESS}/putusan", self.decide, methods=["POST"])
        router.include_router(
            EntryPages(self._frame, self._quarantine, ADDRESS, Act.VIEW_QUARANTINE, lambda _facts: ADDRESS).routes()
        )
        return router

    def list(self, request: Request, saluran: str = "", kelompok: str = "", hasil: str = "") -> Response:
        """List the groups, and the messages of the chosen group."""
        actor = self._frame.require(request, Act.VIEW_QUARANTINE)
        return self._list(request, actor, saluran, kelompok, {"results": self._frame.results(actor, hasil)})

    def decide(self, request: Request, form: TypedReview) -> Response:
        """Release or drop messages. A released one is accepted like any message of its door."""
        actor = self._frame.require(request, Act.DECIDE_QUARANTINE)
        act = {"terima": self._quarantine.release, "buang": self._quarantine.drop}.get(form.tindakan)
        if problem := form.problem() or (None if act else UNKNOWN_ACT):
            values = {"typed": {"reason": form.alasan, "checked": form.ids}}
            return self._list(request, actor, form.saluran, form.kelompok, values, problem)
        choice = QuarantineFilter(ids=form.ids)
        if not form.ids:
            choice = QuarantineFilter(form.kelompok, until=form.shown_until, channel=form.saluran or None)
        at = self._frame.now()
        if act:
            for _decision in act(choice, actor_label(actor), form.alasan.strip(), at):
                pass
        return see_result(ADDRESS, at)

    def _list(
        self,
        request: Request,
        actor: Actor,
        channel: str,
        reason: str,
        values: Mapping[str, Any],
        problem: Message | None = None,
    ) -> Response:
        messages, now = self._quarantine.undecided(QuarantineFilter()), self._frame.now()
        in_group = [message for message in messages if (message.raw.channel, message.reason) == (channel, reason)]
        all_values = {
            "total": len(messages),
            "groups": _groups(messages, now),
            "channel": channel,
            "reason": reason,
            "reason_text": quarantine_reason(reason),
            "messages": [
                {"id": message.raw.id, "at": message.at, "address": f"{ADDRESS}/{message.raw.id}"}
                for message in in_group[:_SHOWN_MESSAGES]
            ],
            "group_size": len(in_group),
            "until": iso(now),
            "may_decide": may(actor, Act.DECIDE_QUARANTINE, ""),
            "typed": {},
            **values,
            "problem": problem,
        }
        status = HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK
        return self._frame.render("staff_quarantine.html", request, actor, all_values, status)


def _groups(messages: Sequence[Quarantined], now: datetime) -> list[dict[str, Any]]:
    """Return the groups by channel and reason, the largest first."""
    grouped: defaultdict[tuple[str, str], list[Quarantined]] = defaultdict(list)
    for message in messages:
        grouped[message.raw.channel, message.reason].append(message)
    return [
        {
            "channel": channel,
            "reason": reason,
            "text": quarantine_reason(reason),
            "count": len(members),
            "oldest": age_text(now - members[0].at),
            "address": with_query(ADDRESS, saluran=channel, kelompok=reason),
        }
        for (channel, reason), members in sorted(grouped.items(), key=lambda group: (-len(group[1]), group[0]))
    ]
