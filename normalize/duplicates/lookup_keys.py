"""Keys under which a later complaint about the same matter finds an earlier one. Pure.

Four kinds of keys: fingerprints of runs of words, pairs of the rarest words in any order, entities that the text names
(a street, an identifier), and the sender. The fingerprints are chosen by winnowing (Schleimer, Wilkerson, Aiken 2003):
a text, a half of it and a longer text about the same matter choose the same fingerprints. A key is a signed number of
64 bits and a keyed hash: it reveals nothing without the secret.

Looking up costs little and writing costs much. So a complaint is stored under few keys and looks up others under many:
a sender who repeats it, in whole or in part, has its rarest runs of words among theirs.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from operator import add
from struct import Struct

# Words in a run: among a million texts many have two rare words side by side, few have three.
_WORDS_PER_RUN = 3
# Two texts that share this many neighbouring runs (a power of two) have a common key.
_WINDOW = 4
# Keys of one complaint; a longer text is found by its rarest runs and by its entities.
_MAX_SEARCH_RUNS, _MAX_SEARCH_ENTITIES = 16, 12
_MAX_STORED_RUNS, _MAX_STORED_ENTITIES = 5, 5
# The rarest words of a text, each pair of which is a key: two persons tell of one thing in other words. Pairs of the
# first five words are stored.
_MAX_RARE_WORDS, _MAX_STORED_PAIRS = 7, 10
# A cut text mostly still has this many runs of its beginning, so some keys are chosen among them.
_BEGINNING_RUNS = 12
_unpack_signed = Struct(">q").unpack

# The summed commonness of neighbouring words, and the words.
Run = tuple[int, *tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class LookupKeys:
    """Keys under which a complaint looks up earlier ones, and those under which it is stored (a part of the former).

    `sender_key` is in both: earlier complaints of the same sender are always candidates.
    """

    search_keys: tuple[int, ...] = ()
    stored_keys: tuple[int, ...] = ()
    sender_key: int | None = None

    def of_sender_alone(self) -> "LookupKeys":
        """Return the keys of a complaint that only later ones of the same sender find."""
        stored_keys = () if self.sender_key is None else (self.sender_key,)
        return LookupKeys(self.search_keys, stored_keys, self.sender_key)


class LookupKeyFactory:
    """Creates keys. `secret` has at most 64 bytes."""

    def __init__(self, secret: bytes) -> None:
        self._hash = blake2b(digest_size=8, key=secret)

    def create_keys(
        self,
        words: Sequence[str],
        commonness: Sequence[int],
        entities: Sequence[tuple[str, str]],
        identifier_count: int = 0,
        sender: str = "",
    ) -> LookupKeys:
        """Return the keys of the words in order, of the entities (kind and value) and of the sender.

        The first `identifier_count` entities are identifiers; their keys go first. `commonness` has one number for
        each word, higher for words that more texts have: rare runs are chosen.
        """
        entity_keys = [self._hash_key(f"{kind}\0{value}") for kind, value in entities]
        entity_keys = [*entity_keys[:identifier_count], *sorted(entity_keys[identifier_count:])]
        search_runs, stored_runs = self._run_keys(words, commonness)
        rarest_words = [word for _, word in sorted(set(zip(commonness, words, strict=True)))[:_MAX_RARE_WORDS]]
        pairs = self._pair_keys(rarest_words)
        stored_pairs = pairs[:_MAX_STORED_PAIRS]
        sender_key = (self._hash_key(f"sender\0{sender}"),) if sender else ()
        return LookupKeys(
            tuple(dict.fromkeys((*sender_key, *entity_keys[:_MAX_SEARCH_ENTITIES], *search_runs, *pairs))),
            tuple(dict.fromkeys((*sender_key, *entity_keys[:_MAX_STORED_ENTITIES], *stored_runs, *stored_pairs))),
            *sender_key,
        )

    def _run_keys(self, words: Sequence[str], commonness: Sequence[int]) -> tuple[list[int], list[int]]:
        """Return the keys of runs to search by, the rarest first, and the part of them to store."""
        if len(words) < _WORDS_PER_RUN + _WINDOW - 1:
            keys = self._short_text_keys(words, commonness)
            return keys, keys[:_MAX_STORED_RUNS]
        runs = list(_runs(words, commonness, _WORDS_PER_RUN))
        chosen_runs = sorted(_winnow(runs))
        beginning = set(runs[:_BEGINNING_RUNS])
        first_runs = [run for run in chosen_runs if run in beginning][: (_MAX_STORED_RUNS + 1) // 2]
        stored_runs = list(dict.fromkeys((*first_runs, *chosen_runs[:_MAX_STORED_RUNS])))[:_MAX_STORED_RUNS]
        search_runs = dict.fromkeys((*first_runs, *chosen_runs[:_MAX_SEARCH_RUNS]))
        # The stored runs are among those to search by.
        key_by_run = dict(zip(search_runs, self._hash_runs(search_runs), strict=True))
        return [*key_by_run.values()], [key_by_run[run] for run in stored_runs]

    def _short_text_keys(self, words: Sequence[str], commonness: Sequence[int]) -> list[int]:
        """Return the key of all words of a short text, in any order, and the keys of its pairs of words."""
        all_words = [self._hash_key("\0".join(("all", *sorted(set(words)))))] if words else []
        return [*all_words, *self._hash_runs(sorted(_runs(words, commonness, 2)))]

    def _pair_keys(self, words: Sequence[str]) -> list[int]:
        """Return the keys of all pairs of words in any order, those of the first words first."""
        pairs = ((earlier, word) for position, word in enumerate(words) for earlier in words[:position])
        return [self._hash_key("\0".join(("pair", *sorted(pair)))) for pair in pairs]

    def _hash_runs(self, runs: Iterable[Run]) -> list[int]:
        return [self._hash_key("\0".join(("run", *run[1:]))) for run in runs]

    def _hash_key(self, text: str) -> int:
        digest = self._hash.copy()
        digest.update(text.encode())
        (key,) = _unpack_signed(digest.digest())
        return int(key)


def _runs(words: Sequence[str], commonness: Sequence[int], size: int) -> Iterator[Run]:
    """Yield all runs of `size` words."""
    sums: Sequence[int] = commonness
    for start in range(1, size):
        sums = list(map(add, sums, commonness[start:]))
    return zip(sums, *(words[start:] for start in range(size)), strict=False)


def _winnow(runs: Sequence[Run]) -> set[Run]:
    """Return the rarest run of each window. The width of the window doubles with each pass."""
    rarest, width = runs, 1
    while width < _WINDOW:
        rarest = list(map(min, rarest, rarest[width:]))
        width *= 2
    return set(rarest)
