"""The language model: all tables that texts are read with, in one version.

The normalizer and the router read a text with the same model. It makes no decisions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from config.reference.folder import SHIPPED, ReferenceFolder, version_of
from config.reference.matter_terms import (
    MATTER_FAULTS,
    MATTER_OBJECTS,
    MATTER_TOPICS,
    MatterTerms,
    load_matter_terms,
)
from config.reference.regions import REGIONS, Regions, load_regions
from config.reference.reloading import ReloadingTables
from config.reference.slang import SLANG, load_slang
from config.reference.word_frequencies import WORD_FREQUENCIES, WordFrequencies, load_word_frequencies
from language.places.aliases import PLACE_ALIASES, PlaceAlias, load_place_aliases
from language.places.finder import PlaceFinder
from language.places.gazetteer import Gazetteer
from language.places.landmarks import LANDMARKS, Landmarks, load_landmarks
from language.places.points import POINTS, VillagePoints, load_points
from language.places.villages import VILLAGES, Villages, load_villages
from language.word_loading import word_reader
from language.words import WordReader

LANGUAGE_TABLES = (
    *(SLANG, WORD_FREQUENCIES, MATTER_TOPICS, MATTER_OBJECTS, MATTER_FAULTS),
    *(REGIONS, PLACE_ALIASES, VILLAGES, POINTS, LANDMARKS),
)


@dataclass(frozen=True, eq=False)
class LanguageModel:
    """`version` changes with the content of the tables; `digests` are the SHA-256 digests of the tables by name.

    The indexes are built from the tables when they are first needed.
    """

    version: str
    digests: Mapping[str, bytes]
    slang: Mapping[str, str]
    words: WordReader
    word_frequencies: WordFrequencies
    matter_terms: MatterTerms
    regions: Regions
    place_aliases: Sequence[PlaceAlias]
    villages: Villages
    points: VillagePoints
    landmarks: Landmarks

    @cached_property
    def gazetteer(self) -> Gazetteer:
        """The index of the names of regions."""
        return Gazetteer(self.regions, self.place_aliases)

    @cached_property
    def place_finder(self) -> PlaceFinder:
        """The index of the names of regions and villages, also misspelt."""
        words = (*self.word_frequencies.words, *self.slang)
        return PlaceFinder(self.regions, self.place_aliases, self.gazetteer, self.villages, words)


def load_language_model(folder: ReferenceFolder = SHIPPED) -> LanguageModel:
    """Return the language model of an operator's tables. Raises `TableError`."""
    digests = folder.digests(LANGUAGE_TABLES)
    slang = load_slang(folder.table(SLANG))
    regions = load_regions(folder.table(REGIONS))
    return LanguageModel(
        version=version_of(digests.values()),
        digests=digests,
        slang=slang,
        words=word_reader(slang),
        word_frequencies=load_word_frequencies(folder.table(WORD_FREQUENCIES)),
        matter_terms=load_matter_terms(folder),
        regions=regions,
        place_aliases=load_place_aliases(regions, folder.table(PLACE_ALIASES)),
        villages=load_villages(regions, folder.table(VILLAGES)),
        points=load_points(regions, folder.table(POINTS), is_shipped_beside=folder.has_shipped(POINTS)),
        landmarks=load_landmarks(regions, folder.table(LANDMARKS)),
    )


def reloading_language_model(folder: ReferenceFolder) -> ReloadingTables[LanguageModel]:
    """Return the language model of a folder, loaded again after an edit. Raises `TableError` if it cannot be used."""
    return ReloadingTables("language_model", folder, LANGUAGE_TABLES, lambda: load_language_model(folder))
