"""Assembles the collector of evidence from the tables."""

from language.phrase_lexicon import PhraseLexicon
from language.places.finder import PlaceFinder
from language.places.landmarks import Landmarks
from router.evidence.analyzer import ReportAnalyzer
from router.evidence.collector import EvidenceCollector
from router.evidence.competence import CompetenceTable
from router.evidence.institution_evidence import AddresseeEvidence, NamedInstitutionEvidence, OperatorEvidence
from router.evidence.place_evidence import LocationEvidence, UnitEvidence
from router.evidence.report_reader import ReportReader
from router.evidence.topic_evidence import TopicEvidence
from router.evidence.topics import Topics
from router.location.locator import ReportLocator
from router.registry.agencies import Agency
from router.registry.jurisdiction import Jurisdiction
from router.registry.name_resolver import NameResolver
from router.registry.registry import Registry


def assemble_collector(
    reader: ReportReader,
    registry: Registry,
    resolver: NameResolver,
    jurisdiction: Jurisdiction,
    institution_names: PhraseLexicon[Agency],
    topics: Topics,
    competence: CompetenceTable,
    place_finder: PlaceFinder,
    landmarks: Landmarks,
) -> EvidenceCollector:
    """Return a collector of all kinds of evidence. `institution_names` are phrases of normal forms of words."""
    locator = ReportLocator(place_finder, landmarks)
    analyzer = ReportAnalyzer(reader, institution_names, registry.units, topics, locator)
    sources = (
        TopicEvidence(registry, jurisdiction, competence),
        AddresseeEvidence(registry, resolver),
        NamedInstitutionEvidence(registry, competence),
        UnitEvidence(registry, jurisdiction),
        OperatorEvidence(registry, landmarks),
        LocationEvidence(registry, jurisdiction),
    )
    return EvidenceCollector(analyzer.analyze, sources)
