"""Page of the head of an institution or a unit, and of coordinators: figures, overdue cases, what comes back, usage."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import Response

from accounts.permissions import Act, Actor
from app.operations.own_figures.reading import DIVISIONS, Division
from app.operations.own_figures.summary import NotInTier, Summary, SummaryReader
from app.operations.own_figures.view import HEAD_PAGE, OwnView, read_own_view
from app.staff.page import StaffFrame
from config.reference.regions import Regions
from desk.institutions import Institutions
from oversight.figures.computation import Figures
from oversight.figures.counts import jakarta_day
from oversight.pages.months import Month, last_months
from oversight.pages.shown_figures import FIGURES_BY_SLUG, SHOWN_FIGURES, FigureValue, ShownFigure
from oversight.pages.table_file import MEDIA_TYPES, TableLine, file_response, has_parquet
from oversight.read_model.returning import RETURN_DAYS
from pages.frame import NavigationEntry
from pages.translation.message import Message, formatted_number
from pages.translation.message import message as _
from pages.wording.cases import topic_label

NAVIGATION = NavigationEntry(_("Pimpinan"), HEAD_PAGE, Act.VIEW_OWN_FIGURES, needs_agency=True)
# Figures in the tables by unit, topic, district and month. The file has all of them.
_COLUMNS: Sequence[ShownFigure] = tuple(
    FIGURES_BY_SLUG[slug] for slug in ("kasus", "dijawab", "selesai", "terbuka", "terlambat", "dibuka-lagi", "nilai")
)
_OFFERED_MONTHS = 36
_LISTED_PARTS = 40
_LISTED_RETURNS = 20
_DIVISION_NAMES: Mapping[Division, Message] = {
    "unit": _("Menurut unit"),
    "topic": _("Menurut topik"),
    "district": _("Menurut wilayah"),
}
_FIRST_COLUMNS: Mapping[Division, Message] = {"unit": _("Unit"), "topic": _("Topik"), "district": _("Wilayah")}
# Names of the divisions in the file.
_PARTS: Mapping[Division, str] = {"unit": "unit", "topic": "topik", "district": "wilayah"}
_WITHOUT: Mapping[Division, Message] = {
    "unit": _("Belum di unit"),
    "topic": _("Tanpa topik"),
    "district": _("Wilayah tidak diketahui"),
}
_UNKNOWN_CHOICE = _(
    "Unit, topik, wilayah, atau program itu tidak ada di bagian Anda. Halaman ini menampilkan semuanya."
)


class PartRow(NamedTuple):
    """A unit, topic or district of the month, or a month. `address` is empty where nothing more can be shown."""

    name: str
    address: str
    values: Sequence[FigureValue]
    cases: int


@dataclass(frozen=True, slots=True)
class DivisionTable:
    """The parts of a month by one division, the one with the most cases first. `has_more`: not all are listed."""

    division: Division
    title: Message
    first_column: Message
    rows: Sequence[PartRow]
    has_more: bool


class OverdueRow(NamedTuple):
    """An overdue case as the page shows it. `days` is the number of days since its deadline."""

    number: str
    topic: str
    place: str
    days: int
    unit: str
    holder: str


class HeadPage:
    """Shows the summary of the own tier. `topics` returns the names of topics by id, `regions` those in force.

    `programmes` are the names of priority programmes by id.
    Figures name no citizen, so reading them is not recorded in the audit log.
    """

    def __init__(
        self,
        frame: StaffFrame,
        reader: SummaryReader,
        institutions: Institutions,
        regions: Callable[[], Regions],
        topics: Callable[[], Mapping[str, str]],
        programmes: Mapping[str, str],
    ) -> None:
        self._frame = frame
        self._reader = reader
        self._institutions = institutions
        self._regions = regions
        self._topics = topics
        self._programmes = programmes

    def routes(self) -> APIRouter:
        """Return the routes of this page."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(HEAD_PAGE, self.show, methods=["GET"])
        return router

    def show(self, request: Request, berkas: str = "") -> Response:
        """Return the page, or with `berkas` its numbers as a file; 404 for a choice outside the tier."""
        actor = self._frame.signed_in.actor(request)
        self._frame.require(request, Act.VIEW_OWN_FIGURES, actor.agency)
        now = self._frame.now()
        view = read_own_view(request.query_params, Month.of(jakarta_day(now)))
        problem = None
        try:
            self._check(actor, view)
            summary = self._reader.read(actor.agency, actor.unit, view, now)
        except NotInTier:
            view, problem = OwnView(view.month), _UNKNOWN_CHOICE
            summary = self._reader.read(actor.agency, actor.unit, view, now)
        if berkas in MEDIA_TYPES and not problem and (berkas != "parquet" or has_parquet()):
            return file_response(list(self._lines(actor, view, summary)), f"pimpinan-{view.month}", berkas)
        return self._page(request, actor, view, summary, now, problem)

    def _check(self, actor: Actor, view: OwnView) -> None:
        """Raise `NotInTier` if no table has the topic, the district or the programme."""
        depth = self._reader.district_depth(actor.agency)
        if view.topic and view.topic not in self._topics():
            raise NotInTier(view.topic)
        if view.programme and view.programme not in self._programmes:
            raise NotInTier(view.programme)
        if view.district and (self._regions().get(view.district) is None or view.district.count(".") + 1 != depth):
            raise NotInTier(view.district)

    def _page(
        self, request: Request, actor: Actor, view: OwnView, summary: Summary, now: datetime, problem: Message | None
    ) -> Response:
        figures, tree, topics = summary.figures, summary.tree, self._topics()
        values = {
            "problem": problem,
            "view": view,
            "own_unit": tree.path(actor.unit),
            "chosen": self._chosen(view, summary),
            "programmes": self._programmes.items(),
            "months": last_months(Month.of(jakarta_day(now)), _OFFERED_MONTHS)[::-1],
            "rows": [
                (figure, figure.read(figures.month), figure.read(figures.month_before)) for figure in SHOWN_FIGURES
            ],
            "month_before": view.month.back(1),
            "columns": _COLUMNS,
            "divisions": [
                self._division(division, actor, view, summary)
                for division in DIVISIONS
                if division != "unit" or tree.units
            ],
            "trend": [
                PartRow(month.label, view.address(bulan=str(month)), _values(of_month), of_month.cases)
                for month, of_month in reversed(figures.months)
            ],
            "overdue_cases": formatted_number(summary.overdue_cases),
            "has_overdue": summary.overdue_cases > 0,
            "has_more_overdue": summary.overdue_cases > len(summary.overdue),
            "holders": [(tree.path(share.unit_code), share.holder, share.cases) for share in summary.overdue_by_holder],
            "overdue": [
                OverdueRow(
                    case.tracking,
                    topic_label(topics, case.topic) if case.topic else "",
                    self._place(case.region),
                    (jakarta_day(now) - jakarta_day(case.due_at)).days,
                    tree.path(case.unit_code),
                    case.holder,
                )
                for case in summary.overdue
            ],
            "returning": [
                (topic_label(topics, item.topic), self._place(item.region), item)
                for item in summary.returning[:_LISTED_RETURNS]
            ],
            "return_days": RETURN_DAYS,
            "usage": summary.usage,
            "csv_address": view.address(berkas="csv"),
            "is_outdated": summary.is_outdated,
            "is_provisional": figures.month.is_provisional,
            "number": formatted_number,
            "region": self._institutions.region(actor.agency),
        }
        status = HTTPStatus.NOT_FOUND if problem else HTTPStatus.OK
        return self._frame.render("head_page.html", request, actor, values, status)

    def _chosen(self, view: OwnView, summary: Summary) -> Sequence[tuple[str, str]]:
        """Return the names of what narrows the view, each with the address without it."""
        names = (
            (summary.tree.path(view.unit), "unit"),
            (topic_label(self._topics(), view.topic) if view.topic else "", "topik"),
            (self._place(view.district), "kecamatan"),
            (self._programmes.get(view.programme, ""), "program"),
        )
        return [(name, view.address(**{parameter: ""})) for name, parameter in names if name]

    def _division(self, division: Division, actor: Actor, view: OwnView, summary: Summary) -> DivisionTable:
        parts = sorted(summary.figures.of(division).items(), key=lambda part: (-part[1].cases, part[0]))
        rows = [
            PartRow(
                self._part_name(division, code, summary),
                self._part_address(division, code, actor, view, summary),
                _values(figures),
                figures.cases,
            )
            for code, figures in parts[:_LISTED_PARTS]
        ]
        return DivisionTable(
            division, _DIVISION_NAMES[division], _FIRST_COLUMNS[division], rows, len(parts) > _LISTED_PARTS
        )

    def _part_name(self, division: Division, code: str, summary: Summary) -> str:
        if not code:
            return _WITHOUT[division]
        if division == "unit":
            return summary.tree.path(code) or code
        return topic_label(self._topics(), code) if division == "topic" else self._place(code)

    def _part_address(self, division: Division, code: str, actor: Actor, view: OwnView, summary: Summary) -> str:
        if division == "unit":
            return view.address(unit=code) if code in summary.tree.units and code not in {view.unit, actor.unit} else ""
        if division == "topic":
            return view.address(topik=code) if code in self._topics() and code != view.topic else ""
        return view.address(kecamatan=code) if self._regions().get(code) and code != view.district else ""

    def _place(self, region: str) -> str:
        names = [item.name for item in self._regions().lineage(region)]
        return names[-1] if names else region

    def _lines(self, actor: Actor, view: OwnView, summary: Summary) -> Iterator[TableLine]:
        """Yield every figure of the month and of each part of it, and of the months before."""
        name = self._institutions.name(actor.agency)
        for month, figures in reversed(summary.figures.months):
            part = "ukuran" if month == view.month else "tren"
            yield from _figure_lines(part, month, "instansi", actor.agency, name, figures)
        for division in DIVISIONS:
            for code, figures in summary.figures.of(division).items():
                part_name = self._part_name(division, code, summary)
                yield from _figure_lines(_PARTS[division], view.month, _PARTS[division], code, part_name, figures)


def _figure_lines(part: str, month: Month, scope: str, code: str, name: str, figures: Figures) -> Iterator[TableLine]:
    for figure in SHOWN_FIGURES:
        value = figure.read(figures)
        censored = value.censored if value.denominator is not None else None
        numbers = (value.value, value.numerator, value.denominator, censored)
        yield TableLine(part, str(month), scope, code, str(name), figure.slug, *numbers, kasus=figures.cases)


def _values(figures: Figures) -> Sequence[FigureValue]:
    return [figure.read(figures) for figure in _COLUMNS]
