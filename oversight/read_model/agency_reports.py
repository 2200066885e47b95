"""Reads the reports that count for an agency row by row, and counts them in groups of the agency's own.

The counts of a whole agency are stored (`day_counts`). Those of its units, and of its topics and districts, are made
here from the rows by the same tallies, so the definitions are the same. The work depends on the reports of the agency
in the period.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select
from sqlmodel import col

from config.conditions import starts_with
from oversight.figures.counts import Count, Counts, Measure, Period
from oversight.read_model.day_counts import arrived_in
from oversight.read_model.tables import OversightCase
from oversight.read_model.tallies import AGENCY_COLUMNS, agency_tallies

Group = TypeVar("Group")
Report = Mapping[str, Any]
# Columns that no tally and no group reads.
_UNREAD = ("received_at", "channel", "kind", "province", "hops", "touched_at", "ping_pong", "programmes")
_NAMES = tuple(name for name in OversightCase.model_fields if name not in {*_UNREAD, "tables_version"})


class ReportChoice(NamedTuple):
    """Reports that count for an agency and arrived in a period. `topic` and `region` narrow them; empty: all.

    `region` is the code of a region: those within it count, too. `complaint_ids` selects ids: only these reports.
    """

    agency: str
    period: Period
    topic: str = ""
    region: str = ""
    complaint_ids: Select[tuple[UUID]] | None = None


def read_reports(connection: Connection, choice: ReportChoice) -> Sequence[Report]:
    """Return the columns that figures need of each report, in any order."""
    query = select(*(col(getattr(OversightCase, name)) for name in _NAMES)).where(*_conditions(choice))
    return [
        dict(zip(_NAMES, row, strict=True))
        for of_agency in _of_agency(choice)
        for row in connection.execute(query.where(of_agency))
    ]


def count_reports(
    reports: Iterable[Report], agency: str, groups: Callable[[Report], Iterable[Group]]
) -> Mapping[Group, Counts]:
    """Return the counts of an agency for each group. `groups` returns those that a report is in.

    All channels are counted together, and there are no pairs of agencies.
    """
    numbers: Counter[tuple[Group, Measure, int]] = Counter()
    for report in reports:
        tallies = list(agency_tallies(report, agency))
        for group in groups(report):
            numbers.update((group, *tally) for tally in tallies)
    counts: defaultdict[Group, list[Count]] = defaultdict(list)
    for (group, measure, bucket), number in numbers.items():
        counts[group].append(Count(measure, bucket, "", number))
    return {group: Counts(tuple(of_group)) for group, of_group in counts.items()}


def _conditions(choice: ReportChoice) -> Iterator[ColumnElement[bool]]:
    yield from arrived_in(choice.period)
    if choice.topic:
        yield col(OversightCase.topic) == choice.topic
    if choice.region:
        region = col(OversightCase.region)
        yield or_(region == choice.region, starts_with(region, f"{choice.region}."))
    if choice.complaint_ids is not None:
        yield col(OversightCase.complaint_id).in_(select(choice.complaint_ids.subquery()))


def _of_agency(choice: ReportChoice) -> Iterator[ColumnElement[bool]]:
    """Yield conditions of which each report of the agency meets one: each has an index."""
    first, answering, current = (col(getattr(OversightCase, name)) for name in AGENCY_COLUMNS)
    if choice.complaint_ids is not None:
        yield or_(first == choice.agency, answering == choice.agency, current == choice.agency)
        return
    yield current == choice.agency
    yield and_(first == choice.agency, first != current)
    yield and_(answering == choice.agency, answering != current, first != choice.agency)
