"""The keys under which a complaint is found again by another one about the same matter. Pure.

Two kinds: fingerprints of the text's word pairs, chosen so that a text, the half of it and a longer one about the same
choose the same ones (winnowing: Schleimer, Wilkerson, Aiken 2003), and what the text names: a street with a trouble,
an identifier. A key is a number of 64 bits, signed as databases want it.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

# Any run of so many word pairs that two texts share gives them a common key.
_WINDOW = 4
# Of one complaint; a longer text is known by its beginning and by what it names.
MAX_KEYS = 40


def text_keys(words: Sequence[str], weights: Mapping[str, float]) -> list[int]:
    """Keys of the words in order, those of unusual words first; of a text of few words, all there are."""
    pairs = [(_rank(pair, weights), _key("pair", *pair)) for pair in pairwise(words)]
    if len(pairs) < _WINDOW:
        alone = [_key("all", *sorted(set(words)))] if words else []
        return list(dict.fromkeys([*alone, *(key for _, key in pairs)]))
    return list(dict.fromkeys(_winnowed(pairs)))[:MAX_KEYS]


def _rank(pair: tuple[str, str], weights: Mapping[str, float]) -> float:
    """The pair that tells most is chosen in each window, whatever stands around it."""
    return -round(weights[pair[0]] + weights[pair[1]], 1)


def _winnowed(pairs: Sequence[tuple[float, int]]) -> Iterator[int]:
    for start in range(len(pairs) - _WINDOW + 1):
        yield min(pairs[start : start + _WINDOW])[1]


def named_keys(named: Iterable[tuple[str, str]], topics: Iterable[str]) -> list[int]:
    """Keys of what is named (its kind and value) together with each kind of trouble."""
    about = sorted(topics) or [""]
    return [_key(kind, value, topic) for kind, value in sorted(set(named)) for topic in about][:MAX_KEYS]


def _key(*parts: str) -> int:
    digest = hashlib.blake2b("\0".join(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
