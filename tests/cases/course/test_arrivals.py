"""The hops at which a complaint came to a case."""

from collections.abc import Mapping
from uuid import UUID

import pytest

from cases.course.case_course import arrivals

A, B = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("cases_by_hop", "expected"),
    [
        ({0: A, 1: A}, [0]),
        ({0: None, 1: A, 2: A}, [1]),
        ({0: A, 1: B}, [0, 1]),
        # Split from the case and merged again.
        ({0: A, 1: None, 2: A}, [0]),
        ({0: A, 1: B, 2: A}, [0, 1]),
        # Nobody knows yet what was before.
        ({1: A}, []),
        ({1: A, 2: A}, []),
        ({0: A, 1: A, 2: None, 3: B}, [0, 3]),
    ],
)
def test_a_complaint_comes_to_a_case_once(cases_by_hop: Mapping[int, UUID | None], expected: list[int]) -> None:
    """A merge of a message that the case had before is no new message of its sender."""
    assert list(arrivals(cases_by_hop)) == expected
