"""The keys under which a complaint is found again by another one about the same matter. Pure.

Three kinds: fingerprints of runs of words, chosen so that a text, the half of it and a longer one about the same choose
the same ones (winnowing: Schleimer, Wilkerson, Aiken 2003), what the text names (a street, an identifier), and who sent
it. A key is a number of 64 bits, signed as databases want it, and a keyed hash: without the secret it tells nothing.

Looking up costs little and writing much, so that a complaint is kept under few keys and looked for under many: whoever
repeats it, in whole or in part, has its rarest runs of words among theirs.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from operator import add
from struct import Struct

# Words that a run has: among a million texts many have two rare words side by side, few have three.
_RUN = 3
# Any so many runs beside each other (a power of two) that two texts share give them a common key.
_WINDOW = 4
# Of one complaint; a longer text is known by what is rare in it and by what it names.
_ASKED_TEXT, _ASKED_NAMED = 16, 12
_KEPT_TEXT, _KEPT_NAMED = 5, 5
# Most of what is cut off is cut off behind so many words: some keys are of those before.
_HEAD = 12
_SIGNED = Struct(">q").unpack

# Words beside each other; before them how usual they are together, in whole steps.
Run = tuple[int, *tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class LookupKeys:
    """A complaint is looked for under those `asked`, and from then on found under those `kept`, which are some of them.

    `sender` is one of both: what one person says is always looked at.
    """

    asked: tuple[int, ...] = ()
    kept: tuple[int, ...] = ()
    sender: int | None = None

    def __len__(self) -> int:
        """How many are asked for."""
        return len(self.asked)


class LookupKeyFactory:
    """Makes keys; `secret` are at most 64 bytes."""

    def __init__(self, secret: bytes) -> None:
        self._hash = blake2b(digest_size=8, key=secret)

    def keys(
        self,
        words: Sequence[str],
        usual: Sequence[int],
        named: Sequence[tuple[str, str]],
        sure: int = 0,
        sender: str = "",
    ) -> LookupKeys:
        """Keys of the words in order and of what is named (kind and value), of which the first `sure` go first.

        `usual` says of each word how many have it, in steps: what few have is chosen.
        """
        telling = [self._key(f"{kind}\0{value}") for kind, value in named]
        telling = [*telling[:sure], *sorted(telling[sure:])]
        asked, kept = self._text(words, usual)
        person = (self._key(f"sender\0{sender}"),) if sender else ()
        return LookupKeys(
            tuple(dict.fromkeys((*person, *telling[:_ASKED_NAMED], *asked))),
            tuple(dict.fromkeys((*person, *telling[:_KEPT_NAMED], *kept))),
            *person,
        )

    def _text(self, words: Sequence[str], usual: Sequence[int]) -> tuple[list[int], list[int]]:
        """Keys of the words, the rarest first; and those of them that are kept. Of few words, all there are."""
        if len(words) < _RUN + _WINDOW - 1:
            alone = [self._key("\0".join(("all", *sorted(set(words)))))] if words else []
            few = [*alone, *self._of(sorted(_runs(words, usual, 2)))]
            return few, few[:_KEPT_TEXT]
        runs = list(_runs(words, usual, _RUN))
        chosen = sorted(_winnowed(runs))
        beginning = set(runs[:_HEAD])
        head = [run for run in chosen if run in beginning][: (_KEPT_TEXT + 1) // 2]
        kept = list(dict.fromkeys((*head, *chosen[:_KEPT_TEXT])))[:_KEPT_TEXT]
        return self._of(dict.fromkeys((*head, *chosen[:_ASKED_TEXT]))), self._of(kept)

    def _of(self, runs: Iterable[Run]) -> list[int]:
        return [self._key("\0".join(("run", *run[1:]))) for run in runs]

    def _key(self, said: str) -> int:
        made = self._hash.copy()
        made.update(said.encode())
        (key,) = _SIGNED(made.digest())
        return int(key)


def _runs(words: Sequence[str], usual: Sequence[int], size: int) -> Iterator[Run]:
    """All runs of so many words."""
    together: Sequence[int] = usual
    for start in range(1, size):
        together = list(map(add, together, usual[start:]))
    return zip(together, *(words[start:] for start in range(size)), strict=False)


def _winnowed(runs: Sequence[Run]) -> set[Run]:
    """The least of each window, by halves."""
    least, width = runs, 1
    while width < _WINDOW:
        least = list(map(min, least, least[width:]))
        width *= 2
    return set(least)
