"""Endpoints that read: the list of cases, one case, its files, and institutions."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Header, Query
from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import Response

from cases.clocks.deadlines import Deadlines
from cases.pictures.store import AnswerFile
from config.database import read_transaction
from desk.acts.answers import CaseProgressView, OfficerAnswers, Record
from desk.api.case_document import attachments, case_detail, case_document, documents
from desk.api.cursors import decode_cursor, encode_cursor
from desk.api.etags import entity_tag, is_unchanged
from desk.api.keys.access import agency_key, key_tier
from desk.api.problems import ApiError, invalid
from desk.api.responses import json_response, raw_json_response, shape_json
from desk.api.shapes import CasePage, InstitutionItem, InstitutionList
from desk.institutions import Institutions
from desk.read_model.case_rows import AgencyCaseState
from desk.read_model.change_order import read_changes
from desk.read_model.recommendations.case_recommendations import count_waiting
from desk.units.tiers import Tier
from messages.tracking import read_tracking_number
from pages.files.downloads import download_header

DEFAULT_LIMIT, MAX_LIMIT = 50, 200
_MAX_CURSOR_CHARACTERS = 100
T = TypeVar("T")
# Returns the bytes of a file; `None` if it was deleted.
OpenFile = Callable[[UUID], bytes | None]

After = Annotated[
    str | None,
    Query(max_length=_MAX_CURSOR_CHARACTERS, description="`next` of an earlier page. Without it, the list begins."),
]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Most cases of the page.")]
States = Annotated[
    tuple[AgencyCaseState, ...],
    Query(description="Only cases in these states. A page may then be empty and yet have a `next`."),
]
DangerWaits = Annotated[
    bool,
    Query(
        description="Only cases with a danger to life that your agency has not answered. "
        "A page may then be empty and yet have a `next`."
    ),
]
IfNoneMatch = Annotated[str | None, Header(description="ETag that you have: 304 if nothing has changed.")]
Words = Annotated[str, Query(min_length=1, max_length=200, description="Words of a name, acronym or former name.")]


class CaseEndpoints:
    """Every answer has only cases of the key's agency. `record` writes the audit log before a picture is shown."""

    def __init__(
        self,
        engine: Engine,
        answers: OfficerAnswers,
        institutions: Institutions,
        open_file: OpenFile,
        record: Record,
        now: Callable[[], datetime],
        deadlines: Deadlines,
    ) -> None:
        self._engine = engine
        self._answers = answers
        self._institutions = institutions
        self._open_file = open_file
        self._record = record
        self._now = now
        self._deadlines = deadlines

    def cases(
        self,
        request: Request,
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
        state: States = (),
        danger_waits: DangerWaits = False,  # noqa: FBT002 - FastAPI passes by name
    ) -> Response:
        """List the cases of your agency in the order of their last change."""
        agency = agency_key(request).agency
        seq = 0 if after is None else decode_cursor(agency, after)
        if seq is None:
            raise invalid("after", "This is no cursor of your agency. Send `next` of an earlier page, unchanged.")
        with read_transaction(self._engine) as connection:
            page = read_changes(connection, key_tier(request), seq, limit, state, danger_waits=danger_waits)
            current_ids = {row.complaint_id for row in page.rows if row.is_current}
            waiting = count_waiting(connection, agency, current_ids)
        self._answers.opened(page.rows)
        cursor = None if page.last_seq is None else encode_cursor(agency, page.last_seq)
        return json_response(
            CasePage(
                cases=tuple(
                    case_document(row, self._deadlines, waiting.get(row.complaint_id, 0) if row.is_current else 0)
                    for row in page.rows
                ),
                next=cursor,
            )
        )

    def case(self, request: Request, number: str, if_none_match: IfNoneMatch = None) -> Response:
        """Return a case. The number of a report that belongs to a case leads to the case."""
        tier = key_tier(request)
        view = find_case(self._answers.case, tier.with_asked(), number)
        if tier.has_unit(view.case.case.unit_code):
            self._answers.opened([view.case.case])
        content = shape_json(case_detail(view, self._deadlines))
        tag = entity_tag(view.case.case.hop, view.version, content)
        if is_unchanged(if_none_match, tag):
            return Response(status_code=304, headers={"ETag": tag, "Cache-Control": "private, no-cache"})
        return raw_json_response(content, headers={"ETag": tag})

    def picture(self, request: Request, number: str, picture_id: UUID) -> Response:
        """Return the bytes of a picture of a case. Each view is recorded."""
        return self._file(request, number, picture_id, attachments, "no_such_picture")

    def document(self, request: Request, number: str, document_id: UUID) -> Response:
        """Return the bytes of a document of an answer. Each view is recorded."""
        return self._file(request, number, document_id, documents, "no_such_document")

    def _file(
        self,
        request: Request,
        number: str,
        file_id: UUID,
        files: Callable[[CaseProgressView], Iterable[AnswerFile]],
        missing: str,
    ) -> Response:
        """Return the bytes of one of the files of a case."""
        key = agency_key(request)
        view = find_case(self._answers.case, key_tier(request).with_asked(), number)
        file = next((item for item in files(view) if item.id == file_id), None)
        if file is None:
            raise ApiError(missing)
        subject = f"{view.case.case.complaint_id} {file_id}"
        self._record("desk.picture", subject, f"key {key.id.hex[:8]}", "view", self._now())
        content = self._open_file(file_id)
        if content is None:
            raise ApiError(missing)
        headers = {
            **download_header(file.media_type, view.case.case.tracking, file_id, saves_pictures=True),
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
        }
        return Response(content, headers=headers, media_type=file.media_type)

    def institutions(self, q: Words) -> Response:
        """Find the code of an institution, for `suggested_agency` of a refusal."""
        institutions = [InstitutionItem(code=item.code, name=item.name) for item in self._institutions.search(q)]
        return json_response(InstitutionList(institutions=tuple(institutions)))


def find_case(read: Callable[[Tier, str], T | None], tier: Tier, number: str) -> T:
    """Return a case of the key's tier, by a method of `OfficerAnswers` that reads one.

    Raises `ApiError`, for a case of another agency or unit as for an unknown number.
    """
    tracking = read_tracking_number(number)
    view = read(tier, tracking) if tracking else None
    if view is None:
        raise ApiError("no_such_case")
    return view
