"""Words with one letter removed, and groups of words by such a form: the basis of all spelling correction."""

from collections.abc import Iterable, Mapping


def without_one_letter(word: str, first: int = 0) -> list[str]:
    """Return the word without each of its letters from position `first` on."""
    return [word[:position] + word[position + 1 :] for position in range(first, len(word))]


def group_words(keys_of_words: Iterable[tuple[str, Iterable[str]]]) -> Mapping[str, tuple[str, ...]]:
    """Return the words of each key, in their order, from different words, each with its keys."""
    groups: dict[str, tuple[str, ...]] = {}
    for word, keys in keys_of_words:
        # Most keys have one word. All keys of a word share its tuple.
        single = (word,)
        for key in keys:
            words = groups.setdefault(key, single)
            if words is not single and words[-1] != word:
                groups[key] = (*words, word)
    return groups
