"""Passages of a report that name an institution or a programme without being about it.

“Mengaku petugas PLN” names whom an impostor poses as, “depan kantor PLN” describes a place, and “kalau prakerja bisa
daring, kenapa KTP tidak” compares. Positions are those of words.
"""

from collections.abc import Collection, Iterator, Sequence

from language.spans import Span
from router.evidence.report_text import ReportText

# “depan kantor pos”, “dekat Unpad”: the institution describes a place.
_BESIDE_WORDS = frozenset(
    ("depan", "dekat", "samping", "sebelah", "seberang", "belakang", "sekitar", "kawasan", "sekitaran")
)
# Things of an institution between such a word and its name: “dekat tiang Telkom”, “samping gardu PLN”.
_THINGS_OF_INSTITUTIONS = frozenset(
    (
        *("kantor", "gedung", "gardu", "tiang", "rumah", "dinas", "jabatan", "loket", "pom", "bensin", "spbu", "atm"),
        *("pos", "gudang", "pabrik", "kampus", "pagar", "tembok", "halaman", "gerbang", "pintu", "menara", "tower"),
    )
)
_MAX_THINGS = 3
# “mengaku petugas pajak”; “mengaku” alone also means “to state”.
_CLAIMING_WORDS = frozenset(("mengaku", "ngaku", "pura", "berpura"))
_ROLE_WORDS = frozenset(
    (
        *(
            "dari",
            "sebagai",
            "jadi",
            "petugas",
            "pegawai",
            "karyawan",
            "staf",
            "staff",
            "pihak",
            "orang",
            "utusan",
            "tim",
        ),
        *("polisi", "tentara", "anggota", "aparat", "pejabat", "admin", "cs", "customer", "kantor", "pura"),
    )
)
# Words of impostors alone: “mengatasnamakan Kemensos”.
_IMPOSTOR_WORDS = frozenset(("mengatasnamakan", "namakan", "menyamar", "berkedok", "mencatut"))
_POSING_WORDS = _CLAIMING_WORDS | _IMPOSTOR_WORDS
_MAX_IMPERSONATED_WORDS = 6
_CLAUSE_ENDS = frozenset(".,;!?\n")
_SENTENCE_ENDS = frozenset(".!?\n")
# “Kalau X bisa …, mengapa Y”, “sanggup membangun X, tetapi Y”: the matter is Y.
_CONDITIONS = frozenset(("kalau", "jika"))
_ABILITIES = frozenset(("bisa", "mampu", "sanggup", "punya", "ada"))
_QUESTIONS = frozenset(("mengapa", "masa", "kok"))
_ACHIEVEMENTS = frozenset(("sanggup", "mampu", "sibuk"))
_OPPOSITIONS = frozenset(("tetapi", "namun", "sedangkan", "sementara"))
_OPENING_WORDS = _CONDITIONS | _ACHIEVEMENTS
_MAX_COMPARED_WORDS = 14


def place_description_start(text: ReportText, first: int) -> int | None:
    """Return where the description of a place begins that ends in the name at word `first`; `None` if there is none."""
    words = text.normal_forms
    for position in range(first - 1, max(first - _MAX_THINGS - 2, -1), -1):
        if words[position] in _BESIDE_WORDS:
            return position
        if words[position] not in _THINGS_OF_INSTITUTIONS:
            return None
    return None


def impersonation_spans(text: ReportText, institution_starts: Collection[int]) -> Iterator[Span]:
    """Yield the words after those by which an impostor is said to pose as somebody, to the end of the clause."""
    words = text.normal_forms
    # Few reports have such a word.
    for position in _positions_of(_POSING_WORDS, words[:-1]):
        word = words[position]
        following = position + 1
        is_role = words[following] in _ROLE_WORDS or following in institution_starts
        if word in _IMPOSTOR_WORDS or (word in _CLAIMING_WORDS and is_role):
            yield following, _clause_end(text, following, following + _MAX_IMPERSONATED_WORDS, _CLAUSE_ENDS)


def comparison_spans(text: ReportText) -> Iterator[Span]:
    """Yield what a matter is only compared with: the words before the question or the opposition in one sentence."""
    for first in _positions_of(_OPENING_WORDS, text.normal_forms):
        closing_words = _QUESTIONS if text.normal_forms[first] in _CONDITIONS else _OPPOSITIONS
        if end := _closing_position(text, first, closing_words):
            yield first, end


def _positions_of(searched_words: frozenset[str], words: Sequence[str]) -> Sequence[int]:
    if searched_words.isdisjoint(words):
        return ()
    return [position for position, word in enumerate(words) if word in searched_words]


def _closing_position(text: ReportText, first: int, closing_words: Collection[str]) -> int:
    """Return the position of a closing word in the same sentence behind a word of ability; 0 if there is none."""
    end = _clause_end(text, first, first + _MAX_COMPARED_WORDS, _SENTENCE_ENDS)
    words = text.normal_forms[first:end]
    closing = next((position for position, word in enumerate(words) if word in closing_words), 0)
    return first + closing if closing and not _ABILITIES.union(_ACHIEVEMENTS).isdisjoint(words[:closing]) else 0


def _clause_end(text: ReportText, first: int, limit: int, ends: frozenset[str]) -> int:
    """Return the position behind the words from `first` on up to punctuation of `ends`, at most `limit`."""
    end = first + 1
    while end < min(limit, len(text.words)):
        if not ends.isdisjoint(text.text[text.words[end - 1].end : text.words[end].start]):
            break
        end += 1
    return end
