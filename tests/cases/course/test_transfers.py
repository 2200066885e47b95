"""Transfers of a case between institutions."""

import pytest

from cases.course.transfers import count_transfers
from messages.topics import TRIAGE


@pytest.mark.parametrize(
    ("agencies", "transfers"),
    [
        ([], 0),
        (["a"], 0),
        ([TRIAGE, "a"], 0),
        (["a", TRIAGE, "a"], 0),
        (["a", "a"], 0),
        (["a", "b"], 1),
        ([TRIAGE, "a", TRIAGE, "b", "b", "a"], 2),
    ],
)
def test_only_a_change_of_the_institution_is_a_transfer(agencies: list[str], transfers: int) -> None:
    """An assignment from triage is none, and neither is a reopening."""
    assert count_transfers(agencies) == transfers
