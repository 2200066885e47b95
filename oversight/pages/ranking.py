"""Ranking of provinces, agencies or topics, only within groups of like volume. Pure.

The groups are cut by the number of cases of the month, at fixed limits, so that a group means the same in each month.
The smallest group has no ranks: one case more or less would change them.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from oversight.figures.counts import Scope
from oversight.pages.shown_figures import FigureValue, ShownFigure
from pages.translation.message import Message, formatted_number
from pages.translation.message import message as _

# Least number of cases of each group. `LEAST_RANKED` is that of the smallest group with ranks.
GROUP_LIMITS = (1_000, 200, 50, 10, 0)
LEAST_RANKED = 10
_LARGEST = _("{least} kasus atau lebih")
_BETWEEN = _("{least} sampai {most} kasus")
_SMALLEST = _("Kurang dari {least} kasus: tanpa peringkat")


class Candidate(NamedTuple):
    """A scope with its cases of the month and the value of the figure."""

    scope: Scope
    name: str
    cases: int
    value: FigureValue


class RankedScope(NamedTuple):
    """A row of the ranking. `rank` is `None` without a value, in the smallest group, and if nothing is better."""

    rank: int | None
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class RankingGroup:
    """Scopes of like volume, the best first."""

    title: Message
    rows: Sequence[RankedScope]


def rank_scopes(candidates: Iterable[Candidate], figure: ShownFigure) -> Sequence[RankingGroup]:
    """Return the groups, that of the largest volume first. Equal values have the same rank."""
    groups = defaultdict(list)
    for candidate in candidates:
        groups[next(limit for limit in GROUP_LIMITS if candidate.cases >= limit)].append(candidate)
    return [
        RankingGroup(_title(index), _ranked(groups[limit], figure, has_ranks=limit >= LEAST_RANKED))
        for index, limit in enumerate(GROUP_LIMITS)
        if groups[limit]
    ]


def _title(index: int) -> Message:
    least = GROUP_LIMITS[index]
    if index == 0:
        return _LARGEST.filled(least=formatted_number(least))
    most = GROUP_LIMITS[index - 1]
    if not least:
        return _SMALLEST.filled(least=formatted_number(most))
    return _BETWEEN.filled(least=formatted_number(least), most=formatted_number(most - 1))


def _ranked(candidates: Sequence[Candidate], figure: ShownFigure, *, has_ranks: bool) -> Sequence[RankedScope]:
    sign = 1 if figure.better == "low" else -1

    def order(candidate: Candidate) -> tuple[bool, float, str]:
        value = candidate.value.value
        return value is None, 0 if value is None else sign * value, candidate.name

    ordered = sorted(candidates, key=order)
    values = [candidate.value.value for candidate in ordered]
    is_ranked = has_ranks and figure.better != ""
    return [
        RankedScope(values.index(value) + 1 if is_ranked and value is not None else None, candidate)
        for candidate, value in zip(ordered, values, strict=True)
    ]
