"""The tables of one month as everybody sees them: three figures by province, by agency and by topic.

The tables of a month share the totals of the nation. Months share nothing: a case belongs to the month of its arrival,
and no total of several months is published. So each table is protected by itself (`suppression`), and a figure is left
out of all three tables if one of them cannot be protected.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from oversight.figures.computation import (
    Share,
    answered_in_time,
    bucket_limits,
    finished_in_time,
    forwarded_in_time,
)
from oversight.figures.counts import NATION, Counts, Measure, Scope, ScopeKind
from oversight.pages.months import Month
from oversight.pages.shown_figures import FIGURES_BY_SLUG, FigureValue, ShownFigure
from oversight.public.suppression import Parts, PlaceOf, PublishedRow, PublishedTable, publish_table, shown_parts
from oversight.read_model.day_counts import read_counts_by_scope

# The figures whose three parts are all cases of a scope. Others overlap with them, and could give cells away.
# Each is computed alone: a month has thousands of scopes, and the other figures would be half of the work.
_SHARES: Mapping[str, Callable[[Counts, date], Share]] = {
    "dijawab": answered_in_time,
    "diteruskan": forwarded_in_time,
    "selesai": finished_in_time,
}
PUBLIC_FIGURES: Sequence[ShownFigure] = tuple(FIGURES_BY_SLUG[slug] for slug in _SHARES)
KINDS: Sequence[ScopeKind] = ("province", "agency", "topic")
# In time, late, not counted yet.
COLUMNS = 3
# Row of the cases without a province or a topic.
REST = ""
_NOTHING = PublishedRow(None, (None,) * COLUMNS)


@dataclass(frozen=True, slots=True)
class PublishedMonth:
    """Tables by figure and kind of scope. The rows have the codes of the scopes, and `REST`."""

    tables: Mapping[str, Mapping[ScopeKind, PublishedTable]]

    def row(self, figure: ShownFigure, scope: Scope) -> PublishedRow:
        """Return the row of a scope. A scope without a case in the month has 0 everywhere."""
        if scope.kind == "nation":
            return self.tables[figure.slug][KINDS[0]].totals
        table = self.tables[figure.slug][scope.kind]
        if table.totals.total is None:
            return _NOTHING
        return table.rows.get(scope.value, PublishedRow(0, (0,) * COLUMNS))


def row_value(row: PublishedRow) -> FigureValue:
    """Return the share of a row; no value for a suppressed one and for one without a counted case."""
    parts = shown_parts(row)
    if parts is None:
        return FigureValue(None)
    in_time, late, censored = parts
    counted = in_time + late
    return FigureValue(in_time / counted if counted else None, in_time, counted, censored)


def read_published_month(connection: Connection, month: Month, today: date, order_key: bytes) -> PublishedMonth:
    """Return the tables of a month as they are on a day. `order_key` is the secret of the orders of rows."""
    measures: Sequence[Measure] = sorted({measure for figure in PUBLIC_FIGURES for measure in figure.measures})
    limits = bucket_limits(today)

    def read(kind: ScopeKind) -> Mapping[str, Counts]:
        return read_counts_by_scope(connection, kind, month.period, measures, limits)

    nation = read(NATION.kind).get(NATION.value, Counts())
    by_kind = {kind: read(kind) for kind in KINDS}

    def parts(figure: ShownFigure, counts: Counts) -> Parts:
        share = _SHARES[figure.slug](counts, today)
        return share.numerator, share.denominator - share.numerator, share.censored

    return publish_month(
        {
            figure.slug: (
                parts(figure, nation),
                {
                    kind: {code: parts(figure, counts) for code, counts in by_code.items()}
                    for kind, by_code in by_kind.items()
                },
            )
            for figure in PUBLIC_FIGURES
        },
        lambda kind: _secret_order(order_key, month, kind),
    )


def _secret_order(key: bytes, month: Month, kind: ScopeKind) -> PlaceOf:
    """Return the order of the rows of a kind: the same on each day and for each figure, another one in each month."""

    def place_of(code: str) -> bytes:
        return hmac.digest(key, f"figures\0{month}\0{kind}\0{code}".encode(), hashlib.sha256)

    return place_of


def publish_month(
    parts: Mapping[str, tuple[Parts, Mapping[ScopeKind, Mapping[str, Parts]]]], order_of: Callable[[ScopeKind], PlaceOf]
) -> PublishedMonth:
    """Return what may be published: for each figure the parts of the nation, and those of the scopes of each kind."""
    return PublishedMonth(
        {slug: _published_tables(nation, by_kind, order_of) for slug, (nation, by_kind) in parts.items()}
    )


def _published_tables(
    nation: Parts, by_kind: Mapping[ScopeKind, Mapping[str, Parts]], order_of: Callable[[ScopeKind], PlaceOf]
) -> Mapping[ScopeKind, PublishedTable]:
    tables = {
        kind: publish_table({**rows, REST: _rest(nation, rows)}, COLUMNS, order_of(kind))
        for kind, rows in by_kind.items()
    }
    if all(table.totals.total is not None for table in tables.values()):
        return tables
    return {kind: PublishedTable(_NOTHING, dict.fromkeys(table.rows, _NOTHING)) for kind, table in tables.items()}


def _rest(nation: Parts, rows: Mapping[str, Parts]) -> Parts:
    return tuple(number - sum(parts[column] for parts in rows.values()) for column, number in enumerate(nation))
