"""Long texts: the work to read a text grows with its length, not with the square of it."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from bench.long_texts import PATTERNS, repeated
from config.reference.duplicate_weights import load_duplicate_weights
from messages.shapes import Report
from normalize.duplicates.factory import DuplicateDetection
from router.decide import decide
from tests.support.rules import SHIPPED, cached_rules, language_of

pytestmark = pytest.mark.slow

LENGTH = 2_000
# Work that does not depend on the length makes the ratio smaller than 2. With the square of the length it is near 4.
MAX_RATIO = 2.4


def count_calls(action: Callable[[], object]) -> int:
    """Return the number of calls of Python functions and of steps of generators, and of calls into C."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    previous = sys.getprofile()
    sys.setprofile(count)
    try:
        action()
    finally:
        sys.setprofile(previous)
    return calls


def growth(read: Callable[[Report], object], pattern: str) -> float:
    """Return how many times more calls the double text needs. A first reading fills the caches."""
    short, long = (Report(text=repeated(pattern, length)) for length in (LENGTH, 2 * LENGTH))
    read(long)
    return count_calls(lambda: read(long)) / count_calls(lambda: read(short))


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_a_double_text_needs_double_work(pattern: str) -> None:
    """The router and the duplicate search need at most about twice the calls for twice the text."""
    rules = cached_rules(SHIPPED)
    reader = DuplicateDetection(language_of(), load_duplicate_weights(), b"k" * 32).reader
    assert growth(lambda report: decide(report, rules), pattern) <= MAX_RATIO
    assert growth(lambda report: reader.read_report(report, "", "web", None), pattern) <= MAX_RATIO


def test_a_square_is_noticed() -> None:
    """The count shows work that grows with the square of the length."""

    def compare_each_with_each(report: Report) -> int:
        words = report.text.split()
        return sum(word.startswith(other_word) for word in words for other_word in words)

    assert growth(compare_each_with_each, "kata ") > MAX_RATIO
