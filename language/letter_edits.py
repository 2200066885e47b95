"""Words with one letter removed, and groups of words by such a form: the basis of all spelling correction."""

from collections.abc import Iterable, Mapping


def without_one_letter(word: str, first: int = 0) -> list[str]:
    """Return the word without each of its letters from position `first` on."""
    return [word[:position] + word[position + 1 :] for position in range(first, len(word))]


def group_words(pairs: Iterable[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    """Return the different words of each key, in their order, from pairs of key and word."""
    groups: dict[str, tuple[str, ...]] = {}
    # Most keys have one word. All keys of a word share its tuple.
    single_words: dict[str, tuple[str, ...]] = {}
    for key, word in pairs:
        words = groups.get(key)
        if words is None:
            groups[key] = single_words.setdefault(word, (word,))
        elif word not in words:
            groups[key] = (*words, word)
    return groups
