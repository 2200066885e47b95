"""The address of a list of cases is its filter. Reads the filter from parameters and writes it back. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from config.time_zones import read_moment
from desk.read_model.queries import CaseFilter, Cursor, ListOrder, ListTab
from pages.forms import plain_line, read_id

LIST_ADDRESS = "/desk/laporan"
# No tracking number is one of these words.
BULK_PART = "bersama"
PRINT_PART = "cetak"
FILTERS_PART = "saringan"
# Tabs in the order of the page, by their names in addresses.
TABS_BY_NAME: Mapping[str, ListTab] = {
    "baru": "new",
    "dikerjakan": "working",
    "menunggu": "waiting",
    "segera": "soon",
    "lewat": "overdue",
    "selesai": "done",
}
_TAB_PARAMETERS = {tab: name for name, tab in TABS_BY_NAME.items()}
# Orders by their names in addresses. The first one is that of a list without a choice.
ORDERS_BY_NAME: Mapping[str, ListOrder] = {"tenggat": "due", "terbaru": "newest", "terlama": "oldest"}
_ORDER_PARAMETERS = {order: name for name, order in ORDERS_BY_NAME.items()}
# Fields of a list by the names of marks in addresses.
_MARK_FIELDS: Mapping[str, str] = {
    "bahaya": "danger",
    "menulis": "sender_wrote",
    "belum-dijawab": "unanswered",
    "dibuka-lagi": "reopened",
    "kontribusi": "asked",
}
PAGE_SIZES = (25, 100, 200)
_MAX_WORDS_LENGTH = 200
_MAX_UNIT_LENGTH = 200
_MAX_DAYS = 365
_MAX_JOINED = 1_000_000
_TOPIC = re.compile(r"[a-z0-9-]{1,80}")
_CHANNEL = re.compile(r"[a-z0-9]{1,40}")
_DATE = re.compile(r"20\d\d-\d\d-\d\d")
_REGION = re.compile(r"\d\d(\.\d\d(\.\d\d)?)?")
_DIGITS = re.compile(r"[0-9]{1,7}")
_CURSOR_SEPARATOR = "~"
# Mark of a position among the cases with danger, which stand before all others.
_DANGER_MARK = "bahaya"


@dataclass(frozen=True, slots=True)
class ListQuery:
    """A list as an address names it. See `CaseFilter`.

    `is_mine`: cases of the person who looks. `first_day` and `last_day` are those on which a case came to the agency.
    """

    tab: ListTab = "new"
    topic: str = ""
    region: str = ""
    due_within: int | None = None
    is_mine: bool = False
    unit: str = ""
    refused: bool = False
    joined: int = 0
    suggested: bool = False
    recommended: bool = False
    words: str = ""
    danger: bool = False
    sender_wrote: bool = False
    unanswered: bool = False
    reopened: bool = False
    asked: bool = False
    channel: str = ""
    first_day: date | None = None
    last_day: date | None = None
    order: ListOrder = "due"
    page_size: int = PAGE_SIZES[0]

    def case_filter(self, account_id: UUID, zone: tzinfo) -> CaseFilter:
        """Return the conditions for the person with this account. Days are those of the zone of the agency."""
        return CaseFilter(
            tab=self.tab,
            topic=self.topic,
            region=self.region,
            due_within=self.due_within,
            holder=str(account_id) if self.is_mine else "",
            unit=self.unit,
            refused=self.refused,
            joined=self.joined,
            suggested=self.suggested,
            recommended=self.recommended,
            words=self.words,
            danger=self.danger,
            sender_wrote=self.sender_wrote,
            unanswered=self.unanswered,
            reopened=self.reopened,
            asked=self.asked,
            channel=self.channel,
            since=_midnight(self.first_day, zone),
            until=_midnight(self.last_day + timedelta(days=1), zone) if self.last_day else None,
            order=self.order,
        )

    @property
    def has_conditions(self) -> bool:
        """True if the list shows only a part of its tab."""
        return self != self.without_conditions

    @property
    def without_conditions(self) -> "ListQuery":
        """The list with all cases of its tab, in the same order."""
        return ListQuery(tab=self.tab, order=self.order, page_size=self.page_size)

    @property
    def without_marks(self) -> "ListQuery":
        """The list without the conditions about marks, and without words."""
        return replace(self, danger=False, sender_wrote=False, unanswered=False, reopened=False, asked=False, words="")

    @property
    def without_words(self) -> "ListQuery":
        """The list without searched words, as it may be saved."""
        return replace(self, words="")

    def has_mark(self, name: str) -> bool:
        """Return whether the list shows only cases with a mark, by its name in addresses."""
        is_on: bool = getattr(self, _MARK_FIELDS[name])
        return is_on

    @property
    def tab_name(self) -> str:
        """The name of the tab in addresses."""
        return _TAB_PARAMETERS[self.tab]

    def parameters(self, **changed: str) -> str:
        """Return the query of the list's address. `changed` adds or replaces parameters; "" removes one."""
        values = {
            "tab": self.tab_name,
            "topik": self.topic,
            "wilayah": self.region,
            "tenggat": "" if self.due_within is None else str(self.due_within),
            "saya": "1" if self.is_mine else "",
            "unit": self.unit,
            "ditolak": "1" if self.refused else "",
            "bersama": str(self.joined or ""),
            "mungkin-sama": "1" if self.suggested else "",
            "rekomendasi": "1" if self.recommended else "",
            "cari": self.words,
            **{name: "1" if self.has_mark(name) else "" for name in _MARK_FIELDS},
            "saluran": self.channel,
            "dari": self.first_day.isoformat() if self.first_day else "",
            "sampai": self.last_day.isoformat() if self.last_day else "",
            "urut": "" if self.order == "due" else _ORDER_PARAMETERS[self.order],
            "baris": "" if self.page_size == PAGE_SIZES[0] else str(self.page_size),
            **changed,
        }
        return urlencode({name: value for name, value in values.items() if value})

    def list_address(self, **changed: str) -> str:
        """Return the address of the list."""
        return f"{LIST_ADDRESS}?{self.parameters(**changed)}"

    def bulk_address(self) -> str:
        """Return the address to which the chosen cases of the list are sent."""
        return f"{LIST_ADDRESS}/{BULK_PART}?{self.parameters()}"

    def print_address(self) -> str:
        """Return the address of the list on paper."""
        return f"{LIST_ADDRESS}/{PRINT_PART}?{self.parameters()}"

    def filters_address(self) -> str:
        """Return the address at which the filter of the list is saved, and a saved one is removed."""
        return f"{LIST_ADDRESS}/{FILTERS_PART}?{self.parameters()}"

    def pairs(self) -> Sequence[tuple[str, str]]:
        """Return the parameters for the hidden fields of a form that must keep the list."""
        return parse_qsl(self.parameters())

    def case_address(self, number: str, part: str = "", **changed: str) -> str:
        """Return the address of a case, or of a part of it. It keeps the list from which the person came."""
        return f"{LIST_ADDRESS}/{number}{part}?{self.parameters(**changed)}"


def read_list_query(parameters: Mapping[str, str]) -> ListQuery:
    """Return the list that an address names. A value that cannot be one is left out."""
    tab = TABS_BY_NAME.get(parameters.get("tab", ""), "new")
    page_size = _number(parameters.get("baris", ""), max(PAGE_SIZES))
    return ListQuery(
        tab=tab,
        topic=_matching(_TOPIC, parameters.get("topik", "")),
        region=_matching(_REGION, parameters.get("wilayah", "")),
        due_within=_number(parameters.get("tenggat", ""), _MAX_DAYS),
        is_mine=parameters.get("saya") == "1",
        unit=plain_line(parameters.get("unit", ""))[:_MAX_UNIT_LENGTH],
        refused=parameters.get("ditolak") == "1",
        joined=_number(parameters.get("bersama", ""), _MAX_JOINED) or 0,
        suggested=parameters.get("mungkin-sama") == "1",
        recommended=parameters.get("rekomendasi") == "1",
        words=plain_line(parameters.get("cari", ""))[:_MAX_WORDS_LENGTH],
        danger=parameters.get("bahaya") == "1",
        sender_wrote=parameters.get("menulis") == "1",
        unanswered=parameters.get("belum-dijawab") == "1",
        reopened=parameters.get("dibuka-lagi") == "1",
        asked=parameters.get("kontribusi") == "1",
        channel=_matching(_CHANNEL, parameters.get("saluran", "")),
        first_day=_date(parameters.get("dari", "")),
        last_day=_date(parameters.get("sampai", "")),
        order=ORDERS_BY_NAME.get(parameters.get("urut", ""), "due"),
        page_size=page_size if page_size in PAGE_SIZES else PAGE_SIZES[0],
    )


def stored_list_query(parameters: str) -> ListQuery:
    """Return the list of a saved filter."""
    return read_list_query(dict(parse_qsl(parameters)))


def cursor_text(cursor: Cursor) -> str:
    """Return a position in a list as the parameter of an address."""
    parts = (cursor.at.isoformat(), str(cursor.dispatch_id), *([_DANGER_MARK] if cursor.has_danger else []))
    return _CURSOR_SEPARATOR.join(parts)


def read_cursor(text: str) -> Cursor | None:
    """Return the position that a parameter names; `None`, which is the beginning of the list, for anything else."""
    at, _, case = text.partition(_CURSOR_SEPARATOR)
    dispatch_id, separator, mark = case.partition(_CURSOR_SEPARATOR)
    if separator and mark != _DANGER_MARK:
        return None
    moment, id_ = read_moment(at), read_id(dispatch_id)
    return Cursor(moment, id_, bool(mark)) if moment and id_ else None


def _matching(pattern: re.Pattern[str], value: str) -> str:
    return value if pattern.fullmatch(value) else ""


def _date(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if _DATE.fullmatch(value) else None
    except ValueError:
        return None


def _midnight(day: date | None, zone: tzinfo) -> datetime | None:
    return datetime.combine(day, time(), zone) if day else None


def _number(value: str, largest: int) -> int | None:
    return min(int(value), largest) if _DIGITS.fullmatch(value) else None
