"""The cost of an audit grows with the number of messages, and not with its square."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from monitor.audit import tables

# Instructions of SQLite's machine between two counts.
_INSTRUCTIONS = 100
_FEW, _FACTOR = 200, 4


def messages(event: str, count: int) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Yield the facts of messages that are set aside with this event."""
    for number in range(count):
        id_ = number.to_bytes(16, "big")
        yield "INSERT INTO arrival VALUES (?, ?, ?, ?)", (id_, 1, 1, number)
        yield "INSERT INTO event VALUES (?, ?, ?, ?)", (event, id_, id_, 1)


def evaluation_steps(event: str, count: int) -> int:
    """Return how often `_INSTRUCTIONS` are needed to evaluate so many messages in a full pass."""
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1

    with closing(sqlite3.connect("", isolation_level=None)) as store:
        store.executescript(tables.FACT_TABLES + tables.RUN_TABLES)
        for statement, values in messages(event, count):
            store.execute(statement, values)
        store.execute("INSERT INTO since VALUES (0, 0, 0, 0, 0)")
        store.executescript(tables.FACT_INDEXES + tables.ALL_FACTS)
        store.set_progress_handler(step, _INSTRUCTIONS)
        store.executescript(tables.FATE_TABLES + tables.KEEP_ALL)
        (done,) = store.execute("SELECT count(*) FROM message WHERE fate = 'done'").fetchone()
    assert done == count
    return steps


@pytest.mark.parametrize("event", ["not-a-complaint", "forgotten"])
def test_messages_that_are_set_aside(event: str) -> None:
    """Four times as many messages need about four times the work."""
    assert evaluation_steps(event, _FACTOR * _FEW) < 1.5 * _FACTOR * evaluation_steps(event, _FEW)
