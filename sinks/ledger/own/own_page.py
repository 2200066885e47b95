"""Page of the sender's own link, as HTML and as JSON. Its address is a secret: no log, metric or other page has it."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from jinja2 import Environment
from starlette.responses import HTMLResponse, JSONResponse, Response

from cases.clocks.deadlines import Deadlines
from messages.ids import complaint_id, part_message_id
from messages.replies.report_states import ReportState
from messages.sender_link import read_sender_token, read_short_token, sender_token
from messages.shapes import Moment, Place, SenderAct, Shape
from pages.clients import asks_for_json
from pages.files.downloads import download_header
from pages.problems import PROBLEM_MEDIA_TYPE
from pages.responses import page_response, see_other
from pages.translation.message import message as _
from sinks.ledger.own.own_consent import consent_acts
from sinks.ledger.own.own_report import OwnEntry, OwnReport, OwnReports, possible_acts
from sinks.ledger.status import PartShown, parts_shown
from sinks.ledger.wording import page_sentence

_WRONG_LINK = _(
    "Tautan ini tidak benar atau tidak lengkap. Buka lagi tautan di tanda terima Anda, atau ketik nomornya."
)
_NOT_RECORDED = _("Laporan ini belum tercatat.")
# Beside those of every page: no cache stores it, and no other site learns its address.
_HEADERS = {"X-Robots-Tag": "noindex"}
_HTML: dict[str, Any] = {"text/html": {}}


# A file from outside runs nothing and loads nothing, also if a browser reads it as a page.
_FILE_HEADERS = {
    **_HEADERS,
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}


class EntryShown(Shape):
    """One entry of the conversation. `kind` is a step as in the public status, or the sender's act.

    `files` are the ids of the pictures of a message or of an answer, `document` is that of a PDF with an answer, or
    empty: `GET /l/{token}/berkas/{id}` returns each.
    """

    at: Moment
    kind: str
    agency: str
    text: str
    rating: int
    number: str
    files: tuple[str, ...]
    document: str


class OwnReportShown(Shape):
    """A report for its sender. `can` are the acts that `POST /web/follow-ups` accepts for it now.

    `due_is_provisional`: the decree on joint leave of that year may still move `due_at`.
    `question_token` is the `token` with which an answer to `question` is sent. The question may be about a later
    message that became a case of its own; the entries of such a case have its `number`.
    `asks_rating`: the sender was asked how the report was handled, and can answer with the act `rates`.
    `parts` are the parts into which the report was divided; it is part 1 itself, and everything else is about it.
    """

    tracking: str
    state: ReportState
    sentence: str
    agency: str
    due_at: Moment | None
    due_is_provisional: bool
    question: str
    question_token: str
    answer: str
    entries: tuple[EntryShown, ...]
    can: tuple[SenderAct, ...]
    asks_rating: bool = False
    parts: tuple[PartShown, ...] = ()


class NoSuchLink(Shape):
    """Problem details of RFC 9457."""

    type: Literal["about:blank"] = "about:blank"
    title: str
    status: int = 404
    reason: Literal["no_such_link", "not_recorded_yet"] = "no_such_link"


def _json(shape: type[Shape]) -> dict[str, Any]:
    return {"schema": shape.model_json_schema(mode="serialization")}


_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The report with its words.",
        "content": {**_HTML, "application/json": _json(OwnReportShown)},
    },
    404: {
        "description": "The link is wrong; JSON also before the report is in the ledger.",
        "content": {**_HTML, PROBLEM_MEDIA_TYPE: _json(NoSuchLink)},
    },
}


# In these the page names the deadline of the agency, until its first answer.
_STATES_WITH_DEADLINE = frozenset({"diteliti", "diteruskan", "ditangani", "dibuka-lagi"})


class OwnPage:
    """Endpoint of the sender's page.

    `link_key` checks the links, and `record_refusal` logs and counts a wrong one by its reason. `new_form_id` gives
    each form an id of its own. `deadlines` has the period of objections. `sender_deadline` returns until when
    the agency must answer a complaint. `open_file` returns the bytes of a file, `None` if it was deleted.
    """

    def __init__(
        self,
        reports: OwnReports,
        pages: Environment,
        link_key: bytes,
        now: Callable[[], datetime],
        new_form_id: Callable[[], UUID],
        record_refusal: Callable[[Request, str], None],
        deadlines: Deadlines,
        sender_deadline: Callable[[UUID], datetime | None],
        open_file: Callable[[UUID], bytes | None],
    ) -> None:
        self._reports = reports
        self._pages = pages
        self._link_key = link_key
        self._now = now
        self._new_form_id = new_form_id
        self._record_refusal = record_refusal
        self._deadlines = deadlines
        self._sender_deadline = sender_deadline
        self._open_file = open_file

    def routes(self) -> APIRouter:
        """Return the route of the page."""
        router = APIRouter(tags=["status"])
        router.add_api_route(
            "/l/{token}",
            self.read_own,
            methods=["GET"],
            response_class=HTMLResponse,
            responses=_RESPONSES,
            summary="Read the own report with all words, by the sender's link",
        )
        router.add_api_route("/l/{token}/berkas/{file_id}", self.read_file, methods=["GET"], include_in_schema=False)
        return router

    def read_own(self, token: str, request: Request, terkirim: str = "") -> Response:
        """Show the report. `terkirim` is the act that the sender just sent; its message may not be there yet.

        A short link leads to the long one; before the report is in the ledger, to the page of its number.
        """
        if number := read_short_token(token, self._link_key):
            of_number = self._reports.message_of(number)
            path = f"/l/{sender_token(of_number, self._link_key)}" if of_number else f"/status/{number}"
            return see_other(path)
        accepts_json = asks_for_json(request.scope)
        message_id = read_sender_token(token, self._link_key)
        if message_id is None:
            self._record_refusal(request, "no_such_link")
            return self._wrong_link(accepts_json=accepts_json)
        report = self._reports.read(message_id)
        due_at = self._due_at(report, message_id)
        if accepts_json:
            return self._json_answer(report, due_at)
        context = {
            "token": token,
            "report": report,
            "due_at": due_at,
            "sentence": page_sentence(report.status, names_agency=True, to_sender=True) if report else "",
            "acts": self._acts(report),
            "sent": terkirim,
            "form_id": self._new_form_id,
            "place_lines": tuple(_place_lines(report.place)) if report else (),
            "question_token": self._question_token(report) if report else "",
            "part_addresses": self._part_addresses(report, message_id),
            "whole_address": self._address(report.whole_message_id) if report and report.whole_message_id else "",
        }
        return page_response(self._pages, "own.html", context, headers=_HEADERS)

    def read_file(self, token: str, file_id: str, request: Request) -> Response:
        """Return a picture that the sender sent about this report, or a file of an answer to it."""
        accepts_json = asks_for_json(request.scope)
        message_id = read_sender_token(token, self._link_key)
        if message_id is None:
            self._record_refusal(request, "no_such_link")
            return self._wrong_link(accepts_json=accepts_json)
        report = self._reports.read(message_id)
        if report is None or report.is_forgotten:
            return self._wrong_link(accepts_json=accepts_json)
        file = report.file(file_id)
        content = self._open_file(file.id) if file else None
        if file is None or content is None:
            return self._wrong_link(accepts_json=accepts_json)
        headers = {**_FILE_HEADERS, **download_header(file.media_type, report.status.tracking, file.id)}
        return Response(content, headers=headers, media_type=file.media_type)

    def _due_at(self, report: OwnReport | None, message_id: UUID) -> datetime | None:
        if report is None or report.status.state not in _STATES_WITH_DEADLINE or report.status.is_answered:
            return None
        return self._sender_deadline(complaint_id(message_id))

    def _question_token(self, report: OwnReport) -> str:
        asked_id = report.asked_message_id if report.question else None
        return self._token(asked_id) if asked_id else ""

    def _part_addresses(self, report: OwnReport | None, message_id: UUID) -> Mapping[str, str]:
        """Return the address of the own page of each part of a report, by its tracking number."""
        report_id = complaint_id(message_id)
        return {
            part.tracking: self._address(part_message_id(report_id, part.part_number))
            for part in (report.status.parts if report else ())
        }

    def _address(self, message_id: UUID) -> str:
        return f"/l/{self._token(message_id)}"

    def _token(self, message_id: UUID) -> str:
        return sender_token(message_id, self._link_key)

    def _acts(self, report: OwnReport | None) -> tuple[SenderAct, ...]:
        if report is None:
            return ("adds",)
        if report.status.set_aside or report.is_forgotten:
            return ()
        state = report.status.state
        acts = possible_acts(state, report.answered_at, self._now(), self._deadlines, is_rated=report.rating > 0)
        return (*acts, *consent_acts(report.consent, state))

    def _json_answer(self, report: OwnReport | None, due_at: datetime | None) -> Response:
        if report is None:
            return _problem(_NOT_RECORDED, "not_recorded_yet")
        acts = self._acts(report)
        shown = OwnReportShown(
            tracking=report.status.tracking,
            state=report.status.state,
            sentence=str(page_sentence(report.status, names_agency=True, to_sender=True)),
            agency=report.status.agency,
            due_at=due_at,
            due_is_provisional=due_at is not None and self._deadlines.is_provisional(due_at),
            question=report.question,
            question_token=self._question_token(report),
            answer=report.answer,
            entries=tuple(map(_entry_shown, report.entries)),
            can=acts,
            asks_rating=report.asks_rating and "rates" in acts,
            parts=parts_shown(report.status),
        )
        return JSONResponse(shown.model_dump(mode="json"), headers=_HEADERS)

    def _wrong_link(self, *, accepts_json: bool) -> Response:
        if accepts_json:
            return _problem(_WRONG_LINK, "no_such_link")
        return page_response(self._pages, "find.html", {"typed": "", "problem": _WRONG_LINK}, 404, _HEADERS)


def _place_lines(place: Place) -> Iterator[str]:
    """Yield the parts of a place as they were sent: the address, the district and region, and the point."""
    yield from filter(None, (place.address, ", ".join(filter(None, (place.district, place.region)))))
    if place.latitude is not None and place.longitude is not None:
        yield f"{place.latitude:.5f}, {place.longitude:.5f}"


def _entry_shown(entry: OwnEntry) -> EntryShown:
    return EntryShown(
        at=entry.step.at,
        kind=entry.act or entry.step.kind,
        agency=entry.step.agency,
        text=entry.text,
        rating=entry.rating,
        number=entry.number,
        files=tuple(str(file.id) for file in entry.files),
        document=str(entry.document.id) if entry.document else "",
    )


def _problem(title: str, reason: Literal["no_such_link", "not_recorded_yet"]) -> Response:
    problem = NoSuchLink(title=title, reason=reason)
    return JSONResponse(problem.model_dump(), 404, _HEADERS, media_type=PROBLEM_MEDIA_TYPE)
