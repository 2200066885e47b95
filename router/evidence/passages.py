"""Passages of a report that name an institution or a programme without being about it.

“Mengaku petugas PLN” names whom an impostor poses as, “depan kantor PLN” describes a place, “kalau prakerja bisa
daring, kenapa KTP tidak” compares, “butuh untuk daftar SNBT” names a purpose, “saya driver Gojek” says who writes, and
“antre paspor? bukan” denies. Positions are those of words.
"""

from collections.abc import Collection, Iterator, Sequence

from language.spans import Span
from router.evidence.reading.report_text import ReportText

# “depan kantor pos”, “perempatan PLN”: the words that follow describe a place, also if they are a topic's.
_BESIDE_WORDS = frozenset(
    (
        *("depan", "dekat", "deket", "samping", "sebelah", "seberang", "belakang"),
        *("perempatan", "prapatan", "pertigaan", "pertelon", "simpang", "bundaran", "gang", "lorong"),
    )
)
# “kawasan Unpad”: the same for the name of an institution only (not “kawasan hutan lindung”).
_AREA_WORDS = frozenset(("sekitar", "kawasan", "sekitaran"))
# “lampu merah Samsat”
_TRAFFIC_LIGHT = ("lampu", "merah")
_DESCRIBING_WORDS = _BESIDE_WORDS | {_TRAFFIC_LIGHT[1]}
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
# “dibutuhkan untuk daftar SNBT”, “untuk syarat melamar kerja”: the purpose is not the matter.
_PURPOSE_WORDS = frozenset(("untuk", "buat", "guna"))
_NEED_WORDS = frozenset(
    ("butuh", "dibutuhkan", "perlu", "diperlukan", "digunakan", "dipakai", "dipergunakan", "dipake", "rencana")
)
_REQUIREMENT_WORDS = frozenset(("keperluan", "kebutuhan", "syarat", "persyaratan", "melamar", "lamaran"))
_MAX_WORDS_AFTER_NEED, _MAX_PURPOSE_WORDS = 4, 7
# “Saya driver Gojek”, “tetangga saya anggota TNI”, “ibu kami penerima PKH”: who somebody is.
_OWNERS = frozenset(("saya", "kami", "aku"))
_INTRODUCING_WORDS = frozenset(("adalah", "seorang", "selaku", "sebagai", "ini", "hanya", "cuma", "dulu", "juga"))
_ROLES = frozenset(
    (
        *("driver", "sopir", "pengemudi", "ojol", "karyawan", "karyawati", "pegawai", "pekerja", "buruh", "mantan"),
        *("pensiunan", "purnawirawan", "anggota", "mahasiswa", "mahasiswi", "guru", "dosen", "petani", "nelayan"),
        *("tki", "tkw", "pmi", "asn", "pns", "tni", "polisi", "polri", "prajurit", "veteran", "bidan", "perawat"),
        *("penerima", "pelanggan", "nasabah"),
    )
)
_MAX_INTRODUCING_WORDS, _MAX_ROLE_WORDS = 2, 4
# “Sejak pandemi covid”, “punya NPWP”: when and why something was, and that the sender pays taxes.
_CIRCUMSTANCES = frozenset(
    (
        *("sejak", "semenjak", "selama", "saat", "masa", "ketika", "karena", "akibat", "dampak", "imbas", "pasca"),
        *("tengah", "zaman", "musim", "situasi", "kondisi", "efek", "gara"),
    )
)
_EPIDEMICS = frozenset(("pandemi", "wabah", "covid", "corona", "ppkm", "psbb", "lockdown"))
_MAX_WORDS_BEFORE_EPIDEMIC = 3
_POSSESSIONS, _TAX_NUMBER = frozenset(("punya", "memiliki", "membayar", "nomor", "taat")), "npwp"
# “Antre paspor? Bukan.”
_DENIALS = frozenset(("bukan", "bkn", "dudu", "sanes"))


def place_description_start(text: ReportText, first: int) -> int | None:
    """Return where the description of a place begins that ends in the name at word `first`; `None` if there is none."""
    words = text.normal_forms
    for position in range(first - 1, max(first - _MAX_THINGS - 2, -1), -1):
        if words[position] in _BESIDE_WORDS | _AREA_WORDS or _is_traffic_light(words, position):
            return position
        if words[position] not in _THINGS_OF_INSTITUTIONS:
            return None
    return None


def described_starts(text: ReportText) -> Collection[int]:
    """Return the words that begin the description of a place: a topic's phrase that begins there is no matter."""
    words = text.normal_forms
    starts = set[int]()
    for position in _positions_of(_DESCRIBING_WORDS, text):
        if words[position] in _BESIDE_WORDS or _is_traffic_light(words, position):
            end = position + 1
            while end < len(words) and end - position <= _MAX_THINGS and words[end] in _THINGS_OF_INSTITUTIONS:
                end += 1
            starts.update(range(position + 1, end + 1))
    return starts


def _is_traffic_light(words: Sequence[str], position: int) -> bool:
    return tuple(words[max(position - 1, 0) : position + 1]) == _TRAFFIC_LIGHT


def impersonation_spans(text: ReportText, institution_starts: Collection[int]) -> Iterator[Span]:
    """Yield the words after those by which an impostor is said to pose as somebody, to the end of the clause."""
    words = text.normal_forms
    # Few reports have such a word.
    for position in _positions_of(_POSING_WORDS, text):
        word = words[position]
        following = position + 1
        if following == len(words):
            break
        is_role = words[following] in _ROLE_WORDS or following in institution_starts
        if word in _IMPOSTOR_WORDS or (word in _CLAIMING_WORDS and is_role):
            yield following, _clause_end(text, following, following + _MAX_IMPERSONATED_WORDS, _CLAUSE_ENDS)


def denied_question_spans(text: ReportText) -> Iterator[Span]:
    """Yield the questions that the next word denies, with that word (“Bising pesawat? Bukan, ini karaoke”)."""
    for position in _positions_of(_DENIALS, text):
        if position and "?" in _gap_before(text, position):
            first = position - 1
            while first and _SENTENCE_ENDS.isdisjoint(_gap_before(text, first)):
                first -= 1
            yield first, position + 1


def aside_spans(text: ReportText) -> Iterator[Span]:
    """Yield comparisons and purposes: their topics are the matter only if there is no other topic."""
    yield from _comparison_spans(text)
    yield from _purpose_spans(text)


def background_spans(text: ReportText) -> Iterator[Span]:
    """Yield the words that only say who somebody is, and when or why something was."""
    yield from _role_spans(text)
    words = text.normal_forms
    for position in _positions_of(_EPIDEMICS, text):
        if not _CIRCUMSTANCES.isdisjoint(words[max(position - _MAX_WORDS_BEFORE_EPIDEMIC, 0) : position]):
            yield position, min(position + 2, len(words))
    for position in _positions_of(_POSSESSIONS, text):
        if words[position + 1 : position + 2] == (_TAX_NUMBER,):
            yield position, position + 2


def _role_spans(text: ReportText) -> Iterator[Span]:
    """Yield a role behind “saya” and the words behind it in the clause."""
    # Nearly every report has an owner, few have a role.
    owners = () if _ROLES.isdisjoint(text.different_forms) else _positions_of(_OWNERS, text)
    words = text.normal_forms
    for position in owners:
        first = position + 1
        while first - position <= _MAX_INTRODUCING_WORDS and not _INTRODUCING_WORDS.isdisjoint(
            words[first : first + 1]
        ):
            first += 1
        if not _ROLES.isdisjoint(words[first : first + 1]) and _CLAUSE_ENDS.isdisjoint(_gap_before(text, first)):
            yield first, _clause_end(text, first, first + _MAX_ROLE_WORDS, _CLAUSE_ENDS)


def _purpose_spans(text: ReportText) -> Iterator[Span]:
    """Yield the words behind “untuk”, if a word of need stands before it or a requirement follows."""
    words = text.normal_forms
    for position in _positions_of(_PURPOSE_WORDS, text):
        preceding = words[max(position - _MAX_WORDS_AFTER_NEED, 0) : position]
        following = words[position + 1 : position + 2]
        if not (_NEED_WORDS.isdisjoint(preceding) and _REQUIREMENT_WORDS.isdisjoint(following)):
            yield position, _clause_end(text, position, position + _MAX_PURPOSE_WORDS, _CLAUSE_ENDS)


def _gap_before(text: ReportText, position: int) -> str:
    """Return the characters between a word and the one before it."""
    return text.text[text.words[position - 1].end : text.words[position].start]


def _comparison_spans(text: ReportText) -> Iterator[Span]:
    """Yield what a matter is only compared with: the words before the question or the opposition in one sentence."""
    for first in _positions_of(_OPENING_WORDS, text):
        closing_words = _QUESTIONS if text.normal_forms[first] in _CONDITIONS else _OPPOSITIONS
        if end := _closing_position(text, first, closing_words):
            yield first, end


def _positions_of(searched_words: frozenset[str], text: ReportText) -> Sequence[int]:
    if searched_words.isdisjoint(text.different_forms):
        return ()
    return [position for position, word in enumerate(text.normal_forms) if word in searched_words]


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
        if not ends.isdisjoint(_gap_before(text, end)):
            break
        end += 1
    return end
