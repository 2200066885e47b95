"""Spans: the same answers as by looking at each span."""

from hypothesis import given
from hypothesis import strategies as st

from language.spans import SpanSet

POSITIONS = st.integers(0, 12)
SPANS = st.tuples(POSITIONS, POSITIONS).map(lambda pair: (min(pair), max(pair)))


@given(st.lists(SPANS), SPANS)
def test_a_span_is_contained_if_one_span_contains_it(spans: list[tuple[int, int]], span: tuple[int, int]) -> None:
    """A span is contained if one of the spans begins no later and ends no earlier."""
    start, end = span
    expected = any(first <= start and end <= last for first, last in spans)
    assert SpanSet(spans).contain(start, end) is expected


def test_a_set_without_spans_is_false() -> None:
    """A set without spans is false and contains nothing."""
    assert not SpanSet(())
    assert SpanSet([(0, 1)])
    assert not SpanSet(()).contain(0, 0)
