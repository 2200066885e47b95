"""Loads the rules of routing from an operator's tables and checks the tables together."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from config.reference.folder import ReferenceFolder, version_of
from config.reference.programmes import PROGRAMMES, ProgrammeTable, load_programmes, unknown_references
from config.reference.public_release import PUBLIC_RELEASE, load_sensitive_reports, unknown_topics
from config.reference.reloading import ReloadingTables, Source
from config.reference.table_reader import TableError
from language.model import LanguageModel, load_language_model
from language.phrase_lexicon import Phrase
from language.places.aliases import official_names
from language.places.landmarks import LANDMARKS
from language.spelling import SpellingCorrector
from router.evidence.assembly import assemble_collector
from router.evidence.competence import CompetenceTable, load_competence
from router.evidence.reading.phrases import ReportPhrases
from router.evidence.reading.report_reader import ReportReader
from router.evidence.topics import TOPICS, Topics, load_topics
from router.location.locator import ReportLocator
from router.programme_words import ProgrammeWords
from router.registry.agency_table import AGENCIES
from router.registry.jurisdiction import Jurisdiction
from router.registry.levels import GOVERNMENT_LEVELS
from router.registry.name_resolver import NameResolver
from router.registry.registry import Registry
from router.registry.registry_loading import load_registry, log_left_out_rows
from router.registry.unit_table import UNITS
from router.rules import Rules
from router.scoring import load_weights

COMPETENCE, EVIDENCE_WEIGHTS = "competence.csv", "evidence_weights.csv"
_ROUTING_TABLES = (TOPICS, COMPETENCE, EVIDENCE_WEIGHTS, PROGRAMMES)
# The tables that the version of the rules covers. Their order is part of the version.
RULE_TABLES = (
    *(AGENCIES, UNITS, TOPICS, COMPETENCE, LANDMARKS, EVIDENCE_WEIGHTS, PROGRAMMES),
    *("regions.csv", "places.csv", "villages.csv", "slang.csv", "vocabulary.csv", "points.csv"),
)


def load_rules(folder: ReferenceFolder, language: LanguageModel, registry: Registry | None = None) -> Rules:
    """Return the rules of an operator's tables; a missing table, except of agencies, is the shipped one.

    Rows of a shipped table whose agencies the operator does not have are left out. `language` is the model of the same
    folder, and `registry` its registry, which is loaded if it is not given. Raises `TableError` naming every fault.
    """
    registry = registry or load_registry(folder, language.words)
    digests = {**folder.digests(_ROUTING_TABLES), **registry.digests, **language.digests}
    topics = load_topics(folder.table(TOPICS), language.words)
    competence = load_competence(folder.table(COMPETENCE))
    if folder.has_shipped(COMPETENCE):
        competence = _competence_of_agencies(competence, registry)
    if folder.has_shipped(TOPICS):
        topics = _topics_of_competence(topics, competence)
    programmes = load_programmes(folder)
    if faults := list(_faults(folder, registry, topics, competence, language, programmes)):
        raise TableError("\n".join(faults))
    names = {
        tuple(word.normal for word in language.words.read_words(name)): agency
        for name, agency in registry.name_index.phrases()
    }
    resolver = NameResolver(registry.institutions, registry.name_index, registry.units, language)
    jurisdiction = Jurisdiction(registry.agencies.values())
    collector = assemble_collector(
        ReportReader(language.words, _spelling_corrector(topics, names, language)),
        registry,
        resolver,
        jurisdiction,
        ReportPhrases(topics.phrases, names, language.landmarks.phrases),
        competence,
        ReportLocator(language.place_finder, language.points, language.regions),
    )
    return Rules(
        version=version_of(digests[name] for name in RULE_TABLES),
        language=language,
        registry=registry,
        name_resolver=resolver,
        topics=topics,
        competence=competence,
        weights=load_weights(folder.table(EVIDENCE_WEIGHTS)),
        collect_evidence=collector.collect,
        jurisdiction=jurisdiction,
        programme_words=ProgrammeWords(programmes, language.words),
    )


def load_rules_of_folder(path: Path) -> Rules:
    """Return the rules and the language model of a folder that is not in use. Raises `TableError`."""
    folder = ReferenceFolder(path)
    return load_rules(folder, load_language_model(folder))


def reloading_rules(
    folder: ReferenceFolder, languages: Source[LanguageModel], registries: Source[Registry]
) -> ReloadingTables[Rules]:
    """Return the rules of a folder, loaded again after an edit of any table, and with a new model or registry.

    Raises `TableError` if the tables cannot be used now.
    """
    return ReloadingTables(
        "rules",
        folder,
        _ROUTING_TABLES,
        lambda: load_rules(folder, languages.current(), registries.current()),
        dependency=lambda: (languages.current(), registries.current()),
    )


def _spelling_corrector(topics: Topics, names: Iterable[Phrase], language: LanguageModel) -> SpellingCorrector:
    # A part of a place's name is a correct word.
    place_words = {word for name in official_names(language.regions) for word in name.split()}
    known_words = place_words.union(language.word_frequencies.words)
    meant_words = {*topics.vocabulary(), *(word for name in names for word in name)}
    return SpellingCorrector(meant_words, known_words, language.word_frequencies.rarity)


def _competence_of_agencies(competence: CompetenceTable, registry: Registry) -> CompetenceTable:
    """Return the rows whose institution the registry has, without the next institutions that it lacks."""
    rows = [
        replace(row, then=tuple(code for code in row.then if _is_known_institution(code, registry)))
        for row in competence.rows
        if _is_known_institution(row.institution, registry)
    ]
    log_left_out_rows(COMPETENCE, len(competence.rows) - len(rows))
    return CompetenceTable(rows)


def _is_known_institution(code: str, registry: Registry) -> bool:
    return code in GOVERNMENT_LEVELS or bool(registry.current_institutions(code))


def _topics_of_competence(topics: Topics, competence: CompetenceTable) -> Topics:
    """Return the cues of topics for which somebody is competent."""
    topic_names = {row.topic for row in competence.rows}
    cues = [cue for cue in topics.cues if cue.topic in topic_names]
    log_left_out_rows(TOPICS, len(topics.cues) - len(cues))
    return Topics(cues)


def _faults(
    folder: ReferenceFolder,
    registry: Registry,
    topics: Topics,
    competence: CompetenceTable,
    language: LanguageModel,
    programmes: ProgrammeTable,
) -> Iterator[str]:
    """Yield the references between tables that lead nowhere. Rows of shipped tables may name unknown agencies."""
    topic_names = {cue.topic for cue in topics.cues}
    yield from _topic_faults(topic_names, {row.topic for row in competence.rows})
    yield from _competence_faults(registry, competence, language)
    if not folder.has_shipped(LANDMARKS):
        for operator in sorted(language.landmarks.operators - registry.institutions.keys()):
            yield f"{LANDMARKS}: operator {operator!r} is not in agencies.csv"
    for unit in () if folder.has_shipped(UNITS) else registry.units.all:
        if unit.topic and unit.topic not in topic_names:
            yield f"units.csv: {unit.pattern}: topic {unit.topic!r} is not in topics.csv"
        for topic in unit.handles if unit.pattern == unit.name else ():
            if topic not in topic_names:
                yield f"units.csv: {unit.name}: topic {topic!r}, which it handles, is not in topics.csv"
    if not folder.has_shipped(PUBLIC_RELEASE):
        yield from unknown_topics(load_sensitive_reports(folder.table(PUBLIC_RELEASE)), topic_names)
    if not folder.has_shipped(PROGRAMMES):
        yield from unknown_references(programmes, topic_names, registry.institutions)


def _topic_faults(topic_names: set[str], competence_topics: set[str]) -> Iterator[str]:
    for topic in sorted(topic_names - competence_topics):
        yield f"topics.csv: {topic}: no row of competence.csv names its institution"
    for topic in sorted(competence_topics - topic_names):
        yield f"competence.csv: topic {topic} has no words in topics.csv"


def _competence_faults(registry: Registry, competence: CompetenceTable, language: LanguageModel) -> Iterator[str]:
    for row in competence.rows:
        for code in (row.institution, *row.then):
            if not _is_known_institution(code, registry):
                yield f"competence.csv: {row.id}: {code!r} is not in agencies.csv"
        for code in row.regions:
            if not language.regions.get(code):
                yield f"competence.csv: {row.id}: {code} is no region"
