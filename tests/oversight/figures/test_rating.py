"""The rating of an institution: by limits, with what would change it, and none of few cases."""

from dataclasses import replace
from pathlib import Path

import pytest

from config.reference.ratings import RatedFigure, RatingTable, load_ratings
from config.reference.table_reader import TableError
from oversight.figures.computation import Figures, Share, compute_figures
from oversight.figures.counts import Counts, jakarta_day
from oversight.figures.rating import rate
from tests.conftest import NOW
from tests.support.deadlines import DEADLINES

ANSWERED = RatedFigure("answered_in_time", good=80, fair=50, weight=3, least=30)
REOPENED = RatedFigure("reopened", good=5, fair=15, weight=1, least=10)
FORMULA = RatingTable((ANSWERED, REOPENED), good=75, fair=40)
HEADER = "item,good,fair,weight,least,source\n"


def month(answered: tuple[int, int], reopened: tuple[int, int]) -> Figures:
    """Return the figures of a month with these two shares."""
    figures = compute_figures(Counts(), jakarta_day(NOW), DEADLINES)
    return replace(figures, answered_in_time=Share(*answered), shares={**figures.shares, "reopened": Share(*reopened)})


@pytest.mark.parametrize(
    ("answered", "reopened", "levels", "whole"),
    [
        ((80, 100), (5, 100), ["good", "good"], "good"),
        ((79, 100), (5, 100), ["fair", "good"], "fair"),
        ((80, 100), (16, 100), ["good", "poor"], "good"),
        ((50, 100), (15, 100), ["fair", "fair"], "fair"),
        ((49, 100), (5, 100), ["poor", "good"], "poor"),
    ],
)
def test_a_level_follows_from_the_limits(
    answered: tuple[int, int], reopened: tuple[int, int], levels: list[str], whole: str
) -> None:
    """A share at its limit has the level; of a figure whose good limit is the smaller one, less is better."""
    rating = rate([month(answered, reopened)], FORMULA)
    assert ([figure.level for figure in rating.figures], rating.level) == (levels, whole)


def test_months_count_together() -> None:
    """A month with few cases says little alone, and is not left out."""
    rating = rate([month((20, 20), (0, 9)), month((2, 20), (1, 2))], FORMULA)
    assert [(figure.share.numerator, figure.share.denominator) for figure in rating.figures] == [(22, 40), (1, 11)]


def test_few_cases_have_no_rating() -> None:
    """One case more or less would change it; the figures that lack cases are named."""
    rating = rate([month((29, 29), (0, 10))], FORMULA)
    assert (rating.level, rating.figures, rating.too_few) == (None, (), [ANSWERED])
    assert rate([month((30, 30), (0, 10))], FORMULA).level == "good"


@pytest.mark.parametrize("answered", range(0, 41, 3))
@pytest.mark.parametrize("reopened", range(0, 21, 2))
def test_what_would_change_a_level_does(answered: int, reopened: int) -> None:
    """With so many cases more the figure has the next level, with one less it has not; the whole moves as told."""
    rating = rate([month((answered, 41), (reopened, 21))], FORMULA)
    for index, figure in enumerate(rating.figures):
        if figure.next_level is None:
            continue
        for cases, level in ((figure.cases, figure.next_level), (figure.cases - 1, figure.level)):
            changed = (
                [(answered + cases, 41), (reopened, 21)] if index == 0 else [(answered, 41), (reopened - cases, 21)]
            )
            then = rate([month(changed[0], changed[1])], FORMULA)
            assert then.figures[index].level == level
            if cases == figure.cases:
                assert (then.level != rating.level) is figure.changes_rating


def test_the_shipped_formula_is_valid() -> None:
    """It has every figure that may be rated."""
    assert [row.key for row in load_ratings().figures] == [
        *("answered_in_time", "finished_within_60_days", "untouched_after_10_days", "reopened")
    ]


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ("speed,80,50,1,30,a\npoints,75,40,,,a\n", "'speed' is no item"),
        ("reopened,x,50,1,30,a\npoints,75,40,,,a\n", "good is 'x'"),
        ("reopened,101,50,1,30,a\npoints,75,40,,,a\n", "good is '101'"),
        ("reopened,50,50,1,30,a\npoints,75,40,,,a\n", "good and fair are equal"),
        ("reopened,5,15,0,30,a\npoints,75,40,,,a\n", "weight is '0'"),
        ("reopened,5,15,1,30,\npoints,75,40,,,a\n", "source is empty"),
        ("reopened,5,15,1,30,a\n", "no row points"),
        ("points,75,40,,,a\n", "no figure"),
        ("reopened,5,15,1,30,a\nreopened,5,15,1,30,a\npoints,75,40,,,a\n", "reopened stands in several rows"),
        ("reopened,5,15,1,30,a\npoints,40,75,,,a\n", "good is below fair"),
    ],
)
def test_a_fault_of_the_formula_is_told(tmp_path: Path, rows: str, fault: str) -> None:
    """With its remedy, and nothing is rated by it."""
    path = tmp_path / "ratings.csv"
    path.write_text(HEADER + rows, encoding="utf-8")
    with pytest.raises(TableError, match=fault):
        load_ratings(path)
