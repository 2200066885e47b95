"""Names that were cut off, and names that go on with another part. Pure."""

from itertools import pairwise

from language.places.names import PART_WORDS
from normalize.duplicates.comparable import Comparable
from normalize.duplicates.comparison.spelling import occurs_in


def is_cut_name(first: Comparable, second: Comparable) -> bool:
    """Return True if the last word of the first text is no name but the beginning of a word of the second text.

    An SMS that was cut ends like this. The fragment must not count as a different name.
    """
    last_word = first.text_words[-1] if first.text_words else ""
    if last_word not in first.names or last_word in second.names:
        return False
    return any(word.startswith(last_word) for word in second.text_words)


def names_with_different_parts(first: Comparable, second: Comparable) -> set[str]:
    """Return the names in `first` that go on with a name or a part's word, none of which occurs in `second`.

    Tempapan Hulu and Tempapan Kuala are two places.
    """
    second_words = frozenset((*second.title_words, *second.text_words, *second.address_words))
    is_shared: dict[str, bool] = {}
    for words in (first.title_words, first.text_words, first.address_words):
        for name, continuation in pairwise(words):
            if name in first.names and (continuation in first.names or continuation in PART_WORDS):
                is_shared[name] = is_shared.get(name, False) or occurs_in(continuation, second_words)
    return {name for name, shared in is_shared.items() if not shared}
