"""The loop of the derivations: it waits for new facts, derives from them and moves the positions in one transaction."""

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import structlog
from sqlalchemy import Connection, Engine

from cases.derivations.new_facts import NewFacts
from cases.derivations.position import lock_positions, move_positions, positions_behind, read_entries
from cases.derivations.shared_facts import SharedFacts
from config.database import DatabaseUnavailable, read_transaction, snapshot_write_transaction

# Facts of one transaction. On SQLite the doors wait for it.
_FACTS_AT_ONCE = 500
# Pause between two looks at the log if nobody wakes the loop: another process may have stored facts.
_POLL_SECONDS = 1.0
_FIRST_BACKOFF_SECONDS = 0.1
_LONGEST_BACKOFF_SECONDS = 5.0
# After so many failures in a row for want of the database, each derivation tries alone: a lock may hold one of them.
_FAILURES_TOGETHER = 3

# Derives rows from new facts. Doing so again changes nothing.
Derive: TypeAlias = Callable[[Connection, NewFacts, SharedFacts], None]

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Derivation:
    """Rows that are derived from facts: its name in `case_derivation`, and what derives them."""

    name: str
    derive: Derive


@dataclass(slots=True)
class _Backoff:
    """Failures in a row, and the time from which on to try again."""

    failures: int = 0
    until: float = 0.0

    def fail(self, now: float) -> None:
        seconds = min(_FIRST_BACKOFF_SECONDS * 2**self.failures, _LONGEST_BACKOFF_SECONDS)
        self.failures, self.until = self.failures + 1, now + seconds

    def succeed(self) -> None:
        self.failures, self.until = 0, 0.0


class DerivationLoop:
    """Runs derivations in the thread that calls `run`, until `stopping` is set. `woken` is set for new facts.

    New facts after a rest are derived at once. While they keep coming, `pause` seconds pass between the beginnings of
    two transactions, so that one has several facts. `monotonic` gives seconds that never go back.
    All derivations share a transaction. If it fails, each tries alone: one that fails again stays where it is and tries
    after a pause, and the others go on without it.
    """

    def __init__(
        self,
        derivations: Sequence[Derivation],
        engine: Engine,
        stopping: threading.Event,
        woken: threading.Event,
        monotonic: Callable[[], float],
        pause: float = 0.0,
    ) -> None:
        self._derivations = derivations
        self._engine = engine
        self._stopping = stopping
        self._woken = woken
        self._monotonic = monotonic
        self._pause = pause
        self._shared_backoff = _Backoff()
        self._backoffs = {derivation.name: _Backoff() for derivation in derivations}

    def run(self) -> None:
        """Derive whenever there are new facts."""
        while not self._stopping.is_set():
            is_woken = self._woken.is_set()
            self._woken.clear()
            began_at = self._monotonic()
            due = [each for each in self._derivations if self._backoffs[each.name].until <= began_at]
            count = self._step(due, is_woken=is_woken)
            self._wait(count, began_at)

    def _wait(self, count: int, began_at: float) -> None:
        """Wait for more facts after a step that read `count`. A full step is followed at once."""
        if self._shared_backoff.failures:
            self._stopping.wait(max(0.0, self._shared_backoff.until - self._monotonic()))
        elif count == 0:
            self._woken.wait(min([_POLL_SECONDS, *self._seconds_of_backoffs()]))
        elif count < _FACTS_AT_ONCE:
            self._stopping.wait(max(0.0, began_at + self._pause - self._monotonic()))

    def _seconds_of_backoffs(self) -> Sequence[float]:
        now = self._monotonic()
        return [max(0.0, backoff.until - now) for backoff in self._backoffs.values() if backoff.failures]

    def _step(self, derivations: Sequence[Derivation], *, is_woken: bool) -> int:
        """Derive from the next facts; return their number. Who is not woken looks first, and locks nothing at rest."""
        try:
            count = derive_once(self._engine, derivations) if is_woken or self._has_news(derivations) else 0
        except DatabaseUnavailable as error:
            if self._shared_backoff.failures < _FAILURES_TOGETHER:
                _log.warning("derivation.waits", derivation=_names(derivations), error=type(error).__name__)
                self._shared_backoff.fail(self._monotonic())
                return 0
        except Exception as error:  # noqa: BLE001 - a fault of one derivation must not end the process
            _log.warning("derivation.apart", derivation=_names(derivations), error=type(error).__name__)
        else:
            self._shared_backoff.succeed()
            return count
        self._shared_backoff.succeed()
        return max(map(self._derive_alone, derivations), default=0)

    def _has_news(self, derivations: Sequence[Derivation]) -> bool:
        with read_transaction(self._engine) as connection:
            return bool(positions_behind(connection, [derivation.name for derivation in derivations]))

    def _derive_alone(self, derivation: Derivation) -> int:
        backoff = self._backoffs[derivation.name]
        try:
            count = derive_once(self._engine, [derivation])
        except DatabaseUnavailable as error:
            _log.warning("derivation.waits", derivation=derivation.name, error=type(error).__name__)
        except Exception as error:  # noqa: BLE001 - as above
            _log.warning("derivation.failed", derivation=derivation.name, error=type(error).__name__)
        else:
            backoff.succeed()
            return count
        backoff.fail(self._monotonic())
        return 0


def derive_once(engine: Engine, derivations: Sequence[Derivation], limit: int = _FACTS_AT_ONCE) -> int:
    """Derive from the next facts of the log, at most `limit`; return their number. Raises `DatabaseUnavailable`.

    Derivations at one position share a transaction, those that are furthest first. The others follow in a transaction
    of their own, and read up to where the first ones are: from there on they go together.
    """
    most, until, rest = 0, None, derivations
    while rest:
        count, until, rest = _derive_foremost(engine, rest, limit, until)
        most = max(most, count)
    return most


def _derive_foremost(
    engine: Engine, derivations: Sequence[Derivation], limit: int, until: int | None
) -> tuple[int, int, Sequence[Derivation]]:
    """Derive from the next facts until a position with those that are furthest.

    Return the number of facts, the position of these derivations, and the others.
    """
    with snapshot_write_transaction(engine) as connection:
        positions = lock_positions(connection, [derivation.name for derivation in derivations])
        position = max(positions.values())
        foremost = [derivation for derivation in derivations if positions[derivation.name] == position]
        entries = read_entries(connection, position, limit, until)
        if entries:
            new_facts, position = NewFacts(entries), entries[-1].position
            shared_facts = SharedFacts(connection, new_facts.complaint_ids())
            for derivation in foremost:
                derivation.derive(connection, new_facts, shared_facts)
            move_positions(connection, [derivation.name for derivation in foremost], position)
    return len(entries), position, [derivation for derivation in derivations if derivation not in foremost]


def derive_all(engine: Engine, derivations: Sequence[Derivation]) -> int:
    """Derive until nothing is left; return the number of facts, those of several derivations once."""
    count = 0
    while read := derive_once(engine, derivations):
        count += read
    return count


def _names(derivations: Collection[Derivation]) -> str:
    return " ".join(derivation.name for derivation in derivations)
