"""Candidate search with MinHash and locality-sensitive hashing, over the look-up keys of reports.

`python -m bench.peers.candidate_search datasketch|rensa` runs with the Python of the environment `candidates`. It reads
one JSON object a line: `keys`, the `sender`, and `is_repeat`. Each report is searched for, then stored, in memory. It
prints microseconds of processor time for a report, and the share of repeats for which a report of the same sender was
found. Parameters: 128 permutations, and bands for a similarity of 0.5.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence

_PERMUTATIONS, _THRESHOLD = 128, 0.5
_BANDS = 32

# Searches for a report with these keys, stores it under its number, and returns the numbers of candidates.
SearchAndStore = Callable[[Sequence[str], int], Sequence[int]]


def datasketch_search() -> SearchAndStore:
    """Return the search of datasketch."""
    from datasketch import MinHash, MinHashLSH  # noqa: PLC0415 - only the measured peer is imported

    index = MinHashLSH(threshold=_THRESHOLD, num_perm=_PERMUTATIONS)

    def search_and_store(keys: Sequence[str], number: int) -> Sequence[int]:
        signature = MinHash(num_perm=_PERMUTATIONS)
        signature.update_batch([key.encode() for key in keys])
        candidates: Sequence[int] = index.query(signature)
        index.insert(number, signature)
        return candidates

    return search_and_store


def rensa_search() -> SearchAndStore:
    """Return the search of rensa."""
    from rensa import RMinHash, RMinHashLSH  # noqa: PLC0415 - as above

    index = RMinHashLSH(threshold=_THRESHOLD, num_perm=_PERMUTATIONS, num_bands=_BANDS)

    def search_and_store(keys: Sequence[str], number: int) -> Sequence[int]:
        signature = RMinHash(num_perm=_PERMUTATIONS, seed=1)
        signature.update(list(keys))
        candidates: Sequence[int] = index.query(signature)
        index.insert(number, signature)
        return candidates

    return search_and_store


def main(search_and_store: SearchAndStore) -> dict[str, float]:
    """Search for every report of the standard input; return the figures."""
    reports = [json.loads(line) for line in sys.stdin]
    began, found = time.process_time(), 0
    for number, report in enumerate(reports):
        candidates = search_and_store(report["keys"], number)
        found += report["is_repeat"] and any(reports[each]["sender"] == report["sender"] for each in candidates)
    seconds = time.process_time() - began
    repeats = sum(report["is_repeat"] for report in reports)
    return {"cpu_us": seconds / len(reports) * 1e6, "found": found / max(1, repeats)}


if __name__ == "__main__":
    print(json.dumps(main({"datasketch": datasketch_search, "rensa": rensa_search}[sys.argv[1]]())))  # noqa: T201
