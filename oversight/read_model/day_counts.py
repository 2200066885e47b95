"""Reads the counts that figures are computed from. The work depends on days and scopes, never on cases."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Select, case, func, literal, literal_column, or_, select
from sqlmodel import col

from config.conditions import contains_text, is_one_of
from config.database import has_row
from config.time_zones import TimeZone
from oversight.figures.counts import AgencyPair, Count, Counts, Measure, Period, Scope, ScopeKind
from oversight.read_model.case_row import read_pairs
from oversight.read_model.programme_marks import mark_beginning
from oversight.read_model.tables import OversightCase, OversightDay, OversightPairDay

_KEY = (col(OversightDay.measure), col(OversightDay.bucket))


def read_counts(
    connection: Connection, scope: Scope, period: Period | None = None, *, by_channel: bool = True
) -> Counts:
    """Return the counts of a scope for the reports that arrived in a period; without one for all reports.

    A period of a part of the nation is of whole months. Without `by_channel` all channels are counted together, which
    is quicker.
    """
    channel: ColumnElement[str] = col(OversightDay.channel) if by_channel else literal("")  # type: ignore[assignment]
    key = (*_KEY, channel) if by_channel else _KEY
    number = func.sum(col(OversightDay.number)).label("number")
    query = select(*_KEY, channel.label("channel"), number).where(*_in_scope(scope)).group_by(*key)
    rows = connection.execute(_in_period(query, col(OversightDay.day), period)).all()
    counts = tuple(
        Count(cast("Measure", measure), bucket, channel, int(number)) for measure, bucket, channel, number in rows
    )
    return Counts(counts, tuple(_read_pairs(connection, scope, period)))


def read_counts_by_scope(
    connection: Connection,
    kind: ScopeKind,
    period: Period,
    measures: Collection[Measure] = (),
    limits: Sequence[int] = (),
) -> Mapping[str, Counts]:
    """Return the counts of every scope of a kind in whole months, by code, of all channels together, without pairs.

    `measures`: only these are read; all without any. `limits`: buckets between two of these limits, in order, are
    counted as the smallest of them. It is enough for figures that compare buckets with limits alone, and much quicker.
    """
    bucket: ColumnElement[int] = col(OversightDay.bucket)  # type: ignore[assignment]
    group = case(*((bucket < limit, limit) for limit in limits), else_=None) if limits else bucket
    key = (col(OversightDay.scope), col(OversightDay.measure))
    query = (
        select(*key, func.min(bucket).label("bucket"), func.sum(col(OversightDay.number)).label("number"))
        .where(col(OversightDay.scope_kind) == kind)
        .group_by(*key, group)
    )
    if measures:
        query = query.where(is_one_of(col(OversightDay.measure), measures))
    counts: defaultdict[str, list[Count]] = defaultdict(list)
    rows = connection.execute(_in_period(query, col(OversightDay.day), period)).all()
    for scope, measure, smallest_bucket, number in rows:
        counts[scope].append(Count(cast("Measure", measure), smallest_bucket, "", int(number)))
    return {scope: Counts(tuple(counts[scope])) for scope in sorted(counts)}


def read_longest_overdue(connection: Connection, scope: Scope, now: datetime, limit: int = 1) -> Sequence[Any]:
    """Return the cases of a scope whose open deadline passed first: all columns of `OversightCase`.

    For the sentence on top of a page: `open_due_at` says for how long, `agency` where.
    """
    query = select(*OversightCase.__table__.columns)  # type: ignore[attr-defined]
    due_at = col(OversightCase.open_due_at)
    query = query.where(*_case_scope(scope), due_at < now).order_by(due_at).limit(limit)
    return connection.execute(query).all()


def count_overdue(connection: Connection, scope: Scope, today: date) -> int:
    """Return the number of cases of a scope that are open and whose deadline was before a day, of all months."""
    number = func.coalesce(func.sum(col(OversightDay.number)), 0)
    is_overdue = (col(OversightDay.measure) == "open_due", col(OversightDay.bucket) < today.toordinal())
    query = select(number).where(*_in_scope(scope), *is_overdue)
    return int(connection.execute(query).scalar_one())


def needs_rebuild(connection: Connection, tables_version: str) -> bool:
    """Return whether rows were derived with other tables than those of this version: a rebuild helps."""
    version = col(OversightCase.tables_version)
    # Two searches in the index: a row with another version would be before or after it.
    others = (version < tables_version, version > tables_version)
    return any(has_row(connection, select(version).where(is_other)) for is_other in others)


def _read_pairs(connection: Connection, scope: Scope, period: Period | None) -> Iterator[AgencyPair]:
    if scope.kind == "programme":
        yield from _read_programme_pairs(connection, scope, period)
        return
    pair = (col(OversightPairDay.refused_by), col(OversightPairDay.next_agency))
    query = select(*pair, func.sum(col(OversightPairDay.number)).label("cases")).group_by(*pair)
    for row in connection.execute(_in_period(query.where(*_pair_scope(scope)), col(OversightPairDay.day), period)):
        yield AgencyPair(row.refused_by, row.next_agency, int(row.cases))


def _read_programme_pairs(connection: Connection, scope: Scope, period: Period | None) -> Iterator[AgencyPair]:
    """Yield the pairs of the cases of a programme: they are few, and none is counted for a programme."""
    query = select(col(OversightCase.ping_pong)).where(*_case_scope(scope), _is_filled(OversightCase.ping_pong))
    if period:
        query = query.where(*arrived_in(period))
    pairs = Counter(pair for column in connection.execute(query).scalars() for pair in read_pairs(column))
    yield from (AgencyPair(*pair, number) for pair, number in sorted(pairs.items()))


def arrived_in(period: Period) -> Sequence[ColumnElement[bool]]:
    """Return the conditions for reports that arrived on the days of a period, in Jakarta."""
    zone, received_at = TimeZone.WIB.value, col(OversightCase.received_at)
    return (
        received_at >= datetime.combine(period.first, time(), zone),
        received_at < datetime.combine(period.last + timedelta(days=1), time(), zone),
    )


def in_programme(programme: str) -> Sequence[ColumnElement[bool]]:
    """Return the conditions for reports of a programme; the first one is that of the index."""
    column: Any = col(OversightCase.programmes)
    return _is_filled(column), contains_text(column, mark_beginning(programme))


def _is_filled(column: Any) -> ColumnElement[bool]:
    # With a bound value, no database would use the index of the rows for which this holds.
    return column != literal_column("''")  # type: ignore[no-any-return]


def _pair_scope(scope: Scope) -> Sequence[ColumnElement[bool]]:
    if scope.kind == "nation":
        return ()
    if scope.kind == "agency":
        return (or_(col(OversightPairDay.refused_by) == scope.value, col(OversightPairDay.next_agency) == scope.value),)
    return (col(getattr(OversightPairDay, scope.kind)) == scope.value,)


def _in_scope(scope: Scope) -> Sequence[ColumnElement[bool]]:
    return col(OversightDay.scope_kind) == scope.kind, col(OversightDay.scope) == scope.value


def _case_scope(scope: Scope) -> Sequence[ColumnElement[bool]]:
    if scope.kind == "programme":
        return in_programme(scope.value)
    return () if scope.kind == "nation" else (col(getattr(OversightCase, scope.kind)) == scope.value,)


def _in_period(query: Select[*tuple[Any, ...]], day: Any, period: Period | None) -> Select[*tuple[Any, ...]]:
    return query.where(day.between(period.first, period.last)) if period else query
