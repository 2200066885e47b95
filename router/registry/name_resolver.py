"""Resolves a spelling to the institution, the unit or the place that it names. Pure over the operator's tables.

For the content of the field for the addressee, or a few words of a text. Whole texts are weighed elsewhere.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple
from unicodedata import normalize

from config.reference.regions import Regions
from language.model import LanguageModel
from language.phrase_index import PhraseIndex, normalize_phrase
from router.registry.agencies import Agency, current_institutions, is_government_phrase
from router.registry.jurisdiction import Jurisdiction
from router.registry.levels import GOVERNMENT_LEVELS, PLACE
from router.registry.resolution import Resolution
from router.registry.typo_correction import TypoCorrector
from router.registry.unit_location import PlaceMention, UnitLocation, UnitLocator
from router.registry.units import Unit, UnitIndex

# A field holds a name. Of a longer text only so many characters are read.
_MAX_LENGTH = 300


class _Mention(NamedTuple):
    """An institution or a unit, and its position in the spelling.

    `by_own_name`: the institution is not named by its place only (Bank Jatim, Pasar Jaya).
    """

    start: int
    end: int
    agency: Agency | None = None
    by_own_name: bool = True
    unit: Unit | None = None

    @property
    def rank(self) -> tuple[bool, int]:
        """Sort key: a mention that says enough by itself comes first; of two alike, the first in the text."""
        return not self.by_own_name or (self.unit is not None and self.unit.is_open), self.start


class NameResolver:
    """Resolves names of `institutions`, former ones included."""

    def __init__(
        self,
        institutions: Mapping[str, Agency],
        name_index: PhraseIndex[Agency],
        units: UnitIndex,
        language: LanguageModel,
    ) -> None:
        self._institutions, self._name_index, self._units = institutions, name_index, units
        self._language = language
        self._jurisdiction = Jurisdiction(institutions.values())
        self._unit_locator = UnitLocator(self._jurisdiction.government_of, language.place_finder)

    def resolve(self, spelling: str, region_codes: Collection[str] = ()) -> Resolution:
        """Return the institutions that a spelling names, with typing errors corrected.

        `region_codes` are dotted codes known from elsewhere.
        """
        written = normalize("NFKC", spelling[:_MAX_LENGTH])
        resolution = self._resolve_as_written(written, region_codes)
        if len(resolution.institutions) == 1:
            return resolution
        corrected = [
            self._resolve_as_written(reading, region_codes) for reading in self._typo_corrector.readings(written)
        ]
        improved = [correction for correction in corrected if correction.institutions]
        # If the corrections lead to different institutions, none is guessed.
        is_unique = len({correction.institutions for correction in improved}) == 1
        return improved[0] if is_unique and _is_clearer(improved[0], resolution) else resolution

    @cached_property
    def _typo_corrector(self) -> TypoCorrector:
        names = (name for agency in self._institutions.values() for name in agency.all_names())
        return TypoCorrector(
            [*names, *(unit.pattern for unit in self._units.all), *_region_names(self._language.regions)]
        )

    def _resolve_as_written(self, spelling: str, region_codes: Collection[str]) -> Resolution:
        mentions = self._mentions(spelling)
        main = min(mentions, key=lambda mention: mention.rank, default=None)
        location = self._locate(spelling, main, mentions, region_codes)
        if main is not None and main.unit is not None:
            return self._unit_resolution(main.unit, location)
        if main is not None and main.agency is not None and (main.by_own_name or not location.codes):
            institutions = current_institutions(main.agency.code, self._institutions)
            return Resolution(institutions, location.region, matched_by="name")
        governments = self._unit_locator.governments(PLACE, location)
        if not governments:
            return Resolution((), location.region)
        return Resolution(governments, location.region, matched_by="name" if main else "place")

    def _locate(
        self, spelling: str, main: _Mention | None, mentions: Sequence[_Mention], region_codes: Collection[str]
    ) -> UnitLocation:
        governments = [
            PlaceMention(mention.start, mention.end, (mention.agency.region,))
            for mention in mentions
            if mention.agency and not mention.by_own_name
        ]
        if main is None:
            return self._unit_locator.locate_place(spelling, governments, region_codes)
        # The name of a government that is named by its place contains the place.
        end = main.end if main.by_own_name else main.start
        return self._unit_locator.locate_unit(spelling, (main.start, end), governments, region_codes)

    def _unit_resolution(self, unit: Unit, location: UnitLocation) -> Resolution:
        institutions = [institution for code in unit.institutions for institution in self._expand(code, location)]
        if unit.depends_on_place and self._jurisdiction.codes.isdisjoint(institutions):
            return Resolution((), location.region, unit.name, "unplaced")
        return Resolution(tuple(dict.fromkeys(institutions)), location.region, unit.name, "unit")

    def _expand(self, code: str, location: UnitLocation) -> tuple[str, ...]:
        """Return the institutions of a code, or of a level of government at a location."""
        if code in GOVERNMENT_LEVELS:
            return self._unit_locator.governments(code, location)
        return current_institutions(code, self._institutions)

    def _mentions(self, spelling: str) -> list[_Mention]:
        """Return the mentions that are not part of a longer mention."""
        mentions = [
            _Mention(
                match.start,
                match.start + len(match.words),
                match.meaning,
                by_own_name=_is_by_own_name(match.meaning, match.words),
            )
            for match in self._name_index.find_phrases(spelling)
        ]
        units = self._units.find(self._language.words.read_words(spelling))
        mentions += [_Mention(unit.start, unit.end, unit=unit.unit) for unit in units]
        return [mention for mention in mentions if not any(_hides(longer, mention) for longer in mentions)]


def _is_clearer(correction: Resolution, resolution: Resolution) -> bool:
    return not resolution.institutions or len(correction.institutions) < len(resolution.institutions)


def _is_by_own_name(agency: Agency, words: str) -> bool:
    """Return True if an institution is named by another name than its place's."""
    if not agency.is_regional:
        return True
    return normalize_phrase(words) in agency.aliases and not is_government_phrase(words)


def _hides(longer: _Mention, mention: _Mention) -> bool:
    """Return True if a mention stands within the words of `longer`. Of two in the same words, the unit says more."""
    if (longer.start, longer.end) == (mention.start, mention.end):
        return longer.unit is not None and mention.unit is None
    return longer.start <= mention.start and mention.end <= longer.end


def _region_names(regions: Regions, code: str = "") -> Iterator[str]:
    """Yield the names of all regions inside a region; of the whole country without a code."""
    for region in regions.children(code):
        yield region.name
        yield from _region_names(regions, region.code)
