"""Evidence from institutions that the report addresses or names, and from the operators of landmarks."""

from collections.abc import Iterator, Sequence

from language.phrase_lexicon import LexiconMatch
from router.evidence.analyzed_report import AnalyzedReport
from router.evidence.competence import CompetenceTable
from router.evidence.evidence import Evidence, EvidenceKind
from router.evidence.reading.report_text import ReportText
from router.evidence.salutation import is_salutation
from router.evidence.topics import Topic
from router.registry.agencies import Agency
from router.registry.name_resolver import NameResolver
from router.registry.registry import Registry

# The core of a split institution is likelier than the other successors, if nothing says which part it is.
_OTHER_SUCCESSOR_STRENGTH = 0.5


class AddresseeEvidence:
    """Evidence from the field for the addressee. See `router.evidence.collector.EvidenceSource`.

    A sender who fills in the field means it; a name in the text may be a remark.
    """

    def __init__(self, registry: Registry, resolver: NameResolver) -> None:
        self._registry = registry
        self._resolver = resolver

    def collect(self, report: AnalyzedReport) -> Iterator[Evidence]:
        """Yield evidence for the institution in the field, if it is one."""
        if not report.report.agency:
            return
        region_codes = [report.location.best.code] if report.location.best else []
        for code in self._resolver.resolve(report.report.agency, region_codes).institutions[:1]:
            # The explanation does not quote the field: people write into any field who they are.
            explanation = f"Pelapor menujukan laporan kepada {self._registry.name_of(code)}."
            yield Evidence(code, "addressed", 1.0, "addressed", explanation)


class NamedInstitutionEvidence:
    """Evidence from institutions named in the text. See `router.evidence.collector.EvidenceSource`."""

    def __init__(self, registry: Registry, competence: CompetenceTable) -> None:
        self._registry = registry
        self._competence = competence

    def collect(self, report: AnalyzedReport) -> Iterator[Evidence]:
        """Yield evidence for each institution that is named, or for the successors of a former one."""
        for match in report.institutions:
            kind = _kind(report.text, match)
            quote = report.text.quote_words(match.first, match.end)
            for rank, code in enumerate(self._successors(match.meaning, report.topics)):
                explanation = f"Laporan menyebut “{quote}”: {self._registry.name_of(code)}."
                yield Evidence(code, kind, 1.0 if rank == 0 else _OTHER_SUCCESSOR_STRENGTH, "named", explanation)

    def _successors(self, agency: Agency, topics: Sequence[Topic]) -> Sequence[str]:
        """Return the successor that the topics belong to; if they do not tell, all successors, the core first."""
        successors = self._registry.current_institutions(agency.code)
        if len(successors) <= 1:
            return successors
        rows = (self._competence.find(topic.name, "") for topic in topics)
        competent = [row.institution for row in rows if row and row.institution in successors]
        return competent[:1] or successors


class OperatorEvidence:
    """Evidence from landmarks: their operators. See `router.evidence.collector.EvidenceSource`."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def collect(self, report: AnalyzedReport) -> Iterator[Evidence]:
        """Yield evidence for the operator of each landmark in the text."""
        for landmark, start, end in report.landmarks:
            for code in self._registry.current_institutions(landmark.operator):
                explanation = f"“{report.text.quote(start, end)}” dikelola {self._registry.name_of(code)}."
                yield Evidence(code, "operator", 1.0, "landmark", explanation)


def _kind(text: ReportText, match: LexiconMatch[Agency]) -> EvidenceKind:
    if is_salutation(text, match.first, match.end):
        return "greeted"
    return "government" if match.meaning.is_regional else "named"
