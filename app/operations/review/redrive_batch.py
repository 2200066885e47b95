"""Redrives of dead letters in batches: a person who waits for a page gets an answer after a limited time."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime

from app.operations.review.dead_letters import DeadLetterFilter
from app.operations.review.redrive import Pace, Redrive, RedriveStep, no_pause
from app.operations.review.redrive_counts import RedriveCounts

# Records of one batch, and seconds that its pauses take at most.
_MAX_RECORDS = 200
_MAX_SECONDS = 20


class RedriveBatches:
    """Plans and does redrives. `sleep` and `clock` are `time.sleep` and `time.monotonic`."""

    def __init__(self, redrive: Redrive, sleep: Callable[[float], None], clock: Callable[[], float]) -> None:
        self._redrive = redrive
        self._sleep = sleep
        self._clock = clock

    def plan(self, choice: DeadLetterFilter) -> RedriveCounts:
        """Return what a redrive of all chosen dead letters would do. Publishes nothing."""
        return _counts(self._redrive.plan(choice))

    def run(self, choice: DeadLetterFilter, rate: float | None, actor: str, why: str, at: datetime) -> RedriveCounts:
        """Redrive the first of the chosen dead letters, at most `rate` records a second. Raises the bus's errors."""
        pace = Pace(rate) if rate else None
        pause = (lambda: self._sleep(pace.wait(self._clock()))) if pace else no_pause
        limit = min(_MAX_RECORDS, int(rate * _MAX_SECONDS)) if rate else _MAX_RECORDS
        with closing(self._redrive.run(choice, actor, why, at, pause)) as steps:
            return _counts(steps, limit)


def _counts(steps: Iterator[RedriveStep], limit: int | None = None) -> RedriveCounts:
    """Return the counts of the steps; of the first ones, if there are more records than the limit."""
    published: Counter[str] = Counter()
    left: Counter[str] = Counter()
    for step in steps:
        if step.out:
            published[step.out.topic] += 1
        else:
            left[step.reason] += len(step.letters)
        if published.total() == limit:
            return RedriveCounts(published, left, is_complete=False)
    return RedriveCounts(published, left)
