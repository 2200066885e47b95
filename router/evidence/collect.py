"""Looks for all that speaks for an institution in a report: topics, names, units, places. Pure; it weighs nothing."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from language.phrase_lexicon import LexiconMatch, PhraseLexicon
from language.places.finder import NamingKind, PlaceFinder
from language.places.landmarks import Landmarks
from messages.shapes import Report
from router.evidence.competence import Competence, CompetenceTable
from router.evidence.evidence import Evidence, Kind
from router.evidence.text import ReportReader, ReportText
from router.evidence.topics import Topic, Topics
from router.location.location import ReportLocation, locate_report
from router.location.scoring import PlaceCandidate
from router.registry.agencies import governs
from router.registry.jurisdiction import JAKARTA, Jurisdiction
from router.registry.name_resolver import NameResolver
from router.registry.registry import TRIAGE, Agency, Registry
from router.registry.units import BY_PLACE, PLACE, PROVINCE, Unit, UnitMention

# More topics are remarks; a score above this settles the matter, whatever else is said.
_MOST_TOPICS = 6
_SETTLED = 5.0
_PLACES = 4
# A topic with less is a hint: the place says as much.
_TELLS = 1.5
# A unit's own topic, and a kind of unit that many institutions have (“dinas”): hints.
_UNIT_TOPIC = 1.0
_OPEN_UNIT = 0.4
# “BPJS” alone is one of two.
_ONE_OF_SEVERAL = 0.7
# Where nothing says which part of a split institution it is, the one that kept its core is likelier than the others.
_OTHER_SUCCESSOR = 0.5
# Where only the province is known, a city's matter is hardly placed.
_ONLY_PROVINCE = 0.4
# Alone these are lines of an address; who works there is said otherwise (camat, kantor kelurahan).
_ADDRESS = frozenset(("kecamatan", "kelurahan", "desa", "distrik", "kampung", "nagari", "gampong", "kalurahan"))
_SAID = frozenset((NamingKind.SAID, "code", "field"))
# What asks for rules and not for help is answered by whoever makes the rules, wherever the citizen lives.
_ASKS = frozenset(
    [
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
    ]
)
# “Yth. Bapak Menteri Kesehatan” at the very beginning is a salutation, whatever the letter is about.
_SALUTATION = re.compile(
    r"(?:\byth|\bkepada|\bkpd|\bkepd|\bdear|\bhalo|\bbapak|\bbpk|\bibu|\bpak|\bbu)\b[\s.,:;]*(?:\w+[\s.,:;]+){0,3}$",
    re.IGNORECASE,
)
_SALUTATION_WITHIN = 80
# “depan kantor pos”, “dekat Unpad”: where it is; “dari Kota Bogor”: where somebody comes from.
_BESIDE = frozenset(("depan", "dekat", "samping", "sebelah", "seberang", "belakang", "sekitar", "kawasan", "sekitaran"))
_REGIONS = frozenset(("kota", "kabupaten", "kab", "provinsi", "prov"))
_ELSEWHERE = frozenset(("dari", "ke", "asal", "asli", "bukan", "selain", "orang"))
_CALLS = frozenset(
    ("tolong", "mohon", "harap", "kapan", "kenapa", "mengapa", "bagaimana", "mana", "apakah", "pak", "saya")
)
_FIRST = re.compile(r"\W*(?:(?:@?lapor\w*|assalam\w*|selamat \w+|halo|hallo|untuk|ke)\W+)*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CollectedEvidence:
    """What a report says: the signs, its topics (the strongest first), and where it is about."""

    evidence: tuple[Evidence, ...]
    topics: tuple[Topic, ...]
    location: ReportLocation


class EvidenceCollector:
    """Finds the signs in reports, by one version of what operators keep.

    `names` are the phrases by which institutions are named, in the normal form of words.
    """

    def __init__(
        self,
        reader: ReportReader,
        registry: Registry,
        name_resolver: NameResolver,
        governments: Jurisdiction,
        names: PhraseLexicon[Agency],
        topics: Topics,
        competence: CompetenceTable,
        atlas: PlaceFinder,
        landmarks: Landmarks,
    ) -> None:
        self._reader = reader
        self._registry = registry
        self._name_resolver = name_resolver
        self._governments = governments
        self._names = names
        self._topics = topics
        self._competence = competence
        self._atlas = atlas
        self._landmarks = landmarks

    def collect(self, report: Report) -> CollectedEvidence:
        """All signs in a report; always one that nobody could tell."""
        reading = self._reader.read(report)
        units = self._registry.units.find(reading.mended)
        named = self._names.find(reading.normals)
        spans = [(unit.start, unit.end) for unit in units]
        names = [reading.span(hit.first, hit.end) for hit in named if not hit.meaning.regional]
        where = locate_report(report, reading.words, self._atlas, self._landmarks, spans, names)
        topics = self._about(reading, named, units)
        meant = [hit for hit in _apart(named) if not _passing(reading, hit)]
        signs = (
            Evidence(TRIAGE, "nobody", 1.0, "no-evidence", "Tidak cukup petunjuk tentang instansi yang berwenang."),
            *self._matters(reading, topics, where),
            *self._addressed(report, where),
            *self._named(reading, meant, topics),
            *self._units(reading, [one for one in units if not _within(one, named)], where),
            *self._operators(reading),
            *(self._places(where, _branches(reading, meant)) if _only_placed(reading, meant, topics) else ()),
        )
        return CollectedEvidence(signs, topics, where)

    def _about(
        self, reading: ReportText, named: Sequence[LexiconMatch[Agency]], units: Sequence[UnitMention]
    ) -> tuple[Topic, ...]:
        """The topics of the words, then those that units hint at; a part of an institution's name is no topic."""
        # “Kabupaten Batu Bara” has no coal in it; what a government is called by besides (Trans Jateng) may be a topic.
        names = [
            (hit.first + hit.meaning.regional, hit.end)
            for hit in named
            if hit.end - hit.first > 1
            and (not hit.meaning.regional or governs(" ".join(reading.normals[hit.first : hit.end])))
        ]
        spoken = self._topics.find(reading.normals, names)[:_MOST_TOPICS]
        known = {topic.name for topic in spoken}
        hints = {
            one.unit.topic: Topic(one.unit.topic, _UNIT_TOPIC, ((one.first, one.last),))
            for one in units
            if one.unit.topic and one.unit.topic not in known
        }
        quoted = (*spoken, *hints.values())
        return tuple(topic.quoting(reading.written) for topic in quoted)

    def _matters(self, reading: ReportText, topics: Sequence[Topic], where: ReportLocation) -> Iterator[Evidence]:
        best = where.best.code if where.best else ""
        asks = "?" in reading.text or not _ASKS.isdisjoint(reading.normals)
        for topic in topics:
            if row := self._competence.of(topic.name, best):
                strength = min(topic.score, _SETTLED)
                if row.regional:
                    yield from self._local(row, topic, strength, where)
                else:
                    hints: Kind = "matter" if strength > _TELLS else "hint"
                    yield from self._matter(row, row.institution, hints, topic, strength)
                for level in row.then:
                    code = self._governments.of(level, best) if level in BY_PLACE else level
                    kind: Kind = "policy" if asks and row.regional and not best else "next"
                    yield from self._matter(row, code, kind, topic, strength)

    def _matter(self, row: Competence, code: str, kind: Kind, topic: Topic, strength: float) -> Iterator[Evidence]:
        for current in self._registry.current_institutions(code):
            yield Evidence(current, kind, strength, row.id, self._says(row, topic, current), topic.name)

    def _local(self, row: Competence, topic: Topic, strength: float, where: ReportLocation) -> Iterator[Evidence]:
        placed = 0.0
        for code, certainty in self._governed(row.institution, where):
            placed = max(placed, certainty)
            yield Evidence(code, "local-matter", strength * certainty, row.id, self._says(row, topic, code), topic.name)
        if placed <= _ONLY_PROVINCE:
            says = f"“{topic.words}” adalah urusan pemerintah daerah, tetapi daerahnya tidak disebut."
            yield Evidence(TRIAGE, "unplaced", strength * (1 - placed), row.id, says, topic.name)

    def _governed(self, level: str, where: ReportLocation) -> Iterator[tuple[str, float]]:
        """The governments on a level where the report may be about, each with how certain that is."""
        candidates = where.candidates[:_PLACES]
        within = {candidate.province for candidate in candidates if candidate.code != candidate.province}
        for candidate in candidates:
            vague = level != PROVINCE and candidate.code == candidate.province and not _meant(candidate)
            # A name that is the province's and a city's in it means the city, where it is the city's matter.
            if vague and candidate.province in within:
                continue
            if code := self._governments.of(level, candidate.code):
                yield code, candidate.certainty * (_ONLY_PROVINCE if vague else 1.0)

    def _says(self, row: Competence, topic: Topic, code: str) -> str:
        return f"“{topic.words}” adalah urusan {self._registry.name_of(code)} ({row.basis})."

    def _addressed(self, report: Report, where: ReportLocation) -> Iterator[Evidence]:
        """What is written in the field for it is meant as the addressee; what stands in the text may be a remark."""
        if report.agency:
            place = [candidate.code for candidate in where.candidates[:1]]
            for code in self._name_resolver.resolve(report.agency, place).institutions[:1]:
                # Not what was typed: people write into any field who they are.
                says = f"Pelapor menujukan laporan kepada {self._registry.name_of(code)}."
                yield Evidence(code, "addressed", 1.0, "addressed", says)

    def _named(
        self, reading: ReportText, named: Sequence[LexiconMatch[Agency]], topics: Sequence[Topic]
    ) -> Iterator[Evidence]:
        for hit in named:
            said: Kind = "government" if hit.meaning.regional else "named"
            kind: Kind = "greeted" if _greeted(reading, hit.first, hit.end) else said
            words = reading.written(hit.first, hit.end)
            for place, code in enumerate(self._successors(hit.meaning, topics)):
                says = f"Laporan menyebut “{words}”: {self._registry.name_of(code)}."
                yield Evidence(code, kind, 1.0 if place == 0 else _OTHER_SUCCESSOR, "named", says)

    def _successors(self, agency: Agency, topics: Sequence[Topic]) -> Sequence[str]:
        """Of an institution that was split the part whose matter it is; where that is not said, all, the core first."""
        current = self._registry.current_institutions(agency.code)
        if len(current) > 1:
            rows = (self._competence.of(topic.name, "") for topic in topics)
            theirs = [row.institution for row in rows if row and row.institution in current]
            return theirs[:1] or current
        return current

    def _units(self, reading: ReportText, units: Sequence[UnitMention], where: ReportLocation) -> Iterator[Evidence]:
        """Units that are whoever's the place is, or one of several's; those of one institution are found by name."""
        for one in (one for one in units if one.unit.pattern not in _ADDRESS):
            words = reading.written(one.first, one.last)
            strength = _OPEN_UNIT if one.unit.open else 1.0
            kind: Kind = "greeted" if _greeted(reading, one.first, one.last) else "unit"
            for level in one.unit.institutions:
                for code, certainty in self._whose(one.unit, level, where):
                    says = f"Laporan menyebut “{words}”: {self._registry.name_of(code)}."
                    yield Evidence(code, kind, strength * certainty, "unit", says)
                if not where.candidates and level in BY_PLACE:
                    says = f"“{words}” ada di banyak daerah, dan daerahnya tidak disebut."
                    yield Evidence(TRIAGE, "unplaced", strength, "unit", says)

    def _whose(self, unit: Unit, level: str, where: ReportLocation) -> Iterator[tuple[str, float]]:
        if level in BY_PLACE:
            yield from self._governed(level, where)
        elif len(unit.institutions) > 1:
            yield from ((code, _ONE_OF_SEVERAL) for code in self._registry.current_institutions(level))

    def _operators(self, reading: ReportText) -> Iterator[Evidence]:
        for seen in self._landmarks.find(reading.mended):
            for code in self._registry.current_institutions(seen.landmark.operator):
                says = f"“{reading.quoted(seen.start, seen.end)}” dikelola {self._registry.name_of(code)}."
                yield Evidence(code, "operator", 1.0, "landmark", says)

    def _places(self, where: ReportLocation, branches: Collection[int]) -> Iterator[Evidence]:
        for candidate in where.candidates[:_PLACES]:
            if all(evidence.start in branches for evidence in candidate.evidence):
                continue
            if code := self._governments.of(PLACE, candidate.code):
                named = ", ".join(f"“{evidence.words}”" for evidence in candidate.evidence[:2])
                says = f"Tempatnya: {self._registry.name_of(code)} ({named})."
                yield Evidence(code, "place", candidate.certainty, "place", says)


def _only_placed(reading: ReportText, named: Sequence[LexiconMatch[Agency]], topics: Sequence[Topic]) -> bool:
    """Whether a place says as much as all else: no topic tells, and no institution is named that would have a branch.

    A salutation names none.
    """
    if topics and topics[0].score > _TELLS:
        return False
    return all(hit.meaning.regional or _greeted(reading, hit.first, hit.end) for hit in named)


def _branches(reading: ReportText, named: Sequence[LexiconMatch[Agency]]) -> Collection[int]:
    """Where the words right behind an institution's name begin: a place there is its branch's."""
    ends = [hit.end for hit in named if not hit.meaning.regional and hit.end < len(reading.words)]
    return {reading.words[end].start for end in ends}


def _apart(named: Sequence[LexiconMatch[Agency]]) -> Iterator[LexiconMatch[Agency]]:
    """Names without those that share a word with one before that means the same institution."""
    before: LexiconMatch[Agency] | None = None
    for hit in named:
        if before is None or hit.first >= before.end or hit.meaning is not before.meaning:
            yield hit
        before = hit


def _within(one: UnitMention, named: Sequence[LexiconMatch[Agency]]) -> bool:
    """Whether a unit is a part of an institution's name (bupati Sampang)."""
    return any(hit.first <= one.first and one.last <= hit.end for hit in named)


def _passing(reading: ReportText, hit: LexiconMatch[Agency]) -> bool:
    """Whether an institution is only where something is, or a government its region, or where somebody comes from."""
    before = reading.normals[hit.first - 1] if hit.first else ""
    region = hit.meaning.regional and (before in _ELSEWHERE or reading.normals[hit.first] in _REGIONS)
    return region or before in _BESIDE


def _meant(candidate: PlaceCandidate) -> bool:
    """Whether a province is meant itself: it is called one, or was picked and nothing within it; Jakarta always."""
    said = any(evidence.kind in _SAID for evidence in candidate.evidence)
    return said or candidate.code == JAKARTA


def _greeted(reading: ReportText, first: int, end: int) -> bool:
    """Whether who is named is only spoken to: in the salutation, first of all and called, or as an account."""
    start = reading.words[first].start
    before = reading.text[:start]
    if before.endswith("@"):
        return True
    body = before.partition("\n")[2] if "\n" in before else before
    if len(body) >= _SALUTATION_WITHIN:
        return False
    if not body.strip():
        # “PLN, tolong”, but not “Kapal Pelni penuh sesak”.
        after = reading.text[reading.words[end - 1].end :].lstrip(" ")
        return not after or not after[0].isalnum() or (end < len(reading.normals) and reading.normals[end] in _CALLS)
    return bool(_SALUTATION.search(body) or _FIRST.fullmatch(body))
