"""The rules of routing: all tables that an operator edits, checked together; every dispatch names their version."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config.reference.folder import ReferenceFolder, version_of
from config.reference.reloading import RefusedEdit, ReloadingTables, Source
from config.reference.table_reader import TableError
from language.model import LanguageModel, load_language_model
from language.phrase_lexicon import PhraseLexicon
from language.places.aliases import official_names
from language.spelling import SpellingCorrector
from router.evidence.collect import EvidenceCollector
from router.evidence.competence import CompetenceTable, load_competence
from router.evidence.text import ReportReader
from router.evidence.topics import Topics, load_topics
from router.registry.jurisdiction import Jurisdiction
from router.registry.name_resolver import NameResolver
from router.registry.registry import AGENCIES, UNITS, Agency, Registry, load_registry
from router.registry.units import BY_PLACE
from router.scoring import Weights, load_weights

TOPICS, COMPETENCE, EVIDENCE_WEIGHTS = "topics.csv", "competence.csv", "doors.csv"
_ROUTING_TABLES = (AGENCIES, UNITS, TOPICS, COMPETENCE, EVIDENCE_WEIGHTS)
# The tables that the version of the rules covers. Their order is part of the version.
FILES = (
    *(AGENCIES, UNITS, TOPICS, COMPETENCE, "landmarks.csv", EVIDENCE_WEIGHTS),
    *("regions.csv", "places.csv", "villages.csv", "slang.csv", "vocabulary.csv"),
)


@dataclass(frozen=True, slots=True)
class Rules:
    """The tables in the form in which reports are decided. `version` changes with the content of `FILES`."""

    version: str
    language: LanguageModel
    registry: Registry
    name_resolver: NameResolver
    topics: Topics
    competence: CompetenceTable
    weights: Weights
    evidence_collector: EvidenceCollector
    jurisdiction: Jurisdiction


def load_rules(folder: ReferenceFolder, language: LanguageModel) -> Rules:
    """Return the rules of an operator's tables; a missing table, except of agencies and units, is the shipped one.

    `language` is the model of the same folder. Raises `TableError` naming every fault.
    """
    digests = {**folder.digests(_ROUTING_TABLES), **language.digests}
    registry = load_registry(folder, language.words)
    topics = load_topics(folder.table(TOPICS), language.words)
    competence = load_competence(folder.table(COMPETENCE))
    if faults := list(_faults(registry, topics, competence, language)):
        raise TableError("\n".join(faults))
    names = PhraseLexicon(
        {
            tuple(word.normal for word in language.words.of(name)): agency
            for name, agency in registry.name_index.phrases()
        }
    )
    resolver = NameResolver(registry.institutions, registry.name_index, registry.units, language)
    jurisdiction = Jurisdiction(registry.agencies.values())
    collector = EvidenceCollector(
        ReportReader(language.words, _spelling_corrector(topics, names, language)),
        registry,
        resolver,
        jurisdiction,
        names,
        topics,
        competence,
        language.place_finder,
        language.landmarks,
    )
    return Rules(
        version=version_of(digests[name] for name in FILES),
        language=language,
        registry=registry,
        name_resolver=resolver,
        topics=topics,
        competence=competence,
        weights=load_weights(folder.table(EVIDENCE_WEIGHTS)),
        evidence_collector=collector,
        jurisdiction=jurisdiction,
    )


def load_rules_of_folder(path: Path) -> Rules:
    """Return the rules and the language model of a folder that is not in use. Raises `TableError`."""
    folder = ReferenceFolder(path)
    return load_rules(folder, load_language_model(folder))


def reloading_rules(folder: ReferenceFolder, languages: Source[LanguageModel]) -> ReloadingTables[Rules]:
    """Return the rules of a folder, loaded again after an edit of its tables and after a change of the language model.

    An added or removed agency is refused until a restart: its queue is created at the start, and nothing may be sent
    to a queue that does not exist. Raises `TableError` if the tables cannot be used now.
    """
    return ReloadingTables(
        "rules",
        folder,
        _ROUTING_TABLES,
        lambda: load_rules(folder, languages.current()),
        dependency=languages.current,
        check=_check_agencies,
    )


def _check_agencies(previous: Rules, new: Rules) -> None:
    if changed := previous.registry.agencies.keys() ^ new.registry.agencies.keys():
        raise RefusedEdit(f"restart to add or remove these agencies: {', '.join(sorted(changed))}")


def _spelling_corrector(topics: Topics, names: PhraseLexicon[Agency], language: LanguageModel) -> SpellingCorrector:
    # A part of a place's name is a correct word.
    place_words = {word for name in official_names(language.regions) for word in name.split()}
    known_words = place_words.union(language.word_frequencies.words)
    return SpellingCorrector((*topics.known(), *names.words()), known_words, language.word_frequencies.rarity)


def _faults(registry: Registry, topics: Topics, competence: CompetenceTable, language: LanguageModel) -> Iterator[str]:
    """Yield the references between tables that lead nowhere."""
    regions = language.regions
    spoken = {cue.topic for cue in topics.cues}
    ruled = {row.topic for row in competence.rows}
    yield from (f"topics.csv: {topic}: no row of competence.csv says whose it is" for topic in sorted(spoken - ruled))
    yield from (f"competence.csv: topic {topic} has no words in topics.csv" for topic in sorted(ruled - spoken))
    for row in competence.rows:
        for code in (row.institution, *row.then):
            if code not in BY_PLACE and not registry.current_institutions(code):
                yield f"competence.csv: {row.id}: {code!r} is not in agencies.csv"
        yield from (f"competence.csv: {row.id}: {code} is no region" for code in row.where if not regions.get(code))
    for operator in sorted(language.landmarks.operators - registry.institutions.keys()):
        yield f"landmarks.csv: operator {operator!r} is not in agencies.csv"
    yield from (
        f"units.csv: {unit.pattern}: topic {unit.topic!r} is not in topics.csv"
        for unit in registry.units.all
        if unit.topic and unit.topic not in spoken
    )
