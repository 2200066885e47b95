"""The reference loop: pure Python whose time tells how fast a machine is at the moment.

Times of two machines, or of two moments of a busy one, are compared as multiples of this loop's time.
"""

import time
from statistics import median

_RUNS = 25
_WORDS = [f"kata{number * 7919 % 10_007}" for number in range(2_000)]


def reference_loop_us() -> float:
    """Return microseconds of processor time of one loop, the median of several."""
    return median(_run() for _ in range(_RUNS))


def _run() -> float:
    """Count words and their beginnings as readers do: strings, dictionaries and calls."""
    began = time.process_time()
    counts: dict[str, int] = {}
    for word in _WORDS:
        for end in range(3, len(word)):
            part = word[:end]
            counts[part] = counts.get(part, 0) + len(part)
    sorted(counts, key=lambda part: (counts[part], part))
    return (time.process_time() - began) * 1e6
