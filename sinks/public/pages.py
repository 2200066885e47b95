"""Pages of the public view: the list with its filters, one report, and the feed. They need no JavaScript."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from jinja2 import Environment
from starlette.responses import HTMLResponse, Response

from cases.clocks.public_day import begin_of_day
from cases.pictures.store import OpenedPicture
from config.reference.regions import Regions
from pages.responses import page_response
from pages.wording.cases import region_label, topic_label
from sinks.public import address
from sinks.public.feed import render_feed
from sinks.public.queries import CLOSED, OPEN, PublicFilter, PublicReports, ShownReport
from sinks.public.wording import heading, state_label

_PAGE_SIZE = 20
_FEED_SIZE = 50
_ATOM = "application/atom+xml"
_FEED: dict[int | str, dict[str, Any]] = {200: {"description": "The newest reports.", "content": {_ATOM: {}}}}
# A file from outside runs nothing and loads nothing, also if a browser reads it as a page.
_PICTURE_HEADERS = {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}
# Returns a picture of an answer; `None` if it was deleted.
OpenPicture = Callable[[UUID], OpenedPicture | None]
_MISSING: dict[int | str, dict[str, Any]] = {
    404: {"description": "No such report is public.", "content": {"text/html": {}}}
}


@dataclass(frozen=True, slots=True)
class PublicNames:
    """Names that the pages show: institutions by code, topics by id, and regions."""

    institutions: Callable[[], Mapping[str, str]]
    topics: Callable[[], Mapping[str, str]]
    regions: Regions

    def institution(self, code: str) -> str:
        """Return the name of an institution; its code if the registry does not have it any more."""
        return self.institutions().get(code, code)

    def topic(self, topic: str) -> str:
        """Return the name of a topic."""
        return topic_label(self.topics(), topic)

    def region(self, code: str) -> str:
        """Return the name of a place."""
        return region_label(self.regions, code)


class PublicPages:
    """Endpoints of the public view.

    `site` is the service's public address. `open_picture` returns a picture of an answer with its bytes, `None` if it
    was deleted.
    """

    def __init__(
        self, reports: PublicReports, names: PublicNames, pages: Environment, site: str, open_picture: OpenPicture
    ) -> None:
        self._reports = reports
        self._names = names
        self._pages = pages
        self._site = site
        self._open_picture = open_picture

    def routes(self) -> APIRouter:
        """Return the routes of this endpoint."""
        router = APIRouter(tags=["public"])
        router.add_api_route(address.LIST, self.list, methods=["GET"], response_class=HTMLResponse)
        # Before the route of one report, which would take its name for an id.
        router.add_api_route(address.FEED, self.feed, methods=["GET"], response_class=Response, responses=_FEED)
        router.add_api_route(
            f"{address.LIST}/{{public_id}}", self.show, methods=["GET"], response_class=HTMLResponse, responses=_MISSING
        )
        router.add_api_route(
            f"{address.LIST}/{{public_id}}/foto/{{picture_id}}", self.picture, methods=["GET"], include_in_schema=False
        )
        return router

    def list(self, request: Request) -> Response:
        """Show the public reports, the newest first, 20 on a page. Arguments: instansi, topik, wilayah, status."""
        chosen = address.read_filter(request.query_params)
        before = address.read_position(request.query_params)
        candidates = self._newest(chosen, _PAGE_SIZE + 1, before)
        reports = candidates[:_PAGE_SIZE]
        more = address.list_address(chosen, reports[-1].public_id) if len(candidates) > _PAGE_SIZE else ""
        return self._render(
            "public_list.html",
            reports=reports,
            chosen=chosen,
            is_first=not before,
            more=more,
            newest=address.list_address(chosen),
            feed=address.list_address(chosen, path=address.FEED),
            agencies=self._agencies(chosen),
            topics=list(self._names.topics().items()),
            regions=self._regions(chosen),
            states=(OPEN, CLOSED),
        )

    def show(self, public_id: str) -> Response:
        """Show one public report; 404 for a report that is not public (any more)."""
        report = self._reports.find(public_id)
        if report is None:
            return self._render("public_missing.html", 404)
        return self._render("public_report.html", report=report, join=address.join_address(public_id))

    def picture(self, public_id: str, picture_id: str) -> Response:
        """Return a picture of the work that a public report shows today; 404 for every other one."""
        report = self._reports.find(public_id)
        is_shown = report is not None and picture_id in report.picture_ids
        picture = self._open_picture(UUID(picture_id)) if is_shown else None
        if picture is None:
            return self._render("public_missing.html", 404)
        return Response(picture.content, media_type=picture.media_type, headers=_PICTURE_HEADERS)

    def feed(self, request: Request) -> Response:
        """Return the newest public reports as an Atom feed (RFC 4287). It takes the arguments of the list."""
        chosen = address.read_filter(request.query_params)
        reports = self._newest(chosen, _FEED_SIZE)
        own_address = f"{self._site}{address.list_address(chosen, path=address.FEED)}"
        content = render_feed(reports, self._names.institution, self._names.topic, self._site, own_address)
        return Response(content, media_type=_ATOM)

    def _newest(self, chosen: PublicFilter, limit: int, before: str = "") -> Sequence[ShownReport]:
        """Return a page of reports. No report has a region that is not in the table: nothing is searched for it."""
        if chosen.region and self._names.regions.get(chosen.region) is None:
            return ()
        return self._reports.newest(chosen, limit, before)

    def _agencies(self, chosen: PublicFilter) -> Sequence[tuple[str, str]]:
        codes = {*self._reports.agencies(), *([chosen.agency] if chosen.agency else [])}
        return sorted(((code, self._names.institution(code)) for code in codes), key=lambda pair: pair[1])

    def _regions(self, chosen: PublicFilter) -> Sequence[tuple[str, str]]:
        """Return the provinces, and the chosen region where it is a smaller one."""
        provinces = [(region.code, region.name) for region in self._names.regions.children()]
        codes = {code for code, _ in provinces}
        is_smaller = chosen.region and chosen.region not in codes
        return [
            *provinces,
            *([(chosen.region, self._names.region(chosen.region) or chosen.region)] if is_smaller else []),
        ]

    def _heading(self, report: ShownReport) -> str:
        return heading(report, self._names.topic)

    def _render(self, template: str, status: int = 200, **values: object) -> Response:
        functions = {
            "institution": self._names.institution,
            "region": self._names.region,
            "state_label": state_label,
            "heading": self._heading,
            "topic_label": self._names.topic,
            "report_address": address.report_address,
            "begin_of_day": begin_of_day,
        }
        return page_response(self._pages, template, {**functions, **values}, status)
