"""Plan of the faults of one run, drawn from a seed. Pure."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

# `frozen in a transaction`: when the process has written in a transaction of the database and has not committed yet.
FaultKind: TypeAlias = Literal["killed", "frozen", "frozen in a transaction"]

# Seconds between the beginnings of two faults.
_PAUSE_SECONDS = (3.0, 9.0)
# A killed process is started again after so long.
_DOWN_SECONDS = (0.5, 8.0)
# Shares of the faults that concern the servers, of the freezes, and of the freezes in a transaction among them.
# Without the servers nothing else happens.
_SERVER_SHARE = 0.1
_FROZEN_SHARE = 0.6
_IN_TRANSACTION_SHARE = 0.6
# Lengths of a freeze in sessions of a group.
_WORKER_SESSIONS, _SERVER_SESSIONS = (1.1, 3.0), (1.1, 1.6)
# Processes of stages that are away at one moment, at most: otherwise nothing is processed between two faults.
_AWAY_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class PlannedFault:
    """A fault: when it begins, in seconds from the start of the run, whom it concerns, and for how many seconds."""

    at: float
    target: str
    kind: FaultKind
    seconds: float

    @property
    def end(self) -> float:
        """Seconds from the start of the run at which the process works again, or is started again."""
        return self.at + self.seconds


def plan_faults(
    seed: int, seconds: float, workers: Sequence[str], servers: Sequence[str], session_seconds: float
) -> Sequence[PlannedFault]:
    """Return the faults of a run of so many seconds, in order: the same for the same arguments.

    A frozen process is silent for longer than the `session_seconds` after which its group goes on without it; many are
    also silent for longer than a transaction may stay open, which is twice that. None ends after the run.
    """
    if not workers and not servers:
        return []
    return list(_faults(random.Random(seed), seconds, workers, servers, session_seconds))  # noqa: S311 - faults


def _faults(
    chooser: random.Random, seconds: float, workers: Sequence[str], servers: Sequence[str], session_seconds: float
) -> Iterator[PlannedFault]:
    away_until: dict[str, float] = {}
    # Every target has its turn before one comes again.
    turns = {True: _turns(chooser, servers), False: _turns(chooser, workers)}
    at = chooser.uniform(*_PAUSE_SECONDS)
    while at < seconds:
        is_server = chooser.random() < _SERVER_SHARE
        target = next(turns[bool(servers) and (is_server or not workers)])
        kind = _kind(chooser, is_worker=target in workers)
        sessions = chooser.uniform(*(_WORKER_SESSIONS if target in workers else _SERVER_SESSIONS))
        lasting = sessions * session_seconds if kind != "killed" else chooser.uniform(*_DOWN_SECONDS)
        away = [name for name, end in away_until.items() if end > at]
        is_crowded = target in workers and len([name for name in away if name in workers]) >= _AWAY_AT_ONCE
        if target not in away and not is_crowded and at + lasting < seconds:
            yield PlannedFault(round(at, 1), target, kind, round(lasting, 1))
            away_until[target] = at + lasting
        at += chooser.uniform(*_PAUSE_SECONDS)


def _kind(chooser: random.Random, *, is_worker: bool) -> FaultKind:
    if chooser.random() >= _FROZEN_SHARE:
        return "killed"
    return "frozen in a transaction" if is_worker and chooser.random() < _IN_TRANSACTION_SHARE else "frozen"


def _turns(chooser: random.Random, targets: Sequence[str]) -> Iterator[str]:
    while True:
        yield from chooser.sample(targets, len(targets))
