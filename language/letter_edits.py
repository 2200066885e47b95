"""Words with one letter removed, and groups of words by such a form: the basis of all spelling correction."""

from collections import defaultdict
from collections.abc import Iterable, Mapping


def without_one_letter(word: str, first: int = 0) -> list[str]:
    """Return the word without each of its letters from position `first` on."""
    return [word[:position] + word[position + 1 :] for position in range(first, len(word))]


def group_words(pairs: Iterable[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    """Return the different words of each key, in their order, from pairs of key and word."""
    groups: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for key, word in pairs:
        if word not in groups[key]:
            groups[key] += (word,)
    return dict(groups)
