"""Claims for places that come from the place names in a report's text."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import NamedTuple

from language.places.finder import NamingKind, PlaceMatch
from language.places.gazetteer import regions_overlap
from language.places.names import city_of, is_district
from language.spans import Span
from language.tokens import Tokens
from router.location.context_cues import (
    DENIED,
    NOT_A_PLACE,
    REMARK_LIMIT,
    context_cue,
    distant_city_cue,
    district_street_cue,
    is_denied,
    is_in_street_name,
)
from router.location.name_shares import NAME_WEIGHTS, name_shares
from router.location.place_evidence import STREET, PlaceClaim, PlaceEvidence, is_province

# Log-odds that are added to the weight of a name: in the title; for the place of a unit.
_TITLE_BONUS = 0.3
_UNIT_BONUS = 1.0
# In a heading every word has a capital: a district's bare name may be a common word (Larangan).
_BARE_IN_HEADING = -0.6
# A bare name in small letters may be a common word; less so if the whole text is in small letters.
_LOWER_CASE = -0.6
_LOWER_CASE_IN_LOWER_CASE_TEXT = -0.2
# A name stands behind a unit if at most so many words are between.
_MAX_WORDS_AFTER_UNIT = 3
_SENTENCE_ENDS = frozenset((". ", "! ", "? ", ".\n", "\n"))
# A word of at most so many letters before a full stop is an abbreviation (“kec. ”), not the end of a sentence.
_LONGEST_ABBREVIATION = 4
# “dari Lampung dan Brebes”
_CONJUNCTIONS = frozenset(("dan", "dn", "atau", "serta", "sama", "karo", "jeung"))
_DISTRICT_MANNERS = frozenset((NamingKind.BARE, NamingKind.NAMED))
# So many names behind a name are held against it.
_MAX_COMPARED_NAMES = 4
# A street of a name that more districts bear may lie anywhere.
_FEW_DISTRICTS = 3
_TYPED_MANNERS = frozenset((NamingKind.TYPED, NamingKind.VILLAGE, NamingKind.GLUED))


class _PlaceName(NamedTuple):
    """A place name in the text and the log-odds that the words before it add."""

    match: PlaceMatch
    cue: float


class _SearchedText(NamedTuple):
    """The text in which the names stand. `title_end` is the position behind the title; see `_unit_ends`."""

    tokens: Tokens
    title_end: int
    unit_ends: Mapping[int, int]
    is_lower_case: bool

    def span(self, match: PlaceMatch) -> Span:
        """Return the start and end of a match in the text."""
        return self.tokens.starts[match.first], self.tokens.ends[match.end - 1]


def text_claims(
    tokens: Tokens, matches: Iterable[PlaceMatch], title_end: int, unit_spans: Iterable[Span]
) -> Iterator[PlaceClaim]:
    """Yield a claim for each name that is a place, in the order of the text."""
    text = _SearchedText(tokens, title_end, _unit_ends(tokens, unit_spans), tokens.text.islower())
    matches = list(matches)
    denied_codes = {match.codes for match in matches if is_denied(tokens, match.first)}
    previous: _PlaceName | None = None
    for match, following in zip_longest(matches, matches[1:]):
        is_typed = match.kind in _TYPED_MANNERS
        cue = context_cue(tokens, match.first, is_typed=is_typed) or _neighbour_cue(previous, match, tokens)
        if cue == NOT_A_PLACE and not is_denied(tokens, match.first):
            # “Jalan Kajen - Karanganyar” runs between two places of one regency.
            is_in_one_regency = match.kind is NamingKind.PAIRED or _is_road_in_regency(match, following, tokens)
            cue = 0.0 if is_in_one_regency else cue
        street_cue = district_street_cue(tokens, match.first) if _names_districts(match) else None
        if street_cue is not None:
            yield _claim(text, _PlaceName(match, street_cue), is_street=True)
        if cue != NOT_A_PLACE and not any(map(is_district, match.codes)):
            cue = distant_city_cue(tokens, match.first, match.end, _elsewhere(match, matches), is_typed=is_typed) or cue
        if match.kind is NamingKind.MISSPELT and is_in_street_name(tokens, match.first):
            cue = min(cue, DENIED)
        if match.codes in denied_codes:
            cue = min(cue, DENIED)
        previous = _PlaceName(match, cue)
        if cue != NOT_A_PLACE:
            yield _claim(text, previous)


def _is_road_in_regency(match: PlaceMatch, following: PlaceMatch | None, tokens: Tokens) -> bool:
    """Return True for the first name in “Cikarang - Cibarusah”, if both may be in one city or regency."""
    if following is None or following.first != match.end or tokens.gaps[match.end].strip() != "-":
        return False
    cities = {city_of(code) for code in match.codes if not is_province(code)}
    return not cities.isdisjoint(map(city_of, following.codes))


def _elsewhere(match: PlaceMatch, matches: Sequence[PlaceMatch]) -> list[int]:
    """Return the first words of the next names of places that neither hold the match nor lie in it."""
    position = bisect_left(matches, match)
    following = matches[position + 1 : position + 1 + _MAX_COMPARED_NAMES]
    return [place.first for place in following if not _regions_overlap(match, place)]


def _names_districts(match: PlaceMatch) -> bool:
    """Return True for the bare name of a district, or of a few."""
    return match.kind in _DISTRICT_MANNERS and len(match.codes) <= _FEW_DISTRICTS and all(map(is_district, match.codes))


def _claim(text: _SearchedText, name: _PlaceName, *, is_street: bool = False) -> PlaceClaim:
    """Return the claim of a name. A street of that name (`is_street`) is a remark: any other place outweighs it."""
    match, cue = name
    start, end = text.span(match)
    is_remark = is_street or cue <= REMARK_LIMIT
    is_of_unit = not is_remark and _follows_unit(text, match, start)
    weight = NAME_WEIGHTS[match.kind] + cue + _UNIT_BONUS * is_of_unit + _position_weight(text, name)
    kind = STREET if is_street else "unit" if is_of_unit else match.kind.value
    evidence = PlaceEvidence(kind, text.tokens.text[start:end], start, end)
    is_located = not is_street and (cue > 0 or is_of_unit or match.kind in _TYPED_MANNERS)
    return PlaceClaim(
        name_shares(match), weight, evidence, is_remark=is_remark, is_street=is_street, is_located=is_located
    )


def _position_weight(text: _SearchedText, name: _PlaceName) -> float:
    """Return the log-odds for the position of a name in title or text and for its capital letters."""
    match, cue = name
    start, end = text.span(match)
    is_bare = match.kind is NamingKind.BARE
    if start < text.title_end:
        return _BARE_IN_HEADING if is_bare and not _is_whole_title(text, start, end) else _TITLE_BONUS
    if is_bare and not cue and text.tokens.text[start:end].islower():
        # A name of several words (kuta utara) is no common word.
        has_several_words = match.end > match.first + 1
        return _LOWER_CASE_IN_LOWER_CASE_TEXT if text.is_lower_case or has_several_words else _LOWER_CASE
    return 0.0


def _is_whole_title(text: _SearchedText, start: int, end: int) -> bool:
    written = text.tokens.text
    return not written[:start].strip() and not written[end : text.title_end].strip()


def _neighbour_cue(previous: _PlaceName | None, match: PlaceMatch, tokens: Tokens) -> float:
    """Return the cue that a name without its own takes from the name before it.

    A name directly behind a region that holds it or lies in it has the same part in the matter (asal Tebet, Jakarta).
    """
    if previous is None:
        return 0.0
    neighbour, cue = previous
    if words_between := tokens.words[neighbour.end : match.first]:
        is_listed = len(words_between) == 1 and words_between[0] in _CONJUNCTIONS
        return cue if is_listed and NOT_A_PLACE < cue <= REMARK_LIMIT else 0.0
    if cue == NOT_A_PLACE:
        # “Jalan raya Bogor-Jakarta” is a street to its end; in “Jl. Semarang, Semarang” the second is a city.
        return cue if tokens.gaps[match.first].strip() == "-" else 0.0
    return cue if _regions_overlap(neighbour, match) else 0.0


def _regions_overlap(neighbour: PlaceMatch, match: PlaceMatch) -> bool:
    return any(regions_overlap(code, neighbour_code) for neighbour_code in neighbour.codes for code in match.codes)


def _unit_ends(tokens: Tokens, unit_spans: Iterable[Span]) -> Mapping[int, int]:
    """Return for each word of a unit, by its position, the end of the unit; of several units the first end."""
    unit_ends: dict[int, int] = {}
    for unit_start, unit_end in unit_spans:
        for position in range(bisect_right(tokens.ends, unit_start), bisect_right(tokens.ends, unit_end)):
            unit_ends[position] = min(unit_end, unit_ends.get(position, unit_end))
    return unit_ends


def _follows_unit(text: _SearchedText, match: PlaceMatch, start: int) -> bool:
    """Return True if a name that begins at `start` stands behind a unit, in the same sentence and near it."""
    tokens = text.tokens
    for position in range(match.first - 1, max(match.first - _MAX_WORDS_AFTER_UNIT, 0) - 1, -1):
        is_end = tokens.gaps[position + 1] in _SENTENCE_ENDS
        if is_end and len(tokens.words[position]) > _LONGEST_ABBREVIATION:
            return False
        if position in text.unit_ends and text.unit_ends[position] <= start:
            return True
    return False
