"""The cases that make a number of a figure: each row is counted alone, by the code that counts all of them.

So the list has as many rows as the number says. No words: reading a case needs a reason.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, or_, select, tuple_
from sqlmodel import col

from cases.clocks.deadlines import Deadlines
from oversight.figures.computation import RATED, compute_figures
from oversight.figures.counts import Count, Counts, Period, Scope
from oversight.figures.definitions import PING_PONG_REFUSALS
from oversight.pages.shown_figures import FigureValue, ShownFigure
from oversight.read_model.day_counts import arrived_in, in_programme
from oversight.read_model.programme_marks import ProgrammeMark, read_marks
from oversight.read_model.tables import OversightCase
from oversight.read_model.tallies import day_tallies

# `numerator` and `rest` of the counted ones, both of them, and those that are not counted yet. A number that is no
# share has only `counted`.
Part: TypeAlias = Literal["numerator", "rest", "counted", "censored"]

_CHUNK = 500
_NAMES = tuple(OversightCase.model_fields)
# Conditions that every case of a figure meets: a rare kind is found without counting all others.
_NEEDED: Mapping[str, ColumnElement[bool]] = {
    "bukan-laporan": col(OversightCase.is_archived).is_(True),
    "ganda": col(OversightCase.is_own_case).is_(False),
    "terbuka": col(OversightCase.is_open).is_(True),
    "terlambat": col(OversightCase.open_due_at).is_not(None),
    "terlambat-tiga": col(OversightCase.three_times_due_at).is_not(None),
    "tanpa-foto": col(OversightCase.closings) > 0,
    **dict.fromkeys(("ditanya-nilai", "nilai"), col(OversightCase.closings) > 0),
    "memberi-nilai": col(OversightCase.rating_asked_at).is_not(None),
    **dict.fromkeys((f"nilai-{rating}" for rating in RATED), col(OversightCase.rating) > 0),
    "dibuka-lagi": or_(col(OversightCase.closings) > 0, col(OversightCase.reopenings) > 0),
}
_NEEDED_OF_NUMERATOR: Mapping[str, ColumnElement[bool]] = {
    "dilempar": col(OversightCase.refusals) >= PING_PONG_REFUSALS,
    "ombudsman": col(OversightCase.handed_over_at).is_not(None),
    "ditanya-nilai": col(OversightCase.rating_asked_at).is_not(None),
    "nilai": col(OversightCase.rating) > 0,
    **{f"nilai-{rating}": col(OversightCase.rating) == rating for rating in RATED},
}


class ListPlace(NamedTuple):
    """Place of a case in a list: the oldest arrival is first."""

    received_at: datetime
    complaint_id: UUID


class ListChoice(NamedTuple):
    """The number that a list is behind. `channel`: only reports by this channel."""

    scope: Scope
    period: Period
    figure: ShownFigure
    part: Part
    channel: str = ""


class ListedCase(NamedTuple):
    """A case of a list. `agency` is the code of the one that has it; `state` is empty for a merged report.

    `programmes` are the marks of priority programmes.
    """

    place: ListPlace
    number: str
    channel: str
    agency: str
    state: str
    programmes: Sequence[ProgrammeMark] = ()


def has_list(figure: ShownFigure) -> bool:
    """Return whether a figure counts cases. The age of the oldest case does not."""
    return figure.slug != "tertua"


def part_size(value: FigureValue, part: Part) -> int:
    """Return how many cases a part of a value has."""
    if value.numerator is None or value.denominator is None:
        return int(value.value or 0) if part == "counted" else 0
    sizes: Mapping[Part, int] = {
        "numerator": value.numerator,
        "rest": value.denominator - value.numerator,
        "counted": value.denominator,
        "censored": value.censored,
    }
    return sizes[part]


def read_cases(
    connection: Connection, choice: ListChoice, today: date, deadlines: Deadlines, limit: int, after: ListPlace | None
) -> Sequence[ListedCase]:
    """Return at most `limit` cases of a number after a place, as they are on a day in Jakarta."""
    cases: list[ListedCase] = []
    for row in _rows(connection, choice, after):
        if part_size(_value(row, choice, today, deadlines), choice.part):
            place = ListPlace(row["received_at"], row["complaint_id"])
            marks = read_marks(row["programmes"])
            cases.append(ListedCase(place, row["tracking"], row["channel"], row["agency"], row["state"], marks))
        if len(cases) == limit:
            break
    return cases


def _value(row: Mapping[str, Any], choice: ListChoice, today: date, deadlines: Deadlines) -> FigureValue:
    """Return the value of the figure if this were the only report."""
    counts = tuple(
        Count(key.measure, key.bucket, key.channel, number)  # type: ignore[arg-type]
        for key, number in day_tallies(row).items()
        if (key.scope_kind, key.scope) == choice.scope and key.measure in choice.figure.measures
    )
    return choice.figure.read(compute_figures(Counts(counts), today, deadlines))


def _rows(connection: Connection, choice: ListChoice, after: ListPlace | None) -> Iterator[Mapping[str, Any]]:
    order = (col(OversightCase.received_at), col(OversightCase.complaint_id))
    query = select(*(col(getattr(OversightCase, name)) for name in _NAMES)).where(*_conditions(choice))
    query = query.order_by(*order).limit(_CHUNK)
    while True:
        chunk = query.where(tuple_(*order) > tuple_(*after)) if after else query
        rows = connection.execute(chunk).mappings().all()
        yield from rows  # type: ignore[misc]
        if len(rows) < _CHUNK:
            return
        after = ListPlace(rows[-1]["received_at"], rows[-1]["complaint_id"])


def _conditions(choice: ListChoice) -> Iterator[ColumnElement[bool]]:
    scope = choice.scope
    yield from arrived_in(choice.period)
    if scope.kind == "agency":
        names = ("first_agency", "answer_agency", "agency")
        yield or_(*(col(getattr(OversightCase, name)) == scope.value for name in names))
    elif scope.kind == "programme":
        yield from in_programme(scope.value)
    elif scope.kind != "nation":
        yield col(getattr(OversightCase, scope.kind)) == scope.value
    if choice.channel:
        yield col(OversightCase.channel) == choice.channel
    if (needed := _NEEDED.get(choice.figure.slug)) is not None:
        yield needed
    if choice.part == "numerator" and (needed := _NEEDED_OF_NUMERATOR.get(choice.figure.slug)) is not None:
        yield needed
