"""The median of ratings: never of few, and always a rating that somebody gave."""

from collections.abc import Mapping

import pytest

from oversight.figures.computation import RATED, compute_figures
from oversight.figures.counts import Count, Counts
from tests.conftest import NOW
from tests.support.deadlines import DEADLINES


@pytest.mark.parametrize(
    ("ratings", "median"),
    [
        ({}, None),
        ({5: 4}, None),
        ({5: 5}, 5),
        ({1: 2, 5: 3}, 5),
        ({1: 3, 5: 3}, 1),
        ({2: 1, 3: 2, 4: 1, 5: 3}, 4),
        ({1: 3, 2: 2}, 1),
    ],
)
def test_the_median(ratings: Mapping[int, int], median: int | None) -> None:
    """Of fewer than five ratings there is none; of an even number the lower one of the middle counts."""
    counts = Counts(tuple(Count(RATED[rating], 0, "sms", number) for rating, number in ratings.items()))
    satisfaction = compute_figures(counts, NOW.date(), DEADLINES).satisfaction
    assert satisfaction.median == median
    assert satisfaction.rated == sum(ratings.values())
    assert satisfaction.distribution == {rating: ratings.get(rating, 0) for rating in range(1, 6)}
