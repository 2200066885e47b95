"""Assembles the collector of evidence from the tables."""

from router.evidence.analyzer import ReportAnalyzer
from router.evidence.collector import EvidenceCollector
from router.evidence.competence import CompetenceTable
from router.evidence.institution_evidence import AddresseeEvidence, NamedInstitutionEvidence, OperatorEvidence
from router.evidence.place_evidence import LocationEvidence, UnitEvidence
from router.evidence.reading.phrases import ReportPhrases
from router.evidence.reading.report_reader import ReportReader
from router.evidence.topic_evidence import TopicEvidence
from router.location.locator import ReportLocator
from router.registry.jurisdiction import Jurisdiction
from router.registry.name_resolver import NameResolver
from router.registry.registry import Registry


def assemble_collector(
    reader: ReportReader,
    registry: Registry,
    resolver: NameResolver,
    jurisdiction: Jurisdiction,
    phrases: ReportPhrases,
    competence: CompetenceTable,
    locator: ReportLocator,
) -> EvidenceCollector:
    """Return a collector of all kinds of evidence."""
    analyzer = ReportAnalyzer(reader, phrases, registry.units, locator)
    sources = (
        TopicEvidence(registry, jurisdiction, competence),
        AddresseeEvidence(registry, resolver),
        NamedInstitutionEvidence(registry, competence),
        UnitEvidence(registry, jurisdiction),
        OperatorEvidence(registry),
        LocationEvidence(registry, jurisdiction),
    )
    return EvidenceCollector(analyzer.analyze, sources)
