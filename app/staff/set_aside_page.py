"""Pages of the messages that were set aside as no complaints: the masked list, one message, and its release."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from accounts.permissions import TRIAGE_AGENCY, Act, Actor, actor_label
from app.operations.review.set_aside import (
    NotReleasable,
    SetAside,
    SetAsideContent,
    SetAsideFilter,
    SetAsideMessage,
    check_release,
    describe,
)
from app.staff import addresses
from app.staff.page import StaffFrame
from app.staff.ready_texts import RELEASING, ready_text
from app.staff.typed import reason_problem
from app.staff.wording import age_text
from messages.channels import ChannelDirectory
from messages.shapes import iso
from messages.tracking import read_tracking_number
from pages.addresses import with_query
from pages.forms import Typed, read_number
from pages.responses import see_other
from pages.translation.message import Message
from pages.translation.message import message as _
from pages.wording.cases import MISTYPED_NUMBER

_SHOWN_MESSAGES = 50
# Choices of the period in days. A longer one reads more of the topics.
_PERIODS = (7, 30)
# By `normalize.classification.classifier.Reason`.
REASON_LABELS: Mapping[str, Message] = {
    "promotion": _("Iklan"),
    "fraud": _("Penipuan"),
    "publicity": _("Pemberitaan tentang layanan ini"),
    "chain": _("Pesan berantai"),
    "thanks": _("Ucapan terima kasih"),
    "test": _("Percobaan"),
    "greeting": _("Sapaan"),
    "no-content": _("Tanpa isi"),
    "report-question": _("Pertanyaan tentang laporan"),
    "cancel-request": _("Permintaan membatalkan laporan"),
    "other-service": _("Perintah untuk layanan lain"),
}
_NOT_RELEASABLE = _(
    "Pesan ini tidak dapat dijadikan laporan: sudah menjadi laporan, tidak berisi aduan, atau masa simpannya berakhir."
)


class SetAsidePages:
    """Lists, shows and releases messages. `set_aside` returns the operations."""

    def __init__(self, frame: StaffFrame, set_aside: Callable[[], SetAside], channels: ChannelDirectory) -> None:
        self._frame = frame
        self._set_aside = set_aside
        self._channels = channels

    def routes(self) -> APIRouter:
        """Return the routes of these pages."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(addresses.SET_ASIDE, self.list, methods=["GET"])
        router.add_api_route(addresses.SET_ASIDE_MESSAGE, self.show, methods=["GET"])
        router.add_api_route(addresses.SET_ASIDE_MESSAGE, self.release, methods=["POST"])
        return router

    def list(self, request: Request, alasan: str = "", hari: str = "", hasil: str = "") -> Response:
        """List the messages of the last days that nobody released, masked, the newest first; only those of a reason."""
        actor = self._frame.require(request, Act.DECIDE_TRIAGE, TRIAGE_AGENCY)
        reason, days = _reason(alasan), _days(hari)
        messages, now = self._unreleased(reason, days), self._frame.now()
        shown = messages[:_SHOWN_MESSAGES]
        contents = self._set_aside().contents(shown)
        values = {
            "results": self._frame.results(actor, hasil),
            "messages": [
                {
                    "number": message.tracking,
                    "address": _address(message.tracking, reason, days),
                    "reason": REASON_LABELS[message.reason],
                    "age": age_text(now - message.at),
                    "content": describe(contents[message.tracking]) if message.tracking in contents else None,
                }
                for message in shown
            ],
            "total": len(messages),
            "reasons": REASON_LABELS,
            "periods": _PERIODS,
            "reason": reason,
            "days": days,
        }
        return self._frame.render("staff_set_aside.html", request, actor, values)

    def show(self, request: Request, number: str, alasan: str = "", hari: str = "", hasil: str = "") -> Response:
        """Show one message with its masked text."""
        actor = self._frame.require(request, Act.DECIDE_TRIAGE, TRIAGE_AGENCY)
        values = {"results": self._frame.results(actor, hasil)}
        return self._page(request, actor, number, _reason(alasan), _days(hari), values)

    def release(
        self,
        request: Request,
        number: str,
        siap: Typed = "",
        alasan_rilis: Typed = "",
        alasan: Typed = "",
        hari: Typed = "",
    ) -> Response:
        """Release a message as a report, and open the next one. `alasan` and `hari` are the filter of the list."""
        actor = self._frame.require(request, Act.DECIDE_TRIAGE, TRIAGE_AGENCY)
        reason, days = _reason(alasan), _days(hari)
        why = alasan_rilis if alasan_rilis.strip() else ready_text(RELEASING, siap)
        if problem := reason_problem(why):
            return self._page(request, actor, number, reason, days, {"typed": alasan_rilis}, problem)
        tracking, at = read_tracking_number(number) or "", self._frame.now()
        following = self._following(tracking, reason, days)
        try:
            self._set_aside().release(tracking, actor_label(actor), why.strip(), at)
        except NotReleasable:
            values = {"typed": alasan_rilis}
            return self._page(request, actor, number, reason, days, values, _NOT_RELEASABLE, HTTPStatus.CONFLICT)
        return see_other(_address(following, reason, days, hasil=iso(at)))

    def _page(
        self,
        request: Request,
        actor: Actor,
        number: str,
        reason: str,
        days: int,
        values: Mapping[str, Any],
        problem: Message | None = None,
        status: HTTPStatus = HTTPStatus.BAD_REQUEST,
    ) -> Response:
        content = self._content(number)
        filter_values = {"reason": reason, "days": days, "list_address": _address("", reason, days)}
        if content is None:
            missing = MISTYPED_NUMBER if read_tracking_number(number) is None else _NOT_RELEASABLE
            gone = {**filter_values, "message": None, "problem": problem or missing}
            return self._frame.render("staff_set_aside_message.html", request, actor, gone, HTTPStatus.NOT_FOUND)
        facts = describe(content)
        all_values = {
            **filter_values,
            "message": facts,
            "at": content.message.at,
            "reason_text": REASON_LABELS.get(content.message.reason, content.message.reason),
            "channel": self._channels.label_of(content.raw.channel),
            "is_releasable": _is_releasable(content),
            "ready_reasons": RELEASING,
            "address": f"{addresses.SET_ASIDE}/{content.message.tracking}",
            "typed": "",
            **values,
            "problem": problem,
        }
        page_status = status if problem else HTTPStatus.OK
        return self._frame.render("staff_set_aside_message.html", request, actor, all_values, page_status)

    def _content(self, number: str) -> SetAsideContent | None:
        tracking = read_tracking_number(number)
        try:
            return self._set_aside().find(tracking) if tracking else None
        except NotReleasable:
            return None

    def _unreleased(self, reason: str, days: int) -> Sequence[SetAsideMessage]:
        """Return the chosen messages, the newest first."""
        since = self._frame.now() - timedelta(days=days)
        return self._set_aside().unreleased(SetAsideFilter(reason or None, since))[::-1]

    def _following(self, number: str, reason: str, days: int) -> str:
        """Return the number of the message after this one in the list; empty after the last one."""
        numbers = [message.tracking for message in self._unreleased(reason, days)]
        place = numbers.index(number) + 1 if number in numbers else len(numbers)
        return numbers[place] if place < len(numbers) else ""


def _address(number: str, reason: str, days: int, **values: str) -> str:
    path = f"{addresses.SET_ASIDE}/{number}" if number else addresses.SET_ASIDE
    return with_query(path, alasan=reason, hari=str(days) if days != _PERIODS[0] else "", **values)


def _reason(typed: str) -> str:
    return typed if typed in REASON_LABELS else ""


def _days(typed: str) -> int:
    days = read_number(typed, _PERIODS[-1])
    return days if days in _PERIODS else _PERIODS[0]


def _is_releasable(content: SetAsideContent) -> bool:
    try:
        check_release(content)
    except NotReleasable:
        return False
    return True
