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
from app.staff.review_form import Entry, TypedReview, show_entry, show_gone
from app.staff.review_wording import UNKNOWN_ACT, quarantine_reason
from app.staff.typed import reason_problem
from app.staff.wording import age_text
from bus.errors import Stop
from messages.reveals import refresh_header
from messages.shapes import Quarantined, iso
from pages.addresses import with_query
from pages.forms import Typed
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
        router.add_api_route(f"{ADDRESS}/{{message_id}}", self.show, methods=["GET"])
        router.add_api_route(f"{ADDRESS}/{{message_id}}/buka", self.reveal, methods=["POST"])
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

    def show(self, request: Request, message_id: str) -> Response:
        """Show the facts about one message without its text."""
        actor = self._frame.require(request, Act.VIEW_QUARANTINE)
        return self._show(request, actor, message_id, {})

    def reveal(self, request: Request, message_id: str, alasan: Typed = "") -> Response:
        """Show the text on this response only. Each view is recorded before."""
        actor = self._frame.require(request, Act.REVEAL)
        if problem := reason_problem(alasan):
            return self._show(request, actor, message_id, {"reason": alasan}, problem)
        try:
            quarantined = self._quarantine.find(message_id)
            at, reason = self._frame.now(), alasan.strip()
            body = self._quarantine.reveal(quarantined, actor_label(actor), reason, at, actor.role)
        except Stop:
            return show_gone(self._frame, request, actor, ADDRESS)
        response = self._show(request, actor, message_id, {"revealed": body.decode("utf-8", "replace")})
        response.headers.update(refresh_header(f"{ADDRESS}/{message_id}"))
        return response

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

    def _show(
        self,
        request: Request,
        actor: Actor,
        message_id: str,
        values: Mapping[str, Any],
        problem: Message | None = None,
    ) -> Response:
        try:
            facts = self._quarantine.describe(self._quarantine.find(message_id))
        except Stop:
            return show_gone(self._frame, request, actor, ADDRESS)
        return show_entry(self._frame, request, actor, Entry(ADDRESS, ADDRESS, facts), values, problem)


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
