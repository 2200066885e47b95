"""Page of the cases behind a number of an overseer's page."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy import Engine
from starlette.responses import HTMLResponse, Response

from accounts.permissions import Act
from accounts.signed_in import SignedIn
from cases.clocks.deadlines import Deadlines
from config.database import read_transaction
from config.time_zones import read_moment
from oversight.cases.addresses import case_address
from oversight.figures.computation import Figures, compute_figures
from oversight.figures.counts import NATION, Counts, Scope, jakarta_day
from oversight.pages.address import KIND_PARTS, OVERSIGHT, View, read_scope, read_view
from oversight.pages.case_list import ListChoice, ListPlace, Part, has_list, part_size, read_cases
from oversight.pages.months import Month
from oversight.pages.names import ScopeNames
from oversight.pages.shown_figures import FIGURES_BY_SLUG, ShownFigure
from oversight.read_model.day_counts import read_counts
from oversight.read_model.programme_marks import ProgrammeMark
from pages.addresses import with_query
from pages.forms import read_id
from pages.frame import SignedInPages
from pages.translation.message import Message, counted
from pages.translation.message import message as _
from pages.wording.cases import CASE_STATES

LIST = f"{OVERSIGHT}/daftar"
_SHOWN_CASES = 50
_PARTS: Mapping[str, Part] = {"tercapai": "numerator", "lain": "rest", "dihitung": "counted", "belum": "censored"}
_PART_NAMES: Mapping[Part, str] = {part: name for name, part in _PARTS.items()}
PART_TITLES: Mapping[Part, Message] = {
    "numerator": _("yang termasuk"),
    "rest": _("yang dihitung tetapi tidak termasuk"),
    "counted": _("yang dihitung"),
    "censored": _("yang belum dihitung"),
}


_WORD = _("kata “{word}”")
_TOPIC = _("topik {topic}")


class NumberLinks(NamedTuple):
    """Addresses of the lists behind the numbers of a scope and month; with a channel, of its reports alone."""

    scope: Scope
    month: Month
    channel: str = ""

    def __call__(self, figure: ShownFigure, part: Part, after: str = "") -> str:
        """Return the address of a list; empty for a figure that counts no cases."""
        if not has_list(figure):
            return ""
        return with_query(
            LIST,
            bulan=str(self.month),
            ukuran=figure.slug,
            bagian=_PART_NAMES[part],
            lingkup=KIND_PARTS.get(self.scope.kind, ""),
            kode=self.scope.value,
            saluran=self.channel,
            setelah=after,
        )


class CaseListPage:
    """The page. `channel_label` returns the name of a channel. `now` is the clock."""

    def __init__(
        self,
        signed_in: SignedIn,
        pages: SignedInPages,
        engine: Engine,
        deadlines: Deadlines,
        names: ScopeNames,
        channel_label: Callable[[str], str],
        now: Callable[[], datetime],
    ) -> None:
        self._signed_in = signed_in
        self._pages = pages
        self._engine = engine
        self._deadlines = deadlines
        self._names = names
        self._channel_label = channel_label
        self._now = now

    def routes(self) -> APIRouter:
        """Return the routes to serve. They handle `NotSignedIn` and `Forbidden` by `install_sign_in_handlers`."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(LIST, self.show, methods=["GET"], response_class=HTMLResponse)
        return router

    def show(
        self,
        request: Request,
        bagian: str = "",
        lingkup: str = "",
        kode: str = "",
        saluran: str = "",
        setelah: str = "",
    ) -> Response:
        """Return a page of the list that the address names. A choice that is missing or invalid has its default."""
        actor = self._signed_in.require(request, Act.READ_CASE_WITH_REASON)
        today = jakarta_day(self._now())
        view = read_view(read_scope(lingkup, kode) or NATION, request.query_params, Month.of(today))
        figure = view.figure if has_list(view.figure) else FIGURES_BY_SLUG["terbuka"]
        choice = ListChoice(view.scope, view.month.period, figure, _PARTS.get(bagian, "counted"), saluran)
        with read_transaction(self._engine) as connection:
            counts = read_counts(connection, view.scope, view.month.period, by_channel=bool(saluran))
            if saluran:
                counts = counts.by_channel().get(saluran, Counts())
            figures = compute_figures(counts, today, self._deadlines)
            cases = read_cases(connection, choice, today, self._deadlines, _SHOWN_CASES + 1, _read_place(setelah))
        return self._pages.render("figure_cases.html", request, actor, self._values(view, choice, figures, cases))

    def _values(self, view: View, choice: ListChoice, figures: Figures, cases: Sequence[Any]) -> Mapping[str, Any]:
        shown, links = cases[:_SHOWN_CASES], NumberLinks(view.scope, view.month, choice.channel)
        value = choice.figure.read(figures)
        after = _write_place(shown[-1].place) if len(cases) > _SHOWN_CASES else ""
        return {
            "view": view,
            "figure": choice.figure,
            "part_title": PART_TITLES[choice.part] if value.denominator is not None else "",
            "scope_name": self._names.name(view.scope),
            "channel": self._channel_label(choice.channel) if choice.channel else "",
            "total": counted("{count} kasus", part_size(value, choice.part)),
            "rows": [
                (
                    case,
                    case_address(case.number),
                    self._channel_label(case.channel),
                    self._names.name(Scope("agency", case.agency)) if case.agency else _("Digabung"),
                    CASE_STATES.get(case.state, ""),
                    self._evidence(case.programmes, choice.scope),
                )
                for case in shown
            ],
            "next": links(choice.figure, choice.part, after) if after else "",
            "back": view.address(),
        }

    def _evidence(self, marks: Sequence[ProgrammeMark], scope: Scope) -> Sequence[Message]:
        """Return the evidence by which a report belongs to the programme of a list; of another list none."""
        if scope.kind != "programme":
            return ()
        of_programme = (mark for mark in marks if mark.programme == scope.value)
        return [
            _WORD.filled(word=mark.words)
            if mark.evidence == "word"
            else _TOPIC.filled(topic=self._names.name(Scope("topic", mark.code)))
            for mark in of_programme
        ]


def _write_place(place: ListPlace) -> str:
    return f"{place.received_at.isoformat()}_{place.complaint_id}"


def _read_place(typed: str) -> ListPlace | None:
    moment, _separator, id_text = typed.partition("_")
    at, complaint_id = read_moment(moment), read_id(id_text)
    return ListPlace(at, complaint_id) if at and isinstance(complaint_id, UUID) else None
