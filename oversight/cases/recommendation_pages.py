"""Endpoint of the list of all recommendations, and of its file."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from accounts.permissions import Act, Actor
from config.time_zones import read_moment
from messages.shapes import iso
from oversight.cases.addresses import RECOMMENDATIONS, case_address
from oversight.cases.case_pages import CasePageParts
from oversight.cases.recommendation_list import (
    MAX_ROWS,
    ListedRecommendation,
    Position,
    RecommendationFilter,
    RecommendationList,
    RecommendationState,
    StateFilter,
)
from pages.addresses import with_query
from pages.csv_file import BYTE_ORDER_MARK, MEDIA_TYPE, csv_lines
from pages.translation.message import Message
from pages.translation.message import message as _
from pages.wording.recommendations import RECOMMENDATION_KINDS, RECOMMENDATION_OUTCOMES

STATE_NAMES: Mapping[RecommendationState, Message] = {
    "waiting": _("Menunggu jawaban"),
    "overdue": _("Lewat tenggat"),
    "followed": RECOMMENDATION_OUTCOMES["followed"],
    "not-followed": RECOMMENDATION_OUTCOMES["not-followed"],
}
# Filters by their names in the address.
_FILTERS: Mapping[str, tuple[StateFilter, Message]] = {
    "": ("", _("Semua")),
    "menunggu": ("waiting", _("Menunggu jawaban")),
    "lewat": ("overdue", _("Lewat tenggat")),
    "dijawab": ("answered", _("Dijawab")),
}
_ROWS = 50
_SEPARATOR = "~"
_COLUMNS = ("nomor", "instansi", "jenis", "pengawas", "tanggal", "keadaan", "tenggat", "dijawab")

# Returns the names of accounts; a removed account has none.
PersonNames = Callable[[Collection[UUID]], Mapping[UUID, str]]


class ShownRow(NamedTuple):
    """A recommendation on the page. `overseer` is empty for an account that was removed."""

    item: ListedRecommendation
    address: str
    agency_name: str
    kind: Message
    state: Message
    overseer: str


class RecommendationPages:
    """The list. It has no words: they are on the page of the case, for a recorded reason."""

    def __init__(self, parts: CasePageParts, listing: RecommendationList, person_names: PersonNames) -> None:
        self._parts = parts
        self._listing = listing
        self._person_names = person_names

    def routes(self) -> APIRouter:
        """Return the routes to serve. They handle `NotSignedIn` and `Forbidden` by `install_sign_in_handlers`."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(RECOMMENDATIONS, self.show, methods=["GET"], response_class=HTMLResponse)
        return router

    def show(
        self, request: Request, keadaan: str = "", saya: str = "", setelah: str = "", berkas: str = ""
    ) -> Response:
        """Return the list, or with `berkas=csv` all of its rows as a file. `saya=1`: those of the person."""
        actor = self._parts.signed_in.require(request, Act.RECOMMEND)
        name = keadaan if keadaan in _FILTERS else ""
        chosen = RecommendationFilter(_FILTERS[name][0], actor.account_id if saya == "1" else None)
        if berkas == "csv":
            return self._file(self._rows(chosen, MAX_ROWS, None))
        rows = self._rows(chosen, _ROWS + 1, _read_position(setelah))
        return self._page(request, actor, name, rows, is_own=saya == "1", is_first=not setelah)

    def _rows(self, chosen: RecommendationFilter, limit: int, after: Position | None) -> Sequence[ShownRow]:
        listed = self._listing.read(chosen, self._parts.now(), limit, after)
        names = self._person_names({item.account_id for item in listed if item.account_id})
        return [
            ShownRow(
                item,
                case_address(item.number),
                self._parts.agency_name(item.agency),
                RECOMMENDATION_KINDS[item.kind],
                STATE_NAMES[item.state],
                names.get(item.account_id, "") if item.account_id else "",
            )
            for item in listed
        ]

    def _page(
        self, request: Request, actor: Actor, name: str, rows: Sequence[ShownRow], *, is_own: bool, is_first: bool
    ) -> Response:
        query = {"keadaan": name, "saya": "1" if is_own else ""}
        shown = rows[:_ROWS]
        last = shown[-1].item if len(rows) > _ROWS else None
        values = {
            "rows": shown,
            "choices": [(choice, label) for choice, (_, label) in _FILTERS.items()],
            "chosen": name,
            "is_own": is_own,
            "is_first": is_first,
            "first_address": with_query(RECOMMENDATIONS, **query),
            "next_address": with_query(RECOMMENDATIONS, **query, setelah=_position_text(last)) if last else "",
            "csv_address": with_query(RECOMMENDATIONS, **query, berkas="csv"),
        }
        return self._parts.pages.render("recommendations.html", request, actor, values)

    def _file(self, rows: Sequence[ShownRow]) -> Response:
        """Return the file of RFC 4180. Columns and values are the same in each language of the page."""
        headers = {"Content-Disposition": 'attachment; filename="rekomendasi.csv"'}
        content = BYTE_ORDER_MARK + csv_lines([_COLUMNS, *map(_cells, rows)])
        return Response(content, HTTPStatus.OK, headers, MEDIA_TYPE)


def _position_text(item: ListedRecommendation) -> str:
    return f"{item.at.isoformat()}{_SEPARATOR}{item.id}"


def _read_position(text: str) -> Position | None:
    """Return the position that a parameter names; `None`, which is the beginning of the list, for anything else."""
    at, _, id_ = text.partition(_SEPARATOR)
    try:
        position_id = UUID(id_)
    except ValueError:
        return None
    moment = read_moment(at)
    return Position(moment, position_id) if moment else None


def _cells(row: ShownRow) -> Sequence[str]:
    item = row.item
    times = (_time(item.due_at), _time(item.answered_at))
    return item.number, item.agency, item.kind, row.overseer, iso(item.at), item.state, *times


def _time(at: datetime | None) -> str:
    return iso(at) if at else ""
