"""Derivations: each fact is derived once, and one that fails stops alone."""

import threading
import time
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import Connection, Engine, select
from sqlmodel import col

from cases.derivations.loop import Derivation, DerivationLoop, Derive, derive_all, derive_once
from cases.derivations.new_facts import NewFacts
from cases.derivations.position import (
    behind_forgetting,
    is_derived,
    lock_positions,
    move_positions,
    positions_behind,
    read_lags,
)
from cases.derivations.shared_facts import SharedFacts
from cases.facts.log import FORGOTTEN, log_forgotten
from cases.facts.rows import complaint_fact
from cases.facts.store import store_facts
from cases.facts.tables import ComplaintFact
from config.database import DatabaseUnavailable, read_transaction, write_transaction
from tests.conftest import NOW
from tests.router.test_linked import complaint_of, id_of
from tests.support.waiting import wait_for, wait_for_lock


def store(engine: Engine, *numbers: int) -> None:
    """Store new complaints."""
    with write_transaction(engine) as connection:
        facts = [complaint_fact(complaint_of(number, "tutup"), NOW + timedelta(hours=number)) for number in numbers]
        store_facts(connection, facts)


class Recorded:
    """A derivation that remembers the positions of what it derived from, as far as it was committed."""

    def __init__(self, name: str = "recorded") -> None:
        self.positions: list[int] = []
        self.fails = False
        self.attempts = 0
        self.derivation = Derivation(name, self._derive)

    def has_derived(self, count: int) -> bool:
        """Return whether it has derived from so many entries."""
        return len(self.positions) == count

    def _derive(self, _connection: Connection, new: NewFacts, _facts: SharedFacts) -> None:
        self.attempts += 1
        if self.fails:
            raise ValueError("a bug")
        self.positions += [entry.position for entry in new.entries]


def test_each_fact_is_derived_once_and_in_order(engine: Engine) -> None:
    """In steps of any size. A new derivation begins at the first entry."""
    store(engine, 1, 2, 3)
    recorded, late = Recorded(), Recorded("late")
    assert [derive_once(engine, [recorded.derivation], 2) for _ in range(3)] == [2, 1, 0]
    store(engine, 3, 4)
    assert derive_all(engine, [recorded.derivation, late.derivation]) == 4
    assert (recorded.positions, late.positions) == ([1, 2, 3, 4], [1, 2, 3, 4])


def test_a_new_fact_names_both_reports_of_a_relation(engine: Engine) -> None:
    """A message changes the case of the report that it repeats."""
    store(engine, 1)
    named: list[NewFacts] = []
    derivation = Derivation("named", lambda _connection, new, _facts: named.append(new))
    derive_once(engine, [derivation])
    with write_transaction(engine) as connection:
        store_facts(connection, [complaint_fact(complaint_of(2, "tutup", of=1), NOW)])
    derive_once(engine, [derivation])
    assert [new.complaint_ids("complaint") for new in named] == [{id_of(1)}, {id_of(1), id_of(2)}]
    assert [new.subjects("complaint") for new in named] == [{id_of(1)}, {id_of(2)}]


def test_rows_and_position_are_one_transaction(engine: Engine) -> None:
    """A derivation that fails stays where it is, and another one goes on. It is named with the oldest fact."""
    store(engine, 1, 2)
    failing, other = Recorded("failing"), Recorded("other")
    failing.fails = True
    with pytest.raises(ValueError, match="a bug"):
        derive_once(engine, [failing.derivation])
    derive_all(engine, [other.derivation])
    with write_transaction(engine) as connection:
        lock_positions(connection, ["failing"])
    with read_transaction(engine) as connection:
        lags = {lag.name: (lag.waiting, lag.waiting_since) for lag in read_lags(connection, ["failing", "other"])}
    assert lags == {"failing": (2, NOW + timedelta(hours=1)), "other": (0, None)}
    failing.fails = False
    assert derive_all(engine, [failing.derivation]) == 2


def test_a_loop_goes_on_after_a_fault(engine: Engine) -> None:
    """It does not end its process, and derives everything once the fault is mended."""
    failing, stopping, woken = Recorded(), threading.Event(), threading.Event()
    failing.fails = True
    loop = DerivationLoop([failing.derivation], engine, stopping, woken, time.monotonic)
    thread = threading.Thread(target=loop.run)
    thread.start()
    try:
        store(engine, 1)
        woken.set()
        wait_for(lambda: failing.attempts > 1)
        failing.fails = False
        wait_for(lambda: failing.positions == [1])
    finally:
        stopping.set()
        woken.set()
        thread.join()


def test_two_processes_derive_each_fact_once(engine: Engine) -> None:
    """The position is locked in the transaction that derives: who comes late finds nothing to do."""
    store(engine, *range(1, 30))
    recorded, barrier = Recorded(), threading.Barrier(2)

    def work() -> None:
        barrier.wait()
        while True:
            try:
                if not derive_once(engine, [recorded.derivation], 3):
                    return
            except DatabaseUnavailable:
                continue

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with read_transaction(engine) as connection:
        assert [lag.waiting for lag in read_lags(connection, [recorded.derivation.name])] == [0]
    # A step that was not committed may have been seen: it is derived again.
    assert sorted(set(recorded.positions)) == list(range(1, 30))


def test_derivations_at_one_position_share_a_transaction(engine: Engine) -> None:
    """If one of them fails, none has moved: each tries alone then."""
    store(engine, 1, 2)
    healthy, failing = Recorded("healthy"), Recorded("failing")
    failing.fails = True
    with pytest.raises(ValueError, match="a bug"):
        derive_once(engine, [healthy.derivation, failing.derivation])
    with read_transaction(engine) as connection:
        assert positions_behind(connection, ["healthy", "failing"]) == {"healthy": 0, "failing": 0}


def test_a_derivation_that_is_behind_holds_no_other_one_up(engine: Engine) -> None:
    """It reads up to where the others are, however many facts come meanwhile, and goes on with them from there."""
    store(engine, *range(1, 10))
    ahead, late = Recorded("ahead"), Recorded("late")
    derive_all(engine, [ahead.derivation])
    together = [ahead.derivation, late.derivation]
    for number in range(10, 15):
        store(engine, number)
        derive_once(engine, together, 4)
    assert ahead.positions == list(range(1, 15))
    assert late.positions == ahead.positions
    with read_transaction(engine) as connection:
        assert not positions_behind(connection, ["ahead", "late"])


def test_one_that_fails_goes_on_where_it_stopped(engine: Engine) -> None:
    """The others derive each fact once meanwhile. It joins them when its fault is mended."""
    healthy, failing, stopping, woken = Recorded("healthy"), Recorded("failing"), threading.Event(), threading.Event()
    failing.fails = True
    loop = DerivationLoop([failing.derivation, healthy.derivation], engine, stopping, woken, time.monotonic)
    thread = threading.Thread(target=loop.run)
    thread.start()
    try:
        for count in (1, 2, 3):
            store(engine, count)
            woken.set()
            wait_for(partial(healthy.has_derived, count))
        failing.fails = False
        wait_for(lambda: failing.positions == [1, 2, 3])
        store(engine, 4)
        woken.set()
        wait_for(lambda: failing.positions == healthy.positions == [1, 2, 3, 4])
    finally:
        stopping.set()
        woken.set()
        thread.join()


@pytest.mark.only_on("postgresql", "SQLite has one writer at a time")
def test_a_process_that_was_stopped_derives_nothing_from_old_facts(engine: Engine) -> None:
    """Another process moves the position while this one stands still before its lock: it fails, and tries again."""
    store(engine, 1, 2)
    recorded = Recorded()
    derive_once(engine, [recorded.derivation], 1)
    late: list[str] = []

    def derive_late() -> None:
        try:
            derive_once(engine, [recorded.derivation])
        except DatabaseUnavailable as error:
            late.append(str(error))

    with write_transaction(engine) as connection:
        lock_positions(connection, ["recorded"])
        thread = threading.Thread(target=derive_late)
        thread.start()
        wait_for_lock(engine, lambda: not thread.is_alive())
        move_positions(connection, ["recorded"], 2)
    thread.join()
    assert late == ["SerializationFailure"]
    assert recorded.positions == [1]


def test_a_fact_is_derived_when_the_position_has_passed_it(engine: Engine) -> None:
    """What a page reads from a fact must not be newer than the row that is derived from it."""
    store(engine, 1, 2)
    recorded = Recorded()
    derive_once(engine, [recorded.derivation], 1)
    query = select(col(ComplaintFact.id)).where(is_derived("recorded", col(ComplaintFact.id)))
    with read_transaction(engine) as connection:
        assert connection.execute(query).scalars().all() == [id_of(1)]


def test_whoever_has_not_passed_a_forgetting_is_named(engine: Engine) -> None:
    """Its rows may have words. It is named until it has derived from the entry, unless it is switched off."""
    seen: list[object] = []
    derive: Derive = lambda _connection, new, _facts: seen.extend(new.subjects(FORGOTTEN))  # noqa: E731
    done, late = Derivation("done", derive), Derivation("late", derive)
    store(engine, 1)
    derive_all(engine, [done, late])
    with write_transaction(engine) as connection:
        log_forgotten(connection, [id_of(1)], NOW)
    derive_all(engine, [done])
    with read_transaction(engine) as connection:
        assert list(behind_forgetting(connection, ["done", "late"])) == ["late"]
        assert list(behind_forgetting(connection, ["done"])) == []
    derive_all(engine, [late])
    with read_transaction(engine) as connection:
        assert list(behind_forgetting(connection, ["done", "late"])) == []
    assert seen == [id_of(1)] * 2
