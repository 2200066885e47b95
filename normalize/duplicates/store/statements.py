"""SQL of each database for many values at once: the values are one parameter, so the statement is always the same."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, TextualSelect, bindparam, column, text
from sqlmodel import col, select

from normalize.duplicates.store.tables import ClosedComplaint, ComparableRow


@dataclass(frozen=True, slots=True)
class Statements:
    """The statements of one database. `is_sqlite` decides the form in which many values are one parameter.

    `select_keys` returns the numbers under keys since a time, and the last number of all without a key. `select_links`
    returns one value in each row: a case with members, a case with suggestions, or a sender with links.
    """

    is_sqlite: bool
    select_keys: str
    upsert_keys: str
    select_comparables: TextualSelect
    select_links: TextualSelect

    def list_parameter(self, values: Collection[int] | Collection[str]) -> object:
        """Return numbers or texts as one parameter."""
        return json.dumps(list(values)) if self.is_sqlite else list(values)

    def ids_parameter(self, ids: Collection[UUID]) -> object:
        """Return ids as one parameter. SQLite stores their hexadecimal digits."""
        return json.dumps([id_.hex for id_ in ids]) if self.is_sqlite else list(ids)

    def key_rows_parameter(self, rows: Sequence[tuple[int, ...]]) -> Any:
        """Return the rows of `upsert_keys` as its parameter: PostgreSQL takes one list for each column."""
        return rows if self.is_sqlite else tuple(map(list, zip(*rows, strict=True)))


_COLUMN_NAMES = "number, complaint_id, root, own, since, body"
_UPSERT = "ON CONFLICT (key, slot) DO UPDATE SET number = excluded.number, at = excluded.at"
_COLUMNS: tuple[Any, ...] = tuple(col(getattr(ComparableRow, name)) for name in _COLUMN_NAMES.split(", "))
_LINK_COLUMNS: tuple[Any, ...] = (col(ComparableRow.root), col(ComparableRow.suggested), col(ComparableRow.sender))
_CLOSING_COLUMNS: tuple[Any, ...] = (column("is_closed", Boolean), col(ClosedComplaint.closed_at))

# Complaints of closed cases are no candidates: the second table has a row for each of them.
_WITH_CLOSINGS = (
    "LEFT JOIN normalize_closed ON normalize_closed.complaint_id = normalize_matter.complaint_id "
    "AND (normalize_closed.reopened_at IS NULL OR normalize_closed.reopened_at < normalize_closed.closed_at)"
)
_SELECTED = (
    "number, normalize_matter.complaint_id, root, own, since, body, "
    "normalize_closed.complaint_id IS NOT NULL AS is_closed, normalize_closed.closed_at"
)

_LAST_NUMBER = "SELECT NULL, NULL, max(number) FROM normalize_matter"

_IS_NOT_EXPIRED = col(ComparableRow.at) >= bindparam("expiry")
SELECT_BY_ID = select(*_COLUMNS).where(col(ComparableRow.complaint_id) == bindparam("complaint_id"), _IS_NOT_EXPIRED)
SELECT_MEMBERS = (
    select(*_COLUMNS)
    .where(col(ComparableRow.root) == bindparam("root"), _IS_NOT_EXPIRED)
    .order_by(col(ComparableRow.number).desc())
    .limit(bindparam("count"))
)
# By the name of the dialect.
STATEMENTS: Mapping[str, Statements] = MappingProxyType(
    {
        "sqlite": Statements(
            is_sqlite=True,
            select_keys="SELECT k.key, k.slot, k.number FROM json_each(?) AS asked "  # noqa: S608 - constants
            f"CROSS JOIN normalize_key AS k ON k.key = asked.value WHERE k.at >= ? UNION ALL {_LAST_NUMBER}",
            upsert_keys=f"INSERT INTO normalize_key (key, slot, number, at) VALUES (?, ?, ?, ?) {_UPSERT}",  # noqa: S608 - constants
            select_comparables=text(
                f"SELECT {_SELECTED} FROM (SELECT value FROM json_each(:numbers)) AS asked "  # noqa: S608 - constants
                f"CROSS JOIN normalize_matter ON normalize_matter.number = asked.value {_WITH_CLOSINGS}"
            ).columns(*_COLUMNS, *_CLOSING_COLUMNS),
            select_links=text(
                "SELECT DISTINCT root, NULL, NULL FROM (SELECT value FROM json_each(:ids)) AS asked "
                "CROSS JOIN normalize_matter ON root = asked.value WHERE root IS NOT NULL "
                "UNION ALL SELECT DISTINCT NULL, suggested, NULL FROM (SELECT value FROM json_each(:ids)) AS asked "
                "CROSS JOIN normalize_matter ON suggested = asked.value WHERE suggested IS NOT NULL "
                "UNION ALL SELECT DISTINCT NULL, NULL, sender FROM (SELECT value FROM json_each(:senders)) AS asked "
                "CROSS JOIN normalize_matter ON sender = asked.value WHERE joined = 1 "
                "UNION ALL SELECT DISTINCT NULL, NULL, sender FROM (SELECT value FROM json_each(:senders)) AS asked "
                "CROSS JOIN normalize_matter ON sender = asked.value WHERE suggested IS NOT NULL"
            ).columns(*_LINK_COLUMNS),
        ),
        "postgresql": Statements(
            is_sqlite=False,
            select_keys="SELECT key, slot, number FROM normalize_key WHERE key = ANY(%s::bigint[]) AND at >= %s "  # noqa: S608 - constants
            f"UNION ALL {_LAST_NUMBER}",
            upsert_keys="INSERT INTO normalize_key (key, slot, number, at) SELECT * FROM "  # noqa: S608 - constants
            f"unnest(%s::bigint[], %s::smallint[], %s::bigint[], %s::bigint[]) {_UPSERT}",
            select_comparables=text(
                f"SELECT {_SELECTED} FROM normalize_matter {_WITH_CLOSINGS} WHERE number = ANY(:numbers)"  # noqa: S608 - constants
            ).columns(*_COLUMNS, *_CLOSING_COLUMNS),
            select_links=text(
                "SELECT DISTINCT root, NULL::uuid, NULL FROM normalize_matter "
                "WHERE root IS NOT NULL AND root = ANY(:ids) "
                "UNION ALL SELECT DISTINCT NULL::uuid, suggested, NULL FROM normalize_matter "
                "WHERE suggested IS NOT NULL AND suggested = ANY(:ids) "
                "UNION ALL SELECT DISTINCT NULL::uuid, NULL::uuid, sender FROM normalize_matter "
                "WHERE joined AND sender = ANY(:senders) "
                "UNION ALL SELECT DISTINCT NULL::uuid, NULL::uuid, sender FROM normalize_matter "
                "WHERE suggested IS NOT NULL AND sender = ANY(:senders)"
            ).columns(*_LINK_COLUMNS),
        ),
    }
)
