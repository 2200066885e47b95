"""Download of a filtered list as CSV. It has no contact of a sender.

Title, text and place are the sender's words. They are masked by `language.masking`.
"""

from collections.abc import Iterator
from datetime import datetime

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from accounts.permissions import Act, Actor, actor_label
from config.database import read_transaction
from config.time_zones import time_zone
from desk.pages.csv_format import CellNames, header_line, notice_line, row_lines
from desk.pages.list_query import LIST_ADDRESS, ListQuery
from desk.pages.parts import DeskPageParts, list_query
from desk.read_model.queries import CaseFilter, CasePage, Cursor, read_page
from pages.csv_file import MEDIA_TYPE
from pages.translation.message import message as _
from pages.wording.cases import region_label, topic_label

EXPORT_ADDRESS = f"{LIST_ADDRESS}.csv"
MAX_ROWS = 10_000
# Rows of one query.
_PAGE_SIZE = 500
# The longest text of a report.
_TEXT_CHARACTERS = 10_000
_CUT_NOTICE = _("Hanya {limit} laporan pertama. Persempit saringan untuk mendapat yang lain.")


class ListExport:
    """Endpoint of the file.

    Each page is a query of its own, so that a slow client holds no transaction. A case that changes meanwhile may move
    to a place that was read already, and is then missing or there twice.
    """

    def __init__(self, parts: DeskPageParts, max_rows: int = MAX_ROWS, page_size: int = _PAGE_SIZE) -> None:
        self._parts = parts
        self._max_rows = max_rows
        self._page_size = page_size

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(EXPORT_ADDRESS, self.download, methods=["GET"])
        return router

    def download(self, request: Request) -> Response:
        """Return the file, after the export is recorded with its filter."""
        parts, query = self._parts, list_query(request)
        acts = (Act.VIEW_CASE, Act.EXPORT, Act.SEARCH) if query.words else (Act.VIEW_CASE, Act.EXPORT)
        actor = parts.require(request, *acts)
        now = parts.now()
        parts.record("desk.export", actor.agency, actor_label(actor), recorded_filter(query), now)
        # A fault of the first query is a page with an error. A later one breaks the connection, and the browser says
        # that the file is not complete.
        zone = time_zone(parts.institutions.region(actor.agency)).value
        case_filter = query.case_filter(actor.account_id, zone, parts.stood_in_for(actor.account_id))
        page = self._read(actor, case_filter, now, min(self._page_size, self._max_rows), None)
        day = now.astimezone(zone)
        name = f"laporan-{actor.agency}-{query.tab_name}-{day:%Y-%m-%d}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        lines = self._lines(actor, case_filter, now, page)
        return StreamingResponse(lines, headers=headers, media_type=MEDIA_TYPE)

    def _lines(self, actor: Actor, case_filter: CaseFilter, now: datetime, page: CasePage) -> Iterator[str]:
        """Yield the lines page by page, `max_rows` rows at most, and a notice if there are more."""
        parts = self._parts
        regions, topics = parts.regions(), parts.topics()
        names = CellNames(
            time_zone(parts.institutions.region(actor.agency)).value,
            parts.channels.label_of,
            lambda code: region_label(regions, code),
            lambda topic: topic_label(topics, topic),
        )
        rows_left = self._max_rows - len(page.rows)
        yield header_line() + row_lines(page.rows, names)
        while page.next and rows_left > 0:
            page = self._read(actor, case_filter, now, min(self._page_size, rows_left), page.next)
            rows_left -= len(page.rows)
            yield row_lines(page.rows, names)
        if page.next:
            yield notice_line(_CUT_NOTICE.filled(limit=self._max_rows))

    def _read(self, actor: Actor, case_filter: CaseFilter, now: datetime, limit: int, after: Cursor | None) -> CasePage:
        # The unit of the person may change while the file is written.
        tier = self._parts.tier(actor)
        with read_transaction(self._parts.engine) as connection:
            return read_page(connection, tier, case_filter, now, limit, after, _TEXT_CHARACTERS)


def recorded_filter(query: ListQuery) -> str:
    """Return the filter for the audit log. Of the searched words only their number is recorded.

    They may name a citizen, and nothing is ever deleted from the audit log.
    """
    words = query.words.split()
    return query.parameters(cari=f"{len(words)} words" if words else "")
