"""Letters for paper: one case, or the cases of a list, with the name of the institution at the top.

Words are masked, because paper leaves the institution. A case is printed with its whole words for a reason, which the
audit log has first. A letter has no contact of a sender. The browser prints it, or saves it as PDF.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from accounts.permissions import Act, Actor, actor_label
from config.database import read_transaction
from config.time_zones import time_zone
from desk.acts.answers import CaseProgressView
from desk.pages import wording
from desk.pages.bulk_page import MAX_CASES, chosen_versions
from desk.pages.case.case_model import HistoryEntry, history
from desk.pages.list_export import recorded_filter
from desk.pages.list_query import LIST_ADDRESS, PRINT_PART
from desk.pages.parts import DeskPageParts, list_query
from desk.read_model.queries import read_numbered, read_page
from language.masking import mask_with_labels
from messages.reveals import refresh_header, reveal_end, reveal_subject
from messages.shapes import Kind, Report, iso
from pages.forms import Form, PostedForm
from pages.translation.message import Message
from pages.translation.message import message as _
from pages.wording.cases import CASE_STATES, KINDS, region_label, topic_label

_MAX_REASON_LENGTH = 500
_RECORDED_MASKED = "masked"
_REASON_MISSING = _("Tulis alasan mencetak tanpa penyamaran.")
_NOTHING_CHOSEN = _("Pilih laporan lebih dahulu, lalu tekan Cetak yang dipilih.")
_TOO_MANY = _("Paling banyak {limit} laporan dapat dicetak bersama. Anda memilih {count}.")
_CUT = _("Hanya {limit} laporan pertama. Persempit saringan untuk mendapat yang lain.")

# Returns words as the letter has them.
Mask = Callable[[str], str]


class PrintedRow(NamedTuple):
    """A case in the printed list. Title and place are masked."""

    number: str
    state: Message
    kind: Message
    heading: str
    place: str
    topic: str
    channel: str
    dispatched_at: datetime
    due_at: datetime


class Printing:
    """Endpoints of the letters."""

    def __init__(self, parts: DeskPageParts) -> None:
        self._parts = parts

    def routes(self) -> APIRouter:
        """Return the routes to serve. They come before those of one case."""
        router = APIRouter()
        case_address = f"{LIST_ADDRESS}/{{number}}/{PRINT_PART}"
        for address, endpoint, method in (
            (f"{LIST_ADDRESS}/{PRINT_PART}", self.print_list, "GET"),
            (case_address, self.print_masked, "GET"),
            (case_address, self.print_whole, "POST"),
        ):
            router.add_api_route(address, endpoint, methods=[method], response_class=HTMLResponse)
        return router

    def print_list(self, request: Request) -> Response:
        """Return the chosen cases, or without a choice those of the list that the address names."""
        parts, query = self._parts, list_query(request)
        actor = self._require(request, *((Act.SEARCH,) if query.words else ()))
        form = Form(request.query_params.multi_items())
        numbers = list(chosen_versions(form))
        if fault := _choice_fault(form, len(numbers)):
            return parts.render("printed_list.html", request, actor, {"fault": fault}, HTTPStatus.UNPROCESSABLE_ENTITY)
        now = parts.now()
        why = f"{len(numbers)} chosen" if numbers else recorded_filter(query)
        parts.record("desk.print_list", actor.agency, actor_label(actor), why, now)
        tier = parts.tier(actor)
        with read_transaction(parts.engine) as connection:
            if numbers:
                rows, is_cut = read_numbered(connection, tier, numbers), False
            else:
                zone = time_zone(parts.institutions.region(actor.agency)).value
                case_filter = query.case_filter(actor.account_id, zone)
                page = read_page(connection, tier, case_filter, now, MAX_CASES)
                rows, is_cut = page.rows, page.next is not None
        values: Mapping[str, Any] = {
            "rows": [
                PrintedRow(
                    row.tracking,
                    CASE_STATES[row.state],
                    KINDS[Kind(row.kind)],
                    mask_with_labels(row.title or row.excerpt),
                    mask_with_labels(row.place),
                    topic_label(parts.topics(), row.topic),
                    parts.channels.label_of(row.channel),
                    row.dispatched_at,
                    row.due_at,
                )
                for row in rows
            ],
            "fault": None,
            "cut": _CUT.filled(limit=MAX_CASES) if is_cut else None,
            "printed_at": now,
        }
        return parts.render("printed_list.html", request, actor, values)

    def print_masked(self, request: Request, number: str) -> Response:
        """Return the letter about a case, with masked words."""
        actor = self._require(request)
        view = self._parts.find_case(actor, number)
        if view is None:
            return self._parts.missing(request, actor, number)
        at = self._parts.now()
        self._parts.record("desk.print", str(view.case.case.complaint_id), actor_label(actor), _RECORDED_MASKED, at)
        return self._letter(request, actor, view, mask_with_labels, "")

    def print_whole(self, request: Request, number: str, form: PostedForm) -> Response:
        """Record the reason, then return the letter with the whole words."""
        actor = self._require(request)
        view = self._parts.find_case(actor, number)
        if view is None:
            return self._parts.missing(request, actor, number)
        reason = form.line("alasan")[:_MAX_REASON_LENGTH]
        fault = None if view.case.case.is_current else wording.FAULTS["moved"]
        fault = fault or (None if reason else _REASON_MISSING)
        if fault:
            values = {"view": view, "fault": fault}
            return self._parts.render("printed_case.html", request, actor, values, HTTPStatus.UNPROCESSABLE_ENTITY)
        at = self._parts.now()
        subject = reveal_subject(str(view.case.case.complaint_id), actor.role, iso(reveal_end(actor.role, at)))
        self._parts.record("desk.print_whole", subject, actor_label(actor), reason, at)
        response = self._letter(request, actor, view, _unchanged, reason)
        response.headers.update(refresh_header(f"{LIST_ADDRESS}/{view.case.case.tracking}/{PRINT_PART}"))
        return response

    def _require(self, request: Request, *further_acts: Act) -> Actor:
        return self._parts.require(request, Act.VIEW_CASE, Act.EXPORT, *further_acts)

    def _letter(self, request: Request, actor: Actor, view: CaseProgressView, mask: Mask, reason: str) -> Response:
        parts, case, report = self._parts, view.case.case, view.case.dispatch.report
        values = {
            "view": view,
            "fault": None,
            "reason": reason,
            "title": mask(report.title),
            "text": mask(report.text),
            "kind": KINDS[report.kind],
            "state": CASE_STATES[view.state if case.is_current else case.state],
            "place": list(_place_lines(report, region_label(parts.regions(), case.region), mask)),
            "incident_time": mask(report.incident_time),
            "topic": topic_label(parts.topics(), case.topic),
            "channel": parts.channels.label_of(view.case.dispatch.channel),
            "counter_way": wording.COUNTER_WAYS.get(report.counter_way),
            "history": _masked(history(view, parts.institutions.name), mask),
            "not_counted": wording.NOT_COUNTED,
            "printed_at": parts.now(),
        }
        return parts.render("printed_case.html", request, actor, values)


def _choice_fault(form: Form, count: int) -> Message | None:
    if form.line("pilihan") and count == 0:
        return _NOTHING_CHOSEN
    return _TOO_MANY.filled(limit=MAX_CASES, count=count) if count > MAX_CASES else None


def _unchanged(words: str) -> str:
    return words


def _place_lines(report: Report, region: str, mask: Mask) -> Iterator[str]:
    """Yield the place of a report. A point on the map may be somebody's house: no letter has it."""
    yield from filter(None, (mask(report.place.address), region or mask(report.place.region)))


def _masked(entries: Sequence[HistoryEntry], mask: Mask) -> Sequence[HistoryEntry]:
    return [replace(entry, text=mask(entry.text)) for entry in entries]
