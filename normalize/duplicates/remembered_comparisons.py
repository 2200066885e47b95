"""Comparisons that are made once in a batch: a batch that is decided again compares only what is new."""

from normalize.duplicates.comparable import Comparable
from normalize.duplicates.comparison.comparator import Comparator, Verdict


class RememberedComparisons:
    """A comparator for one batch. It tells pairs apart by the objects: their hashes would cost more than a look-up."""

    def __init__(self, comparator: "Comparator | RememberedComparisons") -> None:
        self._comparator = comparator
        self._verdicts: dict[tuple[int, int], Verdict] = {}
        self._contradictions: dict[tuple[int, int], bool] = {}
        # An object that lives keeps its `id`.
        self._compared: list[tuple[Comparable, Comparable]] = []

    def compare(self, first: Comparable, second: Comparable) -> Verdict:
        """See `Comparator.compare`."""
        pair = (id(first), id(second))
        verdict = self._verdicts.get(pair)
        if verdict is None:
            verdict = self._verdicts[pair] = self._comparator.compare(first, second)
            self._compared.append((first, second))
        return verdict

    def contradicts(self, first: Comparable, second: Comparable) -> bool:
        """See `Comparator.contradicts`."""
        pair = (id(first), id(second))
        is_contradiction = self._contradictions.get(pair)
        if is_contradiction is None:
            is_contradiction = self._contradictions[pair] = self._comparator.contradicts(first, second)
            self._compared.append((first, second))
        return is_contradiction
