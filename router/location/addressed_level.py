"""Tells a city from the regency of the same name by the officials and villages that the text speaks of.

A mayor governs a city, a regent a regency. A regency has desa, and a city mostly has kelurahan only.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from language.places.finder import PlaceFinder, PlaceMatch
from language.places.gazetteer import RegionLevel, region_level
from language.tokens import Tokens
from router.location.place_evidence import PlaceClaim

_REGENT_WORDS = frozenset(("bupati", "pemkab", "kabupaten"))
_MAYOR_WORDS = frozenset(("walikota", "walkot", "pemkot", "wako"))
_MAYOR_IN_TWO_WORDS = ["wali", "kota"]
_DESA_WORDS = frozenset(("desa", "ds", "kades", "dusun", "kadus", "pemdes"))
_KELURAHAN_WORDS = frozenset(("kelurahan", "lurah"))
_LEVEL_WORDS = frozenset((*_REGENT_WORDS, *_MAYOR_WORDS, "wali", *_DESA_WORDS, *_KELURAHAN_WORDS))
# Share of the region on the level that the text speaks of, of a name that means a city or a regency.
_SPOKEN_OF_SHARE = 0.85
# Share of that region if the form holds the other one.
_SHARE_AGAINST_FORM = 0.75


class AddressedLevel(NamedTuple):
    """The level that the text speaks of. `by_official`: by a mayor or regent; otherwise by its kind of village."""

    level: RegionLevel
    by_official: bool


def addressed_level(tokens: Tokens, matches: Iterable[PlaceMatch]) -> AddressedLevel | None:
    """Return the level that the text speaks of without a region; `None` if it is none or both."""
    words = tokens.words
    if _LEVEL_WORDS.isdisjoint(words):
        return None
    positions = list(_positions_of_level_words(words, matches))
    speaks_of_regent = any(words[position] in _REGENT_WORDS for position in positions)
    speaks_of_mayor = any(_is_mayor(words, position) for position in positions)
    if speaks_of_regent != speaks_of_mayor:
        return AddressedLevel(RegionLevel.REGENCY if speaks_of_regent else RegionLevel.CITY, by_official=True)
    speaks_of_desa, speaks_of_kelurahan = (not group.isdisjoint(words) for group in (_DESA_WORDS, _KELURAHAN_WORDS))
    if speaks_of_regent or speaks_of_desa == speaks_of_kelurahan:
        return None
    return AddressedLevel(RegionLevel.REGENCY if speaks_of_desa else RegionLevel.CITY, by_official=False)


def lean_to_level(claim: PlaceClaim, addressed: AddressedLevel, place_finder: PlaceFinder) -> PlaceClaim:
    """Return the claim with larger shares for regions on the level than for the others of the same name."""
    level = addressed.level
    if claim.from_form and len(claim.shares) == 1:
        return _lean_form_claim(claim, level) if addressed.by_official else claim
    shares = dict(claim.shares)
    for code in claim.shares:
        for twin in place_finder.namesakes((code,)) if region_level(code) is level else ():
            if twin in claim.shares:
                pair_share = shares[code] + shares[twin]
                shares[code] = _SPOKEN_OF_SHARE * pair_share
                shares[twin] = (1 - _SPOKEN_OF_SHARE) * pair_share
    return claim._replace(shares=shares)


def _lean_form_claim(claim: PlaceClaim, level: RegionLevel) -> PlaceClaim:
    """Give most of the share to the only region on `level` that the sender may have meant instead."""
    code, *confusable_codes = (*claim.shares, *claim.confusable_codes)
    on_level = [twin for twin in confusable_codes if region_level(twin) is level]
    if "." not in code or len(on_level) != 1 or region_level(code) in {level, RegionLevel.DISTRICT}:
        return claim
    shares = {code: 1 - _SHARE_AGAINST_FORM, on_level[0]: _SHARE_AGAINST_FORM}
    return claim._replace(shares=shares, confusable_codes=(code, *claim.confusable_codes))


def _positions_of_level_words(words: Sequence[str], matches: Iterable[PlaceMatch]) -> Iterator[int]:
    inside = {position for match in matches for position in range(match.first, match.end)}
    return (position for position, word in enumerate(words) if word in _LEVEL_WORDS and position not in inside)


def _is_mayor(words: Sequence[str], position: int) -> bool:
    return words[position] in _MAYOR_WORDS or words[position : position + 2] == _MAYOR_IN_TWO_WORDS
