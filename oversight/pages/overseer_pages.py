"""Endpoints of the pages for overseers: the nation, a province, an agency, a topic, and the file of each."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from accounts.permissions import Act, Actor, may
from accounts.signed_in import SignedIn
from config.reference.ratings import RatingTable
from messages.topics import TRIAGE
from oversight.cases.addresses import CASES, RECOMMENDATIONS, cases_of_scope
from oversight.figures.counts import Scope, ScopeKind, jakarta_day
from oversight.figures.rating import rate
from oversight.pages import table_file, tile_map
from oversight.pages.address import KIND_PARTS, OVERSIGHT, View, read_scope, read_view, scope_path
from oversight.pages.bodies import default_choice, opens_ranking
from oversight.pages.case_list_page import NumberLinks
from oversight.pages.months import Month, last_months
from oversight.pages.names import ScopeNames
from oversight.pages.page_model import build_page
from oversight.pages.reading import FigureReader, PageData
from oversight.pages.shown_figures import DEFAULT_FIGURE, SHOWN_FIGURES
from oversight.pages.shown_rating import ShownRating, shown_rating
from pages.frame import NavigationEntry, SignedInPages
from pages.translation.message import Message, formatted_number
from pages.translation.message import message as _

NAVIGATION: Sequence[NavigationEntry] = (
    NavigationEntry(_("Pengawasan"), OVERSIGHT, Act.VIEW_OVERSIGHT),
    NavigationEntry(_("Satu laporan"), CASES, Act.READ_CASE_WITH_REASON),
    NavigationEntry(_("Rekomendasi"), RECOMMENDATIONS, Act.RECOMMEND),
)
# Months that a page offers to choose.
_OFFERED_MONTHS = 36
_FILE = "berkas"
RANKED_NAMES: Mapping[ScopeKind, Message] = {
    "province": _("provinsi"),
    "agency": _("instansi"),
    "topic": _("topik"),
    "programme": _("program prioritas"),
}


class OverseerPages:
    """The pages. `channel_label` returns the name of a channel, `now` is the clock, `formula` rates institutions.

    Reading figures names no person, so it is not recorded in the audit log.
    """

    def __init__(
        self,
        signed_in: SignedIn,
        pages: SignedInPages,
        reader: FigureReader,
        names: ScopeNames,
        channel_label: Callable[[str], str],
        now: Callable[[], datetime],
        formula: RatingTable,
    ) -> None:
        self._signed_in = signed_in
        self._pages = pages
        self._reader = reader
        self._names = names
        self._channel_label = channel_label
        self._now = now
        self._formula = formula

    def routes(self) -> APIRouter:
        """Return the routes to serve. They handle `NotSignedIn` and `Forbidden` by `install_sign_in_handlers`."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(OVERSIGHT, self.show, methods=["GET"], response_class=HTMLResponse)
        router.add_api_route(f"{OVERSIGHT}/{{kind}}/{{value}}", self.show, methods=["GET"], response_class=HTMLResponse)
        return router

    def show(self, request: Request, kind: str = "", value: str = "") -> Response:
        """Return the page of a scope, or with `berkas` its numbers as a file; 404 for an unknown scope."""
        actor = self._signed_in.require(request, Act.VIEW_OVERSIGHT)
        now = self._now()
        current_month = Month.of(jakarta_day(now))
        scope = read_scope(kind, value)
        view = read_view(scope, request.query_params, current_month, default_choice(actor.body)) if scope else None
        if view is None or not (self._names.is_known(view.scope) or self._reader.has_reports(view.scope, view.month)):
            return self._pages.render("oversight_missing.html", request, actor, {}, HTTPStatus.NOT_FOUND)
        format_name = request.query_params.get(_FILE, "")
        if format_name in table_file.MEDIA_TYPES and (format_name != "parquet" or table_file.has_parquet()):
            return self._file(view, now, format_name)
        return self._page(request, actor, view, now)

    def _page(self, request: Request, actor: Actor, view: View, now: datetime) -> Response:
        data = self._reader.read(view, now)
        page = build_page(view, data, self._names)
        may_read = may(actor, Act.READ_CASE_WITH_REASON, "")
        lists = [NumberLinks(view.scope, month) if may_read else None for month in (view.month, view.compared_month)]
        values = {
            "page": page,
            "rating": self._rating(view, data),
            "view": view,
            "figures": SHOWN_FIGURES,
            "default_figure": DEFAULT_FIGURE,
            "months": _offered_months(view, Month.of(jakarta_day(now))),
            "path": scope_path(view.scope),
            "home": view.at(Scope("nation")).address(),
            "provinces": self._names.provinces(),
            "topics": [(topic, self._names.name(Scope("topic", topic))) for topic in self._names.topics()],
            "programmes": [(id_, self._names.name(Scope("programme", id_))) for id_ in self._names.programmes()],
            "opens_programmes": default_choice(actor.body).ranked == "programme",
            "opens_ranking": opens_ranking(actor.body),
            "kind_parts": KIND_PARTS,
            "ranked_names": RANKED_NAMES,
            "map": tile_map,
            "number": formatted_number,
            "address_of": lambda kind, code: view.at(Scope(kind, code)).address(),
            "institution_name": lambda code: self._names.name(Scope("agency", code)),
            "csv_address": view.address(**{_FILE: "csv"}),
            "parquet_address": view.address(**{_FILE: "parquet"}) if table_file.has_parquet() else "",
            "now": now,
            "cases_address": cases_of_scope(view.scope) if may_read and data.overdue.number else "",
            "list_of": lists[0],
            "compared_list_of": lists[1],
            "channels": [
                (
                    self._channel_label(part.channel),
                    part.values,
                    lists[0]._replace(channel=part.channel) if lists[0] else None,
                )
                for part in page.channels
            ],
        }
        return self._pages.render("oversight.html", request, actor, values)

    def _rating(self, view: View, data: PageData) -> ShownRating | None:
        """Return the rating of an institution by the months of the trend; `None` for another scope."""
        if view.scope.kind != "agency" or view.scope.value == TRIAGE:
            return None
        return shown_rating(rate([figures for _month, figures in data.months], self._formula))

    def _file(self, view: View, now: datetime, format_name: str) -> Response:
        lines = table_file.table_lines(build_page(view, self._reader.read(view, now), self._names))
        name = f"pengawasan-{view.scope.value or 'indonesia'}-{view.month}"
        return table_file.file_response(lines, name, format_name)


def _offered_months(view: View, current_month: Month) -> Sequence[Month]:
    """Return the months to choose, the newest first, with those of the view."""
    months = {*last_months(current_month, _OFFERED_MONTHS), view.month, view.compared_month}
    return sorted(months, reverse=True)
