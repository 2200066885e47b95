"""Tests of the garbage collector of a running process."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from app.garbage_collection import exempt_loaded_objects


class Node:
    """An object that refers to itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _restored_threshold() -> Iterator[None]:
    """Leave the thresholds of this process as they were."""
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)


def test_loaded_objects_are_examined_no_more_and_later_garbage_is() -> None:
    """An object that was there is no longer tracked; a cycle that is made later is collected."""
    loaded = Node()

    exempt_loaded_objects()

    assert all(loaded is not tracked for tracked in gc.get_objects())
    later = weakref.ref(Node())
    gc.collect()
    assert later() is None


def test_objects_that_are_in_use_are_examined_rarely() -> None:
    """Two thousand new objects are not examined. Python's own threshold would examine them twice."""
    exempt_loaded_objects()
    collections = gc.get_stats()[0]["collections"]

    in_use: list[list[int]] = [[] for _ in range(2_000)]

    assert gc.get_stats()[0]["collections"] == collections
    assert len(in_use) == 2_000
