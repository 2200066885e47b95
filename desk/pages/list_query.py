"""The address of a list of cases is its filter. Reads the filter from parameters and writes it back. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from config.time_zones import read_moment
from desk.read_model.queries import CaseFilter, Cursor, ListTab
from pages.forms import plain_line, read_id

LIST_ADDRESS = "/desk/laporan"
# No tracking number is one of these words.
BULK_PART = "bersama"
PRINT_PART = "cetak"
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
PAGE_SIZES = (25, 100, 200)
_MAX_WORDS_LENGTH = 200
_MAX_UNIT_LENGTH = 200
_MAX_DAYS = 365
_MAX_JOINED = 1_000_000
_TOPIC = re.compile(r"[a-z0-9-]{1,80}")
_REGION = re.compile(r"\d\d(\.\d\d(\.\d\d)?)?")
_DIGITS = re.compile(r"[0-9]{1,7}")
_CURSOR_SEPARATOR = "~"
# Mark of a position among the cases with danger, which stand before all others.
_DANGER_MARK = "bahaya"


@dataclass(frozen=True, slots=True)
class ListQuery:
    """A list as an address names it. `is_mine`: cases of the person who looks. See `CaseFilter` for the rest."""

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
    page_size: int = PAGE_SIZES[0]

    def case_filter(self, account_id: UUID) -> CaseFilter:
        """Return the conditions for the person with this account."""
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
        )

    @property
    def has_conditions(self) -> bool:
        """True if the list shows only a part of its tab."""
        return self != self.without_conditions

    @property
    def without_conditions(self) -> "ListQuery":
        """The list with all cases of its tab."""
        return ListQuery(tab=self.tab, page_size=self.page_size)

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
        page_size=page_size if page_size in PAGE_SIZES else PAGE_SIZES[0],
    )


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


def _number(value: str, largest: int) -> int | None:
    return min(int(value), largest) if _DIGITS.fullmatch(value) else None
