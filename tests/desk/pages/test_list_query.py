"""The address of a list is its filter."""

from datetime import UTC, date, datetime
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.time_zones import TimeZone
from desk.pages.list_query import (
    ORDERS_BY_NAME,
    PAGE_SIZES,
    TABS_BY_NAME,
    ListQuery,
    cursor_text,
    read_cursor,
    read_list_query,
)
from desk.read_model.queries import CaseFilter, Cursor
from pages.forms import Form, plain_line, plain_text

ACCOUNT = UUID(int=7)
WIB = TimeZone.WIB.value
_PARAMETERS = (
    *("tab", "topik", "wilayah", "tenggat", "saya", "unit", "ditolak", "bersama", "cari", "baris"),
    *("bahaya", "menulis", "belum-dijawab", "dibuka-lagi", "saluran", "dari", "sampai", "urut"),
)
_lines = st.text(max_size=80).map(plain_line)
_days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
_queries = st.builds(
    ListQuery,
    tab=st.sampled_from(sorted(TABS_BY_NAME.values())),
    topic=st.from_regex(r"[a-z0-9-]{0,20}", fullmatch=True),
    region=st.sampled_from(["", "33", "33.74", "33.74.01"]),
    due_within=st.none() | st.integers(0, 365),
    is_mine=st.booleans(),
    unit=_lines,
    refused=st.booleans(),
    joined=st.integers(0, 1_000_000),
    suggested=st.booleans(),
    words=_lines,
    danger=st.booleans(),
    sender_wrote=st.booleans(),
    unanswered=st.booleans(),
    reopened=st.booleans(),
    channel=st.sampled_from(["", "sms", "twitter"]),
    first_day=st.none() | _days,
    last_day=st.none() | _days,
    order=st.sampled_from(sorted(ORDERS_BY_NAME.values())),
    page_size=st.sampled_from(PAGE_SIZES),
)


def parameters_of(address: str) -> dict[str, str]:
    """Return the parameters of an address."""
    return dict(parse_qsl(urlsplit(address).query))


@given(_queries)
def test_an_address_leads_to_its_own_filter(query: ListQuery) -> None:
    """A bookmark of the list and the way back from a case show the same cases."""
    assert read_list_query(parameters_of(query.list_address())) == query
    assert read_list_query(parameters_of(query.case_address("NOMOR", "/jawab", hasil="x"))) == query
    assert read_list_query(dict(query.pairs())) == query


@given(st.dictionaries(st.sampled_from(_PARAMETERS), st.text(max_size=400)))
def test_typed_values_never_fail(parameters: dict[str, str]) -> None:
    """A value that cannot be one is left out, and the result is a filter that a database accepts."""
    case_filter = read_list_query(parameters).case_filter(ACCOUNT, WIB)
    texts = (case_filter.topic, case_filter.region, case_filter.unit, case_filter.words)
    assert all(text.isprintable() and len(text) <= 200 for text in texts)


def test_every_parameter_is_a_condition() -> None:
    """The names of the form's fields are those that are read."""
    typed = {
        "tab": "lewat",
        "topik": "jalan-rusak",
        "wilayah": "33.74",
        "tenggat": "3",
        "saya": "1",
        "unit": "Dinas PU",
        "ditolak": "1",
        "bersama": "5",
        "mungkin-sama": "1",
        "cari": "lampu padam",
        "bahaya": "1",
        "menulis": "1",
        "belum-dijawab": "1",
        "dibuka-lagi": "1",
        "saluran": "sms",
        "dari": "2026-11-01",
        "sampai": "2026-11-24",
        "urut": "terbaru",
    }
    assert read_list_query(typed).case_filter(ACCOUNT, WIB) == CaseFilter(
        "overdue",
        "jalan-rusak",
        "33.74",
        3,
        (str(ACCOUNT),),
        "Dinas PU",
        refused=True,
        joined=5,
        suggested=True,
        words="lampu padam",
        danger=True,
        sender_wrote=True,
        unanswered=True,
        reopened=True,
        channel="sms",
        # Midnight in Jakarta. The last day is a whole one.
        since=datetime(2026, 10, 31, 17, tzinfo=UTC),
        until=datetime(2026, 11, 24, 17, tzinfo=UTC),
        order="newest",
    )


@pytest.mark.parametrize("text", ["", "~", "2026-11-24~x", "kemarin~" + str(UUID(int=1)), "x" * 500, "\0~\0"])
def test_a_broken_position_is_the_beginning(text: str) -> None:
    """A truncated bookmark shows the first page."""
    assert read_cursor(text) is None


def test_a_time_without_a_zone_is_no_position() -> None:
    """The database takes no such time."""
    assert read_cursor(f"2026-11-24T08:04:05~{UUID(int=1)}") is None


def test_a_position_survives_its_address() -> None:
    """Microseconds are part of it."""
    cursor = Cursor(datetime(2026, 11, 24, 8, 4, 5, 678901, tzinfo=UTC), UUID(int=9))
    assert read_cursor(cursor_text(cursor)) == cursor
    assert read_cursor(parameters_of(ListQuery().list_address(setelah=cursor_text(cursor)))["setelah"]) == cursor
    assert read_cursor(cursor_text(cursor).replace("+", " ")) == cursor


@given(st.text())
def test_plain_text_has_no_control_characters(text: str) -> None:
    """No NUL, which PostgreSQL refuses, and no characters that turn the direction of a text."""
    lines = plain_text(text).split("\n")
    assert all(line.isprintable() for line in lines)
    assert plain_text(plain_text(text)) == plain_text(text)


def test_words_stay_apart() -> None:
    """Tabs and no-break spaces become spaces, and line ends stay."""
    assert plain_text(" a\tb\u00a0c\r\nd\re\0f\u202e ") == "a b c\nd\nef"
    assert plain_line("a\r\n b") == "a b"


@pytest.mark.parametrize(
    ("typed", "version"), [("3", 3), ("0", 0), ("", -1), ("-1", -1), ("x", -1), ("٣", -1), ("9" * 40, -1)]
)
def test_a_version_is_a_number(typed: str, version: int) -> None:
    """A form without one is a conflict, never an act without a check."""
    assert Form([("versi", typed)]).version() == version
