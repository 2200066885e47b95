"""All that operators keep for routing, read and checked as a whole: one version, named by every dispatch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from config.reference.folder import ReferenceFolder, version_of
from config.reference.regions import Regions, load_regions
from config.reference.slang import load_slang
from config.reference.table_reader import TableError
from config.reference.word_frequencies import load_word_frequencies
from language.phrase_lexicon import PhraseLexicon
from language.places.aliases import load_place_aliases, official_names
from language.places.finder import PlaceFinder
from language.places.gazetteer import Gazetteer
from language.places.landmarks import Landmarks, load_landmarks
from language.places.villages import load_villages
from language.spelling import SpellingCorrector
from language.words import WordReader
from router.evidence.collect import EvidenceCollector
from router.evidence.competence import CompetenceTable, load_competence
from router.evidence.text import ReportReader
from router.evidence.topics import Topics, load_topics
from router.registry.jurisdiction import Jurisdiction
from router.registry.registry import Registry, load_registry
from router.registry.units import BY_PLACE
from router.scoring import Weights, load_weights

FILES = (
    *("agencies.csv", "units.csv", "topics.csv", "competence.csv", "landmarks.csv", "doors.csv"),
    *("regions.csv", "places.csv", "villages.csv", "slang.csv", "vocabulary.csv"),
)


@dataclass(frozen=True, slots=True)
class Rules:
    """`version` is a digest of the files."""

    version: str
    registry: Registry
    topics: Topics
    competence: CompetenceTable
    weights: Weights
    evidence_collector: EvidenceCollector
    jurisdiction: Jurisdiction


class RulesSource(Protocol):
    """Where a stage has its rules from."""

    def current(self) -> Rules:
        """The rules that hold now."""
        ...


def load_rules(folder: Path) -> Rules:
    """Read everything in a folder like `config/data`; what is not there but the institutions is taken as shipped.

    Raises `TableError` naming each fault found.
    """
    reference = ReferenceFolder(folder)
    slang = load_slang(reference.table("slang.csv"))
    vocabulary = load_word_frequencies(reference.table("vocabulary.csv"))
    words = _words(slang)
    regions = load_regions(reference.table("regions.csv"))
    places = load_place_aliases(regions, reference.table("places.csv"))
    gazetteer = Gazetteer(regions, places)
    villages = load_villages(regions, reference.table("villages.csv"))
    atlas = PlaceFinder(regions, places, gazetteer, villages, (*vocabulary.words, *slang))
    registry = load_registry(folder, atlas, words)
    topics = load_topics(reference.table("topics.csv"), words)
    competence = load_competence(reference.table("competence.csv"))
    landmarks = load_landmarks(regions, reference.table("landmarks.csv"))
    if faults := list(_faults(registry, topics, competence, landmarks, regions)):
        raise TableError("\n".join(faults))
    names = PhraseLexicon(
        {tuple(word.normal for word in words.of(name)): one for name, one in registry.name_index.phrases()}
    )
    # A part of a place's name is a word that stays as it is.
    usual = {*vocabulary.words, *(word for name in official_names(regions) for word in name.split())}
    speller = SpellingCorrector((*topics.known(), *names.words()), usual, vocabulary.rarity)
    governments = Jurisdiction(registry.agencies.values())
    signs = EvidenceCollector(
        ReportReader(words, speller), registry, governments, names, topics, competence, atlas, landmarks
    )
    weights = load_weights(reference.table("doors.csv"))
    version = version_of(reference.digests(FILES).values())
    return Rules(version, registry, topics, competence, weights, signs, governments)


def _words(slang: Mapping[str, str]) -> WordReader:
    try:
        return WordReader(slang)
    except ValueError as error:
        raise TableError(f"slang.csv: {error}") from error


def _faults(
    registry: Registry, topics: Topics, competence: CompetenceTable, landmarks: Landmarks, regions: Regions
) -> Iterator[str]:
    """What would send a complaint nowhere."""
    spoken = {cue.topic for cue in topics.cues}
    ruled = {row.topic for row in competence.rows}
    yield from (f"topics.csv: {topic}: no row of competence.csv says whose it is" for topic in sorted(spoken - ruled))
    yield from (f"competence.csv: topic {topic} has no words in topics.csv" for topic in sorted(ruled - spoken))
    for row in competence.rows:
        for code in (row.institution, *row.then):
            if code not in BY_PLACE and not registry.current_institutions(code):
                yield f"competence.csv: {row.id}: {code!r} is not in agencies.csv"
        yield from (f"competence.csv: {row.id}: {code} is no region" for code in row.where if not regions.get(code))
    for operator in sorted(landmarks.operators - registry.institutions.keys()):
        yield f"landmarks.csv: operator {operator!r} is not in agencies.csv"
    yield from (
        f"units.csv: {unit.pattern}: topic {unit.topic!r} is not in topics.csv"
        for unit in registry.units.all
        if unit.topic and unit.topic not in spoken
    )
