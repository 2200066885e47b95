"""Finds a second matter in a report, for which another agency would be competent. Pure.

“Jalan rusak dan listrik PLN sering padam” tells of two. Most reports that name several subjects tell of one: causes,
consequences, places and wishes are no second matter. So it is found only if the report adds it in words, and tells a
fault of each. Two matters of local governments count as one: their levels share most of them.
"""

from language.spans import Span
from messages.shapes import SecondMatter
from messages.topics import TRIAGE
from router.evidence.competence import Competence
from router.evidence.evidence import CollectedEvidence
from router.evidence.located_governments import located_governments
from router.evidence.reading.report_text import ReportText
from router.evidence.topics import HINT_SCORE, Topic
from router.registry.levels import GOVERNMENT_LEVELS
from router.rules import Rules

# Words by which a report adds a matter, in normal form: those that begin a clause, and those inside one.
_JOINING_WORDS = frozenset(("dan", "serta", "selain", "plus", "ditambah"))
_ADDING_WORDS = _JOINING_WORDS | {"juga", "pula"}
# Words by which a clause gives a cause or a consequence of the matter.
_CAUSAL_WORDS = frozenset(
    (
        *("karena", "sebab", "akibat", "akibatnya", "sehingga", "hingga", "maka", "imbas", "ikut", "terpaksa"),
        *("terkena", "kena", "terdampak", "gara"),
    )
)
# Words before a subject that is only a purpose, a time, a condition, an example or a part of the matter.
_LINKING_WORDS = frozenset(
    (
        *("untuk", "agar", "supaya", "demi", "guna", "kalau", "jika", "bila", "apabila", "saat", "ketika", "waktu"),
        *("seperti", "misalnya", "contohnya", "contoh", "bukan", "daripada", "padahal", "yang", "setelah", "sebelum"),
        *("sampai", "jadi", "ke", "lewat", "melalui", "dari"),
    )
)
# Words that tell a fault or a lack, in normal form.
_FAULT_WORDS = frozenset(
    (
        *("rusak", "mati", "padam", "bocor", "roboh", "ambruk", "gelap", "kotor", "bau", "berlubang", "lubang"),
        *("banjir", "jebol", "amblas", "putus", "hilang", "macet", "mampet", "tersumbat", "menumpuk", "tumbang"),
        *("tidak", "belum", "tanpa", "kurang", "susah", "sulit", "lambat", "lemot", "lama", "mahal", "langka"),
        *("parah", "buruk", "jelek", "gangguan", "error", "ditolak", "dipersulit", "pungli", "liar", "resah"),
        *("keruh", "antre", "antrean", "tutup", "terbakar", "longsor", "retak", "miring", "ambles", "hangus"),
        *("terpotong", "meledak", "kosong", "habis", "gagal", "mangkrak", "terlambat", "telat", "kering", "meluap"),
    )
)
_FAULT_PHRASE_WORDS = _FAULT_WORDS | {"sering", "selalu", "sudah"}
_CLAUSE_ENDS = frozenset(".,;!?\n")


def find_second_matter(collected: CollectedEvidence, main_topic: str, agency: str, rules: Rules) -> SecondMatter | None:
    """Return the strongest further matter for another agency than `agency`; `None` if the report tells of one matter.

    `main_topic` is the topic by which the report went to its agency.
    """
    main = next((topic for topic in collected.topics if topic.name == main_topic), None)
    if main is None:
        return None
    region = collected.location.best.code if collected.location.best else ""
    main_row = rules.competence.find(main.name, region)
    for topic in collected.topics:
        if topic is main or topic.score <= HINT_SCORE:
            continue
        row = rules.competence.find(topic.name, region)
        if row is None or main_row is None or _are_related(main_row, row):
            continue
        second_agency = _agency(row, collected, rules)
        if second_agency not in {agency, TRIAGE} and _is_added(collected.text, main, topic):
            return SecondMatter(topic=topic.name, agency=second_agency)
    return None


def _are_related(first: Competence, second: Competence) -> bool:
    """Return whether one institution is competent for both, or next for one of them, or both are of governments."""
    if first.is_regional and second.is_regional:
        return True
    firsts, seconds = {first.institution, *first.then}, {second.institution, *second.then}
    return not ({first.institution} & seconds | {second.institution} & firsts) <= GOVERNMENT_LEVELS


def _agency(row: Competence, collected: CollectedEvidence, rules: Rules) -> str:
    """Return the agency of a matter; empty if it depends on a place that is not known."""
    if row.is_regional:
        governments = located_governments(rules.jurisdiction.government_of, row.institution, collected.location)
        institution = next((code for code, _ in governments), "")
        return rules.registry.receiving_agency(institution) if institution else ""
    institutions = rules.registry.current_institutions(row.institution)
    return rules.registry.receiving_agency(institutions[0]) if institutions else TRIAGE


def _is_added(text: ReportText, first: Topic, second: Topic) -> bool:
    """Return whether two topics stand in clauses of their own that tell a fault each, the later one as an addition."""
    words = text.normal_forms
    (earlier_start, earlier_end), (later_start, later_end) = sorted((_hull(first), _hull(second)))
    start, end = _clause_start(text, later_start), _clause_end(text, later_end)
    if start < earlier_end or start != _clause_start(text, later_end - 1):
        return False
    if _FAULT_PHRASE_WORDS.issuperset(words[later_start:later_end]):
        # “Jalannya berlubang dan macet”: the fault of the same thing.
        return False
    clause, clause_before = words[start:end], words[_clause_start(text, start - 1) : start]
    earlier_clause = words[_clause_start(text, earlier_start) : _clause_end(text, earlier_end)]
    if words[start] in _JOINING_WORDS and _FAULT_WORDS.isdisjoint(clause_before):
        # “Kulkas dan televisi rusak”: two things with one fault.
        return False
    return (
        not _ADDING_WORDS.isdisjoint(clause)
        and all(not _FAULT_WORDS.isdisjoint(part) for part in (clause, earlier_clause))
        and _CAUSAL_WORDS.isdisjoint(clause)
        and _LINKING_WORDS.isdisjoint(words[start:later_start])
    )


def _hull(topic: Topic) -> Span:
    return topic.spans[0][0], topic.spans[-1][1]


def _clause_start(text: ReportText, position: int) -> int:
    """Return the first word of the clause in which a word stands. An adding word begins a clause."""
    while position > 0 and not _is_boundary(text, position):
        position -= 1
    return position


def _clause_end(text: ReportText, position: int) -> int:
    """Return the position behind the clause that holds the word before `position`."""
    while position < len(text.words) and not _is_boundary(text, position):
        position += 1
    return position


def _is_boundary(text: ReportText, position: int) -> bool:
    gap = text.text[text.words[position - 1].end : text.words[position].start]
    return not _CLAUSE_ENDS.isdisjoint(gap) or text.normal_forms[position] in _JOINING_WORDS
