"""Evidence from topics: the institutions that the table of competence gives for them."""

from collections.abc import Iterator

from messages.topics import TRIAGE
from router.evidence.analyzed_report import AnalyzedReport
from router.evidence.competence import Competence, CompetenceTable
from router.evidence.evidence import Evidence, EvidenceKind
from router.evidence.located_governments import PROVINCE_ONLY_FACTOR, located_governments
from router.evidence.topics import HINT_SCORE, Topic
from router.location.place_evidence import ReportLocation
from router.registry.jurisdiction import Jurisdiction
from router.registry.levels import GOVERNMENT_LEVELS, PLACE, PROVINCE, REGENCY
from router.registry.registry import Registry

# A topic with a higher score (log-odds) settles the matter; the rest of the score adds nothing.
_SETTLING_SCORE = 5.0
# A topic with this score is certainly spoken of.
_CLEAR_SCORE = 2.5
# Governments of a level in a sentence.
_GOVERNMENTS = {
    REGENCY: "pemerintah kabupaten/kota",
    PROVINCE: "pemerintah provinsi",
    PLACE: "pemerintah daerah",
}
# A question for rules and not for help is answered by the institution that makes them, wherever the citizen lives.
_QUESTION_WORDS = frozenset(
    (
        "apakah",
        "bagaimana",
        "berapa",
        "syarat",
        "persyaratan",
        "informasi",
        "info",
        "tanya",
        "bertanya",
        "menanyakan",
        "kapan",
        "benarkah",
    )
)


class TopicEvidence:
    """See `router.evidence.collector.EvidenceSource`."""

    def __init__(self, registry: Registry, jurisdiction: Jurisdiction, competence: CompetenceTable) -> None:
        self._registry = registry
        self._jurisdiction = jurisdiction
        self._competence = competence

    def collect(self, report: AnalyzedReport) -> Iterator[Evidence]:
        """Yield evidence for the competent institution of each topic, then for those that come next."""
        region = report.location.best.code if report.location.best else ""
        is_question = _is_question(report)
        for topic in report.topics:
            row = self._competence.find(topic.name, region)
            if row is None:
                continue
            strength = min(topic.score, _SETTLING_SCORE)
            if topic.is_background and self._has_local_matter(report, region):
                strength = min(strength, HINT_SCORE)
            yield from self._competent(row, topic, strength, report.location)
            kind: EvidenceKind = "policy" if is_question and row.is_regional and not region else "next"
            for next_code in row.then:
                code = (
                    self._jurisdiction.government_of(next_code, region) if next_code in GOVERNMENT_LEVELS else next_code
                )
                yield from self._following(row, code, kind, topic, strength)

    def _has_local_matter(self, report: AnalyzedReport, region: str) -> bool:
        """Return True if the report tells of a matter of the government of its place, beside who somebody is."""
        rows = (
            self._competence.find(topic.name, region)
            for topic in report.topics
            if not topic.is_background and topic.score >= _CLEAR_SCORE
        )
        return bool(region) and any(row is not None and row.is_regional for row in rows)

    def _competent(
        self, row: Competence, topic: Topic, strength: float, location: ReportLocation
    ) -> Iterator[Evidence]:
        if row.is_regional:
            return self._regional(row, topic, strength, location)
        return self._national(row, row.institution, "matter" if strength > HINT_SCORE else "hint", topic, strength)

    def _national(
        self, row: Competence, code: str, kind: EvidenceKind, topic: Topic, strength: float
    ) -> Iterator[Evidence]:
        for institution in self._registry.current_institutions(code):
            yield Evidence(institution, kind, strength, row.id, self._explain(row, topic, institution), topic.name)

    def _following(
        self, row: Competence, code: str, kind: EvidenceKind, topic: Topic, strength: float
    ) -> Iterator[Evidence]:
        """Yield evidence for institutions that come next. The law of the row names another one as competent."""
        first = _GOVERNMENTS.get(row.institution) or self._registry.name_of(row.institution)
        for institution in self._registry.current_institutions(code):
            name = self._registry.name_of(institution)
            explanation = (
                f"Daerahnya tidak disebut; pertanyaan tentang “{topic.quote}” dapat dijawab {name}."
                if kind == "policy"
                else f"“{topic.quote}” pertama-tama urusan {first} ({row.basis}), berikutnya {name}."
            )
            yield Evidence(institution, kind, strength, row.id, explanation, topic.name)

    def _regional(self, row: Competence, topic: Topic, strength: float, location: ReportLocation) -> Iterator[Evidence]:
        highest_certainty = 0.0
        governments = located_governments(self._jurisdiction.government_of, row.institution, location)
        for code, certainty in governments:
            highest_certainty = max(highest_certainty, certainty)
            explanation = self._explain(row, topic, code)
            yield Evidence(code, "local-matter", strength * certainty, row.id, explanation, topic.name)
        if highest_certainty <= PROVINCE_ONLY_FACTOR:
            explanation = f"“{topic.quote}” adalah urusan pemerintah daerah, tetapi daerahnya tidak disebut."
            yield Evidence(TRIAGE, "unplaced", strength * (1 - highest_certainty), row.id, explanation, topic.name)

    def _explain(self, row: Competence, topic: Topic, code: str) -> str:
        return f"“{topic.quote}” adalah urusan {self._registry.name_of(code)} ({row.basis})."


def _is_question(report: AnalyzedReport) -> bool:
    return "?" in report.text.text or not _QUESTION_WORDS.isdisjoint(report.text.different_forms)
