"""Rates an institution good, fair or poor by the formula of `ratings.csv`, and says what would change it. Pure.

The rating is for the institution and those who coach it: nothing ranks institutions by it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from config.reference.ratings import RatedFigure, RatingTable
from oversight.figures.computation import Figures, Share

Level: TypeAlias = Literal["good", "fair", "poor"]

# Half points of a level, for each unit of weight.
_HALF_POINTS: Mapping[Level, int] = {"good": 2, "fair": 1, "poor": 0}
_BETTER: Mapping[Level, Level] = {"poor": "fair", "fair": "good"}


class FigureRating(NamedTuple):
    """The level of a figure, of which `share` is the sum of all months.

    `next_level` is reached if `cases` more of the counted cases had the better outcome; `changes_rating`: the whole
    would be better then. A good figure has no next level.
    """

    figure: RatedFigure
    share: Share
    level: Level
    next_level: Level | None = None
    cases: int = 0
    changes_rating: bool = False


@dataclass(frozen=True, slots=True)
class Rating:
    """A rating. `level` is `None` while a figure has fewer cases than the formula asks for: `too_few` names these."""

    level: Level | None
    figures: Sequence[FigureRating]
    too_few: Sequence[RatedFigure]


def rate(months: Sequence[Figures], formula: RatingTable) -> Rating:
    """Return the rating by the cases of some months together."""
    shares = {row: _sum([_share(figures, row.key) for figures in months]) for row in formula.figures}
    too_few = [row for row, share in shares.items() if share.denominator < row.least]
    if too_few:
        return Rating(None, (), too_few)
    levels = {row: _level(row, share.numerator, share.denominator) for row, share in shares.items()}
    level = _whole(levels, formula)
    ratings = []
    for row, share in shares.items():
        next_level = _BETTER.get(levels[row])
        if next_level is None:
            ratings.append(FigureRating(row, share, levels[row]))
            continue
        changes = _HALF_POINTS[_whole({**levels, row: next_level}, formula)] > _HALF_POINTS[level]
        cases = _missing_cases(row, share, next_level)
        ratings.append(FigureRating(row, share, levels[row], next_level, cases, changes))
    return Rating(level, ratings, ())


def _share(figures: Figures, key: str) -> Share:
    shares = {
        "answered_in_time": figures.answered_in_time,
        "finished_within_60_days": figures.finished.within_60_days,
        "untouched_after_10_days": figures.untouched_after_10_days.share,
    }
    return shares.get(key) or figures.shares[key]


def _sum(shares: Sequence[Share]) -> Share:
    numerators, denominators, censored = zip(
        *((share.numerator, share.denominator, share.censored) for share in shares), strict=True
    )
    return Share(sum(numerators), sum(denominators), sum(censored))


def _level(row: RatedFigure, numerator: int, denominator: int) -> Level:
    """Return the level by whole numbers: no rounding decides."""
    sign = 1 if row.good > row.fair else -1
    if sign * (100 * numerator - row.good * denominator) >= 0:
        return "good"
    return "fair" if sign * (100 * numerator - row.fair * denominator) >= 0 else "poor"


def _missing_cases(row: RatedFigure, share: Share, level: Level) -> int:
    """Return how many of the counted cases had to have the better outcome."""
    limit = row.good if level == "good" else row.fair
    if row.good > row.fair:
        return -(-limit * share.denominator // 100) - share.numerator
    return share.numerator - limit * share.denominator // 100


def _whole(levels: Mapping[RatedFigure, Level], formula: RatingTable) -> Level:
    half_points = sum(_HALF_POINTS[level] * row.weight for row, level in levels.items())
    all_half_points = sum(2 * row.weight for row in levels)
    if 100 * half_points >= formula.good * all_half_points:
        return "good"
    return "fair" if 100 * half_points >= formula.fair * all_half_points else "poor"
