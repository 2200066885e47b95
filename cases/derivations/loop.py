"""The loop of a derivation: it waits for new facts, derives from them, and moves its position, in one transaction."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import structlog
from sqlalchemy import Connection, Engine

from cases.derivations.new_facts import NewFacts
from cases.derivations.position import has_waiting_entries, lock_position, move_position, read_entries
from config.database import DatabaseUnavailable, read_transaction, snapshot_write_transaction

# Facts of one transaction.
_FACTS_AT_ONCE = 1_000
# Pause between two looks at the log if nobody wakes the loop: another process may have stored facts.
_POLL_SECONDS = 1.0
_FIRST_BACKOFF_SECONDS = 0.1
_LONGEST_BACKOFF_SECONDS = 5.0

# Derives rows from new facts. Doing so again changes nothing.
Derive: TypeAlias = Callable[[Connection, NewFacts], None]

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Derivation:
    """Rows that are derived from facts: its name in `case_derivation`, and what derives them."""

    name: str
    derive: Derive


class DerivationLoop:
    """Runs one derivation in the thread that calls `run`, until `stopping` is set. `woken` is set for new facts.

    New facts after a rest are derived at once. While they keep coming, `pause` seconds pass between the beginnings of
    two transactions, so that one has several facts. `monotonic` gives seconds that never go back.
    A derivation that fails stops alone: its position stays, and it tries again after a pause.
    """

    def __init__(
        self,
        derivation: Derivation,
        engine: Engine,
        stopping: threading.Event,
        woken: threading.Event,
        monotonic: Callable[[], float],
        pause: float = 0.0,
    ) -> None:
        self._derivation = derivation
        self._engine = engine
        self._stopping = stopping
        self._woken = woken
        self._monotonic = monotonic
        self._pause = pause
        self._backoff = _FIRST_BACKOFF_SECONDS

    def run(self) -> None:
        """Derive whenever there are new facts."""
        while not self._stopping.is_set():
            self._woken.clear()
            began_at = self._monotonic()
            try:
                count = self._step_if_needed()
            except DatabaseUnavailable as error:
                self._back_off("derivation.waits", error)
            except Exception as error:  # noqa: BLE001 - a fault of one derivation must not end the process
                self._back_off("derivation.failed", error)
            else:
                self._backoff = _FIRST_BACKOFF_SECONDS
                self._wait(count, began_at)

    def _wait(self, count: int, began_at: float) -> None:
        """Wait for more facts after a step that derived from `count`. A full step is followed at once."""
        if count == 0:
            self._woken.wait(_POLL_SECONDS)
        elif count < _FACTS_AT_ONCE:
            self._stopping.wait(max(0.0, began_at + self._pause - self._monotonic()))

    def _step_if_needed(self) -> int:
        """Derive if the log has new entries: a transaction that only reads does not wait for a writer."""
        with read_transaction(self._engine) as connection:
            is_needed = has_waiting_entries(connection, self._derivation.name)
        return derive_once(self._engine, self._derivation) if is_needed else 0

    def _back_off(self, event: str, error: Exception) -> None:
        _log.warning(event, derivation=self._derivation.name, error=type(error).__name__)
        self._stopping.wait(self._backoff)
        self._backoff = min(2 * self._backoff, _LONGEST_BACKOFF_SECONDS)


def derive_once(engine: Engine, derivation: Derivation, limit: int = _FACTS_AT_ONCE) -> int:
    """Derive from the next facts of the log, at most `limit`; return their number. Raises `DatabaseUnavailable`."""
    with snapshot_write_transaction(engine) as connection:
        position = lock_position(connection, derivation.name)
        entries = read_entries(connection, position, limit)
        if entries:
            derivation.derive(connection, NewFacts(entries))
            move_position(connection, derivation.name, entries[-1].position)
    return len(entries)


def derive_all(engine: Engine, derivations: Sequence[Derivation]) -> int:
    """Derive until nothing is left, one derivation after the other; return the number of entries that were read."""
    count = 0
    for derivation in derivations:
        while read := derive_once(engine, derivation):
            count += read
    return count
