"""Pages with figures for everybody, below `/angka`: the nation, a province, an agency, a topic, and their files.

They show counts and shares only, suppressed as `oversight.public.suppression` says: no words, no persons, no overdue
case.
"""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from jinja2 import Environment
from starlette.responses import HTMLResponse, Response

from messages.topics import TRIAGE
from oversight.figures.counts import Scope
from oversight.pages import table_file, tile_map
from oversight.pages.address import KIND_PARTS, View, default_ranking, read_scope, read_view, scope_path
from oversight.pages.months import Month, last_months
from oversight.pages.names import ScopeNames
from oversight.pages.overseer_pages import RANKED_NAMES
from oversight.pages.ranking import Candidate, RankingGroup, rank_scopes
from oversight.pages.shown_figures import NOTHING, FigureValue, ShownFigure
from oversight.pages.tile_map import Tile, draw_tiles
from oversight.pages.trend import Trend, draw_trend
from oversight.public.published_month import KINDS, PUBLIC_FIGURES, REST, PublishedMonth, row_value
from oversight.public.published_months import MOST_MONTHS, MonthNotReady, PublishedMonths
from oversight.public.suppression import LEAST_SHOWN
from pages.responses import page_response
from pages.translation.message import Message, formatted_number

PUBLIC_ADDRESS = "/angka"
_TREND_MONTHS = 12
_FILE = "berkas"
# Topics above the fold: those with the most reports.
_SHOWN_TOPICS = 4
_RETRY_SECONDS = "20"


class PublicRow(NamedTuple):
    """A figure of the scope: its cells are numbers, or `None` for suppressed ones."""

    figure: ShownFigure
    total: int | None
    parts: Sequence[int | None]
    value: FigureValue

    @property
    def text(self) -> Message:
        """The share as a person reads it."""
        return self.figure.text(self.value)


class PublicPages:
    """Endpoints of the figures for everybody."""

    def __init__(self, months: PublishedMonths, names: ScopeNames, pages: Environment) -> None:
        self._months = months
        self._names = names
        self._pages = pages

    def routes(self) -> APIRouter:
        """Return the routes to serve."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(PUBLIC_ADDRESS, self.show, methods=["GET"], response_class=HTMLResponse)
        router.add_api_route(
            f"{PUBLIC_ADDRESS}/{{kind}}/{{value}}", self.show, methods=["GET"], response_class=HTMLResponse
        )
        return router

    def show(self, request: Request, kind: str = "", value: str = "") -> Response:
        """Return the page of a scope, or with `berkas` its numbers as a file; 404 for an unknown scope.

        503 with `Retry-After` while another request computes a month.
        """
        scope = read_scope(kind, value)
        if scope is None or scope.kind not in ("nation", *KINDS) or not self._names.is_known(scope):
            return page_response(self._pages, "figures_missing.html", status=HTTPStatus.NOT_FOUND)
        try:
            return self._answer(self._view(scope, request), request)
        except MonthNotReady:
            status, headers = HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": _RETRY_SECONDS}
            return page_response(self._pages, "figures_not_ready.html", {"here": "figures"}, status, headers)

    def _answer(self, view: View, request: Request) -> Response:
        month = self._months.get(view.month)
        format_name = request.query_params.get(_FILE, "")
        if format_name in table_file.MEDIA_TYPES and (format_name != "parquet" or table_file.has_parquet()):
            return table_file.file_response(self._lines(view, month), f"angka-{_file_part(view)}", format_name)
        return page_response(self._pages, "figures.html", self._values(view, month))

    def _view(self, scope: Scope, request: Request) -> View:
        view = read_view(scope, request.query_params, self._months.newest())
        month = view.month if self._months.is_offered(view.month) else self._months.newest()
        figure = view.figure if view.figure in PUBLIC_FIGURES else PUBLIC_FIGURES[0]
        ranked = view.ranked if view.ranked in ("nation", *KINDS) else default_ranking(scope)
        return view._replace(month=month, compared_month=month.back(1), figure=figure, ranked=ranked)

    def _values(self, view: View, month: PublishedMonth) -> dict[str, Any]:
        def address(scope: Scope, **changed: str) -> str:
            return view.at(scope).address(PUBLIC_ADDRESS, banding="", **changed)

        is_nation = view.scope.kind == "nation"
        reported = _reported_topics(month, view.figure)
        others = dict.fromkeys((*reported[_SHOWN_TOPICS:], *self._names.topics()))
        shown_topics = reported[:_SHOWN_TOPICS]
        return {
            "here": "figures",
            "view": view,
            "name": self._names.name(view.scope),
            "rows": _rows(month, view.scope),
            "trend": self._trend(view),
            "tiles": self._tiles(view, month) if is_nation else (),
            "groups": self._groups(view, month),
            "map": tile_map,
            "months": last_months(self._months.newest(), MOST_MONTHS)[::-1],
            "figures": PUBLIC_FIGURES,
            "kind_parts": KIND_PARTS,
            "ranked_names": {kind: RANKED_NAMES[kind] for kind in KINDS},
            "reported_topics": self._topics(shown_topics) if is_nation else (),
            "other_topics": self._topics(topic for topic in others if topic not in shown_topics) if is_nation else (),
            "path": scope_path(view.scope, PUBLIC_ADDRESS),
            "home": address(Scope("nation")),
            "address_of": lambda kind, code: address(Scope(kind, code)),
            "csv_address": view.address(PUBLIC_ADDRESS, banding="", **{_FILE: "csv"}),
            "parquet_address": view.address(PUBLIC_ADDRESS, banding="", **{_FILE: "parquet"})
            if table_file.has_parquet()
            else "",
            "least": LEAST_SHOWN,
            "number": lambda number: NOTHING if number is None else formatted_number(number),
        }

    def _topics(self, topics: Iterable[str]) -> Sequence[tuple[str, str]]:
        return [(topic, self._names.name(Scope("topic", topic))) for topic in topics]

    def _trend(self, view: View) -> Trend:
        months = [month for month in last_months(view.month, _TREND_MONTHS) if self._months.is_offered(month)]
        values = [(month, row_value(self._months.get(month).row(view.figure, view.scope))) for month in months]
        return draw_trend(values, view.figure)

    def _tiles(self, view: View, month: PublishedMonth) -> Sequence[Tile]:
        rows = month.tables[view.figure.slug]["province"].rows
        values = {code: row_value(row) for code, row in rows.items()}
        return draw_tiles(self._names.provinces(), values, view.figure)

    def _groups(self, view: View, month: PublishedMonth) -> Sequence[RankingGroup]:
        """Return the ranking of the nation. A row whose total is suppressed is in no group; triage is no agency."""
        if view.scope.kind != "nation":
            return ()
        rows = month.tables[view.figure.slug][view.ranked].rows
        scopes = [
            (Scope(view.ranked, code), row) for code, row in rows.items() if code not in {REST, TRIAGE} and row.total
        ]
        return rank_scopes(
            [Candidate(scope, self._names.name(scope), row.total or 0, row_value(row)) for scope, row in scopes],
            view.figure,
        )

    def _lines(self, view: View, month: PublishedMonth) -> Sequence[table_file.TableLine]:
        """Return the numbers of the page: figures of the scope, the trend, and all rows of what is ranked.

        The row of the cases without a province or a topic has an empty code.
        """
        figure = view.figure
        rows = month.tables[figure.slug][view.ranked].rows if view.scope.kind == "nation" else {}
        return [
            *(
                self._line("ukuran", view.month, view.scope, row.figure, row.value, row.total)
                for row in _rows(month, view.scope)
            ),
            *(self._line("tren", point.month, view.scope, figure, point.value) for point in self._trend(view).points),
            *(
                self._line("daftar", view.month, Scope(view.ranked, code), figure, row_value(row), row.total)
                for code, row in rows.items()
            ),
        ]

    def _line(
        self,
        part: str,
        month: Month,
        scope: Scope,
        figure: ShownFigure,
        value: FigureValue,
        total: int | None = None,
    ) -> table_file.TableLine:
        name = str(self._names.name(scope))
        return table_file.table_line(part, month, scope, name, figure.slug, value, cases=total)


def _reported_topics(month: PublishedMonth, figure: ShownFigure) -> Sequence[str]:
    """Return the topics whose published number of cases is not 0, that with the most cases first."""
    rows = month.tables[figure.slug]["topic"].rows
    totals = {code: row.total for code, row in rows.items() if code != REST and row.total}
    return sorted(totals, key=lambda code: (-totals[code], code))


def _rows(month: PublishedMonth, scope: Scope) -> Sequence[PublicRow]:
    rows = [(figure, month.row(figure, scope)) for figure in PUBLIC_FIGURES]
    return [PublicRow(figure, row.total, row.parts, row_value(row)) for figure, row in rows]


def _file_part(view: View) -> str:
    return f"{view.scope.value or 'indonesia'}-{view.month}"
