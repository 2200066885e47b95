"""A place name in a text, and the way in which it names the place."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from language.places.fuzzy import FuzzyNames
from language.places.names import PlaceNames
from language.places.villages import Villages


class NamingKind(StrEnum):
    """The way in which a place is named.

    `TYPED`: with a type word. `NAMED`: by a name that is enough. `BARE`: by a district's name without a type word.
    `VILLAGE`: with a word like desa. `QUARTER`: by the bare name of a village. `PAIRED`: by two bare names side by
    side, of which one lies in the other or which lie in one regency (Gombong Karanganyar). `MISSPELT`: by a misspelt
    name. `GLUED`: by a name written together with another word (pemkotsmg).
    """

    TYPED = "said"
    NAMED = "named"
    BARE = "bare"
    VILLAGE = "village"
    QUARTER = "quarter"
    PAIRED = "paired"
    MISSPELT = "misspelt"
    GLUED = "glued"


class PlaceMatch(NamedTuple):
    """A place in a text: tokens from `first` to before `end`, and the codes that it may mean.

    The codes of a village are those of its districts. `likely`: the codes, of several, that the name mostly means by
    an operator's table or by the word before it; otherwise empty.
    """

    first: int
    end: int
    codes: tuple[str, ...]
    kind: NamingKind
    likely: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaceTables:
    """The names in which places are searched. `known_words` are words of the language: neither names nor misspelt."""

    names: PlaceNames
    villages: Villages
    fuzzy_names: FuzzyNames
    known_words: AbstractSet[str]


def merge_codes(*groups: tuple[str, ...]) -> tuple[str, ...]:
    """Return the different codes of all groups in their order."""
    merged: Mapping[str, None] = {code: None for group in groups for code in group}
    return tuple(merged)
