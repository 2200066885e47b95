"""Evidence from units of institutions and from places: the governments of the places."""

from collections.abc import Collection, Iterator

from messages.shapes import Place
from messages.topics import TRIAGE
from router.evidence.analyzed_report import AnalyzedReport
from router.evidence.evidence import Evidence, EvidenceKind
from router.evidence.located_governments import MAX_PLACES, located_governments
from router.evidence.salutation import is_salutation
from router.evidence.topics import HINT_SCORE
from router.location.place_evidence import PlaceCandidate, ReportLocation
from router.registry.jurisdiction import Jurisdiction
from router.registry.levels import GOVERNMENT_LEVELS, PLACE
from router.registry.registry import Registry
from router.registry.units import Unit, UnitMention

# A kind of unit that many institutions have (“dinas”) is a hint.
_OPEN_UNIT_STRENGTH = 0.4
# A unit of one of several institutions: “BPJS” alone is one of two.
_ONE_OF_SEVERAL_STRENGTH = 0.7
# Alone these are lines of an address. The officials there are named otherwise (camat, kantor kelurahan).
ADDRESS_UNITS = frozenset(("kecamatan", "kelurahan", "desa", "distrik", "kampung", "nagari", "gampong", "kalurahan"))
# The place of a text without any matter counts so much.
_WITHOUT_MATTER_STRENGTH = 0.5
# Words of trouble and request, in normal form.
_MATTER_WORDS = frozenset(
    (
        *("mohon", "tolong", "harap", "minta", "lapor", "melaporkan", "laporkan", "keluhan", "mengeluh", "mengadu"),
        *("warga", "masyarakat", "penduduk", "petugas", "pemerintah", "pejabat", "pelayanan", "layanan", "rakyat"),
        *("rusak", "mati", "bocor", "roboh", "ambruk", "gelap", "kotor", "bau", "bahaya", "berbahaya", "lubang"),
        *("berlubang", "macet", "banjir", "jebol", "amblas", "putus", "rawan", "licin", "semak", "liar", "bising"),
        *("perbaiki", "diperbaiki", "dibangun", "ditindak", "tindak", "ditindaklanjuti", "bantuan", "izin"),
        *("situs", "laman", "website", "web", "go", "dibuka", "pengaduan", "aduan"),
        *("jalan", "jembatan", "sungai", "tower", "sekolah", "rumah", "air", "tanah", "sampah", "lampu", "desa"),
        *("parkir", "kendaraan", "truk", "angkot", "halte", "terminal", "pasar", "taman", "kantor", "proyek"),
        *("trotoar", "got", "selokan", "kali", "kabel", "tiang", "pohon", "perumahan", "rt", "rw", "lurah", "camat"),
        # Words that address an official.
        *("kepada", "yth", "bapak", "pak", "bupati", "walikota", "gubernur"),
    )
)
# At most so many pieces of text are quoted for one place.
_MAX_QUOTES = 2


class UnitEvidence:
    """Evidence from units whose institution depends on their place, or is one of several.

    Units of one institution are found by its names. See `router.evidence.collector.EvidenceSource`.
    """

    def __init__(self, registry: Registry, jurisdiction: Jurisdiction) -> None:
        self._registry = registry
        self._jurisdiction = jurisdiction

    def collect(self, report: AnalyzedReport) -> Iterator[Evidence]:
        """Yield evidence for the institutions of each unit."""
        for mention in addressed_units(report):
            yield from self._unit_evidence(report, mention)

    def _unit_evidence(self, report: AnalyzedReport, mention: UnitMention) -> Iterator[Evidence]:
        quote = report.text.quote_words(mention.first, mention.last)
        strength = _OPEN_UNIT_STRENGTH if mention.unit.is_open else 1.0
        kind: EvidenceKind = "greeted" if is_salutation(report.text, mention.first, mention.last) else "unit"
        for level in mention.unit.institutions:
            for code, certainty in self._institutions(mention.unit, level, report.location):
                explanation = f"Laporan menyebut “{quote}”: {self._registry.name_of(code)}."
                yield Evidence(code, kind, strength * certainty, "unit", explanation)
            if not report.location.candidates and level in GOVERNMENT_LEVELS:
                explanation = f"“{quote}” ada di banyak daerah, dan daerahnya tidak disebut."
                yield Evidence(TRIAGE, "unplaced", strength, "unit", explanation)

    def _institutions(self, unit: Unit, level: str, location: ReportLocation) -> Iterator[tuple[str, float]]:
        if level in GOVERNMENT_LEVELS:
            yield from located_governments(self._jurisdiction.government_of, level, location)
        elif len(unit.institutions) > 1:
            yield from ((code, _ONE_OF_SEVERAL_STRENGTH) for code in self._registry.current_institutions(level))


def addressed_units(report: AnalyzedReport) -> tuple[UnitMention, ...]:
    """Return the units of a report without the lines of an address."""
    return tuple(mention for mention in report.units if mention.unit.pattern not in ADDRESS_UNITS)


class LocationEvidence:
    """Evidence from the places alone, if nothing else says more. See `router.evidence.collector.EvidenceSource`."""

    def __init__(self, registry: Registry, jurisdiction: Jurisdiction) -> None:
        self._registry = registry
        self._jurisdiction = jurisdiction

    def collect(self, report: AnalyzedReport) -> Iterator[Evidence]:
        """Yield evidence for the government of each place, unless a topic or an institution says more."""
        if not _place_decides(report):
            return
        branch_starts = _branch_starts(report)
        strength = 1.0 if _has_matter(report) else _WITHOUT_MATTER_STRENGTH
        for candidate in report.location.candidates[:MAX_PLACES]:
            if _is_only_branch(candidate, branch_starts):
                continue
            if code := self._jurisdiction.government_of(PLACE, candidate.code):
                explanation = self._explain(code, candidate)
                yield Evidence(code, "place", strength * candidate.certainty, "place", explanation)

    def _explain(self, code: str, candidate: PlaceCandidate) -> str:
        quotes = ", ".join(f"“{evidence.text}”" for evidence in candidate.evidence[:_MAX_QUOTES])
        return f"Tempatnya: {self._registry.name_of(code)} ({quotes})."


def _place_decides(report: AnalyzedReport) -> bool:
    """Return True if no topic is more than a hint and no institution is named that would have a branch at the place.

    A salutation does not count as a name.
    """
    if report.topics and report.topics[0].score > HINT_SCORE:
        return False
    return all(
        match.meaning.is_regional or is_salutation(report.text, match.first, match.end) for match in report.institutions
    )


def _has_matter(report: AnalyzedReport) -> bool:
    """Return True if the report has a topic, a unit, an institution, a form or a word of trouble or request.

    “Konser kemarin di Makassar seru” only mentions a place.
    """
    has_match = bool(report.topics or report.units or report.institutions)
    has_form = report.report.place != Place() or bool(report.report.agency)
    return has_match or has_form or not _MATTER_WORDS.isdisjoint(report.text.different_forms)


def _branch_starts(report: AnalyzedReport) -> Collection[int]:
    """Return the positions behind names of institutions: a place that begins there is the place of a branch."""
    words = report.text.words
    ends = [match.end for match in report.institutions if not match.meaning.is_regional and match.end < len(words)]
    return {words[end].start for end in ends}


def _is_only_branch(candidate: PlaceCandidate, branch_starts: Collection[int]) -> bool:
    return all(evidence.start in branch_starts for evidence in candidate.evidence)
